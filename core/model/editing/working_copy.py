"""A model under the user's hands: edits are done, undone and redone on one clone of it."""

from __future__ import annotations

from dataclasses import dataclass

import onnx_ir as ir

from core.errors import UserError
from core.model.collector import resting_collector
from core.model.editing.changes import Changes
from core.model.editing.draft import Change, Draft, History
from core.model.editing.edit import Edit
from core.model.editing.inference import TensorType, type_of
from core.model.editing.types import Typing
from core.model.editing.whole_types import whole_types
from core.model.model import Model, layer_name


@dataclass(frozen=True, slots=True)
class Problem:
    """A layer that cannot run as it stands, and why, in one sentence."""

    layer: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Done:
    edit: Edit
    steps: list[Change]
    changes: Changes
    note: str


class WorkingCopy:
    """One clone of a model, changed in place; tensors are shared with the model, which is never written to.

    An edit costs what it touches and a pass over the names, not a clone. Not safe from several threads at once.
    ``changes`` says what the last do, undo or redo changed.
    """

    def __init__(self, model: Model) -> None:
        with resting_collector():
            self._draft = Draft(model.clone())
            self._typing = Typing(self._draft)
            self._draft.known = self._typing.types
            self._draft.look_up()
        self._done: list[_Done] = []
        self._undone: list[_Done] = []
        self._problems: tuple[Problem, ...] | None = None
        self.changes = Changes()

    @property
    def model(self) -> Model:
        """The model as it stands; it changes with the next edit, so clone what is kept."""
        return self._draft.model

    @property
    def history(self) -> History:
        """How things were before they were edited."""
        return self._draft.history

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What was done and not undone, in order."""
        return tuple(d.edit for d in self._done)

    @property
    def notes(self) -> tuple[str, ...]:
        """For each of ``edits`` what should be known beyond its title; '' for most."""
        return tuple(d.note for d in self._done)

    @property
    def undone(self) -> tuple[Edit, ...]:
        """What redo would do, the next one first."""
        return tuple(d.edit for d in reversed(self._undone))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The layers that are wrong now, in graph order; costs nothing where none is."""
        if self._problems is None:
            self._problems = _listed(self._typing, self._draft)
        return self._problems

    def place(self, node: ir.Node) -> int | None:
        """A number that grows from layer to layer of the file, and may change; None for a node that is no layer."""
        return self._draft.order.find(node)

    def shape_of(self, value: ir.Value) -> tuple[int | str | None, ...] | None:
        """A tensor's shape as the file says, else as inferred: numbers, names, None for an open size; None: unknown."""
        known = type_of(value, self._typing.types)
        return known.shape if isinstance(known, TensorType) else None

    def dtype_of(self, value: ir.Value) -> ir.DataType | None:
        """A tensor's element type as the file says, else as inferred."""
        known = type_of(value, self._typing.types)
        return ir.DataType(known.dtype) if isinstance(known, TensorType) else value.dtype

    def try_out(self, edit: Edit) -> tuple[Problem, ...]:
        """The wrong layers that an edit would leave; the model is then as it was. Raises UserError as :meth:`do`."""
        with resting_collector():
            self._apply(edit)
            found = _listed(self._typing, self._draft)
            self._draft.roll_back()
        return found

    def do(self, edit: Edit) -> None:
        """Carry an edit out. Raises UserError where it cannot be, and the model is then as it was."""
        with resting_collector():
            draft = self._draft
            self._apply(edit)
            self._done.append(_Done(edit, draft.changes, draft.noted.changes(draft.graph), draft.note))
            self._undone.clear()
            draft.start_anew()
            self._show(self._done[-1].changes)

    def _apply(self, edit: Edit) -> None:
        draft, before = self._draft, self._draft.graph
        outputs = list(before.outputs)
        try:
            edit.apply(draft)
            if draft.graph is before:
                self._typing.spread(draft)
                _complete(draft, [v for v in draft.graph.outputs if v not in outputs])
            else:
                self._look_again()
            edit.check(draft)
        except BaseException:
            draft.roll_back()
            raise

    def undo(self) -> Edit | None:
        """Take the last edit back, exactly; None where there is none."""
        if not self._done:
            return None
        done = self._done.pop()
        with resting_collector():
            for _, backward in reversed(done.steps):
                backward()
        self._undone.append(done)
        self._show(done.changes.opposite())
        return done.edit

    def redo(self) -> Edit | None:
        """Do again what was undone last; None where there is nothing."""
        if not self._undone:
            return None
        done = self._undone.pop()
        with resting_collector():
            for forward, _ in done.steps:
                forward()
        self._done.append(done)
        self._show(done.changes)
        return done.edit

    def _show(self, changes: Changes) -> None:
        self.changes = changes
        self._problems = None

    def _look_again(self) -> None:
        old, new = self._typing, Typing(self._draft, self._typing)

        def put(what: Typing) -> None:
            self._typing, self._draft.known = what, what.types

        self._draft.change(lambda: put(new), lambda: put(old))


def problems(model: Model) -> tuple[Problem, ...]:
    """The layers of a model that cannot run as they stand, in graph order; every layer is looked at."""
    draft = Draft(model)
    return _listed(Typing(draft), draft)


def _complete(draft: Draft, outputs: list[ir.Value]) -> None:
    """A file has to say the type and shape of what comes out of the graph; raises UserError where it is not known."""
    for value in outputs:
        if value.dtype is not None and value.shape is not None:
            continue
        known = whole_types(draft.model, [value.name or ""]).get(value.name or "")
        if known is None or known.shape is None:
            raise UserError(f"'{value.name}' cannot be a graph output: its shape is not known.")
        draft.set(value, "type", ir.TensorType(ir.DataType(known.dtype)))
        draft.set(value, "shape", ir.Shape(known.shape))


def _listed(typing: Typing, draft: Draft) -> tuple[Problem, ...]:
    """In graph order."""
    nodes = sorted((n for n in typing.wrong if n in draft.order), key=draft.order.place)
    return tuple(Problem(layer_name(n), typing.sentence(n)) for n in nodes)
