"""Writes the edits that are no revision yet into the project, beside the window's thread, the newest state only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from core.model.editing import Edit
from core.project.folding import keep
from core.project.project import Project
from gui.background import Background

Wanted = tuple[Project, int, tuple[Edit, ...]]


class Keeper(QObject):
    """One write at a time; what comes while one runs waits, and only the last of it is written."""

    def __init__(self, failed: Callable[[Exception], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._failed = failed
        self._waiting: Wanted | None = None
        self._writing = False

    def keep(self, project: Project, base: int, edits: Sequence[Edit]) -> None:
        """Store the edits done since revision ``base``."""
        self._waiting = (project, base, tuple(edits))
        if not self._writing:
            self._next()

    def flush(self) -> None:
        """Write at once what still waits: the project is about to be closed."""
        self._background.wait()
        wanted, self._waiting = self._waiting, None
        if wanted is not None:
            keep(*wanted)

    def close(self) -> None:
        self.flush()
        self._background.close()

    def _next(self) -> None:
        wanted, self._waiting = self._waiting, None
        self._writing = wanted is not None
        if wanted is not None:
            self._background.run(lambda: keep(*wanted), lambda _: self._next(), self._could_not)

    def _could_not(self, error: Exception) -> None:
        self._writing = False
        self._failed(error)
