# latency.gp - percentiles of single calls: sampled up to the vertical line, chained beyond.
load scripts . "/style.gp"
load scripts . "/end_labels.gp"
of_curve(c, m) = column(1) == c && column(2) == m ? column(3) : NaN
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    set label 3 "sampled" at panel_line_x[i], graph 0.95 right offset -0.6,0 font small_font noenhanced textcolor rgb faint
    set label 4 "chain" at panel_line_x[i], graph 0.95 left offset 0.6,0 font small_font noenhanced textcolor rgb faint
    plot for [m = 0:1] file index marks using (of_curve(arms, m)):4 with lines linewidth 3 linecolor rgb 0xC4C4C4 \
            notitle, \
         for [m = 0:1] file index marks using (of_curve(arms + 1, m)):4 with lines linewidth 1.2 dashtype (6,4) \
            linecolor rgb faint notitle, \
         for [a = 0:arms - 1] for [m = 0:1] file index marks using (of_curve(a, m)):4 with linespoints linewidth 1.8 \
            pointinterval 10 pointsize mark(0.7) linecolor rgb arm_colour[a + 1] pointtype arm_mark[a + 1] notitle, \
         @end_labels
}
unset multiplot
unset output
