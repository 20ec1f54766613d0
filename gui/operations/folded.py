"""Acts that work on a stored revision: edits by hand are folded into one first, and the act then starts from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from gui.desk import Desk

P = ParamSpec("P")


def folded(act: Callable[Concatenate[Desk, P], object]) -> Callable[Concatenate[Desk, P], None]:
    """The act, done once the edits so far are a revision; at once where there are none.

    Where the edits cannot become one the reason is shown and the act is left out.
    """

    def first(desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> None:
        desk.editing.fold(lambda: act(desk, *args, **kwargs))

    update_wrapper(first, act)
    return first
