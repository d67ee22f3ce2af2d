#!/usr/bin/env bash
# 10,000 connections that do nothing, and 50 that send a byte a second, while somebody asks: with room for all of them,
# and with the room that there is by default, where those that do nothing yield.
#
#   tests/clients/idle.sh PATH_TO_TEPAL
#
# Exit status: 0 nobody who asked was kept from an answer, 1 somebody was, 77 Python or open files are missing.
set -euo pipefail

program=${1:?usage: idle.sh PATH_TO_TEPAL}
here=$(realpath "$(dirname "$0")")
python=${TEPAL_PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import resource' 2>/dev/null; then
    echo "python3 is not installed: skipped"
    exit 77
fi
# 10,000 on each side, and what either needs besides.
if ! ulimit -n 12000 2>/dev/null; then
    echo "the system allows $(ulimit -Hn) open files, too few for 10,000 connections: skipped"
    exit 77
fi
# shellcheck source=tests/clients/endpoint.sh
source "$here/endpoint.sh"

failed=0
for room in 11000 4096; do
    echo "--max-connections $room"
    serve --max-connections "$room" --keep-alive 120s --request-timeout 5s
    "$python" -B "$here/idle.py" "$url" "$serving" "$room" >"$work/said.txt" 2>&1 || failed=1
    report_and_count "$work/said.txt" || failed=1
    stopped
    # What is counted next is another endpoint's.
    rm -rf "$TEPAL_HOME"
    tepal train iris >"$work/train.log" 2>&1
done
exit $failed
