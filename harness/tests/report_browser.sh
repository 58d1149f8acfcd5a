#!/usr/bin/env bash
# report_browser.sh ALLOCBENCH RUN FOLDER - opens the report of RUN in headless Chromium at three widths: no message on the
# console, nothing wider than the window, tables sort and filter, every chart appears when its fold is opened. Leaves the
# page and a screenshot a width in FOLDER. 77: there is no Chromium (scripts/bootstrap report-test).
set -uo pipefail
allocbench=$1 run=$2 folder=$3
chromium=$(command -v chromium || command -v chromium-browser) || { echo "skipped: no chromium; scripts/bootstrap report-test" >&2; exit 77; }
home=$(mktemp -d) || exit 1
trap 'rm -rf "$home"' EXIT
mkdir -p "$folder" && folder=$(cd "$folder" && pwd) || exit 1
"$allocbench" report "$run" -o "$folder" || exit 1

browse() { # width file options...
  local width=$1 file=$2
  shift 2
  HOME=$home timeout 100 "$chromium" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$home/profile" \
    --enable-logging=stderr --window-size="$width,1200" "$@" "file://$file" 2>"$home/log"
}

# The page with a test behind it, which leaves its verdict in the title.
cat >"$home/test.js" <<'JS'
const problems = [];
const check = (good, what) => { if (!good) problems.push(what); };
const key = row => row.cells[2].dataset.v === undefined ? NaN : Number(row.cells[2].dataset.v);
addEventListener('load', () => setTimeout(() => {
  const table = document.querySelector('table.sortable'), head = table.tHead.rows[0].cells[2];
  const rows = () => [...table.tBodies[0].rows], before = rows().length;
  const sorted = (way) => rows().every((row, i, all) => i === 0 || isNaN(key(row)) || way * (key(row) - key(all[i - 1])) >= 0);
  check(before > 1, 'the table has no rows');
  check(document.documentElement.scrollWidth <= innerWidth, `${document.documentElement.scrollWidth} pixels in ${innerWidth}`);
  head.querySelector('button').click();
  check(sorted(1) && head.ariaSort === 'ascending', 'not sorted upwards');
  head.querySelector('button').click();
  check(sorted(-1) && head.ariaSort === 'descending', 'not sorted downwards');
  check(rows().length === before, 'rows were lost');
  const name = rows()[0].cells[0].textContent, input = document.querySelector('input[type=search]');
  input.value = name;
  input.dispatchEvent(new Event('input'));
  const shown = rows().filter(row => row.offsetHeight > 0);
  check(shown.length >= 1 && shown.length < before && shown.every(row => row.textContent.includes(name)), 'not filtered');
  check(table.closest('details').querySelector('output').textContent.startsWith(`${shown.length} of ${before}`), 'not counted');
  const tables = document.querySelectorAll('table').length, charts = document.querySelectorAll('.chart > svg').length;
  const folded = document.querySelectorAll('details:not([open])').length;
  dispatchEvent(new Event('beforeprint'));
  check(document.querySelectorAll('details:not([open])').length === 0, 'something is not printed');
  dispatchEvent(new Event('afterprint'));
  check(folded > 0 && document.querySelectorAll('details:not([open])').length === folded, 'not folded again after printing');
  const chart = document.querySelector('.chart'), tip = document.querySelector('.tip');
  const press = key => chart.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  check(chart.querySelector('use > title').textContent.includes(': '), 'marks say nothing');
  press('ArrowRight');
  check(!tip.hidden && tip.textContent.includes(': ') && chart.querySelectorAll('.at').length === 1, 'arrows reach no mark');
  press('Escape');
  check(tip.hidden && chart.querySelectorAll('.at').length === 0, 'a mark is not left');
  for (const part of document.querySelectorAll('details')) part.open = true;
  setTimeout(() => {
    check(document.querySelectorAll('noscript').length === 0, 'something stays folded');
    check(document.querySelectorAll('table').length > tables, 'no table was folded');
    check(charts > 0 && document.querySelectorAll('.chart > svg').length >= charts, 'charts are missing');
    for (const svg of document.querySelectorAll('.chart > svg')) {
      check(svg.getBBox().width > 500 && svg.querySelector('text'), `${svg.ariaLabel} is empty`);
      for (const use of svg.querySelectorAll('use'))
        check(document.querySelector(use.getAttribute('xlink:href')), 'a mark without a shape');
    }
    for (const one of document.querySelectorAll('table.sortable')) check(one.querySelector('th button'), 'a head without a button');
    check(document.documentElement.scrollWidth <= innerWidth, 'unfolded, the page is wider than the window');
    document.title = problems.length ? [...new Set(problems)].join('; ') : `good: ${before} rows`;
  }, 500);
}, 0));
JS
{ cat "$folder/report.html"; echo "<script>"; cat "$home/test.js"; echo "</script>"; } >"$home/tested.html"

failed=0
for width in 400 1000 1600; do
  title=$(browse $width "$home/tested.html" --virtual-time-budget=30000 --dump-dom | grep -o '<title>[^<]*' | head -1)
  messages=$(grep CONSOLE "$home/log")
  echo "$width: ${title#<title>}${messages:+; console: $messages}"
  [[ $title == "<title>good: "* && -z $messages ]] || failed=1
  browse $width "$folder/report.html" --screenshot="$folder/report_$width.png" || failed=1
  [[ $(head -c 4 "$folder/report_$width.png") == $'\x89PNG' ]] || { echo "$width: no screenshot"; failed=1; }
done
exit $failed
