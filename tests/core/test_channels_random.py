"""Cut equals masked on random networks: 60 in CI, thousands in benchmarks/channel_groups.py."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.execute.runtimes import onnx_session
from core.methods.prune.proof import difference
from core.model.channels import ChannelGroups, cut, find_groups, mask
from core.model.model import Model
from tests.core.random_networks import BLOCKS, HEADS, random_network

OPSETS = (9, 11, 13, 18)


def random_removal(groups: ChannelGroups, rng: np.random.Generator) -> dict[str, list[int]]:
    """Any share of any groups, taken back where a value would be left without channels."""
    removed = {
        g.key: rng.choice(g.size, int(rng.integers(0, g.size)), replace=False).tolist() for g in groups if not g.locked
    }
    while lost := groups.emptied(removed):
        key, unit = lost[0][int(rng.integers(len(lost[0])))]
        removed[key].remove(unit)
    return removed


def assert_cut_equals_mask(model: Model, seed: int, batch: int = 3) -> int:
    """The proof on one model with a random removal; returns how many units were removed."""
    rng = np.random.default_rng(seed)
    groups = find_groups(model)
    removed = random_removal(groups, rng)
    before = ir.to_proto(model.graph).SerializeToString()
    smaller, masked = cut(model, groups, removed), mask(model, groups, removed)
    assert ir.to_proto(model.graph).SerializeToString() == before, "the input was changed"
    onnx.checker.check_model(ir.to_proto(smaller.graph), full_check=True)
    feed = {"input": rng.standard_normal((batch, *model.inputs[0].bound()[1:])).astype(np.float32)}
    a, b = onnx_session(smaller).run(feed), onnx_session(masked).run(feed)
    for name in b:
        assert difference(a[name], b[name]) <= 1e-4
    return sum(map(len, removed.values()))


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("head", HEADS)
def test_every_block_before_every_head(block: str, head: str) -> None:
    removed = [
        assert_cut_equals_mask(random_network([block, "conv_norm_relu"], head, seed, OPSETS[seed]), seed)
        for seed in range(4)
    ]
    assert any(removed), "nothing could be cut at all"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    blocks=st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=6),
    head=st.sampled_from(sorted(HEADS)),
    seed=st.integers(0, 2**16),
    opset=st.sampled_from(OPSETS),
)
def test_random_networks(blocks: list[str], head: str, seed: int, opset: int) -> None:
    assert_cut_equals_mask(random_network(blocks, head, seed, opset), seed)
