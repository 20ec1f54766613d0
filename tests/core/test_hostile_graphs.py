"""Small graphs that ask for terabytes, for millions of layers or for what cannot be: one sentence, at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from onnx import helper

from core.errors import UserError
from core.execute.torch_graph import TorchGraph
from core.measure.cost import cost
from core.model.facts import infer
from core.model.model import Model
from core.model.prepare import prepare
from tests.core.operator_cases import Case, model_of, runs_alike


def graph_of(
    nodes: list[onnx.NodeProto], constants: dict[str, object], functions: Sequence[onnx.FunctionProto] = ()
) -> Model:
    graph = helper.make_graph(
        nodes,
        "hostile",
        [helper.make_tensor_value_info("x", 1, [1, 4])],
        [helper.make_tensor_value_info("y", 1, None)],
        [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("f", 1)]
    return Model.from_ir(
        ir.from_proto(helper.make_model(graph, opset_imports=opsets, ir_version=8, functions=list(functions)))
    )


def function(name: str, *calls: str) -> onnx.FunctionProto:
    """A function that calls others one after the other."""
    values = ["a", *(f"m{k}" for k in range(len(calls) - 1)), "b"]
    nodes = [helper.make_node(c, [values[k]], [values[k + 1]], domain="f") for k, c in enumerate(calls)]
    nodes = nodes or [helper.make_node("Relu", ["a"], ["b"])]
    return helper.make_function(
        "f", name, ["a"], ["b"], nodes, [helper.make_opsetid("", 18), helper.make_opsetid("f", 1)]
    )


def test_a_range_of_many_billions_is_not_written_out() -> None:
    nodes = [
        helper.make_node("Range", ["zero", "many", "one"], ["e"]),
        helper.make_node("Cast", ["e"], ["f"], to=1),
        helper.make_node("ReduceSum", ["f"], ["r"]),
        helper.make_node("Add", ["x", "r"], ["y"]),
    ]
    facts = infer(graph_of(nodes, {"zero": 0, "many": 1 << 36, "one": 1}))
    assert "e" not in facts.constants
    assert facts.shapes["y"] == (1, 4)


def test_doubling_by_concat_is_not_written_out() -> None:
    nodes = [helper.make_node("Concat", [f"c{k}"] * 2, [f"c{k + 1}"], axis=0) for k in range(30)]
    nodes += [helper.make_node("ReduceSum", ["c30"], ["r"]), helper.make_node("Add", ["x", "r"], ["y"])]
    facts = infer(graph_of(nodes, {"c0": np.ones(64, np.int64).astype(np.float32)}))
    assert facts.shapes["y"] == (1, 4)


def test_functions_that_stand_for_millions_of_layers_are_refused() -> None:
    functions = [function(f"F{k}", f"F{k + 1}", f"F{k + 1}") for k in range(40)] + [function("F40")]
    model = graph_of([helper.make_node("F0", ["x"], ["y"], domain="f")], {}, functions)
    assert "stand for more than" in cost(model).note
    for act in (infer, prepare, TorchGraph):
        with pytest.raises(UserError, match="stand for more than 1,000,000 layers"):
            act(model)


def test_functions_in_a_circle_are_refused_when_shapes_are_inferred() -> None:
    model = graph_of([helper.make_node("A", ["x"], ["y"], domain="f")], {}, [function("A", "B"), function("B", "A")])
    with pytest.raises(UserError, match="contradicts itself"):
        infer(model)


def test_a_stride_of_zero_is_one_sentence() -> None:
    ones = np.ones((1, 1, 3, 3), np.float32)
    case = Case([np.ones((1, 1, 8, 8), np.float32), ones], {"strides": [0, 0], "auto_pad": "SAME_UPPER"}, 11)
    with pytest.raises(UserError, match=r"Layer 'it' \(Conv\).*divides by zero"):
        TorchGraph(model_of("Conv", case))({"x0": torch.ones(1, 1, 8, 8), "x1": torch.ones(1, 1, 3, 3)})


def test_more_parts_than_there_are_is_one_sentence() -> None:
    case = Case([np.ones((5, 3), np.float32)], {"num_outputs": 4, "axis": 0}, 18, outputs=4)
    with pytest.raises(UserError, match="only 3 come about"):
        TorchGraph(model_of("Split", case))(torch.ones(5, 3))


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("Flatten", Case([np.zeros((0, 4, 5), np.float32)], {"axis": 1}, 13)),
        ("Range", Case([np.array(0), np.array(5), np.array(-2)], {}, 11)),
        ("Slice", Case([np.ones((3, 4), np.float32), *(np.array([n]) for n in (-3, 2**62, 0, 2**62))], {}, 13)),
        ("ReduceMax", Case([np.zeros((0, 4), np.float32), np.array([0])], {}, 20)),
        ("ReduceL2", Case([np.arange(6, dtype=np.int32).reshape(2, 3), np.array([1])], {}, 18)),
        ("MaxPool", Case([np.full((1, 1, 3, 3), -9, np.int8)], {"kernel_shape": [2, 2], "pads": [1, 1, 0, 1]}, 12)),
    ],
)
def test_corners_as_in_onnxruntime(name: str, case: Case) -> None:
    runs_alike(name, case)


def test_a_constant_of_text_is_refused_by_layer() -> None:
    text = helper.make_node("Constant", [], ["s"], name="text", value=helper.make_tensor("v", 8, [1], [b"a"]))
    with pytest.raises(UserError, match=r"'text' \(Constant\): only constants of numbers"):
        TorchGraph(graph_of([text, helper.make_node("Relu", ["x"], ["y"])], {}))
