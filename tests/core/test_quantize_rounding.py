"""Rounders on arrays: the papers' equations written out, brute force on small problems, masks, searched scales."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from core.methods.quantize.rounding.curvature import Halves, Moments, retargeted
from core.methods.quantize.rounding.gptq import gptq
from core.methods.quantize.rounding.grid import Levels, Uniform
from core.methods.quantize.rounding.layers import LayerView
from core.methods.quantize.rounding.rounder import RoundingSettings, Rows, load_rounders, rounder_names
from core.methods.quantize.rounding.scales import searched
from tests.core.qdq_graphs import by_name, network, node, weights

Array64 = npt.NDArray[np.float64]


def correlated(rng: np.random.Generator, groups: int, features: int, count: int = 50) -> Array64:
    """H of inputs that go together, as those of neighbouring pixels do."""
    mixing = rng.normal(size=(features, features)) + 2.0
    x = rng.normal(size=(groups, count, features)) @ mixing
    return np.asarray(x.transpose(0, 2, 1) @ x / count)


def problem(seed: int, groups: int = 1, outputs: int = 3, features: int = 6, bits: int = 4) -> Rows:
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(groups, outputs, features))
    scale = np.abs(target).max(2, keepdims=True) / (2 ** (bits - 1) - 1)
    return Rows(target, correlated(rng, groups, features), Uniform.symmetric(scale, bits))


def papers_gptq(w: Array64, h: Array64, scale: float, top: int, damping: float) -> Array64:
    """Algorithm 1 of Frantar et al. for one row, in the order of decreasing diagonal, without blocks."""
    order = np.argsort(-np.diag(h), kind="stable")
    h = h + damping * np.diag(h).mean() * np.eye(len(h))
    inverse = np.linalg.inv(h[np.ix_(order, order)])
    upper = np.linalg.cholesky(inverse).T
    w, out = w[order].copy(), np.zeros(len(w))
    for k in range(len(w)):
        out[k] = np.clip(np.rint(w[k] / scale), -top, top) * scale
        w[k:] -= (w[k] - out[k]) / upper[k, k] * upper[k, k:]
    result = np.empty(len(w))
    result[order] = out
    return result


@pytest.mark.parametrize("features", [6, 100])
def test_gptq_is_the_papers_algorithm(features: int) -> None:
    """Two groups at once, over more than one block of features; rows that the paper's makes worse are kept nearest."""
    rows = problem(1, groups=2, outputs=4, features=features)
    given = gptq(rows, RoundingSettings(damping=0.01))
    assert isinstance(rows.grid, Uniform)
    changed = 0
    for g, o in product(range(2), range(4)):
        step = float(rows.grid.scale[g, o, 0])
        wanted = papers_gptq(rows.target[g, o], rows.curvature[g], step, 7, 0.01)
        if not np.allclose(given[g, o], rows.nearest()[g, o]):
            np.testing.assert_allclose(given[g, o], wanted, atol=1e-9)
            changed += 1
    assert changed >= 6


@pytest.mark.parametrize("key", ["gptq", "adaround"])
def test_rounders_lie_between_the_optimum_and_the_nearest(key: str) -> None:
    """The optimum of all 2**6 ways to round up or down, by brute force; most of what can be gained is."""
    gained = possible = 0.0
    for seed in range(8):
        rows = problem(seed)
        below, above = rows.grid.around(rows.target)
        choices = [np.where(np.array(up), above, below) for up in product((False, True), repeat=6)]
        best = np.min([rows.cost(c) for c in choices], axis=0)
        nearest, given = rows.cost(rows.nearest()), rows.cost(load_rounders().get(key).round(rows, FEW))
        assert (given <= nearest + 1e-12).all()
        if key == "adaround":
            assert (given >= best - 1e-9).all()
        gained += float((nearest - given).sum())
        possible += float((nearest - best).sum())
    assert gained > 0.75 * possible > 0


FEW = RoundingSettings(rounding_steps=300)


@pytest.mark.parametrize("key", ["gptq", "adaround"])
def test_two_inputs_that_are_one(key: str) -> None:
    """w = (0.45, 0.4) on equal inputs: what counts is the sum 0.85, and 1 is nearer than 0 + 0."""
    rows = Rows(np.array([[[0.45, 0.4]]]), np.ones((1, 2, 2)), Uniform.symmetric(np.ones((1, 1, 1)), 4))
    assert rows.nearest().sum() == 0
    assert load_rounders().get(key).round(rows, FEW).sum() == 1


@pytest.mark.parametrize("key", rounder_names())
def test_masked_weights_stay_zero(key: str) -> None:
    rows = problem(3, groups=2)
    free = np.random.default_rng(0).random(rows.target.shape) < 0.5
    given = load_rounders().get(key).round(Rows(rows.target, rows.curvature, rows.grid, free), FEW)
    assert not given[~free].any()
    assert given[free].any()


@pytest.mark.parametrize("key", rounder_names())
def test_any_grid_of_numbers_will_do(key: str) -> None:
    """Powers of two, with a zero: everything given is on the grid, and never worse than the nearest."""
    rows = problem(4)
    levels = np.array([-1, -0.5, -0.25, 0, 0.25, 0.5, 1])
    grid = Levels(levels, np.abs(rows.target).max(2, keepdims=True))
    rows = Rows(rows.target, rows.curvature, grid)
    given = load_rounders().get(key).round(rows, FEW)
    assert np.isin(np.round(given / grid.scale, 9), levels).all()
    assert (rows.cost(given) <= rows.cost(rows.nearest())).all()


def test_inputs_that_never_vary_leave_the_nearest() -> None:
    rows = Rows(np.full((1, 2, 3), 0.4), np.zeros((1, 3, 3)), Uniform.symmetric(np.ones((1, 1, 1)), 8))
    for key in rounder_names():
        np.testing.assert_array_equal(load_rounders().get(key).round(rows, FEW), rows.nearest())


def test_new_targets_are_the_least_squares_solution() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(200, 5)), rng.normal(size=(3, 5))
    spoilt = x @ rng.normal(size=(5, 5)) + 0.1 * rng.normal(size=(200, 5))
    moments = Moments((spoilt.T @ spoilt)[None] / 200, (x.T @ spoilt)[None] / 200, 200)
    wanted = np.linalg.lstsq(spoilt, x @ w.T, rcond=None)[0].T
    np.testing.assert_allclose(retargeted(w[None], moments, 0.0)[0], wanted, atol=1e-9)


def test_only_what_holds_on_the_other_half_is_learned() -> None:
    """Inputs that a matrix spoilt are made good; noise is not fitted."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(3.0, 1.0, size=(1, 400, 20)), rng.normal(size=(1, 4, 20))
    spoilt, noisy = x @ (np.eye(20) * 0.9), x + 0.02 * rng.normal(size=x.shape)
    changes = []
    for given in (spoilt, noisy):
        halves = Halves()
        for k in range(0, 400, 100):
            halves.add(given[:, k : k + 100], x[:, k : k + 100])
        target, moments = halves.target(w, centred=True)
        changes.append(np.abs(target - w).max() / np.abs(w).max())
        centred = given[0] - given[0].mean(0)
        np.testing.assert_allclose(moments.own[0], centred.T @ centred / 400, atol=1e-5)
    assert changes[0] == pytest.approx(1 / 0.9 - 1, abs=0.02)
    assert changes[1] < 0.01


def test_a_searched_scale_gives_up_an_outlier() -> None:
    target = np.random.default_rng(0).normal(0, 0.05, (1, 2, 400))
    target[0, 0, 0] = 0.7
    scale = np.abs(target).max(2, keepdims=True) / 7
    owner = np.broadcast_to(np.array([0, 1])[:, None], target.shape)
    factors = searched(target, scale, owner, 4)
    assert factors[0] < factors[1] <= 1
    for k in range(2):
        error = [np.square(np.clip(np.rint(target[0, k] / s), -7, 7) * s - target[0, k]).sum() for s in
                 (scale[0, k, 0] * factors[k], scale[0, k, 0])]  # fmt: skip
        assert error[0] <= error[1]


def test_a_layer_with_too_many_features_falls_into_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.methods.quantize.rounding.layers.LARGEST", 7)
    w = weights(4, 3, 3, 3)
    conv = by_name(network([node("Conv", "x w", "y", group=2)], {"w": w}, [6, 9, 9]), "/y")
    view = LayerView.of(conv, w.shape)
    split = view.split(w)
    assert split.shape == (2 * 4, 2, 7)
    np.testing.assert_array_equal(view.join(split), w.astype(np.float64))
