"""Scores of channels from data: against torch written out by hand, onnxruntime, numpy, and finite differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.data.dataset import Item
from core.data.noise import noise
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.methods.prune.scores import Combine, score_names, unit_scores
from core.methods.prune.scores.exact import measured_rises
from core.methods.prune.scores.filters import filters
from core.methods.prune.scores.hessian import block_traces
from core.methods.prune.scores.refit import RIDGE, residuals
from core.methods.prune.scores.rise import expansion
from core.methods.prune.scores.running import items_of
from core.model.channels import mask
from core.model.model import Model
from core.references.create import create
from core.references.reference import load_references
from tests.conftest import SAMPLE
from tests.core.random_networks import Network
from tests.core.scored import CLASSES, Pictures, closed, evidence, head, plain, scores, trunk, weight, with_weight
from tests.core.training_sets import digits

pytestmark = pytest.mark.usefixtures("one_torch_thread")


class Tokens:
    """Unlabelled items of any inputs; the last one judges."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.name, self.location, self.classes, self._arrays = "tokens", "memory:tokens", (), arrays
        count = len(next(iter(arrays.values())))
        self.items = tuple(Item(str(k), None, "calibration" if k + 1 < count else "test") for k in range(count))

    def load(self, index: int) -> dict[str, np.ndarray]:
        return {name: array[index] for name, array in self._arrays.items()}


def plain_by_hand(model: Model) -> tuple[dict[str, Tensor], Callable[[Tensor], Tensor]]:
    """The network of scored.plain() in torch's own functions, float64, and its weights by layer."""
    layers = ("Conv_0", "Conv_3", "Gemm_7")
    tensors = {layer: torch.tensor(weight(model, layer), requires_grad=True) for layer in layers}
    norm = [torch.tensor(weight(model, "BatchNormalization_1", k)) for k in (1, 2, 3, 4)]
    bias = [torch.tensor(weight(model, layer, 2)) for layer in layers]

    def forward(x: Tensor) -> Tensor:
        x = functional.conv2d(x, tensors["Conv_0"], bias[0], padding=1)
        x = functional.batch_norm(x, norm[2], norm[3], norm[0], norm[1], eps=1e-5).relu()
        x = functional.conv2d(x, tensors["Conv_3"], bias[1], padding=1).relu()
        return functional.linear(x.mean((2, 3)), tensors["Gemm_7"], bias[2])

    return tensors, forward


def losses_of(model: Model, data: Pictures, targets: np.ndarray) -> np.ndarray:
    """Cross-entropy of every item that a score sees, computed from onnxruntime's answers."""
    answers = next(iter(onnx_session(model).run({"input": data.seen}).values())).astype(np.float64)
    logits = answers - answers.max(1, keepdims=True)
    return np.asarray(np.log(np.exp(logits).sum(1)) - logits[np.arange(len(logits)), targets])


def own_answers(model: Model, data: Pictures) -> np.ndarray:
    return np.asarray(next(iter(onnx_session(model).run({"input": data.seen}).values())).argmax(1))


@pytest.mark.parametrize("labelled", [True, False])
def test_taylor_sums_gradient_times_weight_of_each_filter(labelled: bool) -> None:
    model, data = plain(), Pictures(labelled, count=40)
    tensors, forward = plain_by_hand(model)
    targets = data.labels[:-1] if labelled else own_answers(model, data)
    wanted = np.zeros(6)
    for part in (slice(0, 32), slice(32, 40)):  # batches of 32, each by its share
        loss = functional.cross_entropy(forward(torch.tensor(data.seen[part]).double()), torch.tensor(targets[part]))
        (slope,) = torch.autograd.grad(loss, tensors["Conv_0"])
        product = (slope * tensors["Conv_0"]).detach().abs().sum((1, 2, 3)).numpy()
        wanted += product * len(targets[part]) / 40
    found = evidence(model, data)
    assert unit_scores(found, "taylor")["Conv_0"] == pytest.approx(wanted, rel=1e-4)
    assert any("own answer" in note for note in found.notes) is not labelled


def test_the_first_order_rise_is_the_slope_of_taking_a_channel_away() -> None:
    """Against finite differences in float64: a little of what the next layer reads of a channel is taken away."""
    model, data = plain(), Pictures()
    got = {key: first for key, (first, _) in expansion(evidence(model, data)).items()}
    assert {k: len(v) for k, v in got.items()} == {"Conv_0": 6, "Conv_3": 5}
    tensors, forward = plain_by_hand(model)
    x, targets = torch.tensor(data.seen).double(), torch.tensor(data.labels[:-1])

    def loss_without(reader: str, unit: int, share: float) -> float:
        whole = tensors[reader]
        with torch.no_grad():
            tensors[reader] = whole.clone()
            tensors[reader][:, unit] *= 1 - share
            loss = float(functional.cross_entropy(forward(x), targets))
        tensors[reader] = whole
        return loss

    for key, reader in (("Conv_0", "Conv_3"), ("Conv_3", "Gemm_7")):
        for unit, found in enumerate(got[key]):
            slope = (loss_without(reader, unit, 1e-6) - loss_without(reader, unit, -1e-6)) / 2e-6
            assert found == pytest.approx(slope, rel=1e-3, abs=1e-6)
    assert min(v.min() for v in got.values()) < 0 < max(v.max() for v in got.values())  # signed


def test_the_second_order_rise_is_half_the_squared_slope_of_every_item() -> None:
    model, data = plain(), Pictures()
    tensors, forward = plain_by_hand(model)
    wanted = np.zeros(6)
    for x, label in zip(torch.tensor(data.seen).double(), data.labels[:-1], strict=True):
        loss = functional.cross_entropy(forward(x[None]), torch.tensor([label]))
        (slope,) = torch.autograd.grad(loss, tensors["Conv_3"])  # by Euler: g · w at the reader is g · a of its input
        wanted += (slope * tensors["Conv_3"]).detach().sum((0, 2, 3)).numpy() ** 2 / 2 / 24
    first, second = expansion(evidence(model, data))["Conv_0"]
    assert second == pytest.approx(wanted, rel=1e-4)
    assert scores("cross_entropy", model, data)["Conv_0"] == pytest.approx(first + second, rel=1e-9)


def test_the_layers_of_a_trunk_go_together() -> None:
    """First order: the slope of making both layers' outputs smaller at once, by finite differences in onnxruntime."""
    model, data = trunk(), Pictures()
    first = expansion(evidence(model, data))["Conv_0"][0]
    for unit in (0, 3):
        ends = []
        for share in (0.002, -0.002):
            changed = model
            for layer in ("Conv_0", "Conv_4"):
                for slot in (1, 2):
                    array = weight(model, layer, slot)
                    array[unit] *= 1 - share
                    changed = with_weight(changed, layer, array, slot)
            ends.append(losses_of(changed, data, data.labels[:-1]).mean())
        assert first[unit] == pytest.approx((ends[0] - ends[1]) / 0.004, rel=0.05, abs=2e-4)


def test_a_head_is_judged_by_what_it_gives_not_by_its_queries() -> None:
    """First order of removing an attention head: the slope of what the projection reads, by finite differences."""
    model = create(load_references().get("bert_tiny"))
    items = noise(model.inputs, 6)
    found = evidence(model, Tokens(items))
    group = next(g for g in found.chosen if len(g.producers) == 3)  # queries, keys and values of a layer
    reader = next(m for m in group.members if m.role == "reads")
    first = expansion(replace(found, chosen=(group,)))[group.key][0]
    seen = {name: array[:5] for name, array in items.items()}
    answers = next(iter(onnx_session(found.model).run(seen).values()))
    targets = answers.argmax(1)
    for unit in range(group.size):
        ends = []
        for share in (0.01, -0.01):
            changed = found.model.clone()
            value = changed.graph.graph.initializers[reader.tensor]
            array = np.array(value.const_value.numpy())  # type: ignore[union-attr]
            rows = np.moveaxis(array, reader.axis, 0)
            rows[reader.units == unit] *= 1 - share
            value.const_value = ir.tensor(array, name=reader.tensor)
            logits = next(iter(onnx_session(changed).run(seen).values())).astype(np.float64)
            ends.append((np.log(np.exp(logits).sum(1)) - logits[np.arange(5), targets]).mean())
        assert first[unit] == pytest.approx((ends[0] - ends[1]) / 0.02, rel=0.01, abs=2e-5)


@pytest.mark.parametrize("build", [plain, trunk])
@pytest.mark.parametrize("labelled", [True, False])
def test_the_measured_rise_is_that_of_the_masked_model(build: Callable[[], Model], labelled: bool) -> None:
    model, data = build(), Pictures(labelled)
    targets = data.labels[:-1] if labelled else own_answers(model, data)
    found = evidence(model, data)
    every = [(g.key, unit) for g in found.chosen for unit in range(g.size)]
    before = losses_of(model, data, targets)
    for (key, unit), rise in measured_rises(found, every).items():
        masked = mask(found.model, found.groups, {key: [unit]})
        assert rise == pytest.approx(float((losses_of(masked, data, targets) - before).mean()), abs=2e-5)


def test_what_is_not_on_the_shortlist_is_estimated_and_lifted() -> None:
    model, data = plain(), Pictures()
    estimated = {key: first + second for key, (first, second) in expansion(evidence(model, data)).items()}
    whole = {(k, u) for k, v in estimated.items() for u in range(len(v))}
    found = evidence(model, data, shortlist=4)
    got = unit_scores(found, "cross_entropy_exact")
    measured = measured_rises(evidence(model, data), sorted(whole))
    exact = {c for c in whole if got[c[0]][c[1]] == pytest.approx(measured[c], abs=1e-9)}
    assert len(exact) == 4
    assert ("Conv_0", int(estimated["Conv_0"].argmin())) in exact  # each group's best is among them
    assert ("Conv_3", int(estimated["Conv_3"].argmin())) in exact
    usual = np.median([measured[c] - estimated[c[0]][c[1]] for c in exact])
    for key, unit in whole - exact:
        assert got[key][unit] == pytest.approx(estimated[key][unit] + usual, abs=1e-9)
    assert "The rise of cross-entropy was measured for 4 of 11 channels, else estimated." in found.notes


def test_how_votes_are_combined_changes_no_figure_of_a_whole_group() -> None:
    model, data = trunk(), Pictures()
    mean, total = (scores("cross_entropy", model, data, how) for how in (Combine.MEAN, Combine.SUM))
    assert all(np.array_equal(mean[k], total[k]) for k in mean)
    mean, total = (scores("taylor", model, data, how) for how in (Combine.MEAN, Combine.SUM))
    assert total["Conv_0"] == pytest.approx(2 * mean["Conv_0"])  # two layers write to the trunk


def exact_trace(model: Model, data: Pictures) -> np.ndarray:
    """The trace of each filter's block of the Hessian, from the whole matrix of second derivatives."""
    tensors, forward = plain_by_hand(model)
    x, targets = torch.tensor(data.seen).double(), torch.tensor(data.labels[:-1])

    def loss(w: Tensor) -> Tensor:
        kept, tensors["Conv_3"] = tensors["Conv_3"], w
        try:
            return functional.cross_entropy(forward(x), targets)
        finally:
            tensors["Conv_3"] = kept

    hessian = torch.autograd.functional.hessian(loss, tensors["Conv_3"].detach())
    size = tensors["Conv_3"].numel()
    return np.asarray(torch.diagonal(hessian.reshape(size, size)).reshape(5, -1).sum(1).numpy())


def test_hutchinson_finds_the_trace_of_each_block_of_the_hessian() -> None:
    """The mean of many draws lies within four standard errors of the exact trace; the score is the paper's formula."""
    model, data = plain(), Pictures()
    wanted = exact_trace(model, data)
    draws = []
    for seed in range(12):
        found = evidence(model, data, seed=seed, probes=8)
        member = filters(found.groups["Conv_3"], found.groups.facts)[0]
        draws.append(block_traces(found, [member])[id(member)])
    error = np.std(draws, axis=0, ddof=1) / np.sqrt(len(draws))
    assert (np.abs(np.mean(draws, 0) - wanted) < 4 * error + 1e-6).all()
    assert (error < 0.2 * np.abs(wanted).max()).all()  # else the line above says nothing
    flat = weight(model, "Conv_3").reshape(5, -1)
    formula = np.maximum(draws[-1], 0) / (2 * flat.shape[1]) * (flat**2).sum(1)
    alone = evidence(model, data, seed=11, probes=8)
    alone = type(alone)(alone.model, alone.groups, (alone.groups["Conv_3"],), alone.ctx, alone.settings)
    assert unit_scores(alone, "hessian_trace")["Conv_3"] == pytest.approx(formula, rel=1e-4)


def values_of(model: Model, data: Pictures, *names: str) -> list[np.ndarray]:
    found = onnx_session(model, taps=names).run({"input": data.seen})
    return [found[n].astype(np.float64) for n in names]


def test_apoz_counts_zeros_behind_the_rectifier() -> None:
    model, data = plain(), Pictures()
    (after,) = values_of(model, data, "Relu_2_out")
    assert scores("apoz", model, data)["Conv_0"] == pytest.approx(1 - (after == 0).mean((0, 2, 3)), abs=1e-3)
    assert 0 < (after == 0).mean() < 1


def test_apoz_of_a_trunk_looks_behind_the_addition_and_mean_activation_at_each_layer() -> None:
    model, data = trunk(), Pictures()
    first, added, own = values_of(model, data, "Relu_1_out", "Relu_6_out", "Conv_4_out")
    zeros = [1 - (a == 0).mean((0, 2, 3)) for a in (first, added)]
    assert scores("apoz", model, data)["Conv_0"] == pytest.approx(np.mean(zeros, 0), abs=1e-3)
    means = [np.abs(a).mean((0, 2, 3)) for a in (first, own)]
    wanted = np.mean([m / m.mean() for m in means], 0)
    assert scores("mean_activation", model, data)["Conv_0"] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("activation", "rectifies"), [("Relu", True), ("Clip", True), ("Sigmoid", False), ("LeakyRelu", False)]
)
def test_what_counts_as_a_rectifier(activation: str, rectifies: bool) -> None:
    net = Network(8)
    x = net.node("Relu", net.conv(net.x, 3, 4))
    bounds = [net.constant(np.asarray(v, np.float32)) for v in (0.0, 6.0)] if activation == "Clip" else []
    net.x, net.channels = net.node(activation, net.conv(x, 4, 5), *bounds), 5
    found = evidence(head(net), Pictures())
    unit_scores(found, "apoz")
    assert bool(found.notes) is not rectifies
    if not rectifies:
        assert "'Conv_2'" in found.notes[0]
        assert "mean activation" in found.notes[0]


def test_a_swish_is_looked_at_behind_its_product() -> None:
    net = Network(9)
    y = net.conv(net.x, 3, 4)
    y = net.node("Mul", y, net.node("Sigmoid", y))
    net.x, net.channels = net.node("Relu", net.conv(y, 4, 5)), 5
    model, data = head(net), Pictures()
    (after,) = values_of(model, data, "Mul_2_out")
    means = np.abs(after).mean((0, 2, 3))
    assert scores("mean_activation", model, data)["Conv_0"] == pytest.approx(means / means.mean(), rel=1e-4)


def test_residuals_are_those_of_least_squares() -> None:
    """numpy's own solver, with the ridge as further rows."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 6)) @ rng.standard_normal((6, 6)) + rng.standard_normal(6)
    x[:, 2] = 2 * x[:, 0] - x[:, 4] + 3  # explained by others
    centred = x - x.mean(0)
    covariance = centred.T @ centred / 500
    ridge = RIDGE * np.diagonal(covariance).mean()

    def left(target: int, others: list[int]) -> float:
        rows = np.concatenate([centred[:, others], np.sqrt(500 * ridge) * np.eye(len(others))])
        wanted = np.concatenate([centred[:, target], np.zeros(len(others))])
        answer = np.linalg.lstsq(rows, wanted, rcond=None)[0]
        return float(np.square(rows @ answer - wanted).sum() / 500)

    singly = residuals(covariance, np.arange(6))
    assert singly == pytest.approx([left(c, [o for o in range(6) if o != c]) for c in range(6)], rel=1e-6)
    assert singly[2] < 0.05 * covariance[2, 2]
    in_pairs = residuals(covariance, np.asarray([0, 0, 1, 1, -1, -1]))
    wanted = [left(c, [o for o in range(6) if o // 2 != c // 2]) for c in range(4)]
    assert in_pairs == pytest.approx([*wanted, 0, 0], rel=1e-6)


def test_the_refit_residual_is_the_share_lost_at_the_reader() -> None:
    model, data = plain(), Pictures()
    (read,) = values_of(model, data, "Relu_2_out")
    flat = read.transpose(0, 2, 3, 1).reshape(-1, 6)  # 64 positions an item: all of them
    covariance = np.cov(flat.T, bias=True)
    power = (weight(model, "Conv_3") ** 2).sum((0, 2, 3))
    wanted = residuals(covariance, np.arange(6)) * power / (np.diagonal(covariance) * power).sum()
    assert scores("refit_residual", model, data)["Conv_0"] == pytest.approx(wanted, rel=1e-3)


def test_a_channel_that_others_make_up_for_has_the_smallest_residual() -> None:
    model, data = plain(), Pictures()
    for slot in (1, 2):
        array = weight(model, "Conv_0", slot)
        array[3] = array[1]
        model = with_weight(model, "Conv_0", array, slot)
    for slot in (1, 2, 3, 4):
        array = weight(model, "BatchNormalization_1", slot)
        array[3] = array[1]
        model = with_weight(model, "BatchNormalization_1", array, slot)
    got = scores("refit_residual", model, data)["Conv_0"]
    assert set(np.argsort(got)[:2].tolist()) == {1, 3}
    assert got[[1, 3]].max() < 0.1 * np.delete(got, [1, 3]).min()


def test_a_layer_that_reads_flattened_positions_is_judged_by_channel() -> None:
    net = Network(12)
    x = net.node("Relu", net.conv(net.x, 3, 4))
    flat = net.node("Flatten", x)
    net.x = net.node("Gemm", flat, net.weight(CLASSES, 4 * 64), net.weight(CLASSES), transB=1)
    net.channels = CLASSES
    model, data = closed(net), Pictures()
    (read,) = values_of(model, data, "Relu_1_out")
    covariance = np.cov(read.transpose(0, 2, 3, 1).reshape(-1, 4).T, bias=True)
    power = (weight(model, "Gemm_3") ** 2).reshape(CLASSES, 4, 64).sum((0, 2))
    wanted = residuals(covariance, np.arange(4)) * power / (np.diagonal(covariance) * power).sum()
    assert scores("refit_residual", model, data)["Conv_0"] == pytest.approx(wanted, rel=1e-3)


def test_items_that_judge_are_not_looked_at() -> None:
    data = Pictures()
    seen = items_of(evidence(plain(), data))
    assert [i.name for i in seen.items] == [i.name for i in data.items[:-1]]
    assert len(items_of(evidence(plain(), data, items=7)).items) == 7


def test_labels_that_the_model_lacks_are_refused() -> None:
    data: Any = Pictures()
    data.items = tuple(type(i)(i.name, 9, i.part) for i in data.items)
    with pytest.raises(UserError, match="has class 9, but the model has 4 classes"):
        scores("taylor", plain(), data)


@pytest.mark.parametrize("key", score_names())
def test_every_score_reads_the_sample(key: str) -> None:
    """A real MobileNetV2: linear bottlenecks, depthwise layers, a trunk; one finite number for every unit."""
    found = evidence(open_model(SAMPLE), digits(), items=32, shortlist=4, probes=1)
    got = unit_scores(found, key)
    assert {g.key: g.size for g in found.chosen} == {k: len(v) for k, v in got.items()}
    assert all(np.isfinite(v).all() and len(np.unique(v)) > 1 for v in got.values())
