#!/bin/sh
# The window on the bundled sample; without a screen (Linux with neither X nor Wayland) the demo instead.
set -eu
python=$1
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ]; then
    echo "No screen here (DISPLAY and WAYLAND_DISPLAY are unset): running the demo offscreen, into ./demo."
    QT_QPA_PLATFORM=offscreen exec "$python" -m core.cli demo -o demo
fi
exec "$python" -m gui --sample
