"""From a target to units: nearest allowed step, spreads, round widths, floors, nothing emptied."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.formats.open import open_model
from core.measure.cost import cost
from core.measure.removal_cost import RemovalCost
from core.methods.prune.budget import Candidates, Choice, Currency, Distribution, allowed, choose, together
from core.methods.prune.scores import Floats
from core.model.channels import ChannelGroup, cut, find_groups
from core.model.model import Model
from core.model.prepare import prepare
from tests.conftest import network_path
from tests.core.random_networks import BLOCKS, HEADS, Network, random_network


def two_layers(a: int = 10, b: int = 20) -> Model:
    """3 -> a -> b -> 5, kernels 1x1 on 8x8, no biases: MACs 64 (3a + ab) + 5b, parameters 3a + ab + 5b + 5."""
    net = Network(seed=0)
    x = net.node("Relu", net.conv(net.x, 3, a, kernel=1, bias=False))
    net.x, net.channels = net.node("Relu", net.conv(x, a, b, kernel=1, bias=False)), b
    return net.model("pool_flatten_gemm")


def candidates(model: Model, scores: Mapping[str, Floats] | None = None, **kind: object) -> Candidates:
    groups = find_groups(model)
    chosen = tuple(g for g in groups if not g.locked)
    rng = np.random.default_rng(1)
    given = scores or {g.key: rng.random(g.size) for g in chosen}
    return Candidates(RemovalCost(model, groups), chosen, given, **kind)  # type: ignore[arg-type]


def kept(found: Choice, among: Candidates) -> list[int]:
    return among.counts(found.alive).tolist()


def goal(among: Candidates, currency: Currency, share: float) -> float:
    return among.amount(among.whole, currency) * share


def test_amounts_are_those_computed_by_hand() -> None:
    among = candidates(two_layers())
    alive = among.alive(np.asarray([4, 7]))
    assert among.amount(alive, Currency.CHANNELS) == 11
    assert among.amount(alive, Currency.PARAMS) == 3 * 4 + 4 * 7 + 5 * 7 + 5
    assert among.amount(alive, Currency.MACS) == 64 * (3 * 4 + 4 * 7) + 5 * 7
    before = among.amount(among.whole, Currency.BYTES)
    assert before - among.amount(alive, Currency.BYTES) == 4 * (30 + 200 + 100 - (12 + 28 + 35))


@pytest.mark.parametrize("currency", Currency)
def test_the_choice_is_the_nearest_of_all_that_uniform_steps_allow(currency: Currency) -> None:
    """Against every pair of counts: no pair whose shares differ by less than one channel is nearer to the goal."""
    among = candidates(two_layers())
    for share in (0.2, 0.45, 0.5, 0.73, 0.9):
        wanted = goal(among, currency, share)
        found = choose(among, Distribution.UNIFORM, currency, wanted)
        a, b = kept(found, among)
        assert abs(a / 10 - b / 20) <= 1 / 10
        every = [among.amount(among.alive(np.asarray([i, j])), currency)
                 for i in range(1, 11) for j in (2 * i - 1, 2 * i)]  # fmt: skip
        assert abs(found.left - wanted) <= min(abs(e - wanted) for e in every) + 1e-9
        assert found.left == among.amount(found.alive, currency)


def test_uniform_takes_the_lowest_of_each_group() -> None:
    scores = {"Conv_0": np.asarray([5.0, 1, 4, 2, 3, 9, 8, 7, 6, 10]), "Conv_2": np.arange(20.0) + 100}
    among = candidates(two_layers(), scores)
    found = choose(among, Distribution.UNIFORM, Currency.CHANNELS, 15)
    assert found.removed == {"Conv_0": [0, 1, 2, 3, 4], "Conv_2": list(range(10))}
    assert found.met
    assert (found.before, found.left) == (30, 15)


def test_global_takes_the_lowest_of_all_but_leaves_a_floor() -> None:
    """Ten scores of Conv_0 are below all of Conv_2, so its floor of 3 stays and Conv_2 gives the rest."""
    scores = {"Conv_0": np.arange(10.0), "Conv_2": np.arange(20.0) + 100}
    among = candidates(two_layers(), scores, floor=0.3)
    found = choose(among, Distribution.GLOBAL, Currency.CHANNELS, 15)
    assert found.removed == {"Conv_0": list(range(7)), "Conv_2": list(range(8))}
    mixed = {"Conv_0": np.asarray([0.0, 1, 2, 3, 50, 51, 52, 53, 54, 55]), "Conv_2": np.arange(20.0) + 4}
    found = choose(candidates(two_layers(), mixed), Distribution.GLOBAL, Currency.CHANNELS, 20)
    assert found.removed == {"Conv_0": [0, 1, 2, 3], "Conv_2": [0, 1, 2, 3, 4, 5]}


def test_ratios_of_layers_hold_whatever_the_rest_does() -> None:
    fixed = {"Conv_0": 0.2}
    for spread in (Distribution.UNIFORM, Distribution.GLOBAL):
        among = candidates(two_layers(), fixed=fixed)
        found = choose(among, spread, Currency.CHANNELS, 18)
        assert kept(found, among) == [8, 10]
    among = candidates(two_layers(), fixed=fixed)
    only = choose(among, Distribution.PER_LAYER, Currency.CHANNELS, 18)
    assert kept(only, among) == [8, 20]
    over = choose(among, Distribution.UNIFORM, Currency.CHANNELS, 29)
    assert kept(over, among) == [8, 20]
    assert not over.met
    assert over.neighbour is None


def test_scaled_ratios_keep_their_proportion() -> None:
    among = candidates(two_layers(40, 40), fixed={"Conv_0": 0.1, "Conv_2": 0.3})
    found = choose(among, Distribution.SCALED, Currency.CHANNELS, 80 - 32)
    assert kept(found, among) == [32, 16]  # 8 and 24: one to three
    without = candidates(two_layers(40, 40), fixed={"Conv_2": 0.3})
    assert kept(choose(without, Distribution.SCALED, Currency.CHANNELS, 60), without) == [40, 20]


@pytest.mark.parametrize("multiple", [1, 4, 8, 16, 32])
@pytest.mark.parametrize("spread", [Distribution.UNIFORM, Distribution.GLOBAL])
def test_real_networks_reach_their_target_in_round_widths(multiple: int, spread: Distribution) -> None:
    """Within 2 %, or else the goal lies between what is left and the neighbour, and the neighbour is farther off."""
    among = real("mobilenetv2", multiple)
    for currency in Currency:
        for share in (0.75, 0.5):
            found = choose(among, spread, currency, goal(among, currency, share))
            assert found.removed
            for group, count in zip(among.chosen, kept(found, among), strict=True):
                channels = int(group.widths.sum()) + group.fixed - found.channels.get(group.key, 0)
                assert channels % multiple == 0 or count == group.size
                assert count >= 0.1 * group.size
            if not found.met:
                assert found.neighbour is not None
                low, high = sorted((found.left, found.neighbour))
                assert low <= found.goal <= high
                assert abs(found.left - found.goal) <= abs(found.neighbour - found.goal)
            if multiple <= 8:
                assert found.met


@functools.cache
def real(key: str, multiple: int) -> Candidates:
    return candidates(prepare(open_model(network_path(key)))[0], multiple=multiple, floor=0.1)


@settings(max_examples=40)
@given(
    blocks=st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=5),
    head=st.sampled_from(sorted(HEADS)),
    seed=st.integers(0, 2**16),
    multiple=st.sampled_from([1, 2, 4, 8]),
    currency=st.sampled_from(Currency),
    spread=st.sampled_from([Distribution.UNIFORM, Distribution.GLOBAL]),
    share=st.floats(0.02, 1.0),
)
def test_any_choice_can_be_cut_and_leaves_what_it_says(
    blocks: list[str], head: str, seed: int, multiple: int, currency: Currency, spread: Distribution, share: float
) -> None:
    model = random_network(blocks, head, seed)
    among = candidates(model, multiple=multiple)
    found = choose(among, spread, currency, goal(among, currency, share))
    real_cost = cost(cut(model, among.costs.sizes.groups, found.removed))  # refuses to empty a value
    assert among.costs.of(found.alive).params == real_cost.params
    if currency is Currency.MACS:
        assert found.left == real_cost.macs
    if found.neighbour is not None:
        assert abs(found.left - found.goal) <= abs(found.neighbour - found.goal)


def test_no_half_of_a_split_is_emptied_and_widths_stay_round() -> None:
    """All channels of one half score lowest: its best come back, as many as the multiple asks for."""
    net = Network(seed=0)
    low, high = net.split(net.conv(net.x, 3, 12), [4, 8])
    net.x, net.channels = net.node("Concat", net.conv(low, 4, 4), net.node("Relu", high), axis=1), 12
    model = net.model("pool_flatten_gemm")
    groups = find_groups(model)
    scores = {g.key: np.arange(g.size, dtype=float) for g in groups}
    for multiple, wanted, expected in ((1, 6, [3, 6, 7, 8, 9, 10, 11]), (4, 4, [0, 1, 2, 3, 8, 9, 10, 11])):
        among = Candidates(RemovalCost(model, groups), (groups["Conv_0"],), scores, multiple)
        alive = among.alive(np.asarray([wanted]))
        assert np.flatnonzero(alive[among.costs.sizes.places["Conv_0"]]).tolist() == expected


def group_of(size: int, width: int, fixed: int) -> ChannelGroup:
    return ChannelGroup("g", size, fixed, width, ("g",), (), "", np.arange(1, size + 1))


def counts(size: int, width: int, fixed: int, multiple: int, least: float = 0) -> list[int]:
    return allowed(group_of(size, width, fixed), np.full(size, width), multiple, least).tolist()


def test_allowed_counts() -> None:
    assert counts(12, 1, 0, 4) == [4, 8, 12]
    assert counts(12, 2, 0, 4) == [2, 4, 6, 8, 10, 12]
    assert counts(10, 1, 2, 4, 3.1) == [6, 10]
    assert counts(3, 1, 0, 8) == [3]  # smaller than the multiple: stays whole
    mixed = allowed(
        group_of(5, 1, 0), np.asarray([1, 3, 2, 2, 1]), 4, 0
    )  # the best unit is one channel, the next three
    assert mixed.tolist() == [2, 4, 5]
    assert [together(group_of(8, width, 0), 8) for width in (1, 6, 64)] == [8, 4, 1]
