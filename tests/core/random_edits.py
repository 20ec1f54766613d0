"""Random sequences of edits, undos, redos, repairs, folds into revisions and jumps between them.

After every step: the graph passes onnx's checker and loads in onnxruntime, or its wrong layers are marked; undo and
redo give the very bytes back; the copy tells all that changed; what is found step by step is found at once; revisions
stay as they are.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.onnx_file import graph_to_proto
from core.formats.open import open_model
from core.model.editing import Edit, WorkingCopy, from_json, to_json
from core.model.editing.attributes import allowed_values
from core.model.editing.blocks import KINDS, ReplaceBlock
from core.model.editing.ends import AddInput, AddOutput, RemoveInput, RemoveOutput, SetBatch, SetInputShape
from core.model.editing.fit import FitChannels
from core.model.editing.folding import FoldBatchNorm, FoldConstants
from core.model.editing.inference import schema_of
from core.model.editing.layers import Bypass, Connect, Delete, Insert, RemoveIdentities, Replace
from core.model.editing.names import RemoveAttribute, RenameLayer, RenameTensor, SetAttribute, attribute_values
from core.model.editing.palette import candidates, palette
from core.model.editing.repairs import repairs
from core.model.editing.several import BypassSeveral, CutOutLayers, DeleteSeveral
from core.model.editing.weights import SetWeights
from core.model.editing.whole import CutOut
from core.model.editing.working_copy import problems
from core.model.inline import constant_tensor
from core.model.model import Model, layer_name
from tests.conftest import SAMPLE
from tests.core.edit_graphs import small, written
from tests.core.random_networks import BLOCKS, HEADS, random_network
from tests.core.test_edit_changes import cards, edges

OPSETS = (11, 13, 17, 18, 21)
MOVES = ("do",) * 12 + ("undo",) * 4 + ("redo",) * 2 + ("fold", "jump", "repair")
_NOT_WRONG = ("NOT_IMPLEMENTED", "Could not find an implementation")  # of the runtime, not of the graph


@dataclass
class Found:
    """What a sequence met."""

    steps: Counter[str] = field(default_factory=Counter)
    edits: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    marked: int = 0  # steps after which a layer was marked
    loaded: int = 0  # graphs without a mark that onnxruntime loaded
    unsupported: int = 0  # graphs without a mark for which onnxruntime has no kernel

    def __iadd__(self, other: Found) -> Found:
        for name in ("steps", "edits", "refused"):
            getattr(self, name).update(getattr(other, name))
        for name in ("marked", "loaded", "unsupported"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def random_model(rng: random.Random, blocks: int = 3) -> Model:
    """A network of a few random blocks, the bundled sample, or a graph of five layers."""
    kind = rng.random()
    if kind < 0.1:
        return open_model(SAMPLE) if kind < 0.05 else small()
    names = [rng.choice(sorted(BLOCKS)) for _ in range(rng.randint(1, blocks))]
    return random_network(names, rng.choice(sorted(HEADS)), rng.randint(0, 10**6), rng.choice(OPSETS))


def play(model: Model, rng: random.Random, steps: int) -> Found:
    """One sequence; raises AssertionError where something does not hold."""
    found, game = Found(), _Game(model)
    for _ in range(steps):
        move = rng.choice(MOVES)
        found.steps[move] += 1
        getattr(game, move)(rng, found)
        game.look(found)
    game.end()
    return found


class _Game:
    def __init__(self, model: Model) -> None:
        self.revisions = [(model, written(model))]
        self._open(model)

    def _open(self, model: Model) -> None:
        self.copy = WorkingCopy(model)
        self.states = [written(self.copy.model)]

    @property
    def now(self) -> bytes:
        return written(self.copy.model)

    def do(self, rng: random.Random, found: Found) -> None:
        act = random_edit(self.copy, rng)
        assert from_json(to_json(act)) == act
        self._do(act, found)

    def _do(self, act: Edit, found: Found) -> None:
        before, marks, refusal = self.now, self.copy.problems, ""
        shown, wires = cards(self.copy), edges(self.copy)
        try:
            self.copy.do(act)
        except UserError as error:
            refusal = error.message
        if refusal:
            found.refused[act.key] += 1
            assert refusal[-1] in ".!?", refusal
            assert (self.now, self.copy.problems) == (before, marks)
            return
        self._changes(shown, wires)
        found.edits[act.key] += 1
        self.states[len(self.copy.edits) :] = [self.now]

    def _changes(self, shown: dict[ir.Node, str], wires: list[object]) -> None:
        """The copy names all that reads differently now."""
        after, changes = cards(self.copy), self.copy.changes
        if changes.whole:
            return
        assert set(changes.added) == after.keys() - shown.keys()
        assert set(changes.removed) == shown.keys() - after.keys()
        assert changes.layers >= {n for n in after if shown.get(n) != after[n]}
        assert changes.wiring or edges(self.copy) == wires

    def undo(self, rng: random.Random, found: Found) -> None:
        self._move(self.copy.undo, rng)

    def redo(self, rng: random.Random, found: Found) -> None:
        self._move(self.copy.redo, rng)

    def _move(self, move: Callable[[], Edit | None], rng: random.Random) -> None:
        for _ in range(rng.randint(1, 3)):
            shown, wires = cards(self.copy), edges(self.copy)
            if move() is not None:
                self._changes(shown, wires)

    def fold(self, rng: random.Random, found: Found) -> None:
        model = self.copy.model.clone()
        self.revisions.append((model, written(model)))
        self._open(model)

    def jump(self, rng: random.Random, found: Found) -> None:
        self._open(rng.choice(self.revisions)[0])

    def repair(self, rng: random.Random, found: Found) -> None:
        if not self.copy.problems:
            return
        problem, before = rng.choice(self.copy.problems), self.now
        offers = repairs(self.copy, problem)
        assert self.now == before
        if offers:
            for act in rng.choice(offers).edits:
                self._do(act, found)
            assert problem not in self.copy.problems

    def look(self, found: Found) -> None:
        copy, now = self.copy, self.now
        assert now == self.states[len(copy.edits)]
        anew = problems(copy.model)
        assert set(anew) <= set(copy.problems)  # behind a wrong layer the copy remembers what was known last
        assert anew or not copy.problems
        found.marked += bool(copy.problems)
        if copy.problems:
            return
        onnx.checker.check_model(graph_to_proto(copy.model.graph))
        refusal = ""
        try:
            onnx_session(copy.model, optimized=False)
        except UserError as error:
            refusal = str(error)
        assert not refusal or any(word in refusal for word in _NOT_WRONG), f"{refusal} after {copy.edits[-3:]}"
        found.unsupported += bool(refusal)
        found.loaded += not refusal

    def end(self) -> None:
        """All the way back and forth again."""
        last = len(self.copy.edits)
        while self.copy.undo():
            assert self.now == self.states[len(self.copy.edits)]
        while len(self.copy.edits) < last and self.copy.redo():
            assert self.now == self.states[len(self.copy.edits)]
        assert all(written(model) == stored for model, stored in self.revisions)


def random_edit(copy: WorkingCopy, rng: random.Random) -> Edit:
    """One that may fit the graph as it stands, or not."""
    nodes = list(copy.model.nodes())
    values = [v for n in nodes for v in (*n.inputs, *n.outputs) if v is not None and v.name]
    if not nodes or not values:
        return AddInput(f"n{rng.randint(0, 9)}", (1, 3))
    return rng.choice(_MAKERS)(copy, rng, rng.choice(nodes), rng.choice(values))


Maker = Callable[[WorkingCopy, random.Random, ir.Node, ir.Value], Edit]


def _attribute(copy: WorkingCopy, rng: random.Random, node: ir.Node, value: ir.Value) -> Edit:
    known = attribute_values(node)
    schema = schema_of(copy.model.graph, node)
    names = sorted({*known, *(schema.attributes if schema is not None else ())}) or ["axis"]
    name = rng.choice(names)
    old = known.get(name)
    choices: list[Any] = [*allowed_values(node.op_type, name), old, 0, 1, 2, [1, 1], [2, 2], [0, 0, 1, 1], 0.5, "x"]
    if isinstance(old, list) and old and isinstance(old[0], int):
        choices += [[n + rng.choice((0, 1)) for n in old], old[:-1]]
    if isinstance(old, int):
        choices += [old + 1, -old]
    return SetAttribute(layer_name(node), name, rng.choice([c for c in choices if c is not None]))


def _weights(copy: WorkingCopy, rng: random.Random, node: ir.Node, value: ir.Value) -> Edit:
    stored = [v for n in copy.model.nodes() for v in n.inputs if v is not None and constant_tensor(v) is not None]
    small = [v for v in stored if constant_tensor(v).size <= 8] or [value]
    chosen = rng.choice(small)
    tensor = constant_tensor(chosen)
    numbers = [1.0] if tensor is None else tensor.numpy().ravel().tolist()
    return SetWeights(chosen.name or "", tuple(n if rng.random() < 0.6 else rng.choice((-1, 0, 1, 2)) for n in numbers))


def _inserted(copy: WorkingCopy, rng: random.Random, node: ir.Node, value: ir.Value) -> Edit:
    offers = palette(copy, value)
    if not offers:
        return Insert(value.name or "", "Identity")
    offer = rng.choice(offers)
    reader = layer_name(rng.choice(list(value.uses())).node) if value.uses() and rng.random() < 0.3 else ""
    return Insert(value.name or "", offer.operator.name, "", reader, (), dict(offer.attributes), dict(offer.constants))


def _replaced(copy: WorkingCopy, rng: random.Random, node: ir.Node, value: ir.Value) -> Edit:
    offers = candidates(copy, node)
    if not offers:
        return Replace(layer_name(node), "Relu")
    offer = rng.choice(offers)
    return Replace(layer_name(node), offer.operator.name, dict(offer.attributes), dict(offer.constants))


def _names(copy: WorkingCopy, rng: random.Random, count: int) -> tuple[str, ...]:
    names = [layer_name(n) for n in copy.model.nodes()]
    start = rng.randrange(len(names))
    return tuple(names[start : start + rng.randint(1, count)])


def _shape(copy: WorkingCopy, rng: random.Random, node: ir.Node, value: ir.Value) -> Edit:
    spec = rng.choice(copy.model.inputs) if copy.model.inputs else None
    if spec is None:
        return SetBatch(2)
    return SetInputShape(spec.name, tuple(rng.choice((d, d, d, 8, 16, "n", 3)) if d else 4 for d in spec.shape))


_MAKERS: list[Maker] = [
    *[_attribute] * 4, *[_weights] * 2, _inserted, _inserted, _replaced, _replaced, _shape,
    lambda c, r, n, v: RenameLayer(layer_name(n), f"layer {r.randint(0, 9)}"),
    lambda c, r, n, v: RenameTensor(v.name or "", f"tensor {r.randint(0, 9)}"),
    lambda c, r, n, v: RemoveAttribute(layer_name(n), r.choice([*attribute_values(n), "axis"])),
    lambda c, r, n, v: Replace(layer_name(n), r.choice(("Tanh", "Add", "Relu", "Softmax", "Concat", "Conv"))),
    lambda c, r, n, v: Insert(v.name or "", r.choice(("Mul", "Add", "Concat")),
                              inputs=(r.choice([o for m in c.model.nodes() for o in m.outputs]).name or "",)),
    lambda c, r, n, v: Bypass(layer_name(n)),
    lambda c, r, n, v: Bypass(layer_name(n), v.name or ""),
    lambda c, r, n, v: Delete(layer_name(n)),
    lambda c, r, n, v: Connect(layer_name(n), r.randint(0, 2), v.name or ""),
    lambda c, r, n, v: AddOutput(v.name or ""),
    lambda c, r, n, v: RemoveOutput(r.choice(c.model.output_names)),
    lambda c, r, n, v: AddInput(f"input {r.randint(0, 9)}", tuple(d or "d" for d in c.shape_of(v) or (1, 3)), "float32",
                                r.choice(("", v.name or ""))),
    lambda c, r, n, v: RemoveInput(r.choice([s.name for s in c.model.inputs] or ["none"])),
    lambda c, r, n, v: SetBatch(r.choice((1, 2, "batch", "n"))),
    lambda c, r, n, v: RemoveIdentities(),
    lambda c, r, n, v: FoldBatchNorm(),
    lambda c, r, n, v: FoldConstants(),
    lambda c, r, n, v: ReplaceBlock(layer_name(n), r.choice(sorted(KINDS)), relu=r.random() < 0.3),
    lambda c, r, n, v: FitChannels(layer_name(n), r.randint(0, 1), r.randint(1, 9)),
    lambda c, r, n, v: BypassSeveral(_names(c, r, 3)),
    lambda c, r, n, v: DeleteSeveral(_names(c, r, 3)),
    lambda c, r, n, v: CutOutLayers(_names(c, r, 12)),
    lambda c, r, n, v: CutOut((v.name or "",), (n.outputs[0].name or "",)),
]  # fmt: skip
