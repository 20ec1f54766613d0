"""One writer a project: a lock that the operating system drops when its holder dies, however it dies."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from core.errors import UserError


class ProjectInUse(UserError):
    """The project is open for writing elsewhere; a copy of it can be opened all the same."""


class FolderLock:
    """Held from construction to :meth:`release`. Raises ProjectInUse, naming the holder, where somebody has it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        try:
            self._file = self._path.open("a+b")
        except OSError as error:
            raise UserError(f"'{folder}' cannot be opened for writing: {error.strerror or error}.") from error
        if not _try_lock(self._file.fileno()):
            self._file.seek(1)
            holder = self._file.read(128).decode("utf-8", "replace").strip()
            self._file.close()
            by = f" ({holder})" if holder.isprintable() and holder else ""
            raise ProjectInUse(
                f"The project '{folder.name}' is open in another Thimble{by}.", "Close it there, or open a copy."
            )
        holder = f" process {os.getpid()} on {platform.node()}"  # byte 0 is what Windows locks: it stays unreadable
        self._file.truncate(0)
        self._file.write(holder.encode()[:128])
        self._file.flush()

    def release(self) -> None:
        self._file.close()


def in_use(folder: Path) -> bool:
    """Whether a Thimble has the project open for writing at this moment; False where that cannot be found out."""
    try:
        with (folder / "lock").open("r+b") as file:
            return not _try_lock(file.fileno())
    except OSError:
        return False


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
