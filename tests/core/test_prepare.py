"""prepare: does what is needed, says so, and changes no answer (onnxruntime is the judge)."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import helper, numpy_helper

from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.execute.torch_graph import check
from core.model.model import ORIGIN, Model
from core.model.prepare import prepare
from tests.conftest import FIVE, network_path

F32 = onnx.TensorProto.FLOAT


def floats(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def model_of(
    nodes: list[onnx.NodeProto],
    initializers: dict[str, np.ndarray],
    shape: list[Any],
    outputs: tuple[str, ...] = ("y",),
    opset: int = 18,
    ir_version: int = 8,
) -> Model:
    inputs = [helper.make_tensor_value_info("x", F32, shape)]
    if ir_version < 4:
        inputs += [helper.make_tensor_value_info(n, F32, a.shape) for n, a in initializers.items()]
    graph = helper.make_graph(
        nodes,
        "g",
        inputs,
        [helper.make_tensor_value_info(o, F32, None) for o in outputs],
        [numpy_helper.from_array(a, n) for n, a in initializers.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)
    return Model.from_ir(ir.from_proto(proto))


def prepared(model: Model, feed: np.ndarray) -> tuple[Model, tuple[str, ...]]:
    """Prepare, and hold it to what every preparation must keep."""
    before = ir.to_proto(model.graph).SerializeToString()
    new, changes = prepare(model)
    assert ir.to_proto(model.graph).SerializeToString() == before
    assert [n.name for n in new.nodes()] == [n.name for n in model.nodes()]
    names = set(new.graph.graph.initializers)
    assert names >= set(model.graph.graph.initializers)
    wanted = onnx_session(model, optimized=False).run({"x": feed})
    given = onnx_session(new, optimized=False).run({"x": feed})
    for name, values in wanted.items():
        assert np.array_equal(given[name], values)
    again, more = prepare(new)
    assert not more
    assert ir.to_proto(again.graph).SerializeToString() == ir.to_proto(new.graph).SerializeToString()
    return new, changes


def readers(model: Model, name: str) -> list[str]:
    return [u.node.name or "" for u in model.graph.graph.initializers[name].uses()]


def test_shared_weights_become_separate_even_within_one_layer() -> None:
    nodes = [
        helper.make_node("BatchNormalization", ["x", "one", "zero", "zero", "one"], ["a"], name="bn"),
        helper.make_node("Mul", ["a", "row"], ["b"], name="mul"),
        helper.make_node("Add", ["b", "row"], ["y"], name="add"),
    ]
    numbers = {"one": np.ones(3, np.float32), "zero": np.zeros(3, np.float32), "row": floats(3, 1, 1)}
    new, changes = prepared(model_of(nodes, numbers, [2, 3, 4, 4]), floats(2, 3, 4, 4))
    assert changes == ("3 shared weights became separate for each layer that reads them: one, zero, row.",)
    assert all(len(v.uses()) == 1 for v in new.graph.graph.initializers.values())
    assert readers(new, "row") == ["mul"]
    copy = new.graph.graph.initializers["row_of_add"]
    assert copy.metadata_props[ORIGIN] == "row"
    assert np.array_equal(copy.const_value.numpy(), numbers["row"])


def test_sharing_is_seen_through_identity() -> None:
    nodes = [
        helper.make_node("Identity", ["zero"], ["zero_1"], name="id"),
        helper.make_node("Identity", ["zero_1"], ["zero_2"], name="id2"),
        helper.make_node("Add", ["x", "zero_2"], ["a"], name="first"),
        helper.make_node("Add", ["a", "zero"], ["b"], name="second"),
        helper.make_node("Add", ["b", "zero_1"], ["y"], name="third"),
    ]
    new, changes = prepared(model_of(nodes, {"zero": floats(3)}, [2, 3]), floats(2, 3))
    assert len(changes) == 1
    sources = {n.name: n.inputs[1].name for n in new.nodes() if n.op_type == "Add"}
    assert sources == {"first": "zero", "second": "zero_of_second", "third": "zero_of_third"}


def test_one_reader_behind_identity_and_shared_scalars_stay() -> None:
    nodes = [
        helper.make_node("Identity", ["row"], ["row_1"], name="id"),
        helper.make_node("Add", ["x", "row_1"], ["a"], name="add"),
        helper.make_node("Mul", ["a", "third"], ["b"], name="mul"),
        helper.make_node("Mul", ["b", "third"], ["y"], name="mul2"),
    ]
    _, changes = prepared(
        model_of(nodes, {"row": floats(3), "third": np.array(1 / 3, np.float32)}, [2, 3]), floats(2, 3)
    )
    assert changes == ()


def test_new_names_avoid_those_in_use() -> None:
    nodes = [
        helper.make_node("Add", ["x", "row"], ["row_of_n"], name="m"),
        helper.make_node("Add", ["row_of_n", "row"], ["row_of_n_2"], name="n"),
        helper.make_node("Add", ["row_of_n_2", "row"], ["y"]),
    ]
    new, _ = prepared(model_of(nodes, {"row": floats(3)}, [2, 3]), floats(2, 3))
    assert set(new.graph.graph.initializers) == {"row", "row_of_n_3", "row_of_y"}


def test_a_shared_weight_that_is_an_output_too_stays_one() -> None:
    nodes = [helper.make_node("Add", ["x", "w"], ["a"], name="n"), helper.make_node("Mul", ["a", "w"], ["y"], name="m")]
    new, _ = prepared(model_of(nodes, {"w": floats(3)}, [2, 3], outputs=("y", "w")), floats(2, 3))
    assert new.output_names == ("y", "w")


@pytest.mark.parametrize(("opset", "attributes"), [(11, {}), (13, {}), (18, {"num_outputs": 3})])
def test_split_sizes_are_written(opset: int, attributes: dict[str, int]) -> None:
    size = 7 if opset == 18 else 6
    nodes = [
        helper.make_node("Split", ["x"], ["a", "b", "c"], name="cut", axis=1, **attributes),
        helper.make_node("Concat", ["c", "b", "a"], ["y"], name="join", axis=1),
    ]
    new, changes = prepared(model_of(nodes, {}, ["batch", size, 2], opset=opset), floats(2, size, 2))
    assert changes == ("1 Split got explicit sizes: cut.",)
    split = next(new.nodes())
    expected = [3, 3, 1] if opset == 18 else [2, 2, 2]
    if opset < 13:
        assert list(split.attributes["split"].value) == expected
    else:
        assert split.inputs[1].const_value.numpy().tolist() == expected
        assert "num_outputs" not in split.attributes


def test_split_of_the_batch_keeps_its_count() -> None:
    nodes = [
        helper.make_node("Split", ["x"], ["a", "b"], name="cut", axis=0, num_outputs=2),
        helper.make_node("Add", ["a", "b"], ["y"], name="join"),
    ]
    _, changes = prepared(model_of(nodes, {}, ["batch", 3]), floats(4, 3))
    assert changes == ()


def test_initializers_leave_the_inputs_of_an_old_file() -> None:
    nodes = [helper.make_node("Add", ["x", "w"], ["a"], name="n"), helper.make_node("Mul", ["a", "w"], ["y"], name="m")]
    new, changes = prepared(model_of(nodes, {"w": floats(3)}, [2, 3], opset=11, ir_version=3), floats(2, 3))
    assert len(changes) == 2
    assert changes[0] == "1 weight no longer stands among the model's inputs."
    assert [v.name for v in new.graph.graph.inputs] == ["x"]
    check(new)


def test_dangling_layer_is_refused() -> None:
    model = model_of([helper.make_node("Relu", ["nowhere"], ["y"], name="lost")], {}, [2])
    with pytest.raises(UserError, match=r"'lost'.*'nowhere'"):
        prepare(model)


@pytest.mark.parametrize("key", FIVE)
def test_real_networks_keep_their_answers(key: str) -> None:
    model = Model.from_ir(ir.load(network_path(key)))
    new, _ = prepare(model)
    shared = [
        n
        for n, v in new.graph.graph.initializers.items()
        if len(v.uses()) > 1 and v.dtype == ir.DataType.FLOAT and v.shape
    ]
    assert not shared
    x = {model.inputs[0].name: floats(*model.inputs[0].bound(1))}
    for name, values in onnx_session(model).run(x).items():
        np.testing.assert_allclose(onnx_session(new).run(x)[name], values, rtol=1e-5, atol=1e-5)
