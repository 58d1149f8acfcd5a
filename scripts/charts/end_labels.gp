# end_labels.gp - part of a plot command: leaders from the ends of curves to their names at the right.
end_labels = "file index labels using 1:2:($3 - $1):($4 - $2) with vectors nohead linewidth 0.6 " . \
    "linecolor rgb faint notitle, " . \
    "file index labels using 3:4:6:5 with labels left offset 0.4,0 noenhanced font text_font textcolor rgb variable notitle"
