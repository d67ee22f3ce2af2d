#!/usr/bin/env bash
# manual.sh TEPAL: every command and option of the helps stands in the manual pages, and groff has nothing to say.
set -euo pipefail
# shellcheck source=tests/install/walk.sh
source "$(dirname "$0")/walk.sh"
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
"$1" manual "$pages" --date 2026-01-31
failed=0
# As people see them: without escapes for the hyphen and without changes of font.
for page in "$pages"/*.1; do
    sed -i.plain -e 's/\\-/-/g' -e 's/\\f[BIR]//g' "$page"
    mv "$page" "$page.text" && mv "$page.plain" "$page"
done
count=0
while IFS=$'\t' read -r kind path name; do
    count=$((count + 1))
    page=$(cut -d' ' -f1,2 <<<"$path" | tr ' ' '-').1.text
    if [ ! -e "$pages/$page" ]; then
        echo "$path has no page" >&2
        failed=1
    elif [ "$kind" = command ]; then
        grep -qF -- "$path" "$pages/$page" || { echo "$path is missing in $page" >&2; failed=1; }
    else
        # From the heading of its command to the next one. grep reads to the end: were it to stop at the
        # first line found (-q), awk could be cut off while it writes, and pipefail takes that for a miss.
        awk -v path="$path" -v deep="$(wc -w <<<"$path")" '
            deep <= 2 { print; next }
            $0 == ".SS " path { on = 1; next }
            /^\.S[HS]/ { on = 0 }
            on' "$pages/$page" | grep -E -- "^(.*, )?$name(,| |\$)" >/dev/null ||
            { echo "$path $name is missing in $page" >&2; failed=1; }
    fi
done < <(walk_help "$1")
[ "$count" -gt 200 ] || { echo "only $count commands and options were found" >&2; failed=1; }
if command -v groff >/dev/null; then
    for page in "$pages"/*.1; do
        said=$(groff -man -Tutf8 -ww "$page" 2>&1 >/dev/null)
        [ -z "$said" ] || { echo "$said" >&2; failed=1; }
    done
else
    echo "groff is not installed: the form of the pages was not checked"
fi
echo "$count commands and options"
exit $failed
