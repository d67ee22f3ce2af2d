#!/usr/bin/env bash
# version.sh VERSION PROGRAM…: each says the project's version, with the commit where there is a repository.
set -euo pipefail
version=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
for program in "$@"; do
    name=$(basename "$program")
    said=$("$program" --version)
    wanted="${name/-workbench/} $version"
    commit=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || true)
    if [ -n "$commit" ] && [ -e "$root/.git" ]; then
        # The build may be older than the commit by a moment: the form is what counts.
        [[ $said =~ ^"$wanted ("[0-9a-f]{12}"+"?")"$ ]] || {
            echo "$name --version says: $said" >&2
            echo "expected: $wanted ($commit)" >&2
            exit 1
        }
    else
        [[ $said == "$wanted"* ]] || { echo "$name --version says: $said" >&2; exit 1; }
    fi
done
