# throughput.gp - operations a second: curves over threads, or dots where a workload has one number of threads.
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
below = ""
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    if (panel_kind[i] == 0) {
        load scripts . "/dots.gp"
    } else {
        load scripts . "/curves.gp"
    }
}
unset multiplot
unset output
