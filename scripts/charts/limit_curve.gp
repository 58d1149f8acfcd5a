# limit_curve.gp - time of each arm under ever tighter memory limits; a cross where the work no longer completes.
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
of_arm(a, c) = column(1) == a ? column(c) : NaN
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    plot file index marks using (of_arm(arms + 1, 2)):3 with lines linewidth 1.2 dashtype (6,4) linecolor rgb faint \
            notitle, \
         for [a = 0:arms - 1] file index marks using (of_arm(a, 2)):3 with linespoints linewidth 1.8 \
            pointsize mark(0.7) linecolor rgb arm_colour[a + 1] pointtype arm_mark[a + 1] notitle, \
         for [a = 0:arms - 1] file index marks using (of_arm(a, 4)):5 with points pointtype 2 pointsize mark(0.9) \
            linewidth 1.6 linecolor rgb arm_colour[a + 1] notitle, \
         for [a = 0:arms - 1] file index marks using (of_arm(a, 6)):7 with points pointsize mark(0.9) \
            linecolor rgb arm_colour[a + 1] pointtype arm_mark[a + 1] notitle, \
         @end_labels
}
unset multiplot
unset output
