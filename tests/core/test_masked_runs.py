"""Runs with masked channels from the middle of the graph give what the whole masked graph gives in onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.data.noise import noise_batches
from core.errors import Cancelled
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.jobs import Job
from core.measure.masked_runs import MaskedRuns
from core.model.channels import ChannelGroups, find_groups, mask
from core.model.model import Model
from core.model.prepare import prepare
from tests.conftest import SAMPLE
from tests.core.random_networks import BLOCKS, HEADS, random_network

Outputs = Sequence[Mapping[str, np.ndarray]]


def runs_of(model: Model, count: int = 6, kept_bytes: int = 1 << 30) -> tuple[MaskedRuns, ChannelGroups, list[dict]]:  # type: ignore[type-arg]
    groups = find_groups(model)
    feeds = list(noise_batches(model.inputs, count, 4))
    counts = [len(next(iter(f.values()))) for f in feeds]
    return MaskedRuns(model, groups, feeds, counts, kept_bytes=kept_bytes), groups, feeds


def assert_close(found: Outputs, expected: Outputs) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.keys() == b.keys()
        for name in b:
            np.testing.assert_allclose(a[name], b[name], rtol=0, atol=2e-5 * max(1.0, float(np.abs(b[name]).max())))


def check(model: Model, order: int = 1, kept_bytes: int = 1 << 30) -> int:
    """Every group with half of its units masked; returns how many groups there were."""
    runs, groups, feeds = runs_of(model, kept_bytes=kept_bytes)
    whole = onnx_session(model)
    assert_close(runs.uncut(Job()), [whole.run(f) for f in feeds])
    free = [g for g in groups if not g.locked and g.size > 1]
    for group in free[::order]:
        units = list(range(0, group.size - 1, 2))
        masked = onnx_session(mask(model, groups, {group.key: units}))
        of_group = runs.of_group(group, Job())
        assert of_group.changes(units)
        assert_close(of_group.masked(units, Job()), [masked.run(f) for f in feeds])
        assert not of_group.changes([])
        assert_close(of_group.masked([], Job()), [whole.run(f) for f in feeds])
    return len(free)


@pytest.mark.parametrize(("order", "kept"), [(1, 1 << 30), (-1, 1 << 30), (1, 0), (1, 70_000)])
def test_the_sample_in_any_order_and_with_any_room(order: int, kept: int) -> None:
    """In graph order, against it, without room for inner values, and with room for some of them."""
    assert check(prepare(open_model(SAMPLE))[0], order, kept) == 11


@pytest.mark.parametrize("block", sorted(BLOCKS))
def test_every_kind_of_block(block: str) -> None:
    """Splits, shuffles, shapes that are computed, constants per channel, values that cross the cut."""
    for seed, head in enumerate(sorted(HEADS)):
        check(random_network([block, "conv_norm_relu", block], head, seed))


def test_outputs_before_and_behind_the_masked_layers_and_a_padded_batch() -> None:
    rng = np.random.default_rng(0)
    weights = {"w1": (4, 3, 1, 1), "w2": (6, 4, 1, 1), "w3": (2, 6, 1, 1)}
    graph = helper.make_graph(
        [
            helper.make_node("Relu", ["x"], ["early"], name="early"),
            helper.make_node("Conv", ["early", "w1"], ["a"], name="one"),
            helper.make_node("Conv", ["a", "w2"], ["b"], name="two"),
            helper.make_node("Conv", ["b", "w3"], ["late"], name="three"),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 3, 2, 2])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("late", "early")],
        [numpy_helper.from_array(rng.standard_normal(s).astype(np.float32), n) for n, s in weights.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    model = Model.from_ir(ir.from_proto(proto))
    groups = find_groups(model)
    feed = {"x": rng.standard_normal((4, 3, 2, 2)).astype(np.float32)}
    runs = MaskedRuns(model, groups, [feed], [3])  # the fourth row fills a fixed batch
    found = runs.of_group(groups["two"], Job()).masked([1, 4], Job())
    expected = onnx_session(mask(model, groups, {"two": [1, 4]})).run(feed)
    assert_close(found, [{n: v[:3] for n, v in expected.items()}])
    assert list(found[0]) == ["late", "early"]


def test_a_cancel_is_heard_between_batches() -> None:
    runs, _, feeds = runs_of(prepare(open_model(SAMPLE))[0], count=12)
    seen: list[object] = []
    job = Job(lambda event: (seen.append(event), job.cancel() if len(seen) == 2 else None), rate=1e9)
    with pytest.raises(Cancelled):
        runs.uncut(job)
    assert len(feeds) == 3
    assert len(seen) == 2
