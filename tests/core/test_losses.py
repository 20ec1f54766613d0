"""Losses against torch's own, with mixed items, smoothing and unknown labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from core.methods.losses import cross_entropy, distillation, mixed
from core.methods.training_data import Mixed, Sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")

ROWS, CLASSES = 6, 5


def scores(seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((ROWS, CLASSES)).astype(np.float32) * 3)


@settings(max_examples=60, deadline=None)
@given(
    own=st.lists(st.integers(0, CLASSES - 1), min_size=ROWS, max_size=ROWS),
    partner=st.lists(st.integers(0, CLASSES - 1), min_size=ROWS, max_size=ROWS),
    share=st.lists(st.floats(0, 1, width=32), min_size=ROWS, max_size=ROWS),
    smoothing=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    offset=st.sampled_from([0, 1]),
)
def test_mixed_items_equal_torchs_soft_targets(
    own: list[int], partner: list[int], share: list[float], smoothing: float, offset: int
) -> None:
    given = scores().requires_grad_()
    weight = torch.tensor(share)
    padded = functional.pad(given, (1, 0)) if offset else given  # a class before all others
    wide = padded.shape[1]
    targets = weight[:, None] * functional.one_hot(torch.tensor(own) + offset, wide)
    targets = targets + (1 - weight)[:, None] * functional.one_hot(torch.tensor(partner) + offset, wide)
    expected = functional.cross_entropy(padded, targets, label_smoothing=smoothing)
    sample = Sample({}, torch.tensor(own), Mixed(torch.tensor(partner), weight))
    loss = cross_entropy("s", offset, smoothing)({"s": padded[:, :, None, None]}, sample)
    torch.testing.assert_close(loss, expected)
    (mine,) = torch.autograd.grad(loss, given, retain_graph=True)
    (wanted,) = torch.autograd.grad(expected, given)
    torch.testing.assert_close(mine, wanted)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_unmixed_items_equal_torchs_hard_targets(smoothing: float) -> None:
    labels = torch.tensor([0, 4, -1, 2, -1, 1])
    loss = cross_entropy("s", smoothing=smoothing)({"s": scores()}, Sample({}, labels))
    torch.testing.assert_close(
        loss, functional.cross_entropy(scores(), labels, ignore_index=-1, label_smoothing=smoothing)
    )
    whole = Sample({}, labels, Mixed(torch.full((ROWS,), 3), 1.0))
    torch.testing.assert_close(cross_entropy("s", smoothing=smoothing)({"s": scores()}, whole), loss)


def test_an_unknown_label_of_the_two_counts_nothing() -> None:
    own, partner = torch.tensor([1, -1, -1, 2, 3, 0]), torch.tensor([2, 3, -1, -1, 1, 0])
    share = torch.tensor([0.25, 0.25, 0.25, 0.25, 1.0, 0.0])
    log = torch.log_softmax(scores(), 1)
    parts = [0.25 * log[0, 1] + 0.75 * log[0, 2], 0.75 * log[1, 3], 0.25 * log[3, 2], log[4, 3], log[5, 0]]
    loss = cross_entropy("s")({"s": scores()}, Sample({}, own, Mixed(partner, share)))
    torch.testing.assert_close(loss, -sum(parts) / 5)  # the third item knows neither and is left out
    nothing = torch.full((ROWS,), -1)
    none = cross_entropy("s")({"s": scores().requires_grad_()}, Sample({}, nothing, Mixed(nothing, 0.5)))
    assert none.item() == 0
    none.backward()  # type: ignore[no-untyped-call]


def test_the_teacher_sees_the_mixture() -> None:
    feed = {"x": scores(1)}
    sample = Sample(feed, torch.zeros(ROWS, dtype=torch.int64), Mixed(torch.ones(ROWS, dtype=torch.int64), 0.3))
    seen = []

    def teacher(batch: Sample) -> torch.Tensor:
        seen.append(batch)
        return batch.feed["x"] * 2

    soft = distillation("s", teacher, 3.0)
    expected = functional.kl_div(
        functional.log_softmax(scores() / 3, 1), functional.softmax(scores(1) * 2 / 3, 1), reduction="batchmean"
    )
    torch.testing.assert_close(soft({"s": scores()}, sample), expected * 9)
    assert seen == [sample]
    hard = cross_entropy("s")
    both = mixed(hard, soft, 0.25)({"s": scores()}, sample)
    torch.testing.assert_close(both, 0.75 * hard({"s": scores()}, sample) + 0.25 * expected * 9)


def test_a_batch_moves_to_a_device_with_its_mixture() -> None:
    sample = Sample({"x": scores()}, torch.arange(ROWS), Mixed(torch.arange(ROWS), torch.rand(ROWS)))
    there = sample.to("meta")
    assert there.mixed is not None
    assert isinstance(there.mixed.share, torch.Tensor)
    tensors = [there.feed["x"], there.labels, there.mixed.labels, there.mixed.share]
    assert {t.device.type for t in tensors} == {"meta"}
    assert Sample({}, torch.arange(2), Mixed(torch.arange(2), 0.5)).to("meta").mixed.share == 0.5  # type: ignore[union-attr]
