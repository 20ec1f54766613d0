"""Python's garbage collector and graphs of ten thousand layers: what makes the window stutter, and what cures it.

A graph is some hundred thousand objects. While they are made the collector looks at all of them again and again, and
afterwards once more whenever others were made, each time for up to half a second in which the window stands still.
So it rests while a graph is read, and afterwards leaves alone what is there; :mod:`gui.leftovers` frees it later.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

_guard = threading.Lock()
_readers = 0


@contextlib.contextmanager
def growing() -> Iterator[None]:
    """While a graph is read (in any thread; may nest) nothing is collected; what is there afterwards is left alone."""
    global _readers
    with _guard:
        _readers += 1
        gc.disable()
    try:
        yield
    finally:
        with _guard:
            _readers -= 1
            if not _readers:
                gc.freeze()
                gc.enable()
