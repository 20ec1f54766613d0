"""What a working copy says of each edit, undo and redo, held against the graph before and after."""

from __future__ import annotations

import onnx_ir as ir
import pytest

from core.errors import UserError
from core.formats.open import open_model
from core.model.editing import Changes, Edit, WorkingCopy
from core.model.editing.ends import AddInput, AddOutput, SetInputShape
from core.model.editing.layers import Bypass, Delete, Insert, Replace
from core.model.editing.names import RenameLayer, RenameTensor, SetAttribute
from core.model.editing.weights import SetWeights
from core.model.editing.whole import CutOut
from core.model.model import layer_name
from tests.conftest import SAMPLE
from tests.core.edit_graphs import small


def cards(copy: WorkingCopy) -> dict[ir.Node, str]:
    """All that a card may show of a layer."""
    wrong = {p.layer: p.sentence for p in copy.problems}
    out = {}
    for n in copy.model.nodes():
        values = [(v.name, copy.shape_of(v), copy.dtype_of(v)) if v else None for v in (*n.inputs, *n.outputs)]
        weights = [id(v.const_value) for v in n.inputs if v is not None]
        attributes = [(a.name, a.value) for a in n.attributes.values()]
        out[n] = repr((layer_name(n), n.op_type, values, weights, attributes, wrong.get(layer_name(n))))
    return out


def edges(copy: WorkingCopy) -> list[object]:
    graph = copy.model.graph.graph
    ends = [(v.name, copy.shape_of(v)) for v in (*graph.inputs, *graph.outputs)]
    return [ends, [(id(n), [id(v) for v in n.inputs], [v.name for v in (*n.inputs, *n.outputs) if v]) for n in graph]]


@pytest.mark.parametrize(
    "act",
    [RenameLayer("a", "n"), RenameTensor("ra", "n"), RenameTensor("x", "n"), SetAttribute("d", "alpha", 0.1),
     Replace("a", "Tanh"), Bypass("b"), Delete("b"), Insert("ra", "Sigmoid"), AddOutput("ra"), AddInput("n", (1, 4)),
     SetWeights("target", (1, 3, 3)), SetWeights("low", (0.25,)), SetInputShape("x", (2, 4))],
    ids=lambda a: a.key,
)  # fmt: skip
def test_changes_name_every_layer_that_reads_differently(act: Edit) -> None:
    copy = WorkingCopy(small())
    for move in (lambda: copy.do(act), copy.undo, copy.redo):
        before, wires = cards(copy), edges(copy)
        move()
        after, found = cards(copy), copy.changes
        assert not found.whole
        assert set(found.added) == after.keys() - before.keys()
        assert set(found.removed) == before.keys() - after.keys()
        assert found.layers >= {n for n in after if before.get(n) != after[n]}
        assert found.layers <= after.keys()
        assert found.wiring or edges(copy) == wires


def test_what_no_wire_notices_leaves_the_wiring() -> None:
    copy = WorkingCopy(small())
    copy.do(SetAttribute("d", "alpha", 0.1))
    assert copy.changes == Changes(frozenset(n for n in copy.model.nodes() if n.name == "d"))
    with pytest.raises(UserError):
        copy.do(Delete("d"))
    assert copy.changes.layers


def test_another_graph_is_whole() -> None:
    copy = WorkingCopy(small())
    copy.do(CutOut(("ra",), ("z",)))
    assert copy.changes.whole
    assert copy.changes.layers == frozenset()
    copy.undo()
    assert copy.changes.whole


def test_shapes_are_known_where_the_file_says_none() -> None:
    copy = WorkingCopy(open_model(SAMPLE))
    bare = WorkingCopy(open_model(SAMPLE))
    for node, same in zip(copy.model.nodes(), bare.model.nodes(), strict=True):
        for value, blank in zip(node.outputs, same.outputs, strict=True):
            if not blank.is_graph_output():
                blank.shape = blank.type = None
            assert copy.shape_of(value) is not None
    again = WorkingCopy(bare.model)
    for node, same in zip(copy.model.nodes(), again.model.nodes(), strict=True):
        for value, blank in zip(node.outputs, same.outputs, strict=True):
            assert again.dtype_of(blank) == copy.dtype_of(value)
            assert again.shape_of(blank) == copy.shape_of(value)
