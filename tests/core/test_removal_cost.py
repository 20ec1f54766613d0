"""Figures of a removal that is only thought of are those of the model that is really cut."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from core.formats.open import open_model
from core.measure.cost import cost
from core.measure.removal_cost import RemovalCost
from core.model.channel_sizes import ChannelSizes
from core.model.channels import cut, find_groups
from core.model.model import Model
from core.model.prepare import prepare
from core.references.create import create
from core.references.reference import load_references
from tests.conftest import FIVE, network_path
from tests.core.random_networks import BLOCKS, HEADS, Network, random_network
from tests.core.test_channels_random import OPSETS, random_removal
from tests.timing import processor_seconds

REFERENCES = ("shufflenet_v1", "shufflenet_v2_x0_5", "ghostnet", "mobilenet_v3_small", "vit_tiny", "mcunet")


def assert_counts_as_cut(model: Model, seed: int, times: int = 2) -> None:
    groups = find_groups(model)
    costs = RemovalCost(model, groups)
    rng = np.random.default_rng(seed)
    for _ in range(times):
        removed = random_removal(groups, rng)
        alive = costs.sizes.flags(removed)
        real = cost(cut(model, groups, removed))
        found = costs.exactly(alive)
        assert (found.params, found.macs, found.weight_bytes) == (real.params, real.macs, real.weight_bytes)
        quick = costs.of(alive)
        assert (quick.params, quick.macs) == (real.params, real.macs)
        assert costs.sizes.removed(alive) == {k: sorted(v) for k, v in removed.items() if v}


@settings(max_examples=40)
@given(
    blocks=st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=6),
    head=st.sampled_from(sorted(HEADS)),
    seed=st.integers(0, 2**16),
    opset=st.sampled_from(OPSETS),
)
def test_random_networks(blocks: list[str], head: str, seed: int, opset: int) -> None:
    assert_counts_as_cut(random_network(blocks, head, seed, opset), seed, 1)


@functools.cache
def reference(key: str) -> Model:
    found = load_references().get(key)
    return prepare(create(found, found.params(), seed=0))[0]


@pytest.mark.parametrize("key", [*FIVE, *REFERENCES])
def test_real_and_reference_networks(key: str) -> None:
    """Depthwise and grouped convolutions, shuffles, option A, squeeze and excite, attention."""
    model = prepare(open_model(network_path(key)))[0] if key in FIVE else reference(key)
    assert_counts_as_cut(model, 7)


def test_a_constant_cut_to_one_number_is_no_parameter() -> None:
    """core.measure.cost takes a single number beside a Mul for arithmetic, so its last channel is no parameter."""
    net = Network(seed=0)
    x = net.node("Mul", net.conv(net.x, 3, 4), net.weight(4, 1, 1))
    net.x, net.channels = x, 4
    model = net.model("pool_flatten_gemm")
    groups = find_groups(model)
    costs = RemovalCost(model, groups)
    alive = costs.sizes.flags({"Conv_0": [0, 1, 3]})
    assert costs.of(alive).params == 3 * 9 + 1 + 0 + 5 + 5  # kernel, bias, Mul, Gemm, its bias
    assert costs.of(alive).params == cost(cut(model, groups, {"Conv_0": [0, 1, 3]})).params


def test_which_axes_would_be_empty() -> None:
    net = Network(seed=0)
    low, high = net.split(net.conv(net.x, 3, 12), [4, 8])
    net.x, net.channels = net.node("Concat", net.conv(low, 4, 4), net.node("Relu", high), axis=1), 12
    groups = find_groups(net.model("pool_flatten_gemm"))
    sizes = ChannelSizes(groups)
    start = sizes.places["Conv_0"].start
    alive = sizes.flags({"Conv_0": [0, 1, 2, 3]})
    assert [(u - start).tolist() for u in sizes.emptied(alive)] == [[0, 1, 2, 3]]
    assert not sizes.emptied(sizes.flags({"Conv_0": [0, 1, 2, 4]}))
    with pytest.raises(UserError, match="there is no number 12"):
        sizes.flags({"Conv_0": [12]})


def test_a_thousand_nodes_take_milliseconds() -> None:
    blocks = ["conv_norm_relu", "residual", "inception", "shuffle", "squeeze_excite", "conv_norm_relu"] * 41
    model = random_network(blocks, "pool_flatten_gemm", 0)
    groups = find_groups(model)
    costs = RemovalCost(model, groups)
    assert sum(1 for _ in model.nodes()) > 1000
    alive = costs.sizes.flags(random_removal(groups, np.random.default_rng(0)))
    assert processor_seconds(lambda: costs.of(alive), 5) < 0.003
