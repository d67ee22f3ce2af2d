#!/bin/sh
# Every .onnx file of the whole history of a git clone, as FOLDER/<path with __ for />.
set -eu
[ $# -eq 2 ] || { echo "usage: collect.sh CLONE FOLDER" >&2; exit 2; }
mkdir -p "$2"
# The newest of each path that is not a deletion.
git -C "$1" log --all --raw --no-abbrev --no-renames --format= -- '*.onnx' |
    awk -F'\t' '{split($1, meta, " "); if (meta[4] !~ /^0+$/ && !seen[$2]++) print meta[4] "\t" $2}' |
    while IFS="$(printf '\t')" read -r blob path; do
        file=$2/$(echo "$path" | sed 's|/|__|g')
        git -C "$1" cat-file blob "$blob" > "$file" 2> /dev/null || rm -f "$file"
    done
echo "$(ls "$2" | wc -l) files"
