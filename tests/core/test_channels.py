"""Channel groups and the cut on real networks: what belongs together, and cut equals masked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.methods.prune.proof import difference
from core.model.channels import ChannelGroups, cut, facts_after, find_groups, mask
from core.model.facts import infer
from core.model.model import Model
from core.model.prepare import prepare
from tests.conftest import FIVE, network_path, shared

FOLDED = [
    "models/mobilenetv1_0.25_224_imagenet/mobilenetv1_0.25_224_imagenet_folded.onnx",
    "models/resnet20_cifar10/resnet20_cifar10_folded.onnx",
]


def network(key: str) -> Model:
    return prepare(open_model(shared(key) if "/" in key else network_path(key)))[0]


def removal(groups: ChannelGroups, ratio: float, seed: int = 0) -> dict[str, list[int]]:
    """A random share of every group, at least one unit of each kept."""
    rng = np.random.default_rng(seed)
    return {g.key: rng.choice(g.size, int(g.size * ratio), replace=False).tolist() for g in groups if not g.locked}


def weight_count(model: Model) -> int:
    return sum(v.const_value.size for v in model.graph.graph.initializers.values() if v.const_value is not None)


def names(model: Model) -> tuple[list[str | None], list[str | None], list[str]]:
    nodes = list(model.nodes())
    values = [o.name for n in nodes for o in n.outputs]
    return [n.name for n in nodes], values, list(model.graph.graph.initializers)


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("key", [*FIVE, *FOLDED])
def test_cut_equals_masked_and_is_really_smaller(key: str, ratio: float, tmp_path: Path) -> None:
    model = network(key)
    before = ir.to_proto(model.graph).SerializeToString(deterministic=True)
    groups = find_groups(model)
    removed = removal(groups, ratio)
    smaller, masked = cut(model, groups, removed), mask(model, groups, removed)
    assert ir.to_proto(model.graph).SerializeToString(deterministic=True) == before, "the input was changed"

    onnx.checker.check_model(ir.to_proto(smaller.graph), full_check=True)
    old, new = names(model), names(smaller)
    assert new[:2] == old[:2]
    assert new[2][: len(old[2])] == old[2]
    left = weight_count(smaller) / weight_count(model)
    assert left < 1 - ratio / 2
    sizes = [len(ir.to_proto(m.graph).SerializeToString()) for m in (model, smaller)]
    assert sizes[1] < sizes[0] * (1 - ratio / 2) + 30_000

    spec = model.inputs[0]
    feed = {spec.name: np.random.default_rng(1).standard_normal(spec.bound(2)).astype(np.float32)}
    a, b, whole = (onnx_session(m).run(feed) for m in (smaller, masked, model))
    for name in b:
        assert difference(a[name], b[name]) <= 1e-5
        assert difference(whole[name], b[name]) > 1e-3, "the mask did nothing"


@pytest.mark.parametrize("key", FIVE)
def test_shapes_after_the_cut_are_those_inferred_anew(key: str) -> None:
    model = network(key)
    groups = find_groups(model)
    removed = removal(groups, 0.4)
    smaller = cut(model, groups, removed)
    quick, slow = facts_after(smaller, groups, removed), infer(smaller)
    activations = {o.name for n in smaller.nodes() for o in n.outputs if o.name not in slow.constants}
    assert {n: quick.shapes[n] for n in activations} == {n: slow.shapes[n] for n in activations}
    for node in smaller.nodes():
        for out in node.outputs:
            if out.shape is not None and out.name in slow.shapes:
                written = [d for d in out.shape if isinstance(d, int)]
                assert written == [
                    s for d, s in zip(out.shape, slow.shapes[out.name], strict=True) if isinstance(d, int)
                ]


def test_resnet20_trunk_and_blocks() -> None:
    """Three trunk groups (the padded shortcut adds 16 and 32 channels) and the inner channels of nine blocks."""
    groups = find_groups(network("resnet20"))
    assert not groups.notes
    inner = [g.size for g in groups if len(g.producers) == 1 and not g.locked]
    trunk = [(g.size, len(g.producers)) for g in groups if len(g.producers) > 1]
    assert inner == [16] * 3 + [32] * 3 + [64] * 3
    assert trunk == [(16, 10), (16, 6), (32, 3)]
    last = groups["/linear/Gemm"]
    assert last.locked
    assert (last.size, last.fixed, last.reason) == (0, 10, "its channels are a graph output")


def test_mobilenetv2_groups_are_those_of_the_paper() -> None:
    """Sandler et al. 2018, table 2: seven trunks, an expansion in 16 of 17 blocks, stem and last layer."""
    groups = find_groups(network("mobilenetv2"))
    free = [(g.size, len(g.producers)) for g in groups if not g.locked]
    trunks = [(16, 1), (24, 2), (32, 3), (64, 4), (96, 3), (160, 3), (320, 1)]
    expansions = [96, 144, 144, *[192] * 3, *[384] * 4, *[576] * 3, *[960] * 3]
    assert sorted(free) == sorted([(32, 1), (1280, 1), *trunks, *((c, 1) for c in expansions)])


def test_every_position_of_every_convolution_belongs_to_one_group() -> None:
    """SqueezeNet: output channels of each Conv lie in exactly one group, input channels in the right ones."""
    model = network("squeezenet")
    groups = find_groups(model)
    for node in model.nodes():
        if node.op_type != "Conv":
            continue
        (group,) = groups.by_layer[node.name or ""]
        shape = groups.facts.shapes[node.inputs[1].name]
        assert group.size + group.fixed == shape[0]
    reads = {m.layer for m in groups["/features/features.3/expand1x1/Conv"].members if m.role == "reads"}
    assert reads == {"/features/features.4/squeeze/Conv"}


def test_pruning_twice_equals_masking_twice() -> None:
    model = network("resnet20")
    names_before = set(names(model)[2])
    for seed in range(3):
        groups = find_groups(model)
        removed = removal(groups, 0.3, seed)
        smaller, masked = cut(model, groups, removed), mask(model, groups, removed)
        feed = {model.inputs[0].name: np.random.default_rng(seed).standard_normal((2, 3, 32, 32)).astype(np.float32)}
        a, b = onnx_session(smaller).run(feed), onnx_session(masked).run(feed)
        assert all(difference(a[n], b[n]) <= 1e-5 for n in b)
        model = smaller
    added = set(names(model)[2]) - names_before
    assert sorted(added) == ["/layer2/layer2.0/Pad_pads", "/layer3/layer3.0/Pad_pads"], "constants pile up"


def test_wrong_requests_are_refused_in_a_sentence() -> None:
    model = network("sample")
    groups = find_groups(model)
    first = groups.groups[0]
    with pytest.raises(UserError, match="There is no channel group 'nobody'"):
        cut(model, groups, {"nobody": [0]})
    with pytest.raises(UserError, match=f"has {first.size} removable channels; there is no number {first.size}"):
        cut(model, groups, {first.key: [first.size]})
    with pytest.raises(UserError, match="would leave no channels behind layer"):
        cut(model, groups, {first.key: range(first.size)})
    with pytest.raises(UserError, match="a graph output"):
        cut(model, groups, {groups.groups[-1].key: [0]})
