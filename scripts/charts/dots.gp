# dots.gp - one dot panel: bars, dots, names at the left, verdicts at the right.
load scripts . "/dot_labels.gp"
plot file index marks using 3:1:($4 - $3):(0):5 with vectors nohead linewidth 2.2 linecolor rgb variable notitle, \
     file index marks using 2:1:6:5 with points pointtype variable pointsize mark(0.9) linewidth 1.4 \
        linecolor rgb variable notitle, \
     @dot_labels
