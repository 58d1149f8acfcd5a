# thread_scaling.gp - speed-up of each arm over the number of threads.
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
# The ideal has the number after the last arm's.
below = "file index marks using (of_curve(arms)):3 with lines linewidth 1.2 dashtype (6,4) linecolor rgb faint notitle, "
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    load scripts . "/curves.gp"
}
unset multiplot
unset output
