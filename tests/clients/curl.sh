#!/usr/bin/env bash
# Every line with curl in README.md and the guide, run as it stands there. Only where it connects to is another port,
# which curl's own settings file says.
#
#   tests/clients/curl.sh PATH_TO_TEPAL
#
# Exit status: 0 each is answered as the text says, 1 not, 77 curl or openssl is missing.
set -euo pipefail

program=${1:?usage: curl.sh PATH_TO_TEPAL}
here=$(realpath "$(dirname "$0")")
root=$(realpath "$here/../..")
if ! command -v openssl >/dev/null; then # The guide's own.
    echo "openssl is not installed: skipped"
    exit 77
fi
# shellcheck source=tests/clients/endpoint.sh
source "$here/endpoint.sh"
cd "$work"

# What the text says is there: a model of a price and a colour, and tables.
awk 'BEGIN {
    print "price,colour,returned"
    for (i = 0; i < 40; ++i)
        printf "%.1f,%s,%s\n", 1 + i % 10, i % 2 ? "red" : "blue", i % 2 ? "yes" : "no"
}' >shop.csv
tepal train csv shop.csv --label returned --one-hot --name shop >train.log 2>&1
printf 'price,colour\n1.5,red\n2.5,blue\n' >rows.csv
printf 'town;people\nZ\xfcrich;400000\nGen\xe8ve;200000\n' >towns.csv
printf '1,2.5\n3,4.5\n' >plain.csv
printf '{"a":{"b":1}}\n{"a":{"b":2}}\n' >events.jsonl

# A command a line, as a reader copies it: indented by four, continued by backslashes.
lines() {
    awk '
        FNR == 1 { part = "" }
        /^    / {
            line = part substr($0, 5)
            if (sub(/\\$/, "", line)) { part = line; next }
            if (line ~ /(^|\| *)curl -/) print FILENAME "\t" line
        }
        { part = "" }
    ' "$@"
}

failed=0
count=0
run() { # run WHERE LINE EXPECTED
    local said status=0
    said=$(bash -c "$2" 2>error.txt) || status=$?
    count=$((count + 1))
    if [[ $status == 0 && $said =~ ^$3$ ]]; then
        echo "ok      $1: ${2:0:90}"
    else
        echo "FAILED  $1: $2"
        echo "        exit $status, answered: $said $(grep -a '^curl:' error.txt || true)"
        failed=1
    fi
}

# to ADDRESS: where curl finds whatever a line names.
to() { printf 'connect-to = "::%s"\nfail-with-body\nmax-time = 20\n' "${1#*://}" >.curlrc; }

expectation() {
    case $1 in
    *"…"*) ;; # Cut short in the text.
    *explain=1*) echo '\{.*"effects".*"neighbours".*\}' ;;
    */v1/log*single*) echo '\{"rows":1\}' ;;
    */v1/log*) echo '\{"rows":2\}' ;;
    *'"red"'*/predict*) echo 'yes' ;;
    *4.9*/v1/models/iris/predict*) echo 'setosa' ;;
    *) echo 'an answer that this test has been told' ;;
    esac
}

lines "$root/README.md" "$root"/resources/docs/*.md >all.txt
run_all() { # run_all PATTERN: those lines that match, of those that are left
    while IFS=$'\t' read -r where line; do
        expected=$(expectation "$line")
        [[ -z $expected ]] || run "${where#"$root/"}" "$line" "$expected"
    done < <(grep -E "$1" all.txt)
    grep -vE "$1" all.txt >left.txt || true
    mv left.txt all.txt
}

serve
to "$url"
run "tepal models show" "$(tepal models show iris_knn | grep -oE 'curl .*')" 'setosa|versicolor|virginica'
stopped

# The model behind the predict route is another one there.
serve --model shop
to "$url"
run_all '"red".*/predict'
stopped

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=box -addext "subjectAltName=DNS:box" \
    -keyout key.pem -out cert.pem 2>error.txt
guide=$root/resources/docs/11-endpoint.md
# As the guide has it, port and this test's pace aside.
bash -c "$(grep -oE '^    openssl rand .*' "$guide")"
read -r _ _ options < <(grep -E '^    tepal serve --host 0.0.0.0' "$guide")
# shellcheck disable=SC2086 # They are words.
serve $options
to "127.0.0.1:${url##*:}"
run_all 'https://box'
stopped

serve
to "$url"
run_all .

if [[ $count -lt 13 ]]; then
    echo "FAILED  only $count lines were found"
    failed=1
fi
exit $failed
