#!/bin/sh
# Writes input.pl into the folder given: it makes its own text from a linear congruence and prints sorted results only.
set -eu
cat >"$1/input.pl" <<'PERL'
use strict;
use warnings;

my $state = 4141;
sub draw { $state = $state * 16807 % 2147483647; return $state }

my @words = map { my $n = draw(); join '', map { chr(97 + ($n >> (2 * $_)) % 26) } 0 .. 2 + $n % 9 } 1 .. 6000;
my (%count, %follows, %lines);
for my $round (1 .. 5) {
    my @text;
    for (1 .. 9000) {
        push @text, join ' ', map { $words[draw() % (draw() % 6000 + 1)] } 1 .. 4 + draw() % 12;
    }
    for my $line (@text) {
        my $before = '';
        for my $word (split / /, $line) {
            $count{$word}++;
            $follows{$before}{$word}++ if $before ne '';
            $before = $word;
        }
        (my $changed = $line) =~ s/([aeiou])(\w)/$2$1/g;
        $changed .= '|' . reverse $line;
        push @{ $lines{ length $changed } }, $changed;
    }
    my $all = join "\n", sort @text;
    my $matches = () = $all =~ /\b(\w)\w*\1\b/g;
    print "$round ", length $all, " $matches\n";
    delete $lines{$_} for grep { $_ % 3 == $round % 3 } keys %lines;
    delete $follows{$_} for grep { $count{$_} < $round } keys %follows;
}
my @often = (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[0 .. 9];
print "$_ $count{$_} ", scalar keys %{ $follows{$_} || {} }, "\n" for @often;
print join(',', map { "$_:" . scalar @{ $lines{$_} } } sort { $a <=> $b } keys %lines), "\n";
PERL
