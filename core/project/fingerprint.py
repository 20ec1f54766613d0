"""What a data set looked like when it was attached: cheap to compute, different when items come, go or change size."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

WHOLE = 1 << 26  # bytes of a single file that are read; beyond it the size and both ends speak for it


def fingerprint(path: Path) -> str:
    """A hash of a file's content, or of the names and sizes of everything in a folder; '' where there is nothing."""
    digest = hashlib.sha256()
    try:
        if path.is_dir():
            for folder, folders, files in os.walk(path):
                folders.sort()
                for name in sorted(files):
                    file = Path(folder, name)
                    digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\n".encode())
            return digest.hexdigest()
        size = path.stat().st_size
        with path.open("rb") as stream:
            digest.update(f"{size}\n".encode())
            digest.update(stream.read(WHOLE))
            if size > WHOLE:
                stream.seek(max(WHOLE, size - WHOLE))
                digest.update(stream.read())
    except OSError:
        return ""
    return digest.hexdigest()
