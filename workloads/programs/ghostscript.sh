#!/bin/sh
# Writes input.ps into the folder given: curves, dashes, clipped patterns and text, page after page.
set -eu
cat >"$1/input.ps" <<'POSTSCRIPT'
%!PS
/state 4141 def
/draw { /state state 127 mul 9973 add 65521 mod def state exch mod } def
/curve { % -
    newpath 20 560 draw add 20 740 draw add moveto
    12 { 6 { 20 560 draw add } repeat curveto } repeat
} def
/words [ (arena) (span) (bin) (page) (chunk) (slab) (heap) (cache) ] def
/fonts [ /Helvetica /Times-Roman /Courier ] def
1 1 8 {
    /page exch def
    60 {
        gsave
        64 draw 64 div setgray 4 draw 1 add setlinewidth
        [ 3 draw 1 add 5 draw 1 add ] 0 setdash
        curve 2 draw 0 eq { stroke } { eofill } ifelse
        grestore
    } repeat
    40 {
        gsave
        curve clip newpath
        1 1 12 { 50 mul 10 add dup 10 moveto 780 lineto 0.5 setlinewidth stroke } for
        grestore
    } repeat
    0.2 setgray
    /y 770 def
    60 {
        fonts 3 draw get findfont 7 6 draw add scalefont setfont
        30 y moveto
        10 { words 8 draw get show ( ) show page 1000 draw mul 12 string cvs show ( ) show } repeat
        /y y 12 sub def
    } repeat
    showpage
} for
POSTSCRIPT
