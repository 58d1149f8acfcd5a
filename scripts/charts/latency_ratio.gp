# latency_ratio.gp - every row and call: ratio of the tail to the baseline's with its interval.
load scripts . "/style.gp"
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    load scripts . "/dots.gp"
}
unset multiplot
unset output
