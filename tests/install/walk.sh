# shellcheck shell=bash
# Sourced. walk_help PROGRAM: what the helps of the program say there is, a line each:
#   command TAB path         tepal models export
#   option TAB path TAB name  --home
# It reads what people read, so it is independent of what the pages and scripts are written from.
walk_help() {
    walk_one "$1" tepal
}

walk_one() {
    local program=$1 path=$2 help line section='' name names
    # shellcheck disable=SC2086 # the words of a path
    help=$("$program" ${path#tepal} --help) || { echo "$path --help fails" >&2; return 1; }
    printf 'command\t%s\n' "$path"
    local below=()
    while IFS= read -r line; do
        case $line in
        Subcommands:) section=commands ;;
        '' | [![:blank:]]*) section='' ;;
        '  -'*)
            names=${line#  }
            names=${names%% *}
            for name in ${names//,/ }; do
                printf 'option\t%s\t%s\n' "$path" "$name"
            done
            ;;
        '  '[a-z]*)
            [ "$section" != commands ] || { line=${line#  } && below+=("${line%% *}"); }
            ;;
        esac
    done <<<"$help"
    for name in "${below[@]}"; do
        walk_one "$program" "$path $name" || return 1
    done
}
