# throughput_ratio.gp - every row and arm: ratio to the baseline with its interval.
load scripts . "/style.gp"
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    load scripts . "/dots.gp"
}
unset multiplot
unset output
