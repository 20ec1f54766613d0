"""First weights by operator, and training from them, on the sample and on reference networks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
import torch
from onnx import helper, numpy_helper

from core import params as parameters
from core.errors import UserError
from core.execute.torch_graph import TorchGraph
from core.methods.method import METHODS, Context, Outcome
from core.methods.redraw import redraw
from core.methods.scope import Scope
from core.methods.train.scratch import Params
from core.methods.training_net import out_of_scope
from core.methods.tune import finetune
from core.model.model import Model
from core.model.prepare import prepare
from core.references.create import create
from core.references.reference import load_references
from tests.core.training_sets import F32, damaged, digits, few, linear, points, sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def scratch(model: Model, params: Params, **context: Any) -> Outcome:
    return METHODS.get("train.scratch").run(model, params, Context(**{"data": digits(), **context}))


def weights(model: Model) -> dict[str, np.ndarray]:
    return {n: v.const_value.numpy() for n, v in model.graph.graph.initializers.items() if v.const_value is not None}


def test_the_sample_learns_from_nothing() -> None:
    out = scratch(sample(), Params(epochs=2, learning_rate=0.05, batch_size=16, shift=False))
    assert out.report.measures["top1"].value > 90
    assert "top1_before" not in out.report.measures
    assert any("drawn anew with seed 0" in n for n in out.report.notes)
    assert any("Labels were smoothed by 0.1" in n for n in out.report.notes)
    assert any("after a warm-up of 1 epoch)" in n for n in out.report.notes)


def test_what_is_drawn_depends_on_the_seed_alone() -> None:
    def drawn(model: Model, seed: int) -> list[torch.Tensor]:
        net = TorchGraph(model)
        assert redraw(net, model, seed) == ()
        return [t.detach().clone() for _, t in (*net.named_initializers(), *net.named_statistics())]

    first, same, other = drawn(sample(), 1), drawn(damaged(), 1), drawn(sample(), 2)
    assert all(torch.equal(a, b) for a, b in zip(first, same, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def graph(nodes: list[Any], arrays: dict[str, np.ndarray], shape: list[Any], out: list[Any]) -> Model:
    proto = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", F32, shape)],
        [helper.make_tensor_value_info("y", F32, out)],
        [numpy_helper.from_array(a.astype(np.float32), n) for n, a in arrays.items()],
    )
    return Model.from_ir(
        ir.from_proto(helper.make_model(proto, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))
    )


def redrawn(model: Model) -> tuple[dict[str, torch.Tensor], tuple[str, ...]]:
    net = TorchGraph(model)
    left = redraw(net, model, 0)
    return {n: t.detach() for n, t in (*net.named_initializers(), *net.named_statistics())}, left


def spread(t: torch.Tensor) -> float:
    return float(t.std())


def test_every_operator_gets_what_torch_gives_it() -> None:
    """Against torch.nn.init: standard deviations of some thousand draws, within 5 %."""
    odd = np.full
    nodes = [
        helper.make_node("Mul", ["x", "range"], ["in"], name="range"),
        helper.make_node("Conv", ["in", "cw", "cb"], ["c"], name="conv", group=2, pads=[1] * 4),
        helper.make_node("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"], name="norm"),
        helper.make_node("PRelu", ["n", "slope"], ["r"], name="prelu"),
        helper.make_node("Mul", ["r", "gain"], ["g"], name="gain"),
        helper.make_node("ReduceMean", ["g"], ["p"], name="pool", axes=[2, 3], keepdims=0),
        helper.make_node("Transpose", ["mw"], ["mt"], name="turn", perm=[1, 0]),
        helper.make_node("MatMul", ["p", "mt"], ["h"], name="matmul"),
        helper.make_node("Add", ["h", "hb"], ["hh"], name="add"),
        helper.make_node("Gemm", ["hh", "gw", "gb"], ["k"], name="gemm"),
        helper.make_node("Pow", ["k", "power"], ["y"], name="pow"),
    ]
    arrays = {
        "range": odd((1,), 1 / 255),
        "cw": odd((64, 4, 3, 3), 9.0),
        "cb": odd(64, 9.0),
        "s": odd(64, 9.0),
        "b": odd(64, 9.0),
        "m": odd(64, 9.0),
        "v": odd(64, 9.0),
        "slope": odd((64, 1, 1), 9.0),
        "gain": odd((64, 1, 1), 9.0),
        "mw": odd((96, 64), 9.0),
        "hb": odd(96, 9.0),
        "gw": odd((96, 40), 9.0),
        "gb": odd(40, 9.0),
        "power": odd((1,), 1.0),
    }
    found, left = redrawn(graph(nodes, arrays, ["n", 8, 6, 6], ["n", 40]))
    assert left == ("range", "power")
    assert found["range"].item() == pytest.approx(1 / 255)
    like = {"cw": (64, 4, 3, 3), "mw": (96, 64), "gw": (40, 96)}
    for name, shape in like.items():
        expected = torch.nn.init.kaiming_normal_(torch.empty(shape), generator=torch.Generator().manual_seed(1))
        assert spread(found[name]) == pytest.approx(spread(expected), rel=0.06), name
    for name, value in {"cb": 0, "s": 1, "b": 0, "m": 0, "v": 1, "slope": 0.25, "gain": 1, "hb": 0, "gb": 0}.items():
        assert (found[name] == value).all(), name


def test_tables_and_positions_are_small() -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["i"], name="cast", to=7),
        helper.make_node("Gather", ["table", "i"], ["e"], name="embed"),
        helper.make_node("Add", ["e", "position"], ["a"], name="position"),
        helper.make_node("LayerNormalization", ["a", "s", "b"], ["n"], name="norm"),
        helper.make_node("ReduceMean", ["n"], ["y"], name="mean", axes=[1], keepdims=0),
    ]
    arrays = {
        "table": np.ones((50, 32)),
        "position": np.ones((1, 7, 32)),
        "s": np.zeros(32),
        "b": np.ones(32),
    }
    found, left = redrawn(graph(nodes, arrays, ["n", 7], ["n", 32]))
    assert left == ()
    assert spread(found["table"]) == pytest.approx(0.02, rel=0.1)
    assert spread(found["position"]) == pytest.approx(0.02, rel=0.2)
    assert (found["s"] == 1).all()
    assert (found["b"] == 0).all()


def test_signals_keep_their_size_through_a_deep_network() -> None:
    """Thirty layers of ReLU: with the right variance the last layer's outputs are as large as the first one's."""
    rng, width, nodes, arrays, before = np.random.default_rng(0), 64, [], {}, "x"
    for k in range(30):
        arrays[f"w{k}"] = rng.standard_normal((width, width)) * 7
        nodes.append(helper.make_node("Gemm", [before, f"w{k}"], [f"g{k}"], name=f"fc{k}", transB=1))
        before = "y" if k == 29 else f"r{k}"
        nodes.append(helper.make_node("Relu", [f"g{k}"], [before], name=f"relu{k}"))
    model = graph(nodes, arrays, ["n", width], ["n", width])
    net = TorchGraph(model)
    redraw(net, model, 0)
    with torch.no_grad():
        y = net(torch.randn(64, width, generator=torch.Generator().manual_seed(0)))["y"]
    assert 0.1 < math.sqrt(float(y.square().mean()) * 2) < 10


def test_layers_out_of_scope_keep_weights_and_statistics() -> None:
    scope = Scope(operators=("Gemm", "MatMul"))
    prepared, _ = prepare(damaged())
    out = scratch(damaged(), Params(epochs=1), data=few(digits(), 128), test=few(digits(), 32, "test"), scope=scope)
    assert out.model is not None
    frozen, old, new = out_of_scope(prepared, scope), weights(prepared), weights(out.model)
    assert all(np.array_equal(old[n], new[n]) for n in frozen)
    assert not any(np.array_equal(old[n], new[n]) for n in old.keys() - frozen)
    trained = len(old.keys() - frozen)
    assert any(note.startswith(f"Trained were the {trained} of ") for note in out.report.notes)
    assert "The weights in scope were drawn anew with seed 0." in out.report.notes


def test_without_new_weights_it_is_the_same_loop_as_fine_tuning() -> None:
    settings = {"epochs": 2, "learning_rate": 0.01, "warmup": 0.0, "label_smoothing": 0.0, "batch_size": 16}
    values = parameters.from_json(Params, {**settings, "fresh": False})
    mine = METHODS.get("train.scratch").run(linear(), values, Context(data=points(100)))
    its = METHODS.get("tune.finetune").run(
        linear(), parameters.from_json(finetune.Params, settings), Context(data=points(100))
    )
    assert mine.model is not None
    assert its.model is not None
    for name, value in weights(mine.model).items():
        assert np.array_equal(value, weights(its.model)[name])
    assert mine.report.measures["top1_before"] == its.report.measures["top1_before"]


def test_milestones_that_are_no_shares_are_refused() -> None:
    with pytest.raises(UserError, match=r"Milestones is '0.5 0.2'; it must be rising shares"):
        scratch(linear(), Params(milestones="0.5 0.2"), data=points(100))
    with pytest.raises(UserError, match="Milestones is 'half'"):
        scratch(linear(), Params(milestones="half"), data=points(100))


@pytest.mark.parametrize("key", ["bert_tiny", "ds_cnn", "mobilenet_v2", "resnet20_cifar", "two_input"])
def test_reference_networks_start_with_outputs_of_sensible_size(key: str) -> None:
    """Every weight is drawn, and gets a gradient; the outputs for noise are neither dead nor huge."""
    reference = load_references().get(key)
    known = {s.name for s in parameters.specs(reference.params)}
    chosen = {"resolution": 64} if key == "mobilenet_v2" and "resolution" in known else {}
    model, _ = prepare(create(reference, reference.params(**chosen)))
    net = TorchGraph(model)
    assert redraw(net, model, 0) == ()
    rng = np.random.default_rng(0)
    feed = {}
    for spec in model.inputs:
        whole = spec.dtype.startswith("int")
        array = rng.integers(1, 9, spec.bound(8)) if whole else rng.standard_normal(spec.bound(8))
        feed[spec.name] = torch.from_numpy(array.astype(spec.dtype))
    (scores,) = net.train()(feed).values()
    assert 0.1 < float(scores.detach().std()) < 10
    scores.square().mean().backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for _, p in net.named_initializers())
