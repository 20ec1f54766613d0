"""What is known of a graph without running it, checked by running it."""

from __future__ import annotations

import time

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper

from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.model.facts import infer
from core.model.model import Model
from tests.conftest import FIVE, network_path


@pytest.mark.parametrize("key", FIVE)
@pytest.mark.parametrize("batch", [1, 3])
def test_every_shape_is_what_onnxruntime_computes(key: str, batch: int) -> None:
    model = open_model(network_path(key))
    facts = infer(model, batch)
    spec = model.inputs[0]
    wanted = [o.name for n in model.nodes() if id(n) not in facts.constant_nodes for o in n.outputs if o.name]
    x = np.zeros(spec.bound(batch), np.float32)
    ran = onnx_session(model, optimized=False, taps=wanted).run({spec.name: x})
    assert {n: facts.shapes[n] for n in wanted} == {n: ran[n].shape for n in wanted}


@pytest.mark.parametrize("key", ["mobilenetv1", "resnet20"])
def test_every_constant_is_what_onnxruntime_computes(key: str) -> None:
    """These two compute their Pad arguments with chains of eight operators."""
    model = open_model(network_path(key))
    facts = infer(model)
    names = [o.name for n in model.nodes() if n.op_type != "Constant" for o in n.outputs if o.name in facts.constants]
    assert len(names) > 10
    spec = model.inputs[0]
    ran = onnx_session(model, optimized=False, taps=names).run({spec.name: np.zeros(spec.bound(), np.float32)})
    for name in names:
        np.testing.assert_array_equal(facts.constants[name], ran[name])


def small(shape: list[object], nodes: list[onnx.NodeProto], opset: int = 18) -> Model:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    taken = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [given], [taken])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return Model.from_ir(ir.from_proto(proto))


def test_shape_arithmetic_is_folded() -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], start=1),
        helper.make_node("Constant", [], ["b"], value=onnx.numpy_helper.from_array(np.array([-1]), "b")),
        helper.make_node("Concat", ["b", "s"], ["t"], axis=0),
        helper.make_node("Reshape", ["x", "t"], ["y"]),
    ]
    facts = infer(small(["n", 4, 5], nodes), batch=2)
    assert facts.constants["t"].tolist() == [-1, 4, 5]
    assert facts.shapes["y"] == (2, 4, 5)


def test_an_unknown_operator_leaves_its_shape_unknown() -> None:
    facts = infer(small([1, 4], [helper.make_node("Mystery", ["x"], ["m"]), helper.make_node("Relu", ["m"], ["y"])]))
    assert facts.shapes["x"] == (1, 4)
    assert "m" not in facts.shapes
    assert "y" not in facts.shapes


def test_a_constant_of_absurd_size_is_not_built() -> None:
    size = onnx.numpy_helper.from_array(np.array([1 << 20, 1 << 20]), "big")
    nodes = [
        helper.make_node("Constant", [], ["big"], value=size),
        helper.make_node("ConstantOfShape", ["big"], ["zeros"]),
        helper.make_node("Add", ["x", "zeros"], ["y"]),
    ]
    facts = infer(small([1, 4], nodes))
    assert "zeros" not in facts.constants


def stored(name: str, numbers: object) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=onnx.numpy_helper.from_array(np.asarray(numbers), name))


@pytest.mark.parametrize(
    "nodes",
    [
        [helper.make_node("Range", ["zero", "much", "one"], ["made"])],
        [helper.make_node("Pad", ["numbers", "wide"], ["made"])],
        [helper.make_node("Tile", ["numbers", "often"], ["made"])],
        [
            helper.make_node("Reshape", ["numbers", "column"], ["c"]),
            helper.make_node("Add", ["c", "numbers"], ["square"]),  # 1000 x 1000
            helper.make_node("Reshape", ["square", "column"], ["long"]),
            helper.make_node("Reshape", ["square", "row"], ["flat"]),
            helper.make_node("Add", ["long", "flat"], ["made"]),  # 10^6 x 10^6
        ],
    ],
    ids=lambda nodes: nodes[-1].op_type,
)
def test_no_operator_builds_a_constant_of_absurd_size(nodes: list[onnx.NodeProto]) -> None:
    constants = [
        stored("zero", np.int64(0)), stored("one", np.int64(1)), stored("much", np.int64(1 << 32)),
        stored("numbers", np.arange(1000, dtype=np.float32)), stored("wide", [0, 1 << 32]), stored("often", [1 << 32]),
        stored("column", [-1, 1]), stored("row", [1, -1]),
    ]  # fmt: skip
    facts = infer(small([1, 4], [*constants, *nodes, helper.make_node("Mystery", ["x", "made"], ["y"])]))
    assert "made" not in facts.constants
    assert {"zero", "numbers"} <= facts.constants.keys()


@pytest.mark.parametrize("operator", ["RandomNormalLike", "RandomUniformLike", "Bernoulli"])
def test_random_numbers_are_no_constants(operator: str) -> None:
    nodes = [
        stored("half", np.full((1, 4), 0.5, np.float32)),
        helper.make_node(operator, ["half"], ["r"]),
        helper.make_node("Add", ["x", "r"], ["y"]),
    ]
    facts = infer(small([1, 4], nodes))
    assert facts.shapes["r"] == (1, 4)
    assert facts.constants.keys() == {"half"}


def test_an_unbound_dimension_is_asked_for_by_name() -> None:
    model = small([1, "height"], [helper.make_node("Relu", ["x"], ["y"])])
    with pytest.raises(UserError, match="Input 'x' has no fixed size on axis 1 \\('height'\\)"):
        infer(model)
    assert infer(model, bindings={"height": 7}).shapes["y"] == (1, 7)


def test_the_graph_is_untouched() -> None:
    model = open_model(network_path("sample"))
    before = ir.to_proto(model.graph).SerializeToString(deterministic=True)
    infer(model, 4)
    assert ir.to_proto(model.graph).SerializeToString(deterministic=True) == before


def branch(nodes: list[onnx.NodeProto], out: str) -> onnx.GraphProto:
    taken = helper.make_tensor_value_info(out, TensorProto.FLOAT, None)
    weight = onnx.numpy_helper.from_array(np.ones((2, 3), np.float32), "inner")
    return helper.make_graph(nodes, "branch", [], [taken], [weight])


def same(name: str) -> onnx.GraphProto:
    return branch([helper.make_node("Identity", [name], [f"{name}_same"])], f"{name}_same")


@pytest.mark.parametrize(("wide", "result"), [(4, (3, 4)), (2, (3, 3))])
def test_an_if_with_a_constant_condition_is_the_branch_it_takes(wide: int, result: tuple[int, ...]) -> None:
    """The condition is computed from a size, as torch's exporter does for squeeze; the branches differ in shape."""
    stays = branch([helper.make_node("Relu", ["x"], ["same"])], "same")
    changes = branch([helper.make_node("MatMul", ["x", "inner"], ["product"])], "product")
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], start=1),
        stored("four", [4]),
        helper.make_node("Equal", ["s", "four"], ["c"]),
        helper.make_node("If", ["c"], ["taken"], "if", then_branch=stays, else_branch=changes),
        helper.make_node("Relu", ["taken"], ["y"]),
    ]
    model = small(["n", "wide"], nodes)
    facts = infer(model, 3, {"wide": wide})
    ran = onnx_session(model, optimized=False, taps=["taken"]).run({"x": np.zeros((3, wide), np.float32)})
    assert facts.shapes["y"] == facts.shapes["taken"] == ran["taken"].shape == result
    assert ("product" in facts.shapes) == (wide == 2)


def test_branches_that_use_the_same_names() -> None:
    """Two Ifs with the same inner names, one inside the other's branch, and one that hands on a value of the graph."""
    inner = branch([helper.make_node("MatMul", ["t", "inner"], ["t2"])], "t2")
    nested = branch(
        [
            helper.make_node("Transpose", ["x"], ["t"]),
            helper.make_node("If", ["yes"], ["chosen"], then_branch=inner, else_branch=same("t")),
        ],
        "chosen",
    )
    again = branch([helper.make_node("Relu", ["first"], ["t"]), helper.make_node("Neg", ["t"], ["t2"])], "t2")
    nodes = [
        stored("yes", True),
        helper.make_node("If", ["yes"], ["first"], then_branch=nested, else_branch=same("x")),
        helper.make_node("If", ["yes"], ["second"], then_branch=again, else_branch=same("x")),
        helper.make_node("If", ["yes"], ["third"], then_branch=same("second"), else_branch=same("x")),
        helper.make_node("Relu", ["third"], ["y"]),
    ]
    facts = infer(small([2, 5], nodes))
    assert facts.shapes["first"] == facts.shapes["third"] == facts.shapes["y"] == (5, 3)


def test_an_if_that_depends_on_the_input_leaves_its_shape_unknown() -> None:
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0),
        helper.make_node("Cast", ["m"], ["c"], to=TensorProto.BOOL),
        helper.make_node(
            "If", ["c"], ["y"],
            then_branch=branch([helper.make_node("MatMul", ["x", "inner"], ["p"])], "p"),
            else_branch=branch([helper.make_node("Relu", ["x"], ["r"])], "r"),
        ),
    ]  # fmt: skip
    assert "y" not in infer(small([4, 2], nodes)).shapes


def test_a_thousand_transformer_nodes_are_read_in_a_moment() -> None:
    """12 encoder blocks written as exporters do, with shape arithmetic before every Reshape."""
    nodes: list[onnx.NodeProto] = [stored("minus", [-1]), stored("heads", [2, 8])]
    last = "x"
    for k in range(84):
        n = [f"{what}{k}" for what in ("shape", "front", "size", "split", "swap", "scores", "soft", "mixed", "merged")]
        shape, front, size, split, swap, scores, soft, mixed, merged = n
        nodes += [
            helper.make_node("Shape", [last], [shape]),
            helper.make_node("Slice", [shape, "zero", "two"], [front]),
            helper.make_node("Concat", [front, "heads"], [size], axis=0),
            helper.make_node("Reshape", [last, size], [split]),
            helper.make_node("Transpose", [split], [swap], perm=[0, 2, 3, 1]),
            helper.make_node("Transpose", [split], [f"turned{k}"], perm=[0, 2, 1, 3]),
            helper.make_node("MatMul", [f"turned{k}", swap], [scores]),
            helper.make_node("Softmax", [scores], [soft]),
            helper.make_node("MatMul", [soft, f"turned{k}"], [mixed]),
            helper.make_node("Transpose", [mixed], [f"back{k}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"back{k}", shape], [merged]),
            helper.make_node("Add", [merged, last], [f"out{k}"]),
        ]
        last = f"out{k}"
    nodes += [stored("zero", [0]), stored("two", [2]), helper.make_node("Relu", [last], ["y"])]
    nodes = [*nodes[:2], *nodes[-3:-1], *nodes[2:-3], nodes[-1]]
    model = small(["n", 12, 16], nodes)
    assert len(list(model.nodes())) > 1000
    spent = []
    for _ in range(3):
        start = time.process_time()
        facts = infer(model)
        spent.append(time.process_time() - start)
    assert facts.shapes["y"] == (1, 12, 16)
    assert min(spent) < 0.8


@pytest.mark.parametrize("operator", ["GroupNormalization", "MeanVarianceNormalization"])
def test_normalization_that_onnx_infers_nothing_of(operator: str) -> None:
    group = operator == "GroupNormalization"
    scales = [stored("s", np.ones(4, np.float32)), stored("b", np.ones(4, np.float32))] if group else []
    inputs, more = (["x", "s", "b"], {"num_groups": 2}) if group else (["x"], {})
    model = small(["n", 4, 3, 5], [*scales, helper.make_node(operator, inputs, ["y"], **more)], opset=21)
    ran = onnx_session(model, optimized=False).run({"x": np.zeros((2, 4, 3, 5), np.float32)})
    assert infer(model, 2).shapes["y"] == ran["y"].shape
