"""Masks: the patterns against plain loops, scores against torch and the papers, and what the zeros survive."""

from __future__ import annotations

import itertools
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from onnx import helper, numpy_helper
from torch import nn
from torch.nn.utils import prune

from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.methods.method import METHODS, Context, Outcome, load_methods
from core.methods.prune.weight_scores import WeightScore, choose, lamp, magnitude
from core.methods.prune.weights import Params
from core.methods.scope import Scope
from core.methods.train.scratch import Params as ScratchParams
from core.methods.tune.finetune import Params as TuneParams
from core.model.channels import cut, find_groups
from core.model.fold_batchnorm import fold_batchnorm
from core.model.fold_weights import fold_weights
from core.model.masks import MASK, Pattern, kept_weights, maskable, masked, numbers, units, why_not, with_masks
from core.model.model import Model
from core.model.prepare import prepare
from core.params import from_json
from core.project.project import Project
from core.report import Report
from tests.core.training_sets import F32, digits, few, linear, points, sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")
load_methods()


def mask(model: Model, params: Params, **context: Any) -> Outcome:
    return METHODS.get("prune.weights").run(model, params, Context(threads=1, **context))


def network(nodes: list[Any], weights: dict[str, np.ndarray], size: tuple[int, ...], out: str = "y") -> Model:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", F32, ["batch", *size])],
        [helper.make_tensor_value_info(out, F32, None)],
        [numpy_helper.from_array(a, n) for n, a in weights.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model.from_ir(ir.from_proto(proto))


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def one_layer(operator: str, weight: np.ndarray, size: tuple[int, ...], **attributes: Any) -> Model:
    return network([helper.make_node(operator, ["x", "w"], ["y"], name="one", **attributes)], {"w": weight}, size)


def outputs_first(operator: str, weight: np.ndarray) -> np.ndarray:
    """(outputs, inputs, *kernel), by ONNX's definition of each operator."""
    if operator == "ConvTranspose":  # group 2: (C, M / 2, ...), inputs of half g make outputs of half g
        half = weight.shape[0] // 2
        return np.concatenate([np.swapaxes(w, 0, 1) for w in (weight[:half], weight[half:])])
    return weight.T if operator == "MatMul" else weight


LAYERS = {
    "Conv": ((8, 8, 3, 3), (8, 9, 9), {}),
    "ConvTranspose": ((16, 4, 3, 2), (16, 5, 5), {"group": 2}),
    "Gemm": ((8, 16), (16,), {"transB": 1}),
    "MatMul": ((16, 8), (16,), {}),
}


@pytest.mark.parametrize(("operator", "pattern"), [*itertools.product(LAYERS, Pattern)])
def test_parts_are_those_of_plain_loops(operator: str, pattern: Pattern) -> None:
    shape, size, attributes = LAYERS[operator]
    weight = drawn(*shape)
    model = one_layer(operator, weight, size, **attributes)
    (item,) = maskable(model)
    parts = units(item, pattern)
    assert parts is not None
    given = parts.split(weight)
    matrix = outputs_first(operator, weight)
    matrix = matrix.reshape(*matrix.shape[:2], -1, matrix.shape[3] if matrix.ndim == 4 else 1)  # o, i, rows, columns
    o, i, h, w = matrix.shape
    wanted: list[np.ndarray] = []
    if pattern is Pattern.WEIGHT:
        wanted = [matrix.reshape(-1, 1)[k] for k in range(matrix.size)]
    elif pattern is Pattern.VECTOR:
        wanted = [matrix[a, b, c] for a in range(o) for b in range(i) for c in range(h)]
    elif pattern is Pattern.KERNEL:
        wanted = [matrix[a, b].reshape(-1) for a in range(o) for b in range(i)]
    elif pattern.ratio is not None:
        wanted = [
            matrix[a, b : b + parts.group, c, d]
            for a, c, d in itertools.product(range(o), range(h), range(w))
            for b in range(0, i, parts.group)
        ]
        given = given.reshape(-1, parts.group)
    else:
        rows, columns = pattern.block
        wanted = [
            matrix[a : a + rows, b : b + columns, c, d].reshape(-1)
            for a in range(0, o, rows)
            for b in range(0, i, columns)
            for c, d in itertools.product(range(h), range(w))
        ]
    assert {v.tobytes() for v in given} == {v.tobytes() for v in wanted}
    assert np.array_equal(parts.join(parts.split(weight)), weight)
    assert np.array_equal(parts.join(parts.split(torch.from_numpy(weight))).numpy(), weight)


def test_a_weight_behind_a_transpose_is_seen_as_its_layer_sees_it() -> None:
    """torch's older exporters store a linear layer as (out, in) and turn it before the MatMul."""
    nodes = [
        helper.make_node("Transpose", ["w"], ["wt"], name="turn", perm=[1, 0]),
        helper.make_node("MatMul", ["x", "wt"], ["y"], name="fc"),
    ]
    weight = drawn(6, 8)
    out = mask(network(nodes, {"w": weight}, (8,)), Params(pattern=Pattern.TWO_OF_FOUR))
    assert out.model is not None
    left = numbers(out.model, "w")
    assert ((left.reshape(6, 2, 4) != 0).sum(2) == 2).all()
    folded, count = fold_weights(out.model)
    assert count == 1
    assert masked(folded) == {"wt": Pattern.TWO_OF_FOUR}


def test_magnitude_masks_what_torch_prunes() -> None:
    one, two = drawn(8, 4, 3, 3), drawn(8, 8, 1, 1, seed=1) * 3
    nodes = [
        helper.make_node("Conv", ["x", "one"], ["a"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["a", "two"], ["y"], name="second"),
    ]
    model = network(nodes, {"one": one, "two": two}, (4, 6, 6))
    layers = [nn.Conv2d(4, 8, 3, bias=False), nn.Conv2d(8, 8, 1, bias=False)]
    for everywhere in (False, True):
        for layer, weight in zip(layers, (one, two), strict=True):
            layer.weight = nn.Parameter(torch.from_numpy(weight.copy()))
        if everywhere:
            prune.global_unstructured([(la, "weight") for la in layers], prune.L1Unstructured, amount=0.6)
        else:
            for layer in layers:
                prune.l1_unstructured(layer, "weight", 0.6)
        out = mask(model, Params(sparsity=0.6, everywhere=everywhere))
        assert out.model is not None
        for name, layer in zip(("one", "two"), layers, strict=True):
            assert np.array_equal(numbers(out.model, name), layer.weight.detach().numpy())
            prune.remove(layer, "weight")


def test_lamp_by_hand() -> None:
    """Lee et al. 2021: w = 1, 2, 3 scores 1/14, 4/13 and 9/9, whatever the order and the sign."""
    assert lamp(np.array([[2.0], [-3.0], [1.0]])) == pytest.approx([4 / 13, 1.0, 1 / 14])
    # rows (3, 4) and (1, 0) have the squared lengths 25 and 1; a row of zeros is gone already
    assert lamp(np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]])) == pytest.approx([1.0, 1 / 26, -np.inf])
    assert magnitude(np.array([[3.0, -4.0], [0.0, 0.0]])) == pytest.approx([3.5, -np.inf])
    # equally large layers, one ten times larger: lamp takes as much from both, magnitude all from the small one
    small = np.arange(1.0, 11.0)[:, None]
    parts = {n: units(maskable(one_layer("MatMul", drawn(10, 1), (10,)))[0], Pattern.WEIGHT) for n in "ab"}
    kept = choose({"a": lamp(small), "b": lamp(10 * small)}, parts, 0.5, True)  # type: ignore[arg-type]
    assert [int(k.sum()) for k in kept.values()] == [5, 5]
    kept = choose({"a": magnitude(small), "b": magnitude(10 * small)}, parts, 0.5, True)  # type: ignore[arg-type]
    assert [int(k.sum()) for k in kept.values()] == [1, 9]


def test_taylor_by_hand() -> None:
    """Of a linear layer the gradient is (softmax - one-hot) x, batch by batch; the parts here are whole rows of 4."""
    model, data = linear(), points(400)
    out = mask(model, Params(pattern=Pattern.ROW_BLOCK, score=WeightScore.TAYLOR, sparsity=0.5, items=32), data=data)
    from core.data.splits import divide, take

    items = take(divide(data, 0).calibration, 32, 0)
    x = np.stack([items.load(k)["x"] for k in range(32)]).astype(np.float64)
    labels = [i.label for i in items.items]
    w = numbers(model, "w").astype(np.float64)
    scores = np.zeros(3)
    for rows in (slice(0, 16), slice(16, 32)):
        e = np.exp(x[rows] @ w.T)
        gap = e / e.sum(1, keepdims=True) - np.eye(3)[labels[rows]]
        scores += np.abs(((gap.T @ x[rows] / 16) * w).sum(1)) / 2
    assert out.model is not None
    left = numbers(out.model, "w")
    assert [k for k in range(3) if not left[k].any()] == sorted(np.argsort(scores)[:2].tolist())  # round(1.5) is 2
    with pytest.raises(UserError, match="needs labelled data"):
        mask(model, Params(score=WeightScore.TAYLOR))


@pytest.mark.parametrize(("pattern", "everywhere"), [*itertools.product(Pattern, (False, True))])
def test_the_sparsity_is_reached_and_said(pattern: Pattern, everywhere: bool) -> None:
    out = mask(sample(), Params(pattern=pattern, sparsity=0.7, everywhere=everywhere))
    assert out.model is not None
    measures, (table,) = out.report.measures, out.report.tables
    items = {i.tensor: i for i in maskable(out.model)}
    fit = [n for n, i in items.items() if not why_not(i, pattern)]
    zeros = sum(int((numbers(out.model, n) == 0).sum()) for n in fit)
    total = sum(i.size for n, i in items.items() if n in fit)
    assert measures["zeros"].value == zeros == sum(r[2] for r in table.rows)
    assert measures["density"].value == pytest.approx(100 * (1 - zeros / total))
    goal = 0.5 if pattern.ratio else 0.7
    largest = max((u.size for n in fit if (u := units(items[n], pattern))), default=1)
    assert abs(zeros - goal * total) <= largest / 2 * (1 if everywhere else len(fit))
    assert all(numbers(out.model, n).any() for n in fit)
    assert set(masked(out.model).values()) == {pattern}
    assert measures["zipped"].value < measures["zipped_before"].value
    assert any("phones do not run it faster" in n for n in out.report.notes)
    assert any("NVIDIA" in n for n in out.report.notes) == (pattern is Pattern.TWO_OF_FOUR)
    assert Report.from_json(out.report.to_json()) == out.report


def test_the_zipped_size_is_that_of_the_file(tmp_path: Path) -> None:
    out = mask(sample(), Params(sparsity=0.9))
    assert out.model is not None
    save_onnx(out.model, tmp_path / "m.onnx")
    packed = len(zlib.compress((tmp_path / "m.onnx").read_bytes(), 6))
    assert out.report.measures["zipped"].value == pytest.approx(
        packed, rel=0.02
    )  # names that opening gave are left out
    assert out.report.measures["zipped"].how == "measured"


def test_a_second_mask_counts_the_first() -> None:
    first = mask(sample(), Params(sparsity=0.5)).model
    assert first is not None
    second = mask(first, Params(sparsity=0.8, score=WeightScore.RANDOM)).model
    assert second is not None
    for name in masked(first):
        before, after = numbers(first, name), numbers(second, name)
        assert not after[before == 0].any()
    zeros = sum(int((numbers(second, n) == 0).sum()) for n in masked(second))
    assert zeros == pytest.approx(0.8 * sum(i.size for i in maskable(second)), abs=10)
    less = mask(second, Params(sparsity=0.2))
    assert any("more were zero before" in n for n in less.report.notes)


def test_scope_and_refusals() -> None:
    out = mask(sample(), Params(), scope=Scope(operators=("Gemm",)))
    assert out.model is not None
    (name,) = masked(out.model)
    assert numbers(out.model, name).ndim == 2
    with pytest.raises(UserError, match="nothing to mask"):
        mask(sample(), Params(), scope=Scope(operators=("Clip",)))
    with pytest.raises(UserError, match="fits no layer"):
        mask(one_layer("Conv", drawn(6, 3, 3, 3), (3, 8, 8)), Params(pattern=Pattern.SQUARE_BLOCK))


@pytest.fixture(scope="module")
def sparse() -> Model:
    model = mask(sample(), Params(pattern=Pattern.TWO_OF_FOUR)).model
    assert model is not None
    return model


def test_files_and_projects_keep_masks(sparse: Model, tmp_path: Path) -> None:
    save_onnx(sparse, tmp_path / "m.onnx")
    onnx.checker.check_model(str(tmp_path / "m.onnx"), full_check=True)
    again = open_model(tmp_path / "m.onnx")
    assert masked(again) == masked(sparse)
    onnx_session(again)
    Project.create(tmp_path / "p.thimble", sparse).close()
    with Project.open(tmp_path / "p.thimble") as project:
        stored = project.model()
        assert masked(stored) == masked(sparse)
        assert all(np.array_equal(numbers(stored, n), numbers(sparse, n)) for n in masked(sparse))


def test_shared_weights_and_folded_batchnorms_keep_masks(sparse: Model) -> None:
    nodes = [helper.make_node("MatMul", [a, "w"], [b], name=b) for a, b in (("x", "h"), ("h", "y"))]
    tied = with_masks(network(nodes, {"w": drawn(8, 8)}, (8,)), {"w": drawn(8, 8) > 0}, Pattern.WEIGHT)
    apart, _ = prepare(tied)
    assert set(masked(apart)) == {"w", "w_of_y"}
    folded, layers = fold_batchnorm(sparse)
    assert layers
    for name, pattern in masked(sparse).items():
        assert masked(folded)[name] is pattern
        assert np.array_equal(numbers(folded, name) == 0, numbers(sparse, name) == 0)


def test_a_cut_keeps_zeros_and_calls_a_broken_pattern_by_its_name(sparse: Model) -> None:
    groups = find_groups(sparse)
    group = next(g for g in groups if not g.locked and g.size >= 8)
    smaller = cut(sparse, groups, {group.key: [0]})
    readers = {m.tensor for m in group.members if m.role == "reads"}
    for name, pattern in masked(smaller).items():
        assert pattern is (Pattern.WEIGHT if name in readers else Pattern.TWO_OF_FOUR)
    changed = [n for n in masked(smaller) if numbers(smaller, n).shape != numbers(sparse, n).shape]
    assert set(changed) & readers
    for name in changed:
        assert (numbers(smaller, name) == 0).mean() > 0.4


@pytest.mark.parametrize(("key", "form"), [("quantize.int8", {}), ("quantize.static", {"precision": "int4"})])
def test_quantized_weights_are_zero_where_the_mask_is(sparse: Model, key: str, form: dict[str, str]) -> None:
    values = from_json(METHODS.get(key).params, {"calibration_items": 16, **form})
    out = METHODS.get(key).run(sparse, values, Context(data=few(digits(), 60)))
    assert out.model is not None
    stored = masked(out.model)
    assert {n.removesuffix("_quantized") for n in stored} == set(masked(sparse))
    for name, kept in kept_weights(sparse):
        q = numbers(out.model, f"{name}_quantized")
        if q.shape != kept.shape:
            kept = kept.T
        assert q.dtype.name == (form or {"precision": "int8"})["precision"]
        assert not q[~kept].any()


def test_a_refit_keeps_zeros(sparse: Model) -> None:
    refit = METHODS.get("recover.refit")
    out = refit.run(sparse, refit.params(items=32), Context(data=few(digits(), 200), teacher=sample(), threads=1))
    assert out.model is not None
    assert out.report.measures["refitted_layers"].value > 0
    assert masked(out.model) == masked(sparse)
    assert all(not numbers(out.model, name)[~kept].any() for name, kept in kept_weights(sparse))


@pytest.mark.parametrize("method", ["tune.finetune", "train.scratch"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_trainings_keep_zeros(sparse: Model, method: str, optimizer: str) -> None:
    from core import params as parameters

    kind = TuneParams if method == "tune.finetune" else ScratchParams
    values = parameters.from_json(kind, {"epochs": 1, "optimizer": optimizer, "ema": 0.9})
    data, test = few(digits(), 200), few(digits(), 40, "test")
    out = METHODS.get(method).run(sparse, values, Context(data=data, test=test, threads=1))
    assert out.model is not None
    assert masked(out.model) == masked(sparse)
    for name, kept in kept_weights(sparse):
        after = numbers(out.model, name)
        assert not after[~kept].any()
        assert (after[kept] != numbers(sparse, name)[kept]).mean() > 0.9
    assert any("Masked weights stayed zero" in n for n in out.report.notes)
    assert MASK not in sample().graph.graph.initializers[name].metadata_props
