#!/usr/bin/env bash
# Runs one real program with and without the library preloaded: what it prints and its exit status must be the same.
# A program that this machine does not have is skipped (77). PROGRAM-tests is what the program is shipped with for its
# own tests.
#
#   run.sh LIBRARY PROGRAM
#   run.sh --list
set -uo pipefail
if [[ $# == 1 && $1 == --list ]]; then
  sed -n 's/^case_\(.*\)() {$/\1/p' "$0"
  exit
fi
[[ $# == 2 && -e $1 ]] || { echo "usage: run.sh LIBRARY PROGRAM, or run.sh --list" >&2; exit 2; }
library=$(realpath "$1") program=$2

command -v "${program%-tests}" >/dev/null || { echo "no ${program%-tests} here"; exit 77; }
scratch=$(mktemp -d) || exit 1
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 HOME=$scratch

# A program's case runs in a fresh folder, every process of it under $preload, and prints only what does not change from
# run to run.
under() { env ${preload:+LD_PRELOAD="$preload"} "$@"; }

case_bash() {
  # shellcheck disable=SC2016 # the inner bash expands
  under bash -c '
    declare -A words
    for ((i = 0; i < 20000; i++)); do words[key$((i % 500))]+="$i,"; done
    for k in "${!words[@]}"; do echo "$k ${#words[$k]}"; done | sort | cksum
    text=$(for ((i = 0; i < 2000; i++)); do echo "line $i of text"; done); echo "${#text} ${text//line/}" | cksum
    for ((i = 0; i < 50; i++)); do (echo "$i" | tr 0-9 a-j); done'
}
case_python3() {
  under python3 -c '
import threading, json, re, collections, os
def work(n, out): out[n] = sum(len(json.loads(json.dumps({"k%d" % i: list(range(i % 40))}))) for i in range(5000))
out = {}
threads = [threading.Thread(target=work, args=(n, out)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sorted(out.items()))
print(len(re.findall(r"\d+", " ".join(map(str, range(100000))))), collections.Counter("abracadabra" * 1000).most_common(2))
child = os.fork()
if child == 0: os._exit(len(bytearray(1 << 22)) % 251)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))'
}
case_gcc() {
  cat >a.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
int main(void) {
  char *lines[100];
  for (int i = 0; i < 100; i++) { lines[i] = malloc(32); snprintf(lines[i], 32, "%d", i * 7919 % 100); }
  qsort(lines, 100, sizeof *lines, compare);
  for (int i = 0; i < 100; i++) { puts(lines[i]); free(lines[i]); }
}
END
  under gcc -O2 -c -o a.o a.c && cksum a.o && under gcc -o a a.o && under ./a || return
  # A file of many functions.
  {
    echo '#include <stdio.h>'
    seq 300 | sed 's/.*/static int f&(int x, const int *p) { int s = &; for (int i = 0; i < x; i++) s += p[i] * (i ^ &) + (s >> 3); return s; }/'
    echo 'int main(void) { int p[64] = {1, 2, 3}, s = 0;'
    seq 300 | sed 's/.*/  s ^= f&(64, p);/'
    echo '  return printf("%d\n", s) < 0; }'
  } >large.c
  under gcc -O2 -o large large.c && under ./large
}
case_g++() {
  cat >a.cpp <<'END'
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>
int main() {
  std::map<std::string, int> words;
  for (int i = 0; i < 5000; i++) words[std::to_string(i * 7919 % 997)] += i;
  std::vector<std::thread> threads;
  std::vector<std::size_t> sizes(4);
  for (std::size_t t = 0; t < 4; t++)
    threads.emplace_back([&, t] { std::vector<std::string> v; for (int i = 0; i < 10000; i++) v.push_back(std::string(std::size_t(i % 300), 'x')); for (auto &s : v) sizes[t] += s.size(); });
  for (auto &t : threads) t.join();
  try { throw std::runtime_error("thrown and caught"); } catch (const std::exception &e) { std::cout << e.what() << '\n'; }
  std::cout << words.size() << ' ' << sizes[0] + sizes[3] << '\n';
}
END
  under g++ -std=c++17 -pthread -c -o a.o a.cpp && cksum a.o && under g++ -pthread -o a a.o && under ./a || return
  cat >templates.cpp <<'END'
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <tuple>
#include <unordered_map>
#include <variant>
template <int N> struct Nest { using type = std::map<std::string, std::variant<int, std::tuple<typename Nest<N - 1>::type, double>>>; };
template <> struct Nest<0> { using type = std::unordered_map<std::string, std::function<int(int)>>; };
int main() {
  Nest<12>::type nest;
  nest["a"] = 1;
  const std::regex word("([a-z]+)-([0-9]+)");
  std::smatch found;
  const std::string text = "one-1 two-22";
  std::cout << nest.size() << ' ' << std::regex_search(text, found, word) << ' ' << found[2] << '\n';
}
END
  under g++ -std=c++17 -O2 -o templates templates.cpp && under ./templates
}
case_git() {
  export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
  export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
  under git init -q -b main . || return
  local i
  for i in 1 2 3 4 5; do
    seq $((i * 100)) $((i * 4000)) >"file$((i % 3))"
    under git add . && under git commit -q -m "commit $i" || return
  done
  under git log --stat --format='%H %s' && under git gc -q && under git fsck --strict && under git diff HEAD~2 | cksum
  under git clone -q --no-local . clone && under git -C clone log --format=%H && under git -C clone fsck --strict
}
case_perl() {
  under perl -e '
my %h; $h{$_ % 1000} .= "$_," for 1 .. 100000;
print join(" ", map { length $h{$_} } sort { $a <=> $b } keys %h), "\n";
my @l = map { { n => $_, s => "x" x ($_ % 200) } } 1 .. 20000;
print scalar(grep { $_->{s} =~ /^x{100,}$/ } @l), "\n";
my $s = "a"; $s .= $s for 1 .. 20; $s =~ s/aa/b/g; print length($s), "\n";'
}
case_sqlite3() {
  under sqlite3 -batch test.db <<'END'
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
insert into t select i, printf('name %d', i * 7919 % 30000), i / 3.0 from n;
create index by_name on t(name);
select count(*), min(name), max(name), round(sum(value), 2) from t;
select name, value from t where name like 'name 12%' order by name limit 20;
delete from t where id % 3 = 0;
select substr(name, 1, 7) as head, count(*) from t group by head order by head limit 20;
vacuum;
pragma integrity_check;
END
}
case_redis-server() {
  # Its own socket and folder, no port, nothing stored; the server is ours and is reaped before we leave. The socket's
  # name is relative: a full path may be longer than a socket's may be.
  command -v redis-cli >/dev/null || return 77
  local i
  under redis-server --port 0 --unixsocket s --save '' --appendonly no --daemonize no >server.log 2>&1 &
  server=$!
  for ((i = 0; i < 200; i++)); do [[ -S s ]] && break; sleep 0.05; done
  {
    for ((i = 0; i < 300; i++)); do
      echo "set key$i value$i"; echo "rpush list $i $((i * 7))"; echo "hset hash f$i $i"; echo "append text part$i,"
    done
    printf '%s\n' 'get key77' 'lrange list 0 20' 'hlen hash' 'strlen text' 'del list' 'sadd set c' 'dbsize' 'flushall'
  } | under redis-cli -s s
  under redis-benchmark -s s -q -n 500 -c 5 -t set,get,lpush,lpop >/dev/null && echo "benchmark done"
  under redis-cli -s s shutdown nosave
  wait "$server"
  echo "server ended with $?"
  server=
  grep -i 'ld.so' server.log
  return 0
}

case_zstd() {
  seq 1 400000 >data
  under zstd -q -T2 -9 data -o data.zst && cksum data.zst && under zstd -dcq data.zst | cksum && under zstd -lv data.zst | grep -i ratio
}
case_xz() {
  seq 1 400000 >data
  under xz -T2 --block-size=256KiB -3 -k data && cksum data.xz && under xz -dc -T2 data.xz | cksum && under xz -t -v data.xz 2>&1 | grep -c data
}
case_lua5.4() {
  under lua5.4 - <<'END'
local words = {}
for i = 1, 200000 do
  local key = "key" .. i * 7919 % 5003
  words[key] = (words[key] or "") .. (i % 10)
  if i % 1000 == 0 then words["key" .. i % 5003] = nil end
end
local count, length = 0, 0
for _, word in pairs(words) do count, length = count + 1, length + #word end
print(count, length)
collectgarbage()
local parts = {}
for i = 1, 50000 do parts[#parts + 1] = string.rep("x", i % 100) end
print(#table.concat(parts), select(2, string.gsub(table.concat(parts, ","), "x,", "y")))
local threads = {}
for i = 1, 2000 do threads[i] = coroutine.wrap(function() local t = {} for k = 1, 20 do t[k] = {k} coroutine.yield(#t) end end) end
local sum = 0
for _ = 1, 20 do for i = 1, 2000 do sum = sum + threads[i]() end end
print(sum)
END
}
case_gs() {
  cat >page.ps <<'END'
%!PS
/Helvetica findfont 9 scalefont setfont
0 1 70 { /row exch def 0 1 9 { /column exch def
  column 55 mul 20 add row 10 mul 20 add moveto row column mul 10 string cvs show } for } for
0 5 360 { gsave 300 400 translate rotate 0 0 moveto 200 100 lineto 0.1 setlinewidth stroke grestore } for
showpage
END
  under gs -q -dSAFER -dBATCH -dNOPAUSE -sDEVICE=ppmraw -r150 -sOutputFile=page.ppm page.ps && cksum page.ppm
}
case_tar() {
  mkdir files && for i in $(seq 200); do seq "$i" $((i * 20)) >"files/name$i"; done
  under tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf all.tar files && cksum all.tar &&
    under tar -tf all.tar | cksum && mkdir out && under tar -xf all.tar -C out && diff -r files out/files && echo same
}
case_sort() {
  seq 1 300000 | awk '{ print $1 * 7919 % 300007, $1 }' >data
  under sort --parallel=4 -S 4M -k2n data | cksum && under sort --parallel=4 -u -k1,1n data | under uniq -f 1 -c | cksum
}
case_awk() {
  seq 1 300000 | under awk '{ n[$1 % 997] = n[$1 % 997] "," $1; s += length(n[$1 % 997]) % 7 } END { for (k in n) c += length(n[k]); print c, s }'
}
case_python3-tests() {
  local tests='test_gc test_dict test_list test_set test_deque test_array test_generators test_weakref test_sort'
  python3 -c 'import test.test_dict, test.test_gc' 2>/dev/null || return 77
  # shellcheck disable=SC2086 # names of tests
  under python3 -m test -q $tests 2>&1 | grep -E '^(Result:|Tests result:|Total tests:|All [0-9]+ tests)'
}

run() { # preload -> output and status of the program's case
  local preload=$1 status=0 folder
  # The same path both times: programs print it and compilers store it.
  folder=$scratch/work
  rm -rf "$folder" && mkdir "$folder" && cd "$folder" || return 1
  "case_$program" || status=$?
  cd / && echo "status $status"
}

run '' >"$scratch/plain" 2>&1
run "$library" >"$scratch/preloaded" 2>&1
! grep -qx 'status 77' "$scratch/plain" || { echo "not all that $program's case needs is here"; exit 77; }
tail -n 1 "$scratch/plain" | grep -qx 'status 0' || { cat "$scratch/plain"; echo "$program fails without the library"; exit 77; }
diff -u "$scratch/plain" "$scratch/preloaded" || { echo "$program behaves differently under $library"; exit 1; }
echo "$program: $(wc -l <"$scratch/plain") equal lines"
