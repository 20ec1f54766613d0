"""Reads a model's texts into an index: in slices in the window's thread, so that an edit can never come in between."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal

from core.model.model import Model
from gui.graph_view.known import Known, known
from gui.graph_view.model_work import ModelWork
from gui.search.find import Entry, Index
from gui.search.texts import entries

_SLICE, _FIRST = 0.008, 0.03  # seconds at a time: half a frame; at first as long as nobody feels it
_TELL = 0.15  # seconds between two announcements


class Indexer(QObject):
    """``grew`` says that more layers can be found than before; ``done`` tells whether all of them can.

    Nothing is read until :meth:`want` is called; after that other models are read as they come.
    """

    grew = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.index = Index()
        self.done = True
        self._model: Model | None = None
        self._wanted = False
        self._left: Iterator[Entry] = iter(())
        self._told = 0.0
        self._work = ModelWork(self)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(lambda: self._slice())

    def set_model(self, model: Model | None) -> None:
        """Another model, or the same one after an edit: what was read of it no longer holds."""
        self._timer.stop()
        self._work.forget()
        self._model = model
        self.done = model is None
        if model is None:
            self.index = Index()
            self.grew.emit()
        elif self._wanted:
            self._begin()

    def want(self, wanted: bool) -> None:
        """Whether anybody searches; reading begins with the first who does."""
        self._wanted = wanted
        if wanted and not self.done and not self._timer.isActive():
            self._begin()

    def _begin(self) -> None:
        if self._model is not None:
            self._work.run(self._model, known, self._read)

    def _read(self, of_model: Known) -> None:
        self.index = Index()
        self._left = entries(of_model)
        self._told = time.perf_counter()
        self._slice(_FIRST)
        if not self.done:
            self._timer.start()

    def _slice(self, seconds: float = _SLICE) -> None:
        end = time.perf_counter() + seconds
        for entry in self._left:
            self.index.add(entry)
            if time.perf_counter() > end:
                break
        else:
            self._timer.stop()
            self.done = True
        if self.done or time.perf_counter() - self._told > _TELL:
            self._told = time.perf_counter()
            self.grew.emit()
