"""A working copy and the revisions that lie along its edits: undo goes edit by edit, also past a revision."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import UserError
from core.model.editing import Edit, WorkingCopy
from core.model.editing.weights import LoadWeights
from core.model.model import Model
from core.model.unfinished import unfinished


class EditLine:
    """Edits done one after the other on one copy of a model; ``marks`` tell after how many of them a revision stands.

    The model after ``n`` edits equals the revision ``marks[n]``, whichever way it came to be stored. ``wrong_before``
    are the problems of a file that came with them: no edit made them.
    """

    def __init__(self, model: Model, revision: int) -> None:
        self.copy = WorkingCopy(model)
        self.wrong_before = frozenset() if unfinished(model) else frozenset(self.copy.problems)
        self._marks = {0: revision}

    @classmethod
    def through(cls, model: Model, parent: int, edits: Sequence[Edit], revision: int, result: Model) -> EditLine:
        """A line that stands at ``revision``, which ``edits`` made of ``parent`` and its ``model``; ``result`` is what
        the revision holds.

        Raises UserError where an edit cannot be done again: a file of values is gone, or holds others by now.
        """
        line = cls(model, parent)
        for one in edits:
            line.copy.do(one)
        for one in edits:
            if isinstance(one, LoadWeights) and not _holds_the_same(line.copy.model, result, one.tensor):
                raise UserError(f"'{one.file}' holds other values than when they were loaded.")
        line._marks[len(edits)] = revision
        return line

    def twin(self, model: Model) -> EditLine:
        """A line of the same edits and marks on a copy of its own; ``model`` is that of the first revision."""
        other = EditLine(model, self.start)
        for one in self.copy.edits:
            other.copy.do(one)
        other._marks = {n: r for n, r in self._marks.items() if n <= self.position}
        return other

    @property
    def start(self) -> int:
        """The revision that the line begins at."""
        return self._marks[0]

    @property
    def position(self) -> int:
        """How many edits are done and not undone."""
        return len(self.copy.edits)

    @property
    def base(self) -> int:
        """The last revision at or before here."""
        return self._marks[self._last_mark]

    @property
    def pending(self) -> tuple[Edit, ...]:
        """The edits since :attr:`base`."""
        return self.copy.edits[self._last_mark :]

    @property
    def _last_mark(self) -> int:
        return max(n for n in self._marks if n <= self.position)

    def do(self, edit: Edit) -> None:
        """Carry an edit out; what was undone before is gone, and so are the marks there. Raises UserError."""
        here = self.position
        self.copy.do(edit)
        self._marks = {n: r for n, r in self._marks.items() if n <= here}

    def undo(self) -> Edit | None:
        return self.copy.undo()

    def redo(self) -> Edit | None:
        return self.copy.redo()

    def mark(self, base: int, edits: Sequence[Edit], revision: int) -> None:
        """``revision`` was made of ``base`` by ``edits``: remember it where the line, undone edits included, has them.

        Where the line has gone another way meanwhile nothing is remembered; the revision is a branch of its own.
        """
        line = (*self.copy.edits, *self.copy.undone)
        start = next((n for n, r in self._marks.items() if r == base), None)
        if start is not None and tuple(edits) == line[start : start + len(edits)]:
            self._marks[start + len(edits)] = revision


def _holds_the_same(one: Model, other: Model, tensor: str) -> bool:
    """Whether two models store the same values under a name, or neither does."""
    stored = [m.graph.graph.initializers.get(tensor) for m in (one, other)]
    arrays = [v.const_value.numpy() if v is not None and v.const_value is not None else None for v in stored]
    if arrays[0] is None or arrays[1] is None:
        return arrays[0] is arrays[1]
    return bool(arrays[0].tobytes() == arrays[1].tobytes())
