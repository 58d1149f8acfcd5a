# memory_limit.gp - every row and arm: smallest memory limit with its interval.
load scripts . "/style.gp"
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    load scripts . "/dots.gp"
}
unset multiplot
unset output
