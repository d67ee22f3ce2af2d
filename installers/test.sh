#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors and asserts, and runs every test, the seeds
# of the fuzz targets among them; then runs the core's tests once more under the address and
# undefined-behaviour sanitizers.
#
#   installers/test.sh                    everything
#   installers/test.sh --quick            without the sanitizers
#   installers/test.sh --asan             only the core's tests, under the first two sanitizers
#   installers/test.sh --tsan             only the tests where threads meet, under the thread sanitizer
#   installers/test.sh --fuzz [SECONDS]   nothing but libFuzzer: each target for 20 seconds (needs clang)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

if [ "${1:-}" = "--fuzz" ]; then
    exec bash installers/fuzz.sh "${2:-20}"
fi

# shellcheck source=installers/setup-debian.sh
source installers/setup-debian.sh
export CTEST_OUTPUT_ON_FAILURE=1

if [ "${1:-}" = "--tsan" ]; then
    cmake --preset tsan
    cmake --build --preset tsan --target tests_tsan
    exec ctest --test-dir build/tsan --parallel 2 --label-regex '^tsan$'
fi

if [ "${1:-}" != "--asan" ]; then
    cmake --preset ci
    cmake --build --preset ci
    ctest --test-dir build/ci --parallel 2
fi
if [ "${1:-}" = "--quick" ]; then
    exit 0
fi

cmake --preset asan
cmake --build --preset asan
# Leaks are looked for too; Qt Test itself is clean, ONNX Runtime is not.
ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 \
    LSAN_OPTIONS="suppressions=$root/installers/leaks.txt:print_suppressions=0" \
    ctest --test-dir build/asan --parallel 2
