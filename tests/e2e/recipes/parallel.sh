#!/usr/bin/env bash
# The guide's recipes for a table in parts: whatever cuts it, the merged profile says what the profile of the whole
# table says. Rows, missing values, types, minimum and maximum are exact and must be equal.
#
#   tests/e2e/recipes/parallel.sh PATH_TO_TEPAL
#
# Exit status: 0 they agree, 1 they do not, 77 GNU parallel is not installed.
set -euo pipefail

tepal=$(realpath "${1:?usage: parallel.sh PATH_TO_TEPAL}")
if [[ $(parallel --version 2>/dev/null) != *GNU* ]]; then
    echo "GNU parallel is not installed: skipped"
    exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Nothing of the caller's home is read or written.
export HOME=$work TEPAL_HOME=$work/home
mkdir bin
ln -s "$tepal" bin/tepal
export PATH=$work/bin:$PATH

awk 'BEGIN {
    print "id,amount,code"
    for (i = 1; i <= 60000; ++i)
        printf "%d,%s,%s\n", i, i % 7 ? (i * 7919) % 100003 / 8 : "", i < 40000 ? i % 100 : "A" i % 100
}' >orders.csv
known=(--delimiter "," --header --types code=text --dataset-timestamp 2026-01-31)
tepal profile orders.csv -o whole.bin "${known[@]}" >whole.log 2>&1

exact() {
    tepal inspect "$1" --json |
        grep -E '"(id|amount|code)"|"(counts/(n|null)|types/[a-z]+|distribution/(n|min|max))"'
}
exact whole.bin >whole.txt
grep -q '"counts/n": 60000' whole.txt

failed=0
same() {
    if exact "$2" | diff whole.txt - >difference.txt; then
        echo "ok      $1"
    else
        echo "FAILED  $1"
        cat difference.txt
        failed=1
    fi
}

parallel --pipepart -a orders.csv --header : --block 200k tepal profile - -o - "${known[@]}" >parts.bin 2>log.txt
tepal merge - -o a.bin <parts.bin >log.txt
grep -qE 'from ([3-9]|[1-9][0-9]+) profiles' log.txt # it was cut at all
same "parallel --pipepart" a.bin

gzip -c orders.csv | gunzip |
    parallel --pipe --header : --block 200k tepal profile - -o - "${known[@]}" 2>log.txt >parts.bin
tepal merge - -o b.bin <parts.bin >log.txt
same "parallel --pipe" b.bin

mkdir days
tail -n +2 orders.csv | split -l 17000 --additional-suffix .csv - days/
sed -i '1i id,amount,code' days/*.csv
printf '%s\n' days/*.csv | xargs -P 2 -I{} tepal profile {} -o {}.bin "${known[@]}" >log.txt 2>&1
tepal merge days/*.bin -o c.bin >log.txt
same "xargs -P" c.bin

# As Spark and Hadoop Streaming want it: lines in, a line of base64 out, and a part without rows.
cat >profile-part.sh <<'EOF'
#!/bin/sh
set -e
part=$(mktemp)
trap 'rm -f "$part"' EXIT
{ echo "id,amount,code"; sed '/^id,amount,code$/d'; } |
    tepal profile - -o "$part" --delimiter , --header --types code=text >&2
base64 -w 0 "$part"
echo
EOF
split -n l/3 orders.csv piece.
for piece in piece.* /dev/null; do
    sh profile-part.sh <"$piece" 2>log.txt
done | sort | cut -f 1 | base64 -d | tepal merge - -o d.bin >log.txt
same "lines of base64" d.bin

# A part that cannot be read must be heard of.
if (cat orders.csv; echo "1,2,3,4") |
    parallel --pipe --header : --block 200k tepal profile - -o - "${known[@]}" >parts.bin 2>log.txt; then
    echo "FAILED  a bad part ends with status 0"
    failed=1
else
    echo "ok      a bad part"
fi
exit $failed
