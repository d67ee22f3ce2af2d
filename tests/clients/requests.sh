#!/usr/bin/env bash
# The essentials as Python's requests and urllib3 ask them.
#
#   tests/clients/requests.sh PATH_TO_TEPAL
#
# Exit status: 0 all as it should be, 1 not, 77 python3-requests is missing.
set -euo pipefail

program=${1:?usage: requests.sh PATH_TO_TEPAL}
here=$(realpath "$(dirname "$0")")
python=${TEPAL_PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import requests, urllib3' 2>/dev/null; then
    echo "python3-requests is not installed: skipped"
    exit 77
fi
# shellcheck source=tests/clients/endpoint.sh
source "$here/endpoint.sh"
serve
failed=0
"$python" -B "$here/ask.py" "$url" >"$work/said.txt" 2>&1 || failed=1
report_and_count "$work/said.txt" || failed=1
exit $failed
