"""A model under the user's hands: edits are done, undone and redone on one clone of it."""

from __future__ import annotations

from dataclasses import dataclass

from core.model.editing.draft import Change, Draft
from core.model.editing.edit import Edit
from core.model.editing.types import Typing
from core.model.model import Model, layer_name


@dataclass(frozen=True, slots=True)
class Problem:
    """A layer that cannot run as it stands, and why, in one sentence."""

    layer: str
    sentence: str


class WorkingCopy:
    """One clone of a model, changed in place; tensors are shared with the model, which is never written to.

    An edit costs what it touches and a pass over the names, not a clone. Not safe from several threads at once.
    """

    def __init__(self, model: Model) -> None:
        self._draft = Draft(model.clone())
        self._typing = Typing(self._draft)
        self._done: list[tuple[Edit, list[Change]]] = []
        self._undone: list[tuple[Edit, list[Change]]] = []

    @property
    def model(self) -> Model:
        """The model as it stands; it changes with the next edit, so clone what is kept."""
        return self._draft.model

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What was done and not undone, in order."""
        return tuple(e for e, _ in self._done)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The layers that are wrong now, in graph order."""
        wrong = self._typing.wrong
        return tuple(Problem(layer_name(n), wrong[n]) for n in self._draft.graph if n in wrong) if wrong else ()

    def do(self, edit: Edit) -> None:
        """Carry an edit out. Raises UserError where it cannot be, and the model is then as it was."""
        before = self._draft.graph
        try:
            edit.apply(self._draft)
            if self._draft.graph is before:
                self._typing.spread(self._draft)
            else:
                self._look_again()
            self._draft.known = self._typing.types
            edit.check(self._draft)
        except BaseException:
            self._draft.roll_back()
            raise
        self._done.append((edit, list(self._draft.changes)))
        self._undone.clear()
        self._draft.changes.clear()
        self._draft.touched.clear()

    def undo(self) -> Edit | None:
        """Take the last edit back, exactly; None where there is none."""
        if not self._done:
            return None
        edit, changes = self._done.pop()
        for _, backward in reversed(changes):
            backward()
        self._undone.append((edit, changes))
        self._draft.forget_names()
        return edit

    def redo(self) -> Edit | None:
        """Do again what was undone last; None where there is nothing."""
        if not self._undone:
            return None
        edit, changes = self._undone.pop()
        for forward, _ in changes:
            forward()
        self._done.append((edit, changes))
        self._draft.forget_names()
        return edit

    def _look_again(self) -> None:
        old, new = self._typing, Typing(self._draft)

        def put(what: Typing) -> None:
            self._typing = what

        self._draft.change(lambda: put(new), lambda: put(old))


def problems(model: Model) -> tuple[Problem, ...]:
    """The layers of a model that cannot run as they stand, in graph order; every layer is looked at."""
    wrong = Typing(Draft(model)).wrong
    return tuple(Problem(layer_name(n), sentence) for n, sentence in wrong.items())
