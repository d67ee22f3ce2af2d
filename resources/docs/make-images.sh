#!/usr/bin/env bash
# Takes the guide's pictures anew, from the real programs on the iris demo.
#
#   resources/docs/make-images.sh [BIN_DIR [OUT_DIR [SCALE]]]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../build/release/bin}
out=${2:-$here/images}
scale=${3:-1}
port=${TEPAL_IMAGES_PORT:-3917}
url=http://127.0.0.1:$port
export QT_QPA_PLATFORM=offscreen
mkdir -p "$out"
home=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$home"' EXIT

answering() {
    until curl -fs "$url/readyz" >/dev/null; do
        kill -0 "$1"
        sleep 0.2
    done
}

# A home whose finished windows go to a folder, for the page of uploads.
"$bin/tepal" train iris --home "$home/tepal" >/dev/null
"$bin/tepal" destination add folder --directory "$home/profiles" --enable --home "$home/tepal" >/dev/null
"$bin/tepal" serve --home "$home/tepal" --port "$port" >/dev/null 2>&1 &
endpoint=$!
answering "$endpoint"
"$bin/tepal" simulate --home "$home/tepal" --url "$url" --backfill 3d --seed 7 >/dev/null
kill -INT "$endpoint"
wait "$endpoint"

for theme in light dark; do
    for page in profiles drift models log settings; do
        "$bin/tepal-workbench" --demo --port "$port" --theme "$theme" --scale "$scale" --after 8 \
            --grab "$page" "$out/$page-$theme.png"
    done
    "$bin/tepal-workbench" --home "$home/tepal" --port "$port" --theme "$theme" --scale "$scale" \
        --after 4 --grab uploads "$out/uploads-$theme.png"

    # The live page while somebody asks.
    "$bin/tepal-workbench" --demo --port "$port" --theme "$theme" --scale "$scale" --after 60 \
        --grab live "$out/live-$theme.png" &
    window=$!
    answering "$window"
    "$bin/tepal" simulate --url "$url" --scenario steady --rate 40 --duration 90s --seed 7 \
        >/dev/null 2>&1 &
    traffic=$!
    wait "$window"
    kill "$traffic" 2>/dev/null || true
    wait "$traffic" 2>/dev/null || true
done
