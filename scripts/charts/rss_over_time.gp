# rss_over_time.gp - resident memory of each arm above the bytes that the workload itself holds.
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
of_arm(a) = column(1) == a ? column(2) : NaN
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    plot file index marks using (of_arm(arms)):3 with filledcurves y1=0 fillcolor rgb 0xDDDDDD fillstyle solid 1 \
            noborder notitle, \
         for [a = 0:arms - 1] file index marks using (of_arm(a)):3 with lines linewidth 1.8 \
            linecolor rgb arm_colour[a + 1] notitle, \
         @end_labels
}
unset multiplot
unset output
