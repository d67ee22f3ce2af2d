#!/usr/bin/env bash
# desktop.sh FILES SOURCE [GOLDEN.bin]: desktop entry, AppStream data and file association, by the tools that read them.
# 77 where none is installed.
set -euo pipefail
files=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
asked=0
if command -v desktop-file-validate >/dev/null; then
    desktop-file-validate "$source/desktop/tepal-workbench.desktop"
    asked=$((asked + 1))
fi
if command -v appstreamcli >/dev/null; then
    appstreamcli validate --no-net "$files"/*.metainfo.xml >/dev/null
    asked=$((asked + 1))
fi
if command -v update-mime-database >/dev/null && command -v gio >/dev/null; then
    mkdir -p "$work/mime/packages"
    cp "$source/desktop/tepal-mime.xml" "$work/mime/packages/tepal-workbench.xml"
    # As installed: in one database with everything else.
    cp /usr/share/mime/packages/freedesktop.org.xml "$work/mime/packages/"
    update-mime-database "$work/mime" 2>/dev/null
    # A profile by its first bytes, also under another name; what else ends in .bin stays what it was.
    cp "$3" "$work/profile.bin"
    head -c 2000 /dev/zero >"$work/other.bin"
    kind() {
        XDG_DATA_HOME=$work XDG_DATA_DIRS=$work gio info -a standard::content-type "$1" | sed -n 's/.*content-type: //p'
    }
    [ "$(kind "$work/profile.bin")" = application/x-whylogs-profile ] ||
        { echo "a profile is taken for $(kind "$work/profile.bin")" >&2; exit 1; }
    [ "$(kind "$work/other.bin")" = application/octet-stream ] ||
        { echo "a foreign .bin is taken for $(kind "$work/other.bin")" >&2; exit 1; }
    asked=$((asked + 1))
fi
[ $asked -gt 0 ] || { echo "no tool is installed that reads these files"; exit 77; }
echo "$asked of 3 tools"
