# selftest_power.gp - how often a delay of known size is found, over the number of blocks; a panel a row.
#
# data/selftest_power.dat: a block a curve, panels in order: blocks, share in percent. Curve names stand in the layout.
load scripts . "/style.gp"
file = sprintf("data/%s.dat", name)
array colour[3] = [0xE69F00, 0x0072B2, 0x000000]
array shape[3] = [9, 5, 7]
set lmargin at screen 0
do for [i = 1:panels] {
    unset label
    before = (i - 1) * curves
    set lmargin at screen px_x(60 + (i - 1) * width / panels)
    set rmargin at screen px_x(i * width / panels - 150)
    set tmargin at screen px_y(118)
    set bmargin at screen px_y(height - 60)
    set xrange [panel_xlow:panel_xhigh] noextend
    set yrange [-4:104] noextend
    set border 0
    set grid ytics back linetype 1 linecolor rgb rule linewidth 0.6
    set ytics 0,25,100 scale 0 nomirror font small_font textcolor rgb faint format "%.0f %%"
    eval "set xtics scale 0 nomirror font small_font textcolor rgb faint offset 0,0.3 (" . panel_xtics . ")"
    set label 1 bold(panel_title[i]) at graph 0, screen px_y(88) left font head_font enhanced textcolor rgb ink
    set label 2 "found, over the number of blocks" at graph 0, screen px_y(104) left font small_font textcolor rgb faint
    do for [k = 1:curves] {
        tag = 2 + k
        words = curve_name[before + k]
        height_of = curve_label[before + k]
        shade_of = colour[k]
        set label tag words at graph 1.04, first height_of left font text_font noenhanced textcolor rgb shade_of
    }
    plot for [k = 1:curves] file index before+k-1 using 1:2 with linespoints linewidth 1.8 \
        pointsize mark(0.8) pointtype shape[k] linecolor rgb colour[k] notitle
}
unset multiplot
unset output
