"""Changes of colours against Pillow, through preprocessing and back; policies; refusals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from core.errors import UserError
from core.methods import augment_policy
from core.methods.augment import Augment, augmentation
from core.methods.augment_colour import CHANGES, jitter, pixels
from core.methods.augment_policy import BINS, KINDS, RAND, WIDE, Drawn, Space, done, draw
from core.methods.training_data import Sample
from core.model.model import InputSpec
from core.model.preprocessing import Preprocessing, presets
from tests.core.test_augment import GREY, batch, image_input, pictures, prepared, seeded

pytestmark = pytest.mark.usefixtures("one_torch_thread")

PLUS_MINUS = Preprocessing.from_json(
    {"name": "minus1to1", "steps": [{"step": "scale", "factor": 1 / 127.5, "offset": -1.0}]}
)
PRESETS = [presets(32, 32)["cifar10"], PLUS_MINUS, Preprocessing(())]
Pillow = Callable[[Image.Image], Image.Image]
CASES: dict[str, tuple[float, Pillow]] = {
    "brightness": (1.4, lambda i: ImageEnhance.Brightness(i).enhance(1.4)),
    "colour": (0.3, lambda i: ImageEnhance.Color(i).enhance(0.3)),
    "contrast": (1.7, lambda i: ImageEnhance.Contrast(i).enhance(1.7)),
    "sharpness": (0.2, lambda i: ImageEnhance.Sharpness(i).enhance(0.2)),
    "posterize": (3, lambda i: ImageOps.posterize(i, 3)),
    "solarize": (99.5 / 255, lambda i: ImageOps.solarize(i, 100)),
    "autocontrast": (1, lambda i: ImageOps.autocontrast(i)),
    "equalize": (1, lambda i: ImageOps.equalize(i)),
}


@pytest.mark.parametrize("pre", PRESETS, ids=lambda p: p.name or "none")
@pytest.mark.parametrize("kind", CHANGES)
def test_each_change_is_pillows(kind: str, pre: Preprocessing) -> None:
    """On dull pictures, so that the stretching changes something; Pillow rounds to 8 bits on its way."""
    spec = image_input(pre)
    images = (pictures(6) // 2 + 40).astype(np.uint8)
    known = pixels(spec)
    assert known is not None
    argument, pillow = CASES[kind]
    given = prepared(spec, images)
    out = known.changed(given, lambda unit: CHANGES[kind](unit, torch.full((6,), float(argument))))
    wanted = prepared(spec, np.stack([np.asarray(pillow(Image.fromarray(i))) for i in images]))
    width = prepared(spec, np.full((1, 32, 32, 3), 255, np.uint8)) - prepared(spec, np.zeros((1, 32, 32, 3), np.uint8))
    levels = 255 * (out - wanted).abs() / width
    assert float(levels.max()) < (0.01 if kind in ("posterize", "solarize") else 1.6)
    assert float(levels.mean()) < 0.8
    assert float((given - wanted).abs().max()) > 0.01 * float(width.min())


def test_an_even_image_survives_every_change() -> None:
    even = torch.full((2, 3, 8, 8), 0.4)
    assert torch.equal(CHANGES["autocontrast"](even, torch.ones(2)), even)
    for kind in ("equalize", "contrast", "colour", "sharpness"):
        torch.testing.assert_close(CHANGES[kind](even, torch.full((2,), 0.5)), even, atol=2e-5, rtol=0)


@pytest.mark.parametrize("pre", PRESETS, ids=lambda p: p.name or "none")
def test_going_back_to_pixels_finds_them(pre: Preprocessing) -> None:
    spec, images = image_input(pre), pictures(4)
    known = pixels(spec)
    assert known is not None
    seen = []
    same = known.changed(prepared(spec, images), lambda unit: seen.append(unit) or unit)  # type: ignore[func-returns-value]
    torch.testing.assert_close(seen[0] * 255, torch.from_numpy(images.transpose(0, 3, 1, 2)).float(), atol=1e-3, rtol=0)
    torch.testing.assert_close(same, prepared(spec, images), atol=1e-4, rtol=1e-5)


def test_jitter_of_nothing_is_the_identity_and_grey_stays_grey() -> None:
    spec = image_input(presets(32, 32)["cifar10"])
    known, sample = pixels(spec), batch(spec)
    assert known is not None
    out = known.changed(sample.feed["x"], jitter(8, 0.0, seeded()))
    torch.testing.assert_close(out, sample.feed["x"], atol=1e-4, rtol=0)
    grey = np.repeat(pictures(8, 1), 3, 3)
    jittered = known.changed(prepared(spec, grey), jitter(8, 0.8, seeded()))
    factor, offset = torch.tensor(known.factor)[:, None, None], torch.tensor(known.offset)[:, None, None]
    unit = (jittered - offset) / factor
    torch.testing.assert_close(unit[:, 0], unit[:, 2], atol=1e-4, rtol=0)
    assert float((jittered - prepared(spec, grey)).abs().max()) > 0.1


def test_transparency_is_no_colour() -> None:
    spec = image_input(Preprocessing.from_json([{"step": "scale", "factor": [1, 2, 3, 4]}]), 4)
    sample = batch(spec, 16)
    out = augmentation(Augment(colour=0.8), [spec])(sample, seeded()).feed["x"]
    assert torch.equal(out[:, 3], sample.feed["x"][:, 3])
    assert not torch.allclose(out[:, :3], sample.feed["x"][:, :3], atol=5)


def test_half_precision_is_kept() -> None:
    spec = image_input(presets(32, 32)["cifar10"])
    whole = batch(spec, 16)
    sample = Sample({"x": whole.feed["x"].half()}, whole.labels)
    change = augmentation(Augment(crop=0.5, colour=0.5, policy="trivial", erase=0.5, mixup=0.3), [spec])
    half, full = change(sample, seeded()), change(whole, seeded())
    assert half.feed["x"].dtype == torch.float16
    assert float((half.feed["x"].float() - full.feed["x"]).abs().mean()) < 0.02


# policies


def test_each_item_gets_a_change_of_its_own() -> None:
    drawn = draw(7000, None, seeded())
    counts = torch.bincount(drawn.kind, minlength=len(KINDS))
    assert len(KINDS) == 14
    assert int(counts.min()) > 400  # 500 each
    assert {round(m * BINS) for m in drawn.magnitude.tolist()} == set(range(BINS + 1))
    assert set(drawn.sign.tolist()) == {-1.0, 1.0}
    fixed = draw(50, 9, seeded())
    torch.testing.assert_close(fixed.magnitude, torch.full((50,), 0.3))


@pytest.mark.parametrize("space", [WIDE, RAND])
@pytest.mark.parametrize("kind", KINDS)
def test_only_the_rows_that_drew_a_kind_change_by_it(kind: str, space: Space) -> None:
    spec = image_input(presets(32, 32)["cifar10"])
    image, known = prepared(spec, pictures(6) // 2 + 40), pixels(spec)
    chosen = torch.tensor([True, False, True, False, False, True])
    kinds = torch.where(chosen, KINDS.index(kind), 0)
    drawn = Drawn(kinds, torch.full((6,), 0.8), torch.tensor([1.0, 1, -1, -1, 1, 1]))
    out = done(image, known, drawn, space, (32, 32))
    assert torch.equal(out[~chosen], image[~chosen])
    differs = (out - image).flatten(1).abs().amax(1) > 0.01
    assert differs.tolist() == (chosen.tolist() if kind != "identity" else [False] * 6)
    without = done(image, None, drawn, space, (32, 32))
    assert torch.equal(without, out if kind in augment_policy.MOVES else image)


def test_the_strongest_changes_are_the_published_ones() -> None:
    """TrivialAugmentWide moves 32 pixels and leaves 2 bits, RandAugment 150 of 331 and 4."""
    ramp = torch.arange(64.0).expand(2, 1, 64, 64)
    drawn = Drawn(torch.full((2,), KINDS.index("translate x")), torch.ones(2), torch.tensor([1.0, -1.0]))
    out = done(ramp, None, drawn, WIDE, (64, 64))
    torch.testing.assert_close(out[0, 0, 0], (torch.arange(64.0) + 32).clamp(max=63))
    torch.testing.assert_close(out[1, 0, 0], (torch.arange(64.0) - 32).clamp(min=0))
    out = done(ramp, None, drawn, RAND, (64, 64))
    torch.testing.assert_close(out[0, 0, 0, :20], torch.arange(20.0) + 64 * 150 / 331)
    spec = image_input(Preprocessing(()), 1)
    known, image = pixels(spec), prepared(spec, pictures(2, 1))
    weak = Drawn(torch.full((2,), KINDS.index("solarize")), torch.zeros(2), torch.ones(2))
    assert torch.equal(done(torch.full_like(image, 255), known, weak, WIDE, (32, 32)), torch.full_like(image, 255))
    bits = Drawn(torch.full((2,), KINDS.index("posterize")), torch.ones(2), torch.ones(2))
    for space, levels in ((WIDE, 64), (RAND, 16)):
        assert bool((done(image, known, bits, space, (32, 32)) % levels < 1e-3).all())


# refusals


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"shift": 1.5}, "'shift' is 1.5"),
        ({"crop": 0.0}, "'crop' is 0"),
        ({"colour": float("nan")}, "'colour' is nan"),
        ({"rand_magnitude": 31}, "'rand_magnitude' is 31"),
        ({"mixup": -1.0}, "'mixup' is -1"),
        ({"policy": "auto"}, "policy is 'auto'"),
    ],
)
def test_settings_out_of_bounds_are_refused_by_name(asked: dict[str, float], word: str) -> None:
    with pytest.raises(UserError, match=word):
        Augment(**asked)  # type: ignore[arg-type]


UNKNOWN_PIXELS = [
    image_input(None),
    image_input(Preprocessing.from_json([{"step": "scale", "factor": 0, "offset": 1}])),
    image_input(GREY, 2),
]


@pytest.mark.parametrize("spec", UNKNOWN_PIXELS, ids=["unknown", "not invertible", "two channels"])
def test_colours_need_pixels_but_moves_do_not(spec: InputSpec) -> None:
    for asked in (Augment(colour=0.4), Augment(policy="trivial"), Augment(policy="rand")):
        with pytest.raises(UserError, match="The colours of input 'x' cannot be changed") as caught:
            augmentation(asked, [spec])
        assert "--preprocess" in caught.value.hint
    channels = spec.shape[1]
    assert isinstance(channels, int)
    sample = Sample({"x": torch.rand(8, channels, 32, 32)}, torch.arange(8))
    moving = augmentation(Augment(shift=0.1, flip=True, crop=0.5, erase=0.5, mixup=0.2, cutmix=1.0), [spec])
    assert not moving.notes
    assert not torch.equal(moving(sample, seeded()).feed["x"], sample.feed["x"])


def test_one_input_without_known_pixels_is_noted() -> None:
    first, second = image_input(GREY, 1, name="a"), image_input(None, 1, name="b")
    change = augmentation(Augment(colour=0.5), [first, second])
    assert change.notes == (
        "The colours of input 'b' stay: how its pixels were prepared is unknown or cannot be undone.",
    )
    feed = {"a": prepared(first, pictures(4, 1)), "b": torch.rand(4, 1, 32, 32)}
    out = change(Sample(feed, torch.arange(4)), seeded()).feed
    assert torch.equal(out["b"], feed["b"])
    assert not torch.equal(out["a"], feed["a"])


def test_values_that_are_no_pixels_are_refused() -> None:
    spec = image_input(presets(32, 32)["cifar10"])
    far = Sample({"x": torch.rand(4, 3, 32, 32) * 100}, torch.arange(4))
    with pytest.raises(UserError, match=r"Input 'x' holds values from .* pixels go from 0 to 255"):
        augmentation(Augment(colour=0.4), [spec])(far, seeded())
    bad = Sample({"x": torch.full((4, 3, 32, 32), float("nan"))}, torch.arange(4))
    with pytest.raises(UserError, match="Input 'x' holds values"):
        augmentation(Augment(colour=0.4), [spec])(bad, seeded())


def test_mixing_needs_inputs_that_can_be_mixed() -> None:
    tokens = InputSpec("ids", ("batch", 8), "int64")
    features = InputSpec("f", ("batch", 8), "float32")
    with pytest.raises(UserError, match="Mixup blends real numbers, but input 'ids' takes int64"):
        augmentation(Augment(mixup=0.2), [tokens])
    with pytest.raises(UserError, match="CutMix works on images of real numbers, and input 'f' is none"):
        augmentation(Augment(cutmix=1.0), [image_input(None), features])
    assert augmentation(Augment(mixup=0.2), [features])
    still = augmentation(Augment(shift=0.125, flip=True), [tokens, features])
    assert still.notes == ("The model takes no images of real numbers: none are augmented.",)
    sample = Sample({"ids": torch.arange(16).reshape(2, 8), "f": torch.rand(2, 8)}, torch.arange(2))
    assert still(sample, seeded()) is sample
