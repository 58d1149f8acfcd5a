# peak_rss.gp - every row and arm: median peak with its interval.
load scripts . "/style.gp"
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    load scripts . "/dots.gp"
}
unset multiplot
unset output
