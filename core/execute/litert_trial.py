"""Whether LiteRT survives a TFLite file, found out in a process of its own.

LiteRT verifies that a file is a sound flatbuffer, but not that its operators make sense: one changed byte can end the
whole process (of 500 files with one changed byte 3 did, by SIGABRT).
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

from core.errors import UserError

_SECONDS = 120
_PYTHON_FAILED = 1  # Python's own exit code for an exception: not a crash, and told better by who loads the file next


def refuse_crashing(path: Path) -> None:
    """Load a .tflite and run it once on zeros, elsewhere. Raises UserError where that process dies or does not end.

    Takes a fraction of a second, and nothing for a file that was tried before and has not changed since.
    """
    stat = path.stat()
    _tried(path.resolve(), stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _tried(path: Path, size: int, changed: int) -> None:
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "core.execute.litert_trial", str(path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"'{path.name}' does not end within {_SECONDS} seconds in LiteRT.") from None
    if done.returncode not in (0, _PYTHON_FAILED):
        raise UserError(
            f"'{path.name}' makes LiteRT crash: it is damaged, or made for another version of it.",
            "Copy, download or export it again.",
        )


def _run_once(path: Path) -> None:
    import numpy as np

    from core.execute.litert_session import LiteRTSession

    session = LiteRTSession(path.read_bytes())
    session.run({p.name: np.zeros([d or 1 for d in p.shape], p.dtype) for p in session.inputs})


if __name__ == "__main__":
    _run_once(Path(sys.argv[1]))
