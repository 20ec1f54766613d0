"""Quantization-aware training as an act: what it improves, where it begins, what stays true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
from onnx import helper, numpy_helper

from core import params as parameters
from core.data.dataset import DataSet
from core.data.splits import take
from core.errors import UserError
from core.execute.torch_graph import TorchGraph
from core.exporters.exporter import load_exporters
from core.jobs import Event, Job, Point
from core.methods import checkpoint
from core.methods.checkpoint import CheckpointPlace
from core.methods.method import Context, Outcome, load_methods
from core.methods.scope import Scope
from core.methods.training_net import logits_name
from core.model.masks import MASK
from core.model.model import Model
from core.model.qdq import check_rules
from core.model.qdq_pairs import RANGE_FROM, activation_pairs, stored_constant
from tests.core.training_sets import digits, linear, points, sample

QAT = load_methods().get("quantize.train")


def trained(
    model: Model, data: DataSet, teacher: Model | None = None, scope: Scope | None = None, **params: Any
) -> Outcome:
    values = parameters.from_json(
        QAT.params, {"epochs": 1, "batch_size": 16, "calibration_items": 32, "optimizer": "sgd", **params}
    )
    return QAT.run(model, values, Context(data=data, teacher=teacher, scope=scope or Scope(), seed=3))


def quantized(model: Model, data: DataSet, **params: Any) -> Model:
    static = load_methods().get("quantize.static")
    values = parameters.from_json(static.params, {"calibration_items": 32, **params})
    done = static.run(model, values, Context(data=data, seed=3)).model
    assert done is not None
    return done


def integers(model: Model) -> dict[str, np.ndarray]:
    """Layer -> the integers of its weight."""
    found = {n.name or "": stored_constant(n.inputs[1]) for n in model.nodes() if n.op_type in ("Conv", "Gemm")}
    return {name: stored.q for name, stored in found.items() if stored is not None}


def wide() -> Model:
    """x [batch, 4] -> Gemm -> Relu -> Gemm -> y [batch, 3]."""
    rng = np.random.default_rng(2)
    constants = {
        "v": rng.standard_normal((8, 4)).astype(np.float32),
        "d": np.zeros(8, np.float32),
        "w": rng.standard_normal((3, 8)).astype(np.float32),
        "b": np.zeros(3, np.float32),
    }
    nodes = [
        helper.make_node("Gemm", ["x", "v", "d"], ["h"], name="first", transB=1),
        helper.make_node("Relu", ["h"], ["r"], name="relu"),
        helper.make_node("Gemm", ["r", "w", "b"], ["y"], name="second", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", 1, ["batch", 4])],
        [helper.make_tensor_value_info("y", 1, ["batch", 3])],
        [numpy_helper.from_array(a, n) for n, a in constants.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model.from_ir(ir.from_proto(proto))


def test_four_bits_come_nearer_to_the_float_network() -> None:
    data = take(digits(), 400, seed=1)
    outcome = trained(sample(), data, precision="int4", granularity="tensor", learning_rate=0.01)
    found, new = outcome.report.measures, outcome.model
    assert new is not None
    assert found["sqnr"].value > found["sqnr_before"].value + 0.5
    assert found["simulation_steps"].value < 1.5
    assert found["simulation_difference"].value < 1e-3
    assert found["difference_to_float"].interval is not None
    assert check_rules(new) == []
    weights = [n.inputs[1].producer() for n in new.nodes() if n.op_type in ("Conv", "Gemm") and n.inputs[1] is not None]
    assert {d.inputs[0].dtype for d in weights if d is not None and d.inputs[0] is not None} == {ir.DataType.INT4}


def test_learned_ranges_keep_phone_and_screen_alike(tmp_path: Path) -> None:
    """The exporter compares LiteRT with onnxruntime step by step; MEAN and Add depend on how scales fit each other."""
    data = take(digits(), 160, seed=1)
    new = trained(sample(), data, ranges=True, learning_rate=0.01).model
    assert new is not None
    assert check_rules(new) == []
    exported = load_exporters().get("tflite").write(new, tmp_path / "out.tflite", data, Job())
    assert exported.proof.passed
    assert exported.proof.proven


def test_types_of_single_layers_stay_and_learned_ranges_are_said_to_be() -> None:
    said = ((Scope(layers=("relu",)), {"activations": "int16", "range_high": 4.0}),)
    values = parameters.from_json(QAT.params, {"epochs": 2, "batch_size": 16, "ranges": True, "learning_rate": 0.1})
    new = QAT.run(wide(), values, Context(data=points(), overrides=said, seed=3)).model
    assert new is not None
    assert check_rules(new) == []
    found = {p.value: p for p in activation_pairs(new.graph.graph).values()}
    assert [found[v].params.storage for v in ("x", "r")] == ["uint8", "int16"]
    assert {p.quantize.metadata_props.get(RANGE_FROM) for p in found.values()} == {"learned"}
    with pytest.raises(UserError, match="quantized already, so nothing can be chosen for its layers"):
        QAT.run(new, values, Context(data=points(), overrides=said))


def test_a_quantized_network_goes_on_from_its_parents_weights() -> None:
    before = quantized(wide(), points())
    outcome = trained(before, points(), teacher=wide(), learning_rate=0.1)
    assert any("2 of 2 layers began from the teacher's float weights" in n for n in outcome.report.notes)
    assert {"top1_float", "difference_to_float"} <= set(outcome.report.measures)
    assert outcome.model is not None
    assert [(n.name, n.op_type) for n in outcome.model.nodes()] == [(n.name, n.op_type) for n in before.nodes()]


def test_without_a_parent_it_begins_from_the_integers_and_learns_the_labels() -> None:
    before = quantized(wide(), points())
    outcome = trained(before, points(), epochs=10, learning_rate=0.1)
    assert "top1_float" not in outcome.report.measures
    assert outcome.report.measures["top1"].value > outcome.report.measures["top1_before"].value


def test_another_networks_weights_are_not_taken() -> None:
    outcome = trained(quantized(wide(), points()), points(), teacher=linear())
    assert any("another network" in n for n in outcome.report.notes)


def test_layers_out_of_scope_keep_their_integers() -> None:
    before = quantized(wide(), points())
    new = trained(before, points(), scope=Scope(layers=("second",)), epochs=5, learning_rate=0.1).model
    assert new is not None
    old, after = integers(before), integers(new)
    np.testing.assert_array_equal(after["first"], old["first"])
    assert (after["second"] != old["second"]).any()


def test_masked_weights_stay_zero() -> None:
    model = wide()
    value = model.graph.graph.initializers["v"]
    assert value.const_value is not None
    kept = np.arange(32).reshape(8, 4) % 2 == 0
    value.const_value = ir.tensor(value.const_value.numpy() * kept, name="v")
    value.metadata_props[MASK] = "weight"
    new = trained(model, points(), precision="int4", epochs=5, learning_rate=0.1).model
    assert new is not None
    assert not integers(new)["first"][~kept].any()


class Crash(Exception):
    """In the place of a kill."""


def test_an_interrupted_training_ends_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "_WRITING_SHARE", 0)
    values = parameters.from_json(
        QAT.params, {"epochs": 4, "batch_size": 16, "ranges": True, "precision": "int4", "learning_rate": 0.05}
    )

    def run(place: CheckpointPlace | None, job: Job) -> bytes:
        model = QAT.run(wide(), values, Context(job=job, data=points(), seed=3, checkpoint=place)).model
        assert model is not None
        return ir.to_proto(model.graph).SerializeToString(deterministic=True)

    def crash(event: Event) -> None:
        if isinstance(event, Point) and event.series == "loss" and event.x > 2.4:
            raise Crash

    place = CheckpointPlace(tmp_path / "training.safetensors", "digest", every=0.0)
    with pytest.raises(Crash):
        run(place, Job(crash))
    assert place.path.exists()
    lines: list[Event] = []
    assert run(place, Job(lines.append)) == run(None, Job())
    assert any(isinstance(line, str) and line.startswith("Resumed at step") for line in lines)


def test_scores_are_found_before_a_quantized_softmax() -> None:
    before = quantized(linear(end="Softmax"), points())
    name, classes = logits_name(before, TorchGraph(before))
    assert (name, classes) == ("s_dequantized", 3)


def test_a_network_without_integer_weights_is_refused() -> None:
    model = quantized(linear(), points())
    graph = model.graph.graph
    node = next(n for n in graph if n.op_type == "Gemm")
    assert node.inputs[1] is not None
    stored = stored_constant(node.inputs[1])
    assert stored is not None
    value = ir.Value(name="w_real", const_value=ir.tensor(stored.real, name="w_real"), shape=ir.Shape(stored.q.shape))
    value.dtype = ir.DataType.FLOAT
    graph.register_initializer(value)
    node.replace_input_with(1, value)
    with pytest.raises(UserError, match="No layer has integer weights"):
        trained(model, points())
