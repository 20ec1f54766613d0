"""Heads and hidden width: found from structure, cut whole. Judges: the torch module, and cut against masked."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core import params as parameters
from core.execute.runtimes import onnx_session
from core.methods.prune.proof import difference
from core.model.channels import ChannelGroups, cut, find_groups, mask
from core.model.model import Model
from core.model.prepare import prepare
from core.references.create import model_from_module, module_of
from core.references.reference import load_references
from tests.core.test_channels_random import random_removal

SMALL: dict[str, dict[str, Any]] = {
    "vit_tiny": {"dim": 32, "depth": 2, "heads": 4, "patch": 8, "resolution": 16, "classes": 5},
    "bert_tiny": {"dim": 24, "heads": 3, "vocab": 50, "sequence": 6, "positions": 6},
    "swin_tiny": {"dim": 16, "head": 8, "window": 2, "resolution": 32, "classes": 5},
    "convnext_tiny": {"resolution": 32, "classes": 5},
    "mobilenet_v2": {"width": 0.1, "resolution": 32, "classes": 5},
    "efficientnet_b0": {"resolution": 32, "classes": 5},
}


def network(key: str) -> tuple[nn.Module, Model]:
    reference = load_references().get(key)
    chosen = parameters.from_json(reference.params, SMALL[key])
    module = module_of(reference, chosen)
    return module, prepare(model_from_module(reference, chosen, module))[0]


@pytest.mark.parametrize(
    ("key", "heads", "hidden"),
    [
        ("vit_tiny", 2, 2),
        ("bert_tiny", 2, 2),
        ("swin_tiny", 12, 12),
        ("convnext_tiny", 0, 18),
        ("mobilenet_v2", 0, 0),
        ("efficientnet_b0", 0, 0),
    ],
)
def test_kinds_are_found_and_cut_equals_masked(key: str, heads: int, hidden: int) -> None:
    model = network(key)[1]
    groups = find_groups(model)
    kinds = Counter(g.kind for g in groups if not g.locked)
    assert (kinds["heads"], kinds["hidden"]) == (heads, hidden)
    assert not groups.notes
    removed = random_removal(groups, np.random.default_rng(0))
    assert sum(map(len, removed.values())) > 0
    smaller, masked = cut(model, groups, removed), mask(model, groups, removed)
    rng = np.random.default_rng(1)
    feed = {
        s.name: rng.integers(0, 2, s.bound(2)) if s.dtype == "int64" else rng.standard_normal(s.bound(2), np.float32)
        for s in model.inputs
    }
    a, b = onnx_session(smaller).run(feed), onnx_session(masked).run(feed)
    assert max(difference(a[n], b[n]) for n in b) <= 1e-5


def heads_of(groups: ChannelGroups) -> list[tuple[str, int, int]]:
    return [(g.key, g.size, g.width) for g in groups if g.kind == "heads"]


def test_a_cut_head_is_the_head_that_torch_ignores() -> None:
    """Without the columns of its output layer a head says nothing: torch's own answer must be that of the cut graph."""
    module, model = network("vit_tiny")
    groups = find_groups(model)
    assert heads_of(groups) == [("blocks.0.attn.qkv", 4, 24), ("blocks.1.attn.qkv", 4, 24)]
    smaller = cut(model, groups, {"blocks.0.attn.qkv": [1], "blocks.1.attn.qkv": [0, 3]})
    with torch.no_grad():
        for block, gone in ((0, [1]), (1, [0, 3])):
            for head in gone:
                module.get_parameter(f"blocks.{block}.attn.proj.weight")[:, head * 8 : head * 8 + 8] = 0
        x = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
        wanted = module(x).numpy()
    given = onnx_session(smaller).run({"input": x.numpy()})["scores"]
    assert difference(given, wanted) <= 1e-5
    sizes = {n: v.const_value.shape.numpy() for n, v in smaller.graph.graph.initializers.items() if v.const_value}
    shapes = [s for n, s in sizes.items() if "qkv" in n and "weight" in n]
    assert sorted(max(s) for s in shapes) == [48, 72]


def test_query_key_and_value_of_layers_of_their_own_are_one_group() -> None:
    groups = find_groups(network("bert_tiny")[1])
    first = groups["bert.encoder.layer.0.attention.self.query"]
    assert (first.kind, first.size, first.width) == ("heads", 3, 8)
    assert [p.rsplit(".", 1)[1] for p in first.producers] == ["query", "key", "value"]
    reads = {m.layer for m in first.members if m.role == "reads"}
    assert reads == {"bert.encoder.layer.0.attention.output.dense"}
