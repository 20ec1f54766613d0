"""What a closed project leaves in memory: its graphs are freed a little at a time, the rest while nobody looks."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterable, Iterator

import onnx_ir as ir
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from core.model.model import Model
from core.model.release import taking_apart
from gui.graph_view.known import forget

_REST_MS = 2000  # until views and threads have let go of what was closed
_STEP_MS, _TURN_MS = 4.0, 20  # so long a step, so long from one to the next
_MANY = 3_000_000  # objects, of some five large projects: then it is done at once
_FEW = 60_000  # objects that a collection looks through in 30 ms
_TRIES = 150  # a graph that somebody still reads after five minutes is left to the collector
_OWN = 2  # references to a graph that only the one who counts them holds


class Leftovers(QObject):
    """Takes graphs apart that nothing else refers to any more, in steps of 4 ms.

    What else was left in circles costs a look at everything there is, half a second after large graphs: that is done
    when the application is not the active one, or memory would grow too much.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._graphs: list[tuple[ir.Model, int]] = []
        self._step: Iterator[None] | None = None
        self._due = False
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self._begin)
        self._turn = QTimer(self, interval=_TURN_MS)
        self._turn.timeout.connect(self._go_on)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.applicationStateChanged.connect(lambda _: self._rest.start() if self._due else None)

    @property
    def count(self) -> int:
        """Graphs that wait to be freed."""
        return len(self._graphs)

    @property
    def busy(self) -> bool:
        """Whether one is being freed."""
        return self._step is not None

    def take(self, models: Iterable[Model]) -> None:
        """These models are not shown any more; whoever still uses one keeps its graph alive as long as it does."""
        new = {id(m.graph): m.graph for m in models}
        for graph, _ in self._graphs:
            new.pop(id(graph), None)
        self._graphs += [(graph, 0) for graph in new.values()]
        self._rest.start()

    def _begin(self) -> None:
        if self._step is None and self._graphs:
            forget([graph for graph, _ in self._graphs])
            if len(gc.get_objects()) < _FEW:  # panels that are gone may refer to a graph in circles of their own
                gc.collect()
            self._turn.start()
        elif self._due and (
            QGuiApplication.applicationState() != Qt.ApplicationState.ApplicationActive or gc.get_freeze_count() > _MANY
        ):
            self._due = False
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    def _go_on(self) -> None:
        end = time.perf_counter() + _STEP_MS / 1000
        self._step = self._step or self._next()
        while self._step is not None and time.perf_counter() < end:
            if next(self._step, self) is self:
                self._step = self._next()
        if self._step is None:
            self._turn.stop()
            self._due = True
            self._rest.start()

    def _next(self) -> Iterator[None] | None:
        """The next graph that nobody refers to; the others are looked at again later."""
        waiting, self._graphs = self._graphs, []
        while waiting:
            graph, tries = waiting.pop()
            if sys.getrefcount(graph) <= _OWN:
                self._graphs += waiting
                return taking_apart(graph)
            if tries < _TRIES:
                self._graphs.append((graph, tries + 1))
        return None
