# panel.gp - the frame of panel i: its place, texts, axes and the bands and lines behind the data.
unset label
unset object
unset arrow
unset logscale
unset border
unset tics
set lmargin at screen panel_left[i]
set rmargin at screen panel_right[i]
set tmargin at screen panel_top[i]
set bmargin at screen panel_bottom[i]
set xrange [panel_xlow[i]:panel_xhigh[i]] noextend
set yrange [panel_ylow[i]:panel_yhigh[i]] noextend
if (panel_xlog[i]) { set logscale x }
if (panel_ylog[i]) { set logscale y }
set label 1 bold(panel_title[i]) at screen panel_title_x[i], panel_title_y[i] left font head_font enhanced textcolor rgb ink
set label 2 panel_note[i] at screen panel_title_x[i], panel_note_y[i] left font small_font noenhanced textcolor rgb faint
set grid xtics back linetype 1 linecolor rgb rule linewidth 0.6
eval "set xtics scale 0 nomirror noenhanced font small_font textcolor rgb faint offset 0,0.3 (" . panel_xtics[i] . ")"
if (panel_kind[i] == 1) {
    eval "set ytics scale 0 nomirror noenhanced font small_font textcolor rgb faint offset 0.5,0 (" . panel_ytics[i] . ")"
    set grid ytics back linetype 1 linecolor rgb rule linewidth 0.6
} else {
    unset ytics
}
given(value) = value == value
if (given(panel_band_x_low[i])) {
    set object 1 rectangle from panel_band_x_low[i], graph 0 to panel_band_x_high[i], graph 1 behind \
        fillcolor rgb shade fillstyle solid 1 noborder
}
if (given(panel_band_y_low[i])) {
    set object 2 rectangle from graph 0, first panel_band_y_low[i] to graph 1, first panel_band_y_high[i] behind \
        fillcolor rgb shade fillstyle solid 1 noborder
}
if (given(panel_line_x[i])) {
    set arrow 1 from panel_line_x[i], graph 0 to panel_line_x[i], graph 1 nohead back linecolor rgb faint linewidth 1
}
if (given(panel_line_y[i])) {
    set arrow 2 from graph 0, first panel_line_y[i] to graph 1, first panel_line_y[i] nohead back linecolor rgb faint \
        linewidth 1
}
file = sprintf("data/%s.dat", name)
marks = 2 * (i - 1)
labels = marks + 1
