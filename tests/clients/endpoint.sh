# shellcheck shell=bash
# Sourced by the tests of this folder: an endpoint of its own on a fresh home with the iris model.
#
#   work      a new folder, which goes at the end
#   url       http://127.0.0.1:PORT
#   serving   its process
#   tepal     the command line, on that home
#   rows      prints how many rows of the model's dataset are in windows, once none is on its way
#
# Whoever sources this has set -euo pipefail and `program`, the path to tepal.

if ! command -v curl >/dev/null; then
    echo "curl is not installed: skipped"
    exit 77
fi
program=$(realpath "$program")
work=$(mktemp -d)
# Nothing of the caller's home is read or written, and nothing of its set-up is used.
export HOME=$work TEPAL_HOME=$work/home
unset TEPAL_TOKEN http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
serving=
stopped() {
    [[ -z $serving ]] && return
    kill -TERM "$serving" 2>/dev/null || true
    wait "$serving" 2>/dev/null || true
    serving=
}
trap 'stopped; rm -rf "$work"' EXIT

tepal() { "$program" "$@"; }

serve() { # serve [OPTION…]
    : >"$work/serve.log" # Not the one before.
    "$program" serve --port 0 --commit-every 100ms "$@" >"$work/serve.log" 2>&1 &
    serving=$!
    for _ in $(seq 300); do
        url=$(sed -n 's/^Serving on //p' "$work/serve.log")
        [[ -n $url ]] && return
        kill -0 "$serving" 2>/dev/null || break
        sleep 0.1
    done
    echo "the endpoint did not start:" >&2
    cat "$work/serve.log" >&2
    return 1
}

rows() { # rows [DATASET]
    for _ in $(seq 300); do
        if [[ $(tepal status --json) == *'"lag_records": 0'* ]]; then
            tepal windows --dataset "${1:-model-1}" --json |
                awk '/"rows":/ { gsub(/[^0-9]/, ""); n += $0 } END { print n + 0 }'
            return
        fi
        sleep 0.1
    done
    echo "rows are still on their way" >&2
    return 1
}

tepal train iris >"$work/train.log" 2>&1

# Prints what a client said, and compares the rows it says it sent ("rows DATASET=COUNT") with those in windows.
report_and_count() {
    local wrong=0 line dataset counted all=0
    cat "$1"
    if ! grep -q '^rows ' "$1"; then
        echo "FAILED  the client did not come to its end"
        return 1
    fi
    for line in $(sed -n 's/^rows //p' "$1"); do
        dataset=${line%=*}
        counted=$(rows "$dataset")
        all=$((all + ${line#*=}))
        if [[ $counted == "${line#*=}" ]]; then
            echo "ok      $dataset has $counted rows, each once"
        else
            echo "FAILED  $dataset has $counted rows, not ${line#*=}"
            wrong=1
        fi
    done
    # The endpoint itself says the same, and nothing went elsewhere.
    line=$(curl -s "$url/metrics" | sed -n 's/^tepal_journal_appended_rows_total \([0-9]*\).*/\1/p')
    if [[ $line == "$all" ]]; then
        echo "ok      /metrics tells of $all rows"
    else
        echo "FAILED  /metrics tells of $line rows, not $all"
        wrong=1
    fi
    return $wrong
}
