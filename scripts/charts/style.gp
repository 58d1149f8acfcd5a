# style.gp - what all charts share: the terminal, the texts of the figure, the look of a panel.
#
# allocbench runs each script inside the charts folder with these variables set: `name` (of the chart), `page`, `format`
# (svg or png), `picture` (the file to draw) and `scripts` (this folder). data/NAME.layout and data/NAME.dat say what to draw; see harness/report/chart.h.
# Everything is a function of these two files, so that a chart drawn again is the same to the byte.
load sprintf("data/%s.layout", name)

set encoding utf8
if (format eq "svg") {
    set terminal svg size width,height fixed font "sans-serif,12" enhanced background rgb "white" name "chart"
} else {
    # Twice the size for dense displays; a point is 1/72 inch here and a pixel there, hence the odd font size.
    set terminal pngcairo size 2*width,2*height font "sans-serif,18" linewidth 2 pointscale 2 enhanced \
        background rgb "white"
}
set output picture

ink = 0x222222
faint = 0x767676
rule = 0xD9D9D9
shade = 0xE9E9E9
pt(size) = format eq "svg" ? size : size * 1.5
text_font = sprintf("sans-serif,%g", pt(12))
small_font = sprintf("sans-serif,%g", pt(11))
head_font = sprintf("sans-serif,%g", pt(13))
title_font = sprintf("sans-serif,%g", pt(17))
# Bold exists in both terminals only as markup: titles come with its special characters escaped, all else is plain.
bold(text) = "{/:Bold " . text . "}"
# The same mark is larger in an SVG than in a PNG.
mark(size) = format eq "svg" ? 0.85 * size : size
px_x(pixels) = 1.0 * pixels / width
px_y(pixels) = 1.0 - 1.0 * pixels / height

unset key
unset colorbox
set datafile missing "NaN"
set multiplot

# The figure's own texts are drawn by an empty plot that covers it.
set lmargin at screen 0
set rmargin at screen 1
set tmargin at screen 1
set bmargin at screen 0
unset border
unset tics
set label 1 bold(figure_title) at screen px_x(16), px_y(22) left font title_font enhanced textcolor rgb ink
set label 2 figure_first at screen px_x(16), px_y(44) left font text_font noenhanced textcolor rgb faint
set label 3 figure_second at screen px_x(16), px_y(62) left font text_font noenhanced textcolor rgb faint
do for [k = 1:footer_lines] {
    set label 3 + k footer[k] at screen px_x(16), px_y(height - 10 - 16 * (footer_lines - k)) left font small_font \
        noenhanced textcolor rgb faint
}
set xrange [0:1]
set yrange [0:1]
plot NaN notitle
unset label
