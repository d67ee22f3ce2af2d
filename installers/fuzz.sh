#!/usr/bin/env bash
# Runs every fuzz target under libFuzzer, from its seeds and from what earlier runs found (build/fuzz/work).
# An input that fails is left in build/fuzz/found.
#
#   installers/fuzz.sh [SECONDS]   for so long each, 20 if not said
set -euo pipefail

seconds=${1:-20}
case $seconds in
'' | *[!0-9]*)
    echo "How many seconds? '$seconds' is no number." >&2
    exit 2
    ;;
esac
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
if ! command -v clang++ >/dev/null; then
    echo "libFuzzer comes with clang, which is not installed: apt-get install clang" >&2
    exit 1
fi

cmake --preset fuzz
cmake --build --preset fuzz --target fuzz
mkdir -p build/fuzz/work build/fuzz/found

# fuzz NAME: quiet, unless something is found.
fuzz() {
    local log="build/fuzz/work/$1.log" work="build/fuzz/work/$1"
    mkdir -p "$work"
    if "build/fuzz/bin/fuzz_$1" -max_total_time="$2" -timeout=10 -max_len=20000 \
        -artifact_prefix="build/fuzz/found/$1-" "$work" "tests/fuzz/corpus/$1" >"$log" 2>&1; then
        echo "$1: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs, nothing found/p' "$log")"
    else
        tail -n 60 "$log" >&2
        echo "$1: FAILED, see build/fuzz/found and $log" >&2
        return 1
    fi
}
export -f fuzz

# The alarm first: without the seed, a failure that is there has to be found.
rm -rf build/fuzz/work/canary
mkdir -p build/fuzz/work/canary
if build/fuzz/bin/fuzz_canary -max_total_time=60 -artifact_prefix=build/fuzz/work/canary/ \
    build/fuzz/work/canary >build/fuzz/work/canary.log 2>&1; then
    echo "The canary's failure was not found in a minute: a fuzzer like that finds nothing." >&2
    exit 1
fi
if ! grep -q 'deadly signal' build/fuzz/work/canary.log; then
    cat build/fuzz/work/canary.log >&2
    echo "The canary failed another way than it should." >&2
    exit 1
fi
echo "canary: found, as it has to be"

# xargs ends with 123 when one of them failed; the others still run.
for target in build/fuzz/bin/fuzz_*; do
    name=${target##*/fuzz_}
    [ "$name" = canary ] || echo "$name"
done | xargs -P "$(nproc)" -I '{}' bash -c "fuzz {} $seconds"
