#!/usr/bin/env bash
# Makes the archive that carries its libraries, from the build of preset package: what Debian brings in packages is
# copied beside the programs, which then run wherever they are unpacked.
#
#   installers/tarball.sh OUT       writes OUT/tepal-VERSION-linux-ARCH.tar.zst and a list of what is inside
#
# Left to the system: glibc, libstdc++ and libgcc (a newer system's other libraries need newer ones than ours). What
# belongs to graphics hardware, the X server and its fonts is taken from the system, too, and from lib/fallback only
# where the system has none, as on a server.
set -euo pipefail
export LC_ALL=C TZ=UTC

root=$(cd "$(dirname "$0")/.." && pwd)
build=${TEPAL_PACKAGE_BUILD:-$root/build/package}
out=$(mkdir -p "${1:?where to write}" && cd "$1" && pwd)
: "${SOURCE_DATE_EPOCH:=$(git -C "$root" log -1 --format=%ct)}"
for tool in patchelf zstd ldd strip dpkg-query; do
    command -v $tool >/dev/null || { echo "$tool is missing: see installers/packages-packaging.txt" >&2; exit 1; }
done
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
name=tepal-$version-linux-$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
top=$work/$name
umask 022

for component in cli workbench; do
    cmake --install "$build" --prefix "$top" --component $component --strip >/dev/null
done
# Units name the program by its place; here it has none.
rm -rf "$top/lib/systemd"
[ -d "$top/share/zsh/vendor-completions" ] &&
    mv "$top/share/zsh/vendor-completions" "$top/share/zsh/site-functions"
mkdir -p "$top/lib/fallback" "$top/plugins"
printf '[Paths]\nPrefix = ..\nPlugins = plugins\n' >"$top/bin/qt.conf"

plugins=$(qtpaths6 --query QT_INSTALL_PLUGINS 2>/dev/null || qmake6 -query QT_INSTALL_PLUGINS)
for plugin in platforms/libqxcb platforms/libqoffscreen platforms/libqminimal platforms/libqwayland-generic \
    imageformats/libqsvg imageformats/libqjpeg iconengines/libqsvgicon \
    platforminputcontexts/libcomposeplatforminputcontextplugin \
    platforminputcontexts/libibusplatforminputcontextplugin; do
    if [ -e "$plugins/$plugin.so" ]; then
        mkdir -p "$top/plugins/$(dirname $plugin)"
        cp "$plugins/$plugin.so" "$top/plugins/$plugin.so"
    fi
done

# place LIBRARY: where it goes; nothing for what the system has in any case.
place() {
    case $1 in
    ld-linux*|libc.so.*|libm.so.*|libdl.so.*|libpthread.so.*|librt.so.*|libresolv.so.*|libutil.so.*|libanl.so.*) ;;
    libstdc++.so.*|libgcc_s.so.*) ;;
    libGL*|libEGL*|libOpenGL*|libX11*|libxcb.so.*|libXau.so.*|libXdmcp.so.*) echo lib/fallback ;;
    libfontconfig.so.*|libfreetype.so.*|libexpat.so.*) echo lib/fallback ;;
    *) echo lib ;;
    esac
}
ldd "$top"/bin/tepal "$top"/bin/tepal-workbench "$top"/plugins/*/*.so | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 } / not found/ { print "missing", $1 }' |
    sort -u >"$work/needed"
if grep '^missing' "$work/needed" >&2; then
    echo "These libraries are not installed here, so that they cannot be carried along." >&2
    exit 1
fi
documents=$top/share/doc/libraries
mkdir -p "$documents"
: >"$work/list"
while read -r library path; do
    to=$(place "$library")
    [ -n "$to" ] || continue
    real=$(readlink -f "$path")
    install -m 644 "$real" "$top/$to/$library"
    package=$(dpkg-query -S "$real" "/usr$real" "${real#/usr}" 2>/dev/null | head -n 1 | cut -d: -f1 || true)
    if [ -z "$package" ]; then
        echo "$real belongs to no package, so that its licence is not known." >&2
        exit 1
    fi
    printf '%s/%s %s %s\n' "$to" "$library" "$package" \
        "$(dpkg-query -W -f='${Version} ${source:Package} ${source:Version}\n' "$package" | head -n 1)" >>"$work/list"
    if [ ! -e "$documents/$package" ]; then
        cp -L "/usr/share/doc/$package/copyright" "$documents/$package" || {
            echo "$package has no copyright file; a minimal system leaves them out. Reinstall it with documents." >&2
            exit 1
        }
    fi
done <"$work/needed"
{
    echo "# library, package, its version, source package, its version; licences lie beside this list"
    column -t "$work/list"
} >"$documents/LIBRARIES"

# shellcheck disable=SC2016 # $ORIGIN is the loader's
for program in "$top"/bin/tepal "$top"/bin/tepal-workbench; do patchelf --set-rpath '$ORIGIN/../lib' "$program"; done
for plugin in "$top"/plugins/*/*.so; do patchelf --set-rpath '$ORIGIN/../../lib' "$plugin"; done
for library in "$top"/lib/*.so*; do patchelf --set-rpath '$ORIGIN' "$library"; done
for library in "$top"/lib/fallback/*.so*; do patchelf --set-rpath '$ORIGIN:$ORIGIN/..' "$library"; done

# The window's program is started by a script that looks whether the system has graphics libraries.
mv "$top/bin/tepal-workbench" "$top/bin/tepal-workbench.bin"
cat >"$top/bin/tepal-workbench" <<'SCRIPT'
#!/bin/sh
# Starts the workbench. Where the system has no graphics libraries, it takes those of lib/fallback.
bin=$(dirname "$(readlink -f "$0")")
for library in libEGL.so.1 libGL.so.1 libOpenGL.so.0 libGLX.so.0 libX11.so.6 libX11-xcb.so.1 libxcb.so.1 \
    libfontconfig.so.1 libfreetype.so.6; do
    found=
    for folder in /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu /usr/lib64 /lib64 /usr/lib /lib; do
        [ -e "$folder/$library" ] && found=yes && break
    done
    if [ -z "$found" ]; then
        LD_LIBRARY_PATH=$bin/../lib/fallback${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
        export LD_LIBRARY_PATH
        break
    fi
done
if [ ! -e /etc/fonts/fonts.conf ] && [ -z "$FONTCONFIG_FILE" ]; then
    FONTCONFIG_FILE=$bin/../lib/fallback/fonts.conf
    export FONTCONFIG_FILE
fi
exec "$bin/tepal-workbench.bin" "$@"
SCRIPT
cat >"$top/lib/fallback/fonts.conf" <<'FONTS'
<?xml version="1.0"?>
<!-- For systems without settings for fonts. The workbench has its own typefaces inside. -->
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="xdg">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
FONTS
chmod 755 "$top/bin/tepal-workbench"
sed -e 's/^        //' >"$top/README" <<TEXT
        Tepal $version for Linux with glibc 2.36 or newer (Debian 12, Ubuntu 23.04, Fedora 37, and later).

        Run bin/tepal-workbench, or bin/tepal on a machine without a display. Nothing has to be installed, and this
        folder may lie anywhere. To have the commands at hand: ln -s "\$PWD"/bin/tepal* ~/.local/bin/

        lib        libraries that belong to the programs
        lib/fallback  graphics and font libraries for systems that have none
        share/doc  copyrights; libraries/LIBRARIES says what comes from which package

        The sources are under the Apache License 2.0; the workbench links Qt Charts and is therefore distributed
        under the GNU General Public License 3.0.
TEXT

tar -C "$work" --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    --mode='u=rwX,go=rX' -cf - "$name" | zstd -q -15 -T1 -f -o "$out/$name.tar.zst"
(cd "$work" && find "$name" -type f -o -type l) | sort >"$out/$name.contents.txt"
echo "$out/$name.tar.zst: $(grep -c . "$work/list") libraries," \
    "$(du -sm "$top" | cut -f1) MB unpacked, $(du -m "$out/$name.tar.zst" | cut -f1) MB packed"
