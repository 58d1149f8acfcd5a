# dots.gp - one dot panel: bars, dots, names at the left, verdicts at the right.
plot file index marks using 3:1:($4 - $3):(0):5 with vectors nohead linewidth 2.2 linecolor rgb variable notitle, \
     file index marks using 2:1:6:5 with points pointtype variable pointsize mark(0.9) linewidth 1.4 \
        linecolor rgb variable notitle, \
     file index labels using (panel_xlow[i]):1:2 with labels right offset -1,0 noenhanced font text_font \
        textcolor rgb ink notitle, \
     file index labels using (panel_xhigh[i]):1:3:4 with labels left offset 1,0 noenhanced font text_font \
        textcolor rgb variable notitle
