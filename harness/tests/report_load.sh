#!/usr/bin/env bash
# report_load.sh PAGE - prints how long headless Chromium takes from the start of loading PAGE until everything stands at
# its place, the median of five; nothing where there is no Chromium.
set -uo pipefail
page=$(realpath "$1") || exit 1
chromium=$(command -v chromium || command -v chromium-browser) || exit 0
home=$(mktemp -d) || exit 1
trap 'rm -rf "$home"' EXIT
{
  cat "$page"
  echo '<script>addEventListener("load", () => { document.body.offsetHeight; document.title = `loaded ${Math.round(performance.now())} ms`; })</script>'
} >"$home/timed.html"
for _ in 1 2 3 4 5; do
  HOME=$home timeout 100 "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$home/profile" \
    --window-size=1200,900 --dump-dom "file://$home/timed.html" 2>/dev/null | grep -o '<title>loaded [0-9]* ms' | grep -o '[0-9]*'
done | sort -n | sed -n '3s/$/ ms until the page is loaded and laid out/p'
exit 0
