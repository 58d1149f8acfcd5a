# curves.gp - one panel of curves with intervals, one an arm. `below` is what is drawn before them: "" or a part of a plot
# command that ends in a comma.
of_curve(a) = column(1) == a ? column(2) : NaN
if (given(panel_band_x_low[i])) {
    set label 3 "oversubscribed" at first panel_band_x_low[i], graph 0.06 left offset 0.5,0 noenhanced font small_font \
        textcolor rgb faint
}
plot @below for [a = 0:arms - 1] file index marks using (of_curve(a)):4:(0):($5 - $4) with vectors nohead \
        linewidth 1.4 linecolor rgb arm_colour[a + 1] notitle, \
     for [a = 0:arms - 1] file index marks using (of_curve(a)):3 with linespoints linewidth 1.8 \
        pointsize mark(0.8) linecolor rgb arm_colour[a + 1] pointtype arm_mark[a + 1] notitle, \
     @end_labels
