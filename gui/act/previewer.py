"""Plans that follow a form: never more than one under way, and always the last wish in the end."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from core.methods.method import Plan
from gui.act.request import ActRequest

Done = Callable[[Plan | None], None]
Failed = Callable[[Exception], None]
Ask = Callable[[ActRequest, Done, Failed], None]
_LATE_MS = 400  # after so long it is said that something is being computed


class Previewer(QObject):
    """``came`` carries a Plan, or the exception that says why there is none. ``late``: the answer is slow to come.

    While a plan is under way a newer wish waits, and a still newer one takes its place. What comes back is shown, for
    it is nearer to the wish than what is shown already; after :meth:`stop` it is not.
    """

    came = Signal(object)
    late = Signal()

    def __init__(self, ask: Ask, parent: QObject) -> None:
        super().__init__(parent)
        self._ask = ask
        self._wish: ActRequest | None = None
        self._under_way: ActRequest | None = None
        self._valid = 0  # of which answers are still wanted
        self._turn = QTimer(self, interval=0, singleShot=True)  # a form that is reset changes many times in a row
        self._turn.timeout.connect(self._next)
        self._late = QTimer(self, interval=_LATE_MS, singleShot=True)
        self._late.timeout.connect(self.late)

    @property
    def busy(self) -> bool:
        """Whether a newer answer will come."""
        return self._wish is not None or self._under_way is not None

    def ask(self, request: ActRequest) -> None:
        self._wish = request
        self._turn.start()

    def stop(self) -> None:
        """Nothing is wanted any more: not what waits, and not what is under way."""
        self._wish = None
        self._valid += 1
        self._late.stop()

    def _next(self) -> None:
        if self._under_way is not None or self._wish is None:
            return
        asked, self._wish = self._wish, None
        self._under_way, valid = asked, self._valid
        self._late.start()
        self._ask(asked, lambda plan: self._came(valid, plan), lambda error: self._came(valid, error))

    def _came(self, valid: int, found: object) -> None:
        if not isValid(self):
            return
        self._under_way = None
        self._late.stop()
        if valid == self._valid and found is not None:
            self.came.emit(found)
        self._next()
