#!/bin/sh
# Makes origin.git in the folder given: 400 commits to 40 files, with fixed names and dates, so that every object has the
# same name everywhere. No configuration of the machine or its user takes part.
set -eu
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
git -c init.defaultBranch=main init --quiet --bare --template= "$1/origin.git"
awk 'BEGIN {
    seed = 4141
    for (c = 0; c < 400; c++) {
        print "commit refs/heads/main"
        printf "committer Ann Author <ann@example.org> %d +0000\n", 1600000000 + c * 3600
        printf "data <<END\nChange number %d\nEND\n", c
        for (f = 0; f < 3; f++) {
            seed = seed * 16807 % 2147483647
            file = seed % 40
            if (!(file in lines))
                lines[file] = 60 + seed % 160
            for (change = 0; change < 6; change++) {
                seed = seed * 16807 % 2147483647
                text[file, seed % lines[file]] = sprintf("value_%d = compute(%d, %d);", seed % 499, seed, c)
            }
            printf "M 100644 inline source/part%d/file%d.c\ndata <<END\n", file % 4, file
            for (l = 0; l < lines[file]; l++)
                if ((file, l) in text)
                    print text[file, l]
                else
                    printf "line_%d_%d = %d;\n", file, l, (file * 7919 + l * 104729) % 1000003
            print "END"
        }
    }
    print "done"
}' </dev/null | git --git-dir="$1/origin.git" fast-import --quiet --done
