#!/usr/bin/env bash
# Lets clang-tidy look at core and app, with the list in .clang-tidy; anything it finds is an error.
#
#   installers/tidy.sh            what changed since it was last found clean
#   installers/tidy.sh FILE…      these files, whatever was found before
#
# It needs the build of preset ci, for the compile commands and for which file includes which. A file is looked at again
# when it, one of our headers it includes, its command, the list or clang-tidy itself is another one.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
build=build/ci
clean=build/tidy
if ! command -v clang-tidy >/dev/null; then
    echo "clang-tidy is not installed: apt-get install clang-tidy" >&2
    exit 1
fi
if [ ! -f $build/compile_commands.json ] || [ ! -f $build/build.ninja ]; then
    echo "There is no build of preset ci: run cmake --preset ci && cmake --build --preset ci first." >&2
    exit 1
fi
mkdir -p $clean

# One line per file: its path, a blank, the hash of everything a finding may depend on.
keys() {
    local common
    common=$({ clang-tidy --version; cat .clang-tidy installers/tidy.sh; } | sha256sum | cut -d' ' -f1)
    # "file TAB our headers", from what the last build has read. A file that was never compiled is not there.
    ninja -C $build -t deps | awk -v root="$root/" '
        function flush() { if (source != "") print source "\t" headers; source = "" }
        /^[^ ]/ { flush(); headers = ""; next }
        NF {
            path = $1
            sub(/^(\.\.\/)+/, "", path)
            if (index(path, root) == 1) path = substr(path, length(root) + 1)
            if (path ~ /^(core|app)\/.*\.cpp$/) source = path
            else if (path ~ /^(core|app|resources)\/.*\.h$/) headers = headers " " path
        }
        END { flush() }' | sort -u >$clean/includes
    # "file TAB command"
    awk -v root="$root/" '
        /"command":/ { command = $0 }
        /"file":/ {
            path = $0
            sub(/.*"file": "/, "", path); sub(/",?$/, "", path)
            if (index(path, root) == 1) path = substr(path, length(root) + 1)
            if (path ~ /^(core|app)\/.*\.cpp$/) print path "\t" command
        }' $build/compile_commands.json | sort -u -t$'\t' -k1,1 >$clean/commands
    local file command headers
    while IFS=$'\t' read -r file command; do
        headers=$(awk -F'\t' -v file="$file" '$1 == file { print $2; exit }' $clean/includes)
        # shellcheck disable=SC2086 # our paths have no blanks
        echo "$file $({ echo "$common $command"; sha256sum "$file" $headers 2>&1 || true; } |
            sha256sum | cut -d' ' -f1)"
    done <$clean/commands
}

# look FILE KEY: quiet when nothing is found.
look() {
    local log
    if log=$(clang-tidy -p build/ci --quiet --extra-arg=-Wno-unknown-warning-option "$1" 2>&1); then
        [ -z "$2" ] || touch "build/tidy/$2"
    else
        printf '%s\n' "$log" | grep -v 'warnings\? generated\|^Suppressed' >&2
        return 1
    fi
}
export -f look

if [ $# -gt 0 ]; then
    printf '%s\n' "$@" | xargs -P 2 -I '{}' bash -c 'look {} ""'
    exit
fi

keys >$clean/keys
dirty=$(while read -r file key; do
    [ -e "$clean/$key" ] || echo "$file $key"
done <$clean/keys)
if [ -n "$dirty" ]; then
    echo "clang-tidy: $(wc -l <<<"$dirty") files"
    # xargs ends with 123 when one of them failed; the others are still looked at.
    xargs -P 2 -n 2 bash -c 'look "$1" "$2"' look <<<"$dirty"
fi
echo "clang-tidy: nothing found"
