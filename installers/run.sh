#!/usr/bin/env bash
# From a fresh clone to a moving drift chart: installs what is missing, builds, and opens the
# workbench on the iris demo. Without a display it says so and runs the endpoint alone.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# shellcheck source=installers/setup-debian.sh
source installers/setup-debian.sh

cmake --preset release -DTEPAL_BUILD_TESTS=OFF -DTEPAL_BUILD_BENCH=OFF
cmake --build --preset release --target tepal tepal-workbench

bin="$root/build/release/bin"
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$bin/tepal-workbench" --demo "$@"
fi

echo "There is no display: running the endpoint without a window. Stop it with Ctrl-C."
if [ "$("$bin/tepal" models list --json)" = "[]" ]; then
    "$bin/tepal" train iris
fi
exec "$bin/tepal" serve "$@"
