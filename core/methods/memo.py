"""What plans have computed of one model, kept for the next plan: groups, scores, counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
_KEPT = 16


class Memo:
    """Belongs to one model with its preprocessing, data and teacher; the key of an entry names what else it rests on.

    The entries used last are kept. An act finds it empty, so that a plan and its act may share their code.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was kept under ``key``, else what ``make`` gives now. A failure is not kept."""
        if key not in self._known:
            self._known[key] = make()
        self._known.move_to_end(key)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        found: T = self._known[key]
        return found

    def __len__(self) -> int:
        return len(self._known)
