#!/usr/bin/env bash
# Installs what is missing from packages-debian.txt. Sourced by run.sh and test.sh.
# A release whose names differ has a list of its own, packages-debian-VERSION.txt with the VERSION_ID of
# /etc/os-release, which is taken in its place. Debian 12 and 13 share one.
# More lists may be named in the array package_lists before sourcing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if ! command -v apt-get >/dev/null; then
    echo "This system has no apt-get. Install the packages listed in installers/packages-debian.txt" >&2
    echo "under your system's names (the README has them for some), then run cmake --preset release by hand." >&2
    exit 1
fi

# shellcheck source=/dev/null
release=$(. /etc/os-release 2>/dev/null && echo "${ID:-}-${VERSION_ID:-}")
lists=("$here/packages-debian.txt")
[ -e "$here/packages-$release.txt" ] && lists=("$here/packages-$release.txt")
lists+=(${package_lists[@]+"${package_lists[@]}"})

mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "${lists[@]}")
missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done
# A node and npm that came another way will do.
if command -v npm >/dev/null && command -v node >/dev/null; then
    kept=()
    for package in "${missing[@]}"; do
        [ "$package" = npm ] || [ "$package" = nodejs ] || kept+=("$package")
    done
    missing=("${kept[@]}")
fi

if [ ${#missing[@]} -gt 0 ]; then
    echo "Installing: ${missing[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Run as root: apt-get install ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
