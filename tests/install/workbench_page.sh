#!/usr/bin/env bash
# workbench_page.sh TEPAL-WORKBENCH PAGE: the page has every option of --help, and no other.
set -euo pipefail
export QT_QPA_PLATFORM=offscreen
"$1" --help | grep -E '^  -' | sed 's/^  //; s/  .*//' | grep -oE -- '--?[a-z][a-z-]*' | sort -u >/tmp/tepal-help.$$
trap 'rm -f /tmp/tepal-help.$$ /tmp/tepal-page.$$' EXIT
sed -e 's/\\-/-/g' -e 's/\\f[BIR]//g' "$2" | awk '/^\.SH/ { on = $2 == "OPTIONS" } on && tp { print } { tp = $1 == ".TP" }' |
    grep -oE -- '--?[a-z][a-z-]*' | sort -u >/tmp/tepal-page.$$
if ! diff -u --label "--help" --label "manual page" /tmp/tepal-help.$$ /tmp/tepal-page.$$; then
    echo "correct installers/man/tepal-workbench.1.in" >&2
    exit 1
fi
[ -s /tmp/tepal-help.$$ ]
