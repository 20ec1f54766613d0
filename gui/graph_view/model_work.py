"""Work that a view does for a model: at once for a small one, beside the window's thread for a large one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QObject

from core.model.model import Model
from gui.background import Background

T = TypeVar("T")
IN_THREAD = 1000  # layers; shape inference and layout of more would be felt as a stutter


class ModelWork(QObject):
    """Delivers only what was asked for last; an older result that comes late is dropped."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._asked = 0
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self._background.close)  # a thread must not outlive the interpreter

    def run(
        self,
        model: Model,
        work: Callable[[Model], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> bool:
        """Whether the result was delivered before returning. ``work`` may run in any thread and must not touch Qt.

        Without ``failed`` a failure of small work is raised and one of large work leaves the view as it is: the graph
        view, which does the same work, tells the user.
        """
        self._asked += 1
        mine = self._asked
        if len(model.graph.graph) <= IN_THREAD:
            try:
                result = work(model)
            except ValueError as error:
                if failed is None:
                    raise
                failed(error)
                return True
            done(result)
            return True

        def deliver(result: T) -> None:
            if mine == self._asked:
                done(result)

        def fail(error: Exception) -> None:
            if mine == self._asked and failed is not None:
                failed(error)

        self._background.run(lambda: work(model), deliver, fail)
        return False

    def forget(self) -> None:
        """Drop what is still on its way."""
        self._asked += 1
