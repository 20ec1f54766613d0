"""Scores of channels from weights alone, held to their papers' equations in numpy."""

from __future__ import annotations

import numpy as np
import pytest

from core import params as parameters
from core.errors import Cancelled, UserError
from core.jobs import Job
from core.methods.prune.scores import SCORES, Combine, Norm, ScoreSettings, load_scores, score_names, unit_scores
from core.methods.prune.scores.score import combined
from core.model.channels import find_groups
from core.model.model import Model
from core.model.prepare import prepare
from core.references.create import create
from core.references.reference import load_references
from tests.core.random_networks import Network
from tests.core.scored import Pictures, evidence, head, plain, scores, trunk, weight, with_weight
from tests.timing import processor_seconds

ISSUE = {
    "magnitude", "lamp", "geometric_median", "bn_scale", "bn_correlation", "taylor", "cross_entropy",
    "cross_entropy_exact", "hessian_trace", "apoz", "mean_activation", "refit_residual", "random",
}  # fmt: skip


def test_every_score_of_the_issue_is_there_and_says_what_it_is() -> None:
    assert set(score_names()) >= ISSUE
    assert (score_names()[0], score_names()[-1]) == ("magnitude", "random")
    for score in load_scores():
        assert score.help.endswith("."), score.key
        assert parameters.specs(ScoreSettings)  # what scores can be told has labels and bounds


@pytest.mark.parametrize("norm", list(Norm))
def test_magnitude_is_the_norm_of_each_filter_over_its_mean(norm: Norm) -> None:
    model = plain()
    flat = weight(model, "Conv_0").reshape(6, -1)
    norms = np.abs(flat).sum(1) if norm is Norm.L1 else np.sqrt((flat**2).sum(1))
    assert scores("magnitude", model, norm=norm)["Conv_0"] == pytest.approx(norms / norms.mean(), rel=1e-12)


def test_lamp_is_the_share_of_what_is_not_smaller() -> None:
    model = plain()
    power = (weight(model, "Conv_0").reshape(6, -1) ** 2).sum(1)
    wanted = [p / sum(q for q in power if q >= p) for p in power]
    assert scores("lamp", model)["Conv_0"] == pytest.approx(wanted, rel=1e-9)
    assert max(wanted) == 1.0


def test_lamp_of_equal_and_empty_filters() -> None:
    from core.methods.prune.scores.lamp import shares

    assert shares(np.asarray([2.0, 2.0, 0.0])) == pytest.approx([0.5, 1.0, 0.0])
    assert shares(np.zeros(2)) == pytest.approx([0.0, 0.0])


def test_geometric_median_sums_the_distances_to_all_filters() -> None:
    model = plain()
    flat = weight(model, "Conv_3").reshape(5, -1)
    wanted = np.asarray([sum(np.linalg.norm(a - b) for b in flat) for a in flat])
    assert scores("geometric_median", model)["Conv_3"] == pytest.approx(wanted / wanted.mean(), rel=1e-9)


def test_geometric_median_prefers_the_filter_in_the_middle_to_the_smallest() -> None:
    """The point of the paper: norms of 9, 10 and 11 along one line; the middle one goes, not the smallest."""
    model = plain()
    line = np.ones((6, 3, 3, 3)) * np.asarray([9.0, 10, 11, 9.5, 10.2, 12]).reshape(6, 1, 1, 1)
    model = with_weight(model, "Conv_0", line)
    assert int(np.argmin(scores("magnitude", model)["Conv_0"])) == 0
    assert int(np.argmin(scores("geometric_median", model)["Conv_0"])) in (1, 4)


def test_batchnorm_scale_is_the_absolute_scale_of_the_file() -> None:
    model = plain()
    gamma = np.asarray([0.5, -2.0, 0.0, 1.0, 0.1, -0.2])
    model = with_weight(model, "BatchNormalization_1", gamma)
    found = evidence(model)
    got = unit_scores(found, "bn_scale")
    assert got["Conv_0"] == pytest.approx(np.abs(gamma), rel=1e-6)
    # Conv_3 has none: magnitude on the same scale, and the note says so
    norms = np.abs(weight(model, "Conv_3").reshape(5, -1)).sum(1)
    assert got["Conv_3"] == pytest.approx(norms / norms.mean() * np.abs(gamma).mean(), rel=1e-6)
    assert found.notes == [
        "Without a BatchNormalization: 'Conv_3'. These are scored by magnitude, scaled to the mean of the others."
    ]


@pytest.mark.parametrize("key", ["bn_scale", "bn_correlation"])
def test_a_network_without_batchnorm_is_refused(key: str) -> None:
    with pytest.raises(UserError, match="No layer in the scope has a BatchNormalization") as refused:
        scores(key, trunk())
    assert "magnitude" in refused.value.hint


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1.0, 0.0), (0.2, 0.9)])
def test_scale_and_correlation_are_weighed_as_told(a: float, b: float) -> None:
    model = plain()
    filters = weight(model, "Conv_0").reshape(6, -1)
    gamma = np.abs(weight(model, "BatchNormalization_1"))
    unit = filters / np.linalg.norm(filters, axis=1, keepdims=True)
    strongest = [max(float(unit[i] @ unit[j]) for j in range(6) if j != i) for i in range(6)]
    wanted = a * gamma / gamma.max() + b * (1 - np.asarray(strongest)) / 2
    got = scores("bn_correlation", model, scale_weight=a, correlation_weight=b)["Conv_0"]
    assert got == pytest.approx(wanted, rel=1e-9)


def test_a_copy_of_another_filter_goes_before_a_smaller_one() -> None:
    model = plain()
    filters = weight(model, "Conv_0")
    filters[2] = filters[5] * 1.5  # a copy points the same way, however long it is
    gamma = np.ones(6)
    gamma[0] = 0.9
    model = with_weight(with_weight(model, "Conv_0", filters), "BatchNormalization_1", gamma)
    assert int(np.argmin(scores("bn_scale", model)["Conv_0"])) == 0
    assert set(np.argsort(scores("bn_correlation", model)["Conv_0"])[:2].tolist()) == {2, 5}


def test_each_layer_of_a_residual_trunk_has_one_voice() -> None:
    model = trunk()
    group = next(g for g in find_groups(prepare(model)[0]) if g.key == "Conv_0")
    assert group.producers == ("Conv_0", "Conv_4")
    votes = SCORES.get("magnitude").votes(evidence(model))["Conv_0"]
    norms = [np.abs(weight(model, layer).reshape(6, -1)).sum(1) for layer in ("Conv_0", "Conv_4")]
    relative = [n / n.mean() for n in norms]
    assert np.asarray(votes) == pytest.approx(np.asarray(relative), rel=1e-9)
    louder = with_weight(model, "Conv_4", 100 * weight(model, "Conv_4"))
    assert scores("magnitude", louder)["Conv_0"] == pytest.approx(np.mean(relative, 0), rel=1e-6)
    for how, wanted in (
        (Combine.SUM, np.sum(relative, 0)),
        (Combine.MAX, np.max(relative, 0)),
        (Combine.FIRST, relative[0]),
    ):
        assert scores("magnitude", model, combine=how)["Conv_0"] == pytest.approx(wanted, rel=1e-9)


def test_a_depthwise_filter_is_the_unit_of_its_input() -> None:
    """Two outputs of a depthwise layer belong to one input channel; the layer that reads it has no voice."""
    net = Network(3)
    x = net.node("Relu", net.conv(net.x, 3, 4))
    x = net.conv(x, 4, 8, group=4)
    net.x, net.channels = net.node("Relu", net.conv(x, 8, 5, kernel=1)), 5
    model = head(net)
    stem = np.abs(weight(model, "Conv_0").reshape(4, -1)).sum(1)
    own = np.abs(weight(model, "Conv_2").reshape(4, 2, -1)).sum((1, 2))
    wanted = (stem / stem.mean() + own / own.mean()) / 2
    assert scores("magnitude", model)["Conv_0"] == pytest.approx(wanted, rel=1e-9)


def test_a_unit_of_a_grouped_convolution_is_one_filter_of_every_group() -> None:
    net = Network(4)
    x = net.node("Relu", net.conv(net.x, 3, 4))
    x = net.node("Relu", net.conv(x, 4, 6, group=2))
    net.x, net.channels = net.node("Relu", net.conv(x, 6, 5, kernel=1)), 5
    model = head(net)
    group = next(g for g in find_groups(prepare(model)[0]) if g.key == "Conv_2")
    assert (group.size, group.width) == (3, 2)
    table = weight(model, "Conv_2").reshape(2, 3, -1)
    norms = np.abs(table).sum((0, 2))
    assert scores("magnitude", model)["Conv_2"] == pytest.approx(norms / norms.mean(), rel=1e-9)
    rows = np.concatenate([table[0], table[1]], axis=1)
    apart = np.asarray([sum(np.linalg.norm(a - b) for b in rows) for a in rows])
    assert scores("geometric_median", model)["Conv_2"] == pytest.approx(apart / apart.mean(), rel=1e-9)


def test_a_layer_that_lacks_a_unit_says_nothing_of_it() -> None:
    votes = [np.asarray([1.0, 3.0, np.nan]), np.asarray([np.nan, 1.0, np.nan])]
    wanted = {Combine.MEAN: [1.0, 2.0], Combine.SUM: [1.0, 4.0], Combine.MAX: [1.0, 3.0], Combine.FIRST: [1.0, 3.0]}
    for how, values in wanted.items():
        got = combined(votes, how)
        assert got[:2].tolist() == values
        assert np.isnan(got[2])
    assert combined(votes[::-1], Combine.FIRST)[:2].tolist() == [1.0, 1.0]


def test_a_layer_behind_half_of_a_split_speaks_for_its_half_only() -> None:
    """As in ShuffleNetV2: what a depthwise layer does not hold must not count as zero there."""
    net = Network(6)
    left, right = net.split(net.conv(net.x, 3, 8), [4, 4])
    joined = net.node("Concat", left, net.conv(right, 4, 4, group=4), axis=1)
    net.x, net.channels = net.node("Relu", net.conv(joined, 8, 5)), 5
    model = head(net)
    stem, own = (np.abs(weight(model, c).reshape(n, -1)).sum(1) for c, n in (("Conv_0", 8), ("Conv_2", 4)))
    stem, own = stem / stem.mean(), own / own.mean()
    wanted = np.concatenate([stem[:4], (stem[4:] + own) / 2])
    assert scores("magnitude", model)["Conv_0"] == pytest.approx(wanted, rel=1e-9)


def test_chance_is_seeded_and_each_group_keeps_its_draw() -> None:
    model = plain()
    first = scores("random", model, seed=1)
    assert all(np.array_equal(first[k], v) for k, v in scores("random", model, seed=1).items())
    assert not np.array_equal(first["Conv_0"], scores("random", model, seed=2)["Conv_0"])
    whole = evidence(model, seed=1)
    alone = type(whole)(whole.model, whole.groups, whole.chosen[1:], whole.ctx, whole.settings)
    assert np.array_equal(unit_scores(alone, "random")["Conv_3"], first["Conv_3"])


@pytest.mark.parametrize("key", ["magnitude", "lamp", "geometric_median", "bn_correlation"])
def test_weights_that_are_no_numbers_are_refused_by_name(key: str) -> None:
    model = plain()
    broken = weight(model, "Conv_0")
    broken[1, 0, 0, 0] = np.nan
    with pytest.raises(UserError, match="hold NaN or infinite values"):
        scores(key, with_weight(model, "Conv_0", broken))


@pytest.mark.parametrize("key", sorted(ISSUE))
def test_missing_data_is_said_once_with_the_cure(key: str) -> None:
    if not load_scores().get(key).needs:
        assert set(scores(key, plain())) == {"Conv_0", "Conv_3"}
        return
    with pytest.raises(UserError) as refused:
        scores(key, plain())
    assert refused.value.message == f"The score '{SCORES.get(key).title}' needs data."
    assert "magnitude" in refused.value.hint


@pytest.mark.parametrize("key", sorted(ISSUE))
def test_every_score_is_finite_repeatable_and_can_be_cancelled(key: str) -> None:
    data = Pictures()
    first, again = (scores(key, plain(), data, seed=3) for _ in range(2))
    for name, values in first.items():
        assert np.isfinite(values).all()
        assert np.array_equal(values, again[name])
    if SCORES.get(key).needs:
        job = Job(lambda _event: job.cancel())
        with pytest.raises(Cancelled):
            unit_scores(evidence(plain(), data, job=job), key)


def test_unknown_scores_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="There is no score called 'luck'") as refused:
        scores("luck", plain())
    assert "magnitude" in refused.value.hint


def test_the_magnitudes_of_resnet50_take_less_than_a_third_of_a_second() -> None:
    model: Model = create(load_references().get("resnet50"))
    found = evidence(model)
    assert processor_seconds(lambda: unit_scores(found, "magnitude"), times=3) < 0.3
