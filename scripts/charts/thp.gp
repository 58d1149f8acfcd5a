# thp.gp - peak memory and throughput with huge pages as the system has them and switched off.
load scripts . "/style.gp"
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    load scripts . "/dots.gp"
}
unset multiplot
unset output
