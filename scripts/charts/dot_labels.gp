# dot_labels.gp - part of a plot command: names at the left of a dot panel's lines, remarks at their right.
dot_labels = "file index labels using (panel_xlow[i]):1:2 with labels right offset -1,0 noenhanced font text_font " . \
    "textcolor rgb ink notitle, " . \
    "file index labels using (panel_xhigh[i]):1:3:4 with labels left offset 1,0 noenhanced font text_font " . \
    "textcolor rgb variable notitle"
