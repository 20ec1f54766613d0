"""Augmentation: what each change does against Pillow and formulas, and what holds for all of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.data import preprocess
from core.methods.augment import Augment, augmentation, cutmix, mixed_with, mixup
from core.methods.augment_geometry import boxes, cropped, inside, moved, warped
from core.methods.training_data import Sample
from core.model.model import InputSpec
from core.model.preprocessing import Preprocessing, presets

pytestmark = pytest.mark.usefixtures("one_torch_thread")

GREY = Preprocessing.from_json([{"step": "normalize", "mean": 0.1307, "std": 0.3081}])
KNOWN = {
    1: (GREY, Preprocessing.from_json([{"step": "scale", "factor": -1 / 255, "offset": 1}])),
    3: (presets(32, 32)["cifar10"], presets(32, 32)["minus1to1"], Preprocessing(())),
    4: (Preprocessing.from_json([{"step": "scale", "factor": [1, 2, 3, 4], "offset": [0, -1, 5, 9]}]),),
}
EVERYTHING = Augment(shift=0.125, flip=True, crop=0.3, colour=0.8, policy="trivial", erase=0.5, mixup=0.4, cutmix=1.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def image_input(
    pre: Preprocessing | None,
    channels: int = 3,
    layout: str = "NCHW",
    size: tuple[int, int] = (32, 32),
    name: str = "x",
) -> InputSpec:
    shape = (channels, *size) if layout == "NCHW" else (*size, channels)
    return InputSpec(name, ("batch", *shape), "float32", layout, pre)


def pictures(rows: int, channels: int = 3, size: tuple[int, int] = (32, 32), seed: int = 0) -> np.ndarray:
    """Smooth random pixels of many levels, uint8 [rows, H, W, C]."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (rows, 4, 4, channels), np.uint8)
    planes = [
        [Image.fromarray(p[..., c]).resize(size[::-1], Image.Resampling.BICUBIC) for c in range(channels)]
        for p in coarse
    ]
    return np.stack([np.stack([np.asarray(p) for p in item], -1) for item in planes])


def prepared(spec: InputSpec, images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack([preprocess.apply(spec.preprocessing, i, spec) for i in images]))


def batch(spec: InputSpec, rows: int = 8, **how: Any) -> Sample:
    channels = spec.shape[1] if spec.layout == "NCHW" else spec.shape[3]
    size = spec.image_size
    assert isinstance(channels, int)
    assert size is not None
    return Sample({spec.name: prepared(spec, pictures(rows, channels, size, **how))}, torch.arange(rows) - 1)


# what holds for all


@settings(max_examples=60, deadline=None)
@given(
    channels=st.sampled_from([1, 3, 4]),
    layout=st.sampled_from(["NCHW", "NHWC"]),
    kind=st.integers(0, 2),
    size=st.sampled_from([(32, 32), (28, 20), (3, 9), (1, 1)]),
    asked=st.fixed_dictionaries(
        {},
        optional={
            "shift": st.sampled_from([0.125, 0.5, 1.0]),
            "flip": st.just(True),
            "crop": st.sampled_from([0.08, 0.6]),
            "colour": st.sampled_from([0.2, 1.0]),
            "policy": st.sampled_from(["trivial", "rand"]),
            "rand_magnitude": st.integers(0, 30),
            "erase": st.sampled_from([0.5, 1.0]),
            "mixup": st.sampled_from([0.2, 1.0]),
            "cutmix": st.sampled_from([0.2, 1.0]),
        },
    ),
    seed=st.integers(0, 999),
)
def test_shape_type_range_labels_and_the_original_stay(
    channels: int, layout: str, kind: int, size: tuple[int, int], asked: dict[str, Any], seed: int
) -> None:
    pre = KNOWN[channels][kind % len(KNOWN[channels])]
    steps = [s for s in pre.steps if s.name in ("scale", "normalize")]
    spec = image_input(Preprocessing(tuple(steps)), channels, layout, size)
    sample = batch(spec, seed=seed)
    before = sample.feed["x"].clone()
    change = augmentation(Augment(**asked), [spec])
    out = change(sample, seeded(seed))
    assert torch.equal(sample.feed["x"], before)
    assert out.feed["x"].shape == before.shape
    assert out.feed["x"].dtype == before.dtype
    assert torch.equal(out.labels, sample.labels)
    assert (out.mixed is None) == (not asked.keys() & {"mixup", "cutmix"})
    axis = 1 if layout == "NCHW" else 3
    black, white = (prepared(spec, np.full((1, *size, channels), v, np.uint8)) for v in (0, 255))
    low, high = torch.minimum(black, white), torch.maximum(black, white)
    slack = 1e-5 * (high - low).amax()
    assert ((out.feed["x"] >= low - slack) & (out.feed["x"] <= high + slack)).all()
    assert out.feed["x"].shape[axis] == channels
    again = change(sample, seeded(seed))
    assert torch.equal(again.feed["x"], out.feed["x"])


def test_nothing_asked_for_is_nothing_done() -> None:
    spec = image_input(None)
    nothing = augmentation(Augment(), [spec])
    sample = Sample({"x": torch.rand(4, 3, 32, 32)}, torch.arange(4))
    assert not nothing
    assert nothing(sample, seeded()) is sample


def test_a_restored_generator_replays_the_same_batches() -> None:
    spec = image_input(presets(32, 32)["cifar10"])
    sample, generator = batch(spec, 16), seeded(3)
    for asked in (EVERYTHING, Augment(policy="rand", colour=0.4, mixup=0.2)):
        change = augmentation(asked, [spec])
        change(sample, generator)
        state, process = generator.get_state(), torch.get_rng_state()
        first = [change(sample, generator) for _ in range(4)]
        assert torch.equal(torch.get_rng_state(), process)  # nothing is drawn from the process's own generator
        generator.set_state(state)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(99)
            np.random.seed(99)
            second = [augmentation(asked, [spec])(sample, generator) for _ in range(4)]
        for one, other in zip(first, second, strict=True):
            assert torch.equal(one.feed["x"], other.feed["x"])
            assert one.mixed is not None
            assert other.mixed is not None
            assert torch.equal(one.mixed.labels, other.mixed.labels)
            assert torch.equal(torch.as_tensor(one.mixed.share), torch.as_tensor(other.mixed.share))
        assert len({float(one.feed["x"].sum()) for one in first}) == 4


@pytest.mark.parametrize("policy", ["", "trivial", "rand"])
def test_inputs_of_one_item_move_together_and_others_stay(policy: str) -> None:
    grey = Preprocessing.from_json([{"step": "scale", "factor": 1 / 255}])
    left, right = image_input(GREY, 1, name="left"), image_input(grey, 1, "NHWC", name="right")
    pixels = pictures(32, 1)
    tokens, features = torch.arange(64).reshape(32, 2), torch.rand(32, 5)
    feed = {"left": prepared(left, pixels), "right": prepared(right, pixels), "t": tokens, "f": features}
    specs = (left, right, InputSpec("t", ("batch", 2), "int64"), InputSpec("f", ("batch", 5), "float32"))
    asked = Augment(shift=0.25, flip=True, crop=0.4, policy=policy, colour=0.5, erase=0.5)
    out = augmentation(asked, specs)(Sample(feed, torch.zeros(32, dtype=torch.int64)), seeded(1)).feed
    back = out["left"] * 0.3081 + 0.1307
    torch.testing.assert_close(back, out["right"].permute(0, 3, 1, 2), atol=2e-3, rtol=0)
    assert not torch.allclose(out["left"], feed["left"], atol=0.1)
    assert torch.equal(out["t"], tokens)
    assert torch.equal(out["f"], features)


def test_inputs_of_different_sizes_show_the_same_crop() -> None:
    small, large = image_input(None, 1, name="s"), image_input(None, 1, size=(64, 96), name="l")

    def ramp(height: int, width: int) -> torch.Tensor:
        y, x = (torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width
        return (y[:, None] * 2 + x[None]).expand(16, 1, height, width)

    feed = {"s": ramp(32, 32), "l": ramp(64, 96)}
    out = augmentation(Augment(crop=0.3), [small, large])(Sample(feed, torch.zeros(16)), seeded()).feed
    middle = torch.nn.functional.interpolate(out["l"], (32, 32), mode="area")
    torch.testing.assert_close(out["s"][:, :, 2:-2, 2:-2], middle[:, :, 2:-2, 2:-2], atol=1e-4, rtol=0)


# geometry


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_augmentation_moves_and_mirrors_whole_images(layout: str) -> None:
    spec = InputSpec("x", ("batch", 3, 16, 24), "float32", layout)
    image = torch.arange(16 * 24, dtype=torch.float32).reshape(1, 1, 16, 24).expand(64, 3, 16, 24).clone()
    image += torch.tensor([0.0, 1000.0, 2000.0])[None, :, None, None]
    labels = torch.zeros(64, dtype=torch.int64)
    other = InputSpec("t", ("batch", 5), "float32")

    def run(**how: Any) -> torch.Tensor:
        feed = {"x": image if layout == "NCHW" else image.permute(0, 2, 3, 1), "t": torch.ones(64, 5)}
        out = augmentation(Augment(**how), (spec, other))(Sample(feed, labels), seeded()).feed
        assert torch.equal(out["t"], feed["t"])
        return out["x"] if layout == "NCHW" else out["x"].permute(0, 3, 1, 2)

    seen: set[tuple[int, int]] = set()
    for shifted, source in zip(run(shift=0.125), image, strict=True):
        padded = torch.nn.functional.pad(source[None], (3, 3, 2, 2), mode="replicate")[0]
        found = [(r, c) for r in range(5) for c in range(7) if torch.equal(padded[:, r : r + 16, c : c + 24], shifted)]
        assert len(found) == 1
        seen.update(found)
    assert len({r for r, _ in seen}) == 5
    assert len({c for _, c in seen}) == 7
    mirrored = run(flip=True)
    kinds = [torch.equal(m, s.flip(2)) for m, s in zip(mirrored, image, strict=True)]
    assert 16 < sum(kinds) < 48
    assert all(k or torch.equal(m, s) for k, m, s in zip(kinds, mirrored, image, strict=True))


def test_two_flips_and_a_shift_of_nothing_are_the_identity() -> None:
    image = torch.rand(5, 3, 7, 8)
    moves = torch.rand(5, 2) * 2 - 1
    mirror = torch.tensor([True, False, True, True, False])
    assert torch.equal(moved(image, moves, ~mirror & mirror, 0.0), image)
    once = moved(image, moves, mirror, 0.0)
    assert torch.equal(once[0], image[0].flip(2))
    assert torch.equal(moved(once, moves, mirror, 0.0), image)


@settings(max_examples=25, deadline=None)
@given(height=st.integers(4, 20), width=st.integers(4, 20), seed=st.integers(0, 99))
def test_crops_equal_pillows_bilinear_enlargement(height: int, width: int, seed: int) -> None:
    image = torch.rand(4, 1, height, width, generator=seeded(seed))
    box = boxes(4, (0.2, 1.0), (3 / 4, 4 / 3), seeded(seed))
    out = cropped(image, box)
    for source, found, (top, left, tall, wide) in zip(image, out, box.tolist(), strict=True):
        assert top >= 0
        assert left >= 0
        region = (left * width, top * height, min((left + wide) * width, width), min((top + tall) * height, height))
        wanted = Image.fromarray(source[0].numpy()).resize((width, height), Image.Resampling.BILINEAR, box=region)
        np.testing.assert_allclose(found[0].numpy(), np.asarray(wanted), atol=2e-4)


def test_boxes_have_the_areas_and_ratios_asked_for() -> None:
    top, left, height, width = boxes(4000, (0.1, 0.5), (0.5, 2.0), seeded()).unbind(1)
    area, ratio = height * width, width / height
    assert float(area.min()) >= 0.1 - 1e-6
    assert float(area.max()) <= 0.5 + 1e-6
    assert float(area.mean()) == pytest.approx(0.3, abs=0.01)
    assert float(ratio.log().mean()) == pytest.approx(0.0, abs=0.03)
    assert float(ratio.max()) <= 2.0 + 1e-5
    assert bool(((top + height <= 1 + 1e-6) & (left + width <= 1 + 1e-6)).all())


@pytest.mark.parametrize("size", [(24, 24), (20, 30)])
def test_rotation_keeps_angles_whatever_the_aspect(size: tuple[int, int]) -> None:
    """Against Pillow, whose rotation works on pixels; away from the border, which Pillow blackens."""
    image = torch.rand(1, 1, *size, generator=seeded())
    angle = math.radians(30)
    linear = torch.tensor([[[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]])
    out = warped(image, linear, torch.zeros(1, 2))
    wanted = np.asarray(Image.fromarray(image[0, 0].numpy()).rotate(30, Image.Resampling.BILINEAR))
    middle = (slice(7, -7), slice(7, -7))
    np.testing.assert_allclose(out[0, 0].numpy()[middle], wanted[middle], atol=1e-4)


def test_erased_boxes_hold_the_mean_colour() -> None:
    spec = image_input(None)
    image = torch.rand(400, 3, 32, 32, generator=seeded())
    out = augmentation(Augment(erase=0.25), [spec])(Sample({"x": image}, torch.zeros(400)), seeded()).feed["x"]
    gone = (out != image).any(1)
    shares = gone.flatten(1).float().mean(1)
    assert 70 < int((shares > 0).sum()) < 130
    assert float(shares.max()) < 0.4
    for item, changed, where in zip(image, out, gone, strict=True):
        if where.any():
            rows, columns = where.any(1).nonzero(), where.any(0).nonzero()
            assert int(where.sum()) == (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1)
            torch.testing.assert_close(changed[:, where], item.mean((1, 2))[:, None].expand(3, int(where.sum())))


# mixing


def test_mixup_is_its_formula_and_a_share_of_one_the_identity() -> None:
    feed = {"x": torch.rand(64, 3, 8, 8), "f": torch.rand(64, 5)}
    sample = Sample(feed, torch.arange(64))
    out = mixup(sample, 0.3, seeded())
    assert out.mixed is not None
    share, partner = torch.as_tensor(out.mixed.share), out.mixed.labels
    assert sorted(partner.tolist()) == list(range(64))
    for name, values in feed.items():
        weight = share.reshape(-1, *[1] * (values.dim() - 1))
        torch.testing.assert_close(out.feed[name], weight * values + (1 - weight) * values[partner])
    whole = mixed_with(sample, partner, torch.ones(64))
    assert all(torch.equal(whole.feed[n], feed[n]) for n in feed)
    assert torch.equal(whole.labels, sample.labels)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_follow_the_beta_distribution(alpha: float) -> None:
    sample = Sample({"x": torch.zeros(5000, 1)}, torch.zeros(5000, dtype=torch.int64))
    mixed = mixup(sample, alpha, seeded()).mixed
    assert mixed is not None
    share = torch.as_tensor(mixed.share)
    assert float(share.mean()) == pytest.approx(0.5, abs=0.03)
    assert float(share.var()) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_cutmix_shares_are_the_areas(layout: str) -> None:
    rows = 64
    numbers = torch.arange(rows, dtype=torch.float32)[:, None, None, None]
    image = numbers.expand(rows, 3, 16, 24) if layout == "NCHW" else numbers.expand(rows, 16, 24, 3)
    spec = image_input(None, 3, layout, (16, 24))
    out = cutmix(Sample({"x": image}, torch.arange(rows)), [spec], 1.0, seeded())
    assert out.mixed is not None
    flat = out.feed["x"].flatten(1)
    own = (flat == numbers.flatten(1)).float().mean(1)
    foreign = (flat == out.mixed.labels[:, None]).float().mean(1)
    alone = out.mixed.labels == torch.arange(rows)
    share = torch.as_tensor(out.mixed.share)
    torch.testing.assert_close(own[~alone], share[~alone])
    torch.testing.assert_close(foreign[~alone], 1 - share[~alone])
    assert 0.4 < float(share.mean()) < 0.8
    whole = inside(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), 5, 7)
    assert whole.shape == (1, 1, 5, 7)
    assert bool(whole.all())


def test_with_both_each_batch_takes_one() -> None:
    spec = image_input(None, 1)
    sample = Sample({"x": torch.rand(32, 1, 32, 32)}, torch.arange(32))
    change, generator = augmentation(Augment(mixup=1.0, cutmix=1.0), [spec]), seeded()
    cut = 0
    for _ in range(40):
        out = change(sample, generator)
        assert out.mixed is not None
        partner = sample.feed["x"][out.mixed.labels]
        cut += bool(((out.feed["x"] == sample.feed["x"]) | (out.feed["x"] == partner)).all())
    assert 10 < cut < 30
