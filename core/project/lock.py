"""One writer a project: a lock that the operating system drops when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.errors import UserError


class FolderLock:
    """Held from construction to :meth:`release`. Raises UserError, naming the holder, where somebody has it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        try:
            self._file = self._path.open("a+b")
        except OSError as error:
            raise UserError(f"'{folder}' cannot be opened for writing: {error.strerror or error}.") from error
        if not _try_lock(self._file.fileno()):
            self._file.seek(1)
            holder = self._file.read(32).decode("ascii", "replace").strip()
            self._file.close()
            by = f" (process {holder})" if holder else ""
            raise UserError(
                f"The project '{folder.name}' is open in another Thimble{by}.", "Close it there, or open a copy."
            )
        self._file.truncate(0)
        self._file.write(b" " + str(os.getpid()).encode())  # byte 0 is what Windows locks: it stays unreadable
        self._file.flush()

    def release(self) -> None:
        self._file.close()


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
