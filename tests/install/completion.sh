#!/usr/bin/env bash
# completion.sh TEPAL bash|zsh|fish: the script completes every command and option of the helps. 77: no such shell.
set -euo pipefail
tepal=$1
shell=$2
command -v "$shell" >/dev/null || { echo "$shell is not installed"; exit 77; }
# shellcheck source=tests/install/walk.sh
source "$(dirname "$0")/walk.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
script=$work/_tepal
"$tepal" completion "$shell" >"$script"
"$shell" -n "$script"
walk_help "$tepal" >"$work/all"

# What is offered for the words of a line, the last of which is being written, a line each.
case $shell in
bash)
    compopt() { :; } # there is no line being edited
    # shellcheck disable=SC1090
    source "$script"
    offered() {
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        _tepal
        printf '%s\n' "${COMPREPLY[@]}"
    }
    ;;
fish)
    export HOME=$work
    # One shell for all: a file with a line each.
    offered() { fish -c "source $script; complete -C '$*'" | cut -f1; }
    ;;
zsh)
    # Its completion needs a terminal, which zpty is.
    export HOME=$work script
    offered() {
        zsh -f "$(dirname "$0")/zsh_offers.zsh" "$script" "$*"
    }
    ;;
esac
failed=0
asked=0
expect() { # WANTED WORDS…
    local wanted=$1
    shift
    asked=$((asked + 1))
    offered "$@" >"$work/offered" || true
    grep -qxF -- "$wanted" "$work/offered" || {
        echo "$shell: \"$*\" is not completed to $wanted: $(tr '\n' ' ' <"$work/offered")" >&2
        failed=1
    }
}
if [ "$shell" = bash ]; then
    while IFS=$'\t' read -r kind path name; do
        # shellcheck disable=SC2086 # the words of a path
        if [ "$kind" = option ]; then
            expect "$name" $path "$name"
        elif [ "$path" != tepal ]; then
            expect "${path##* }" ${path% *} ''
        fi
    done <"$work/all"
    expect thread tepal serve --logger t
    expect thread tepal serve --logger = t
else
    expect serve tepal se
    expect export tepal models ex
    expect s3 tepal destination add s
    expect --max-body tepal serve --max
    expect thread tepal serve --logger t
fi
echo "$shell: $asked places"
exit $failed
