# throughput.gp - operations a second: curves over threads, or dots where a workload has one number of threads.
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
of_arm(a) = column(1) == a ? column(2) : NaN
do for [i = 1:panels] {
    load scripts . "/panel.gp"
    if (panel_kind[i] == 0) {
        load scripts . "/dots.gp"
    } else {
        plot for [a = 0:arms - 1] file index marks using (of_arm(a)):4:(0):($5 - $4) with vectors nohead \
                linewidth 1.4 linecolor rgb arm_colour[a + 1] notitle, \
             for [a = 0:arms - 1] file index marks using (of_arm(a)):3 with linespoints linewidth 1.8 \
                pointsize mark(0.8) linecolor rgb arm_colour[a + 1] pointtype arm_mark[a + 1] notitle, \
             @end_labels
    }
}
unset multiplot
unset output
