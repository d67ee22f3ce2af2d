#!/usr/bin/env bash
# Makes the packages, from a clean clone on: installs what is missing, builds, and writes Debian packages and the
# archive that carries its libraries; then looks at them with the tools that others judge them by.
#
#   installers/package.sh [OUT]      OUT: build/packages if not said
#
# The same commit makes the same bytes: times inside are SOURCE_DATE_EPOCH, which is the commit's if not set.
set -euo pipefail
umask 022

root=$(cd "$(dirname "$0")/.." && pwd)
out=$(mkdir -p "${1:-$root/build/packages}" && cd "${1:-$root/build/packages}" && pwd)
cd "$root"
# shellcheck disable=SC2034 # read by what is sourced
package_lists=("$root/installers/packages-packaging.txt")
# shellcheck source=installers/setup-debian.sh
source installers/setup-debian.sh
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) || {
        echo "Without a repository the time of the packages is not known: set SOURCE_DATE_EPOCH." >&2
        exit 1
    }
fi
export SOURCE_DATE_EPOCH

cmake --preset package
cmake --build --preset package
# From here on, order and words do not depend on who asks; the compiler cache would take it for another compiler.
export LC_ALL=C.UTF-8 TZ=UTC
rm -rf build/package/_CPack_Packages
cpack --config build/package/CPackConfig.cmake -G DEB -B build/package/deb
rm -f "$out"/*.deb "$out"/*.tar.zst "$out"/*.txt "$out"/SHA256SUMS
mv build/package/deb/*.deb "$out/"
installers/tarball.sh "$out"

# ---------------------------------------------------------------- what others say of them
failed=0
# check NAME COMMAND…: says one line, and all that was said where something is wrong.
# shellcheck disable=SC2317 # called by check
check() {
    local name=$1 said status=0
    shift
    said=$("$@" 2>&1) || status=$?
    if [ $status -eq 0 ]; then
        echo "$name: clean"
    else
        printf '%s\n' "$said" >&2
        echo "$name: FAILED" >&2
        failed=1
    fi
}
files=build/package/installers/files
for deb in "$out"/*.deb; do
    dpkg-deb --contents "$deb" | awk '{ print $1, $2, $6, $7, $8 }' >"${deb%.deb}.contents.txt"
    dpkg-deb --field "$deb" >"${deb%.deb}.control.txt"
done
as_user=()
[ "$(id -u)" -ne 0 ] || as_user=(--allow-root)
check lintian lintian "${as_user[@]}" --fail-on error,warning --tag-display-limit 0 "$out"/*.deb
check appstreamcli appstreamcli validate --no-net $files/example.tepal.workbench.metainfo.xml
check desktop-file-validate desktop-file-validate installers/desktop/tepal-workbench.desktop
# The units name the installed program, which is not there: they are looked at with one that is.
units=$(mktemp -d)
trap 'rm -rf "$units"' EXIT
for kind in system user; do
    mkdir "$units/$kind"
    sed "s|/usr/bin/tepal|$root/build/package/bin/tepal|; /^Documentation=/d" $files/systemd/$kind/tepal.service \
        >"$units/$kind/tepal.service"
    if [ $kind = user ]; then
        check "systemd-analyze verify (user)" env HOME="$units" XDG_RUNTIME_DIR="$units" \
            systemd-analyze --user --man=no verify "$units/$kind/tepal.service"
    else
        check "systemd-analyze verify (system)" systemd-analyze --man=no verify "$units/$kind/tepal.service"
        check "systemd-analyze security" systemd-analyze --no-pager --offline=true --threshold=20 \
            security "$units/$kind/tepal.service"
    fi
done
# Nothing of the window in the package for servers, nothing of the library in the programs' packages.
# Functions by name, so that check can run them.
headless() { ! dpkg-deb --field "$out"/tepal_*.deb Depends | grep -i qt; }
separate() { ! grep -l '/include/\|\.a$' "$out"/tepal_*.contents.txt "$out"/tepal-workbench_*.contents.txt; }
check "no Qt in tepal" headless
check "no headers in the programs' packages" separate

(cd "$out" && sha256sum ./*.deb ./*.tar.zst | sed 's|\./||' >SHA256SUMS)
echo
(cd "$out" && while read -r sum file; do
    printf '%9d bytes  %s  %s\n' "$(stat -c %s "$file")" "$sum" "$file"
done <SHA256SUMS)
exit $failed
