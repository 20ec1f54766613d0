#!/bin/sh
# Qt's wheels leave a few system libraries to the machine. On Debian as root they are installed; else the line to type.
set -eu
[ "$(uname -s)" = Linux ] || exit 0
packages="libegl1 libgl1 libfontconfig1 libxkbcommon0 libdbus-1-3 libglib2.0-0 fonts-dejavu-core"
sonames="libEGL.so.1 libGL.so.1 libfontconfig.so.1 libxkbcommon.so.0 libdbus-1.so.3 libglib-2.0.so.0"
if [ -n "${DISPLAY:-}" ]; then
    packages="$packages libxcb-icccm4 libxcb-keysyms1 libxcb-cursor0 libxcb-image0 libxcb-render-util0 libxcb-xkb1 libxkbcommon-x11-0"
    sonames="$sonames libxcb-icccm.so.4 libxcb-keysyms.so.1 libxcb-cursor.so.0 libxcb-image.so.0 libxcb-render-util.so.0 libxcb-xkb.so.1 libxkbcommon-x11.so.0"
fi
known=$( (ldconfig -p || /sbin/ldconfig -p) 2>/dev/null || true)
missing=
for name in $sonames; do
    case "$known" in *"$name"*) ;; *) missing="$missing $name" ;; esac
done
[ -n "$(find /usr/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" -name '*.[ot]tf' -print -quit 2>/dev/null)" ] || missing="$missing fonts"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing the system libraries Qt needs:$missing"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    exit 0
fi
echo "Qt needs system libraries that are missing here:$missing"
echo "Type this once, then run make again:"
echo "    sudo apt-get install -y $packages"
exit 1
