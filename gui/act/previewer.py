"""Plans that follow a form: never more than one under way, and always the last wish in the end."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from core.methods.method import Plan
from gui.act.request import ActRequest

Done = Callable[[Plan | None], None]
Failed = Callable[[Exception], None]
Cancel = Callable[[], object]
Ask = Callable[[ActRequest, Done, Failed], Cancel | None]
_LATE_MS = 400  # after so long it is said that something is being computed
_LONG = 2.0  # seconds after which a plan is one that takes long


class Previewer(QObject):
    """``came`` carries a Plan, or the exception that says why there is none. ``late``: the answer is slow to come.

    While a plan is under way a newer wish waits, and a still newer one takes its place. What comes back is shown, for
    it is nearer to the wish than what is shown already; after :meth:`stop` it is not. A plan that takes seconds (scores
    from data) is given up where the wish is of another kind, and with the form; what numbers alone change is waited
    for, because what was found out stays.
    """

    came = Signal(object)
    late = Signal()

    def __init__(self, ask: Ask, parent: QObject) -> None:
        super().__init__(parent)
        self._ask = ask
        self._wish: ActRequest | None = None
        self._under_way: ActRequest | None = None
        self._valid = 0  # of which answers are still wanted
        self._cancel: Cancel | None = None
        self._begun = 0.0
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
        if self._under_way is not None and _kind(request) != _kind(self._under_way):
            self._give_up()
        self._turn.start()

    def stop(self) -> None:
        """Nothing is wanted any more: not what waits, and not what is under way."""
        self._wish = None
        self._valid += 1
        self._late.stop()

    def close(self) -> None:
        """The form is gone."""
        self.stop()
        self._give_up()

    def _give_up(self) -> None:
        if self._cancel is not None and time.monotonic() - self._begun > _LONG:
            self._valid += 1
            cancel, self._cancel, self._under_way = self._cancel, None, None
            cancel()

    def _next(self) -> None:
        if self._under_way is not None or self._wish is None:
            return
        asked, self._wish = self._wish, None
        self._under_way, valid = asked, self._valid
        self._begun = time.monotonic()
        self._late.start()
        self._cancel = self._ask(
            asked, lambda plan: self._came(asked, valid, plan), lambda error: self._came(asked, valid, error)
        )

    def _came(self, asked: ActRequest, valid: int, found: object) -> None:
        if not isValid(self):
            return
        if asked is self._under_way:
            self._under_way = self._cancel = None
            self._late.stop()
        if valid == self._valid and found is not None:
            self.came.emit(found)
        self._next()


def _kind(request: ActRequest) -> object:
    """What makes another plan of a wish than a number does."""
    choices = {k: v for k, v in request.params.items() if isinstance(v, str | bool)}
    return choices, request.scope, request.teacher
