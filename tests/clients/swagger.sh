#!/usr/bin/env bash
# The endpoint's own page in a browser: somebody unfolds a call, tries it out and reads the answer.
#
#   tests/clients/swagger.sh PATH_TO_TEPAL
#
#   TEPAL_PLAYWRIGHT  a node_modules with playwright-core (npm install --ignore-scripts playwright-core)
#   TEPAL_CHROMIUM    the browser (default: chromium)
#   TEPAL_SHOTS       a folder for pictures of the page
#
# Exit status: 0 it works, 1 it does not, 77 browser or playwright-core is missing.
set -euo pipefail

program=${1:?usage: swagger.sh PATH_TO_TEPAL}
here=$(realpath "$(dirname "$0")")
if ! browser=$(command -v "${TEPAL_CHROMIUM:-chromium}"); then
    echo "chromium is not installed: skipped"
    exit 77
fi
if [[ ! -f ${TEPAL_PLAYWRIGHT:-}/playwright-core/package.json ]]; then
    echo "playwright-core is missing, TEPAL_PLAYWRIGHT names no node_modules with it: skipped"
    exit 77
fi
if [[ -n ${TEPAL_SHOTS:-} ]]; then
    mkdir -p "$TEPAL_SHOTS"
    TEPAL_SHOTS=$(realpath "$TEPAL_SHOTS")
fi
TEPAL_PLAYWRIGHT=$(realpath "$TEPAL_PLAYWRIGHT")
export TEPAL_PLAYWRIGHT TEPAL_SHOTS=${TEPAL_SHOTS:-}

# shellcheck source=tests/clients/endpoint.sh
source "$here/endpoint.sh"
serve
if ! curl -sfo "$work/script.js" "$url/static_content/swagger-ui-bundle.js"; then
    echo "this tepal was built without the page (TEPAL_WITH_SWAGGER): skipped"
    exit 77
fi
failed=0
node "$here/swagger.mjs" "$url" "$browser" "$work/browser" >"$work/said.txt" 2>&1 || failed=1
# What was tried out on the page are real requests: each is a row, and nothing else is.
report_and_count "$work/said.txt" || failed=1
exit $failed
