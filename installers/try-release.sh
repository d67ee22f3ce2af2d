#!/usr/bin/env bash
# Plays the README's two commands in a bare Debian of a named release, from a fresh clone: run.sh without a display,
# with a request to its endpoint, then the tests. For before a release; takes half an hour and 6 GB.
#
#   installers/try-release.sh bookworm|trixie [run|test|packages DIR]
#
#   run        only the first command
#   test       only the second
#   packages   neither: installs the packages and unpacks the archive of DIR instead, and runs the first job with each
#
# Needs root and mmdebstrap. The mirror, the certificates, the proxy and npm's settings are this machine's. KEEP=1 leaves
# the folder; CCACHE=DIR is a compiler cache from outside, for a second try.
set -euo pipefail
export LC_ALL=C.UTF-8

release=${1:-}
what=${2:-both}
case "$release $what" in
'bookworm '* | 'trixie '*) ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
root=$(cd "$(dirname "$0")/.." && pwd)
if [ "$(id -u)" -ne 0 ]; then
    echo "A bare system is made and entered by root only: sudo $0 $*" >&2
    exit 1
fi
command -v mmdebstrap >/dev/null || { echo "mmdebstrap is missing: apt-get install mmdebstrap" >&2; exit 1; }

bare=$(mktemp -d "${TMPDIR:-/tmp}/tepal-$release.XXXXXX")
mounted=()
clean() {
    for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
        umount -l "${mounted[i]}" || true
    done
    if [ -z "${KEEP:-}" ]; then
        rm -rf --one-file-system "$bare"
    else
        echo "left in $bare"
    fi
}
trap clean EXIT

# The first Debian mirror that apt uses here.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
    awk '/\/debian\/?$/ && !n++')
echo "== a bare $release from ${mirror:-the usual mirror}"
mmdebstrap --quiet --variant=apt --include=ca-certificates,git "$release" "$bare" ${mirror:+"$mirror"}
for file in /etc/resolv.conf /etc/hosts; do
    [ -e $file ] && cp -L $file "$bare$file"
done
for file in /etc/npmrc /root/.npmrc; do
    [ -e $file ] && cp -L $file "$bare$file"
done
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    mkdir -p "$bare/usr/local/share/ca-certificates"
    cp -L /usr/local/share/ca-certificates/*.crt "$bare/usr/local/share/ca-certificates/"
fi
for folder in proc dev dev/pts; do
    mount --bind /$folder "$bare/$folder"
    mounted+=("$bare/$folder")
done
if [ -n "${CCACHE:-}" ]; then
    mkdir -p "$CCACHE" "$bare/root/.cache/ccache"
    mount --bind "$CCACHE" "$bare/root/.cache/ccache"
    mounted+=("$bare/root/.cache/ccache")
fi
# Nothing of this shell's surroundings but the way out.
kept=()
for variable in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS; do
    [ -z "${!variable:-}" ] || kept+=("$variable=${!variable}")
done
inside() {
    chroot "$bare" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        TERM=dumb DEBIAN_FRONTEND=noninteractive \
        "${kept[@]}" bash -euo pipefail -c "$1"
}
inside 'update-ca-certificates >/dev/null 2>&1'

# Waits for the endpoint that $1 starts, asks it what the README asks, and stops it.
first_job='
first_job() {
    local answer
    "$@" >/tmp/serve.log 2>&1 &
    local pid=$!
    for _ in $(seq 1 3600); do
        grep -q "^Serving on" /tmp/serve.log && break
        kill -0 $pid 2>/dev/null || { cat /tmp/serve.log; echo "it ended by itself" >&2; return 1; }
        sleep 1
    done
    answer=$(curl -sS -X POST -H "content-type: application/json" --data "[[4.9, 3.0, 1.4, 0.2]]" \
        http://127.0.0.1:3000/v1/models/iris/predict)
    kill -TERM $pid
    wait $pid || { tail -n 5 /tmp/serve.log; echo "it did not stop cleanly" >&2; return 1; }
    grep -h -B5 "warning:" /tmp/serve.log && { echo "the build warns" >&2; return 1; }
    case $answer in
    *setosa*) echo "asked the endpoint: $answer" ;;
    *) echo "the endpoint answers: $answer" >&2; return 1 ;;
    esac
}
'

if [ "$what" = packages ]; then
    packages=$(cd "${3:?where the packages are}" && pwd)
    cp "$packages"/*.deb "$packages"/*.tar.zst "$bare/root/"
    echo "== the archive, in a system without anything"
    # A path with a blank, an empty environment.
    inside 'apt-get update -q >/dev/null; apt-get install -y -q --no-install-recommends zstd curl >/dev/null
        mkdir -p "/opt/a place"; tar -C "/opt/a place" -xf /root/tepal-*.tar.zst; mv "/opt/a place"/tepal-* "/opt/a place/tepal"'
    inside "$first_job"'
        cd /; bin="/opt/a place/tepal/bin"; export TEPAL_HOME=/root/archive-home
        "$bin/tepal" --version; "$bin/tepal" train iris
        first_job env -i HOME=/root TEPAL_HOME=$TEPAL_HOME "$bin/tepal" serve
        env -i HOME=/root QT_QPA_PLATFORM=offscreen "$bin/tepal-workbench" --demo --grab drift --port 0 /root/archive.png
        ls -l /root/archive.png'
    echo "== the Debian packages"
    if [ "$release" = bookworm ]; then
        inside 'apt-get install -y -q --no-install-recommends /root/tepal_*.deb | tail -n 1; tepal --version
            ! dpkg -l | grep -i "libqt6" || { echo "Qt came along" >&2; exit 1; }'
        inside "$first_job"'
            tepal train iris; first_job tepal serve
            apt-get install -y -q --no-install-recommends /root/tepal-workbench_*.deb | tail -n 1
            QT_QPA_PLATFORM=offscreen tepal-workbench --demo --grab drift --port 0 /root/deb.png; ls -l /root/deb.png
            apt-get remove -y -q tepal | tail -n 1; ls -d /root/.local/share/tepal'
    else
        echo "made on Debian 12 and for it: left out"
    fi
    exit
fi

git clone -q "$root" "$bare/root/tepal"
if [ "$what" = both ] || [ "$what" = run ]; then
    echo "== installers/run.sh"
    SECONDS=0
    inside "$first_job"'
        cd /root/tepal; apt-get update -q >/dev/null; apt-get install -y -q --no-install-recommends curl >/dev/null
        first_job installers/run.sh'
    echo "run.sh: $SECONDS s"
fi
if [ "$what" = both ] || [ "$what" = test ]; then
    echo "== installers/test.sh --quick"
    SECONDS=0
    inside 'cd /root/tepal; installers/test.sh --quick >/tmp/test.log 2>&1 || { tail -n 60 /tmp/test.log; exit 1; }
        grep -E "tests passed|tests failed|Skipped|\*\*\*" /tmp/test.log; echo "warnings: $(grep -c warning: /tmp/test.log)"
        grep warning: /tmp/test.log | sort | uniq -c | sort -rn | head -n 20'
    echo "test.sh --quick: $SECONDS s"
fi
