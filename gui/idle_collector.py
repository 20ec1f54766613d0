"""Python's full garbage collections, moved to where nobody waits for them.

A full collection takes 20 to 40 ms once a large graph has been edited for a while; it would come in the middle of every
fifth edit. So they are made rare, and one is done when nothing has changed for a moment.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_REST_MS = 1500  # without a change: long enough to read what the last one did
_RARELY = 100  # collections of the middle generation before a full one comes by itself; Python's own number is 10
_WORTH = 5  # of them: fewer leave too little behind


class IdleCollector(QObject):
    """Collects a while after the last call of :meth:`later`, where enough was made meanwhile."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _RARELY)
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self.collect)

    def later(self, *_: object) -> None:
        """Something has changed, and more may follow."""
        self._rest.start()

    def collect(self) -> bool:
        """Collect now, if it is worth it; whether it was."""
        if not gc.isenabled() or gc.get_count()[2] < _WORTH:
            return False
        gc.collect()
        return True
