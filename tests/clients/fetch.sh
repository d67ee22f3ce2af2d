#!/usr/bin/env bash
# What node's fetch asks in every form that the endpoint knows, and that each row was counted exactly once.
#
#   tests/clients/fetch.sh PATH_TO_TEPAL
#
# Exit status: 0 all as it should be, 1 not, 77 node is missing.
set -euo pipefail

program=${1:?usage: fetch.sh PATH_TO_TEPAL}
here=$(realpath "$(dirname "$0")")
if ! node -e 'process.exit(typeof fetch == "function" ? 0 : 1)' 2>/dev/null; then
    echo "node with fetch is not installed: skipped"
    exit 77
fi
# shellcheck source=tests/clients/endpoint.sh
source "$here/endpoint.sh"
serve
failed=0
node "$here/fetch.mjs" "$url" >"$work/said.txt" 2>&1 || failed=1
report_and_count "$work/said.txt" || failed=1
exit $failed
