"""What is said of a worker that died: how it ended, and a report to send."""

from __future__ import annotations

import platform
import signal

from core import __version__


def exit_reason(code: int) -> str:
    """A process's exit code in words."""
    if code < 0:
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"
    if code > 255:  # Windows: 0xC0000005 is an access violation
        return f"ended with code 0x{code:08X}"
    return f"ended with code {code}"


def crash_report(task: str, message: str, words: str) -> str:
    """Text for a bug report: versions, what was done, the last words. Nothing of the user's data."""
    head = f"Thimble {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return f"{head}\nTask: {task}\n{message}\n\n{words}".rstrip() + "\n"
