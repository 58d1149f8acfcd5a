# overhead_over_time.gp - resident bytes of each arm as a multiple of live bytes; the baseline's second slot dashed.
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
of_arm(a) = column(1) == a ? column(2) : NaN
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    plot file index marks using (of_arm(arms + 1)):3 with lines linewidth 1.2 dashtype (6,4) linecolor rgb faint notitle, \
         for [a = 0:arms - 1] file index marks using (of_arm(a)):3 with lines linewidth 1.8 \
            linecolor rgb arm_colour[a + 1] notitle, \
         @end_labels
}
unset multiplot
unset output
