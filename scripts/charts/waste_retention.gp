# waste_retention.gp - bars of internal waste and of retention behind it, in multiples of live bytes.
load scripts . "/style.gp"
load scripts . "/dot_labels.gp"
thick = 0.32
do for [i = first_panel:last_panel] {
    load scripts . "/panel.gp"
    plot file index marks using 2:1:2:3:($1 - thick):($1 + thick):4 with boxxyerror fillstyle solid 1 noborder \
            fillcolor rgb variable notitle, \
         file index marks using 2:1:2:3:($1 - thick):($1 + thick):5 with boxxyerror fillstyle empty linewidth 1 \
            linecolor rgb variable notitle, \
         @dot_labels
}
unset multiplot
unset output
