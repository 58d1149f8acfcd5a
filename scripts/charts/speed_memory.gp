# speed_memory.gp - one dot an arm: geometric mean of speed against geometric mean of memory; the Pareto front dashed.
load scripts . "/style.gp"
of_arm(a) = column(1) == a ? column(2) : NaN
i = 1
load scripts . "/panel.gp"
plot file index marks using (of_arm(arms)):3 with lines linewidth 1.2 dashtype (6,4) linecolor rgb faint notitle, \
     for [a = 0:arms - 1] file index marks using (column(1) == a ? $4 : NaN):3:($5 - $4):(0) with vectors nohead \
        linewidth 1.6 linecolor rgb arm_colour[a + 1] notitle, \
     for [a = 0:arms - 1] file index marks using (of_arm(a)):6:(0):($7 - $6) with vectors nohead \
        linewidth 1.6 linecolor rgb arm_colour[a + 1] notitle, \
     for [a = 0:arms - 1] file index marks using (of_arm(a)):3 with points pointsize mark(1.2) linewidth 1.6 \
        linecolor rgb arm_colour[a + 1] pointtype arm_mark[a + 1] notitle, \
     file index labels using 1:2:4:3 with labels left noenhanced font text_font textcolor rgb variable notitle
unset multiplot
unset output
