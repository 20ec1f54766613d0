"""What a closed project leaves in memory: its graphs are freed a little at a time, the rest while nobody looks."""

from __future__ import annotations

import ctypes
import functools
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
_QUICK, _MANY = 300_000, 2_000_000  # objects: looked through in 50 ms; so many are looked through whoever watches
_FEW = 60_000  # objects that a collection looks through in 30 ms
_TRIES = 150  # a graph that somebody still reads after five minutes is left to the collector
_OWN = 2  # references to a graph that only the one who counts them holds


@functools.cache
def _frozen_at_first() -> int:
    """Objects that the collector leaves alone, counted once a process: it walks through all of them, 20 ms and more."""
    return gc.get_freeze_count()


class Leftovers(QObject):
    """Takes graphs apart that nothing else refers to any more, in steps of 4 ms.

    What else was left in circles costs a look at everything there is, half a second after large graphs: that is done
    when it is quick, when the application is not the active one, or when memory would grow too much.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._graphs: list[tuple[ir.Model, int]] = []
        self._step: Iterator[None] | None = None
        self._due = False
        self._kept = _frozen_at_first()
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self._begin)
        self._turn = QTimer(self, interval=_TURN_MS)
        self._turn.timeout.connect(self._go_on)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.applicationStateChanged.connect(self._state_changed)  # a method: Qt forgets it with this object

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
        self._due = True
        if not self._rest.isActive():  # begun anew by every project, it would never end for one who opens many
            self._rest.start()

    def _state_changed(self, _state: Qt.ApplicationState) -> None:
        if self._due:
            self._rest.start()

    def _begin(self) -> None:
        if self._step is not None:
            return
        forget([graph for graph, _ in self._graphs])
        if self._due and self._may_look():
            self._look()
        elif len(gc.get_objects()) < _FEW:  # panels that are gone may refer to a graph in circles of their own
            gc.collect()
        if self._graphs:
            self._turn.start()

    def _may_look(self) -> bool:
        """Whether looking at everything is quick, unseen, or can wait no longer."""
        count = gc.get_freeze_count()
        active = QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive
        return not active or count < _QUICK or count > max(_MANY, 2 * self._kept)

    def _look(self) -> None:
        self._due = False
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._kept = gc.get_freeze_count()
        _give_back()

    def _go_on(self) -> None:
        end = time.perf_counter() + _STEP_MS / 1000
        self._step = self._step or self._next()
        while self._step is not None and time.perf_counter() < end:
            if next(self._step, self) is self:
                self._step = self._next()
        if self._step is None:
            self._turn.stop()
            if self._graphs:
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


def _give_back() -> None:
    """Free pages go back to the system: glibc keeps what lies between others, half of all after some projects."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
