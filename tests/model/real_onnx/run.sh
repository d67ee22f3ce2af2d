#!/bin/sh
# Public ONNX files against onnxruntime-node; see README.md.
#   run.sh TEPAL [WORD…]      with TEPAL_REAL_ONNX, TEPAL_REAL_ONNX_NODE and TEPAL_ONNXRUNTIME set
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tepal=$1
shift
skip() {
    echo "skipped: $1"
    exit 77
}
[ -n "${TEPAL_REAL_ONNX:-}" ] || skip "TEPAL_REAL_ONNX names no folder with .onnx files"
[ -n "${TEPAL_REAL_ONNX_NODE:-}" ] || skip "TEPAL_REAL_ONNX_NODE names no node_modules with onnxruntime-node"
[ -d "$TEPAL_REAL_ONNX_NODE/onnxruntime-node" ] || skip "there is no onnxruntime-node in $TEPAL_REAL_ONNX_NODE"
command -v node > /dev/null || skip "node is not installed"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Two pipelines of texts need this locale.
if ! locale -a 2> /dev/null | grep -qi '^en_US\.utf-\{0,1\}8$' && command -v localedef > /dev/null; then
    mkdir "$scratch/locale"
    localedef -i en_US -f UTF-8 "$scratch/locale/en_US.UTF-8" && export LOCPATH="$scratch/locale"
fi
node "$here/compare.js" "$tepal" "$TEPAL_REAL_ONNX" "$TEPAL_REAL_ONNX_NODE" "$scratch" "$@"
