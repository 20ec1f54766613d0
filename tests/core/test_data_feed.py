"""Batches: right order, right content, bounded memory, and errors that name the item."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from core.data.dataset import Array
from core.data.feed import batches, fixed_batch, prepared_batches
from core.data.noise import noise, noise_batches
from core.data.open import open_data
from core.data.preprocess import PreprocessingUnknown, apply, load_preprocessing
from core.data.sample import sample_data
from core.data.tasks import background_offset, check_labels, class_scores, ranks
from core.errors import UserError
from core.model.model import InputSpec, Model
from core.model.preprocessing import presets
from tests.conftest import network_path
from tests.core.test_data_splits import Listed, plain

NUMBER = (InputSpec("x", ("n",), "float32"),)


def test_batches_hold_the_items_in_order() -> None:
    found = list(prepared_batches(plain(70), NUMBER, 32))
    assert [b.count for b in found] == [32, 32, 6]
    np.testing.assert_array_equal(np.concatenate([b.feed["x"] for b in found]), np.arange(70))
    np.testing.assert_array_equal(np.concatenate([b.labels for b in found]), np.arange(70) % 3)
    order = [5, 3, 3, 60]
    (batch,) = prepared_batches(plain(70), NUMBER, 32, order)
    assert batch.names == ("5", "3", "3", "60")
    np.testing.assert_array_equal(batch.feed["x"], order)


def test_a_fixed_batch_is_filled_up() -> None:
    fixed = (InputSpec("x", (4,), "float32"),)
    last = list(prepared_batches(plain(6), fixed, 32))[-1]
    assert (last.count, last.feed["x"].tolist(), last.labels.tolist()) == (2, [4, 5, 5, 5], [1, 2, -1, -1])
    assert fixed_batch(fixed) == 4
    assert fixed_batch(NUMBER) is None


class Watched(Listed):
    """Counts how far reading runs ahead, and reads slowly in some places."""

    reads = 0
    _lock = threading.Lock()

    def load(self, index: int) -> dict[str, Array]:
        with self._lock:
            self.reads += 1
        time.sleep(0.01 if index % 7 == 0 else 0)
        return super().load(index)


def test_reading_runs_ahead_but_not_far_and_stops() -> None:
    data = Watched(plain(500).items)
    before = threading.active_count()
    stream = prepared_batches(data, NUMBER, 8)
    np.testing.assert_array_equal(next(stream).feed["x"], np.arange(8))
    assert data.reads <= 8 + 2 * 8
    stream.close()  # type: ignore[attr-defined]
    assert data.reads < 500
    assert threading.active_count() == before


def test_images_arrive_as_the_model_wants_them() -> None:
    model = Model.from_ir(ir.load(network_path("sample")))
    pre = model.inputs[0].preprocessing
    assert pre is not None
    data = sample_data()
    batch = next(batches(data, model, 4))
    name = model.inputs[0].name
    assert batch.feed[name].shape == model.inputs[0].bound(4)
    for k in range(4):
        np.testing.assert_array_equal(batch.feed[name][k], apply(pre, data.load(k)[""], model.inputs[0]))


def test_two_inputs_by_name_and_what_is_missing(tmp_path: Path) -> None:
    np.savez(tmp_path / "two.npz", image=np.zeros((3, 2, 2, 3), np.float32), size=np.arange(3.0), y=[0, 1, 0])
    data = open_data(tmp_path / "two.npz")
    inputs = (InputSpec("image", ("n", 2, 2, 3), "float32", "NHWC"), InputSpec("size", ("n",), "float32"))
    (batch,) = prepared_batches(data, inputs)
    assert {k: v.shape for k, v in batch.feed.items()} == {"image": (3, 2, 2, 3), "size": (3,)}
    with pytest.raises(UserError, match="no array for the model's input 'other'"):
        next(prepared_batches(data, (*inputs, InputSpec("other", ("n",), "float32"))))
    np.savez(tmp_path / "one.npz", whatever=np.zeros((3, 4), np.float32))
    (batch,) = prepared_batches(open_data(tmp_path / "one.npz"), (InputSpec("input", ("n", 4), "float32"),))
    assert batch.feed["input"].shape == (3, 4)


def test_errors_name_the_item(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    model = Model.from_ir(ir.load(network_path("resnet20")))
    with pytest.raises(UserError, match=r"'a\.png'"):
        next(batches(open_data(tmp_path), model))
    np.savez(tmp_path / "d.npz", x=np.zeros((3, 5), np.uint8))
    with pytest.raises(UserError, match=r"Item '0' of 'd'"):
        next(batches(open_data(tmp_path / "d.npz"), model.with_preprocessing(load_preprocessing("cifar10", model))))
    with pytest.raises(PreprocessingUnknown):
        next(batches(open_data(tmp_path / "d.npz"), model))


def test_noise_lies_where_prepared_pixels_lie() -> None:
    spec = InputSpec("x", ("n", 3, 8, 8), "float32", "NCHW", presets(8, 8)["minus1to1"])
    x = noise([spec], 50)["x"]
    assert (x.shape, x.dtype) == ((50, 3, 8, 8), np.float32)
    assert -1 <= x.min() < -0.99
    assert 0.99 < x.max() <= 1
    np.testing.assert_array_equal(x, noise([spec], 50)["x"])
    assert not np.array_equal(x, noise([spec], 50, seed=1)["x"])
    assert [f["x"].shape[0] for f in noise_batches([spec], 40, 16)] == [16, 16, 8]
    fixed = InputSpec("t", (4, 6), "int64")
    assert [f["t"].shape for f in noise_batches([fixed], 6)] == [(4, 6), (4, 6)]


def test_scores_are_found_among_outputs() -> None:
    scores = np.zeros((2, 7))
    assert class_scores({"boxes": np.zeros((2, 3, 4)), "scores": scores}).shape == (2, 7)
    assert class_scores({"label": np.zeros((2, 1)), "map": np.zeros((2, 7, 1, 1))}).shape == (2, 7)
    with pytest.raises(UserError, match="no output of class scores"):
        class_scores({"mask": np.zeros((2, 3, 8, 8))})


def test_ranks_against_a_sort() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 4, (200, 9)).astype(np.float32)  # many ties
    labels = rng.integers(0, 9, 200)
    wanted = [list(np.argsort(-row, kind="stable")).index(y) for row, y in zip(scores, labels, strict=True)]
    np.testing.assert_array_equal(ranks(scores, labels), wanted)
    scores[3, 0] = np.nan
    assert ranks(scores, labels)[3] == 9


def test_background_and_labels_out_of_range() -> None:
    assert background_offset(1001, (), plain(9)) == 1
    assert background_offset(4, (), plain(9)) == 0  # one more than there are labels proves nothing
    assert background_offset(4, ("background", "a", "b", "c"), plain(9)) == 1
    assert background_offset(1001, tuple(map(str, range(1001))), plain(9)) == 0
    with pytest.raises(UserError, match="Item '2' of 'listed' has class 2, but the model has 2 classes"):
        check_labels(plain(9), 2)
