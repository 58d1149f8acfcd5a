# parameter_sweep.gp - time an operation and memory overhead of each arm over a parameter's values.
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
below = ""
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    load scripts . "/curves.gp"
}
unset multiplot
unset output
