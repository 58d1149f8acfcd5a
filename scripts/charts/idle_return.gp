# idle_return.gp - what stays resident of each arm after everything was freed: silent, and with light traffic (hollow).
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
of_arm(a, light) = column(1) == a && column(2) == light ? column(3) : NaN
# gnuplot's hollow form of a filled mark is the number before it
hollow(mark) = mark % 2 ? mark - 1 : mark
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    plot for [a = 0:arms - 1] for [l = 0:1] file index marks using (of_arm(a, l)):5:(0):($6 - $5) with vectors nohead \
            linewidth 1.2 linecolor rgb arm_colour[a + 1] notitle, \
         for [a = 0:arms - 1] file index marks using (of_arm(a, 0)):4 with linespoints linewidth 1.8 \
            pointsize mark(0.8) linecolor rgb arm_colour[a + 1] pointtype arm_mark[a + 1] notitle, \
         for [a = 0:arms - 1] file index marks using (of_arm(a, 1)):4 with linespoints linewidth 1.2 dashtype (4,3) \
            pointsize mark(0.8) linecolor rgb arm_colour[a + 1] pointtype hollow(arm_mark[a + 1]) notitle, \
         @end_labels
}
unset multiplot
unset output
