"""Preprocessing against arithmetic written out by hand and against torch's and Pillow's own results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.data.preprocess import PreprocessingUnknown, apply, load_preprocessing
from core.errors import UserError
from core.model.model import InputSpec, Model
from core.model.preprocessing import Preprocessing, presets
from tests.conftest import network_path

IMAGE = np.random.default_rng(1).integers(0, 256, (40, 61, 3), np.uint8)


def spec(*shape: int | str | None, layout: str = "NCHW", dtype: str = "float32") -> InputSpec:
    return InputSpec("x", ("batch", *shape), dtype, layout)


def steps(*entries: dict[str, object]) -> Preprocessing:
    return Preprocessing.from_json(list(entries))


def test_imagenet_against_the_formula() -> None:
    found = apply(presets(32, 32)["imagenet"], IMAGE, spec(3, 32, 32))
    short = round(32 * 256 / 224)
    resized = np.asarray(Image.fromarray(IMAGE).resize((int(short * 61 / 40), short), Image.Resampling.BILINEAR))
    top, left = (short - 32) // 2, (resized.shape[1] - 32) // 2
    crop = resized[top : top + 32, left : left + 32].astype(np.float64) / 255
    wanted = (crop - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted.transpose(2, 0, 1), atol=1e-5)


def test_resizing_equals_torch_with_antialiasing() -> None:
    import torch

    found = apply(steps({"step": "resize", "size": [17, 23]}), IMAGE, spec(17, 23, 3, layout="NHWC"))
    x = torch.from_numpy(IMAGE).permute(2, 0, 1)[None].float()
    wanted = torch.nn.functional.interpolate(x, size=(17, 23), mode="bilinear", antialias=True)
    np.testing.assert_allclose(found, wanted[0].permute(1, 2, 0).numpy(), atol=1.01)  # Pillow rounds twice to 8 bits


def test_layout_type_and_range() -> None:
    pre = presets(40, 61)["minus1to1"]
    only_scale = Preprocessing(pre.steps[-1:])
    nhwc = apply(only_scale, IMAGE, spec(40, 61, 3, layout="NHWC"))
    np.testing.assert_allclose(nhwc, IMAGE / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(apply(only_scale, IMAGE, spec(3, 40, 61)), nhwc.transpose(2, 0, 1))
    as_uint8 = apply(steps({"step": "scale", "factor": 1.3}), IMAGE, spec(40, 61, 3, layout="NHWC", dtype="uint8"))
    np.testing.assert_array_equal(as_uint8, np.clip(np.rint(IMAGE * np.float32(1.3)), 0, 255))


def test_grey_and_colour_meet() -> None:
    grey = IMAGE[:, :, 0]
    nothing = Preprocessing(())
    np.testing.assert_array_equal(apply(nothing, grey, spec(3, 40, 61)), np.stack([grey] * 3).astype(np.float32))
    luma = apply(nothing, IMAGE, spec(1, 40, 61))[0]
    np.testing.assert_allclose(luma, IMAGE @ [0.299, 0.587, 0.114], atol=1)
    np.testing.assert_array_equal(apply(nothing, IMAGE.transpose(2, 0, 1), spec(3, 40, 61)), IMAGE.transpose(2, 0, 1))
    with pytest.raises(UserError, match="3 channels, but input 'x' takes 4"):
        apply(nothing, IMAGE, spec(4, 40, 61))


def test_a_small_image_gets_a_border() -> None:
    found = apply(steps({"step": "center_crop", "size": [44, 60]}), IMAGE, spec(44, 60, 3, layout="NHWC"))
    assert not found[:2].any()
    assert not found[-2:].any()
    np.testing.assert_array_equal(found[2:42], IMAGE[:, :60])


def test_pixels_without_preprocessing_must_be_asked_for() -> None:
    with pytest.raises(PreprocessingUnknown) as error:
        apply(None, IMAGE, spec(3, 40, 61))
    assert all(word in error.value.hint for word in ("--preprocess", "imagenet", "minus1to1", "cifar10", "JSON file"))


@pytest.mark.parametrize("pre", [None, presets(40, 61)["imagenet"]])
def test_prepared_arrays_fit_a_model_and_its_tflite_file_alike(pre: Preprocessing | None) -> None:
    """Channels first or last: the numbers are those of the file, for either layout of the input."""
    last = np.random.default_rng(0).normal(size=(40, 61, 3)).astype(np.float32)
    first = last.transpose(2, 0, 1)
    for array in (first, last):
        np.testing.assert_array_equal(apply(pre, array, spec(3, 40, 61)), first)
        np.testing.assert_array_equal(apply(pre, array, spec(40, 61, 3, layout="NHWC")), last)


@pytest.mark.parametrize(
    ("given", "found"), [(np.zeros((49, 10)), "49 x 10 float64"), (np.zeros((1, 49, 10), np.int8), "1 x 49 x 10 int8")]
)
def test_arrays_that_are_not_ready_say_what_would_be(given: np.ndarray, found: str) -> None:
    with pytest.raises(PreprocessingUnknown) as error:
        apply(None, given, spec(1, 49, 10))
    assert f"ready for input 'x': 1 x 49 x 10 float32 values, not {found}." in error.value.hint


def test_prepared_arrays_pass() -> None:
    ready = IMAGE.transpose(2, 0, 1).astype(np.float64)
    for pre in (None, presets(40, 61)["imagenet"]):
        found = apply(pre, ready, spec(3, 40, 61))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, ready)
    tokens = np.arange(5)
    np.testing.assert_array_equal(apply(None, tokens, InputSpec("t", ("n", 5), "int64")), tokens)
    features = np.arange(490.0).reshape(49, 10)
    assert apply(None, features, InputSpec("f", (1, 49, 10, 1), "float32", "")).shape == (49, 10, 1)
    assert apply(None, features, InputSpec("f", ("n", 490), "float32", "")).shape == (490,)
    half = apply(steps({"step": "scale", "factor": 0.5}), features, InputSpec("f", ("n", 490), "float32", ""))
    np.testing.assert_allclose(half, features.ravel() / 2)
    with pytest.raises(UserError, match=r"49 x 10 values, but input 'f' takes 10 x 49"):
        apply(None, features, InputSpec("f", ("n", 10, 49), "float32", ""))


@pytest.mark.parametrize(
    ("pre", "named"),
    [
        (steps({"step": "resize", "size": 20}), "gives 3 x 20 x 20 values, but input 'x' takes 3 x 32 x 32"),
        (steps({"step": "normalize", "mean": [0, 0], "std": [1, 1]}), "mean has 2 numbers, the input 3 channels"),
        (steps({"step": "resize", "size": [1, 2, 3]}), "size has 3 numbers"),
    ],
)
def test_steps_that_do_not_fit(pre: Preprocessing, named: str) -> None:
    with pytest.raises(UserError, match=named):
        apply(pre, IMAGE, spec(3, 32, 32))


def test_an_extreme_aspect_is_refused() -> None:
    sliver = np.zeros((1, 500, 3), np.uint8)
    with pytest.raises(UserError, match="128000 x 256 pixels"):
        apply(presets()["imagenet"], sliver, spec(3, 224, 224))


def test_presets_are_sized_by_the_model_and_files_are_read(tmp_path: Path) -> None:
    model = Model.from_ir(ir.load(network_path("resnet20")))
    assert load_preprocessing("imagenet", model) == presets(32, 32)["imagenet"]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"step": "scale", "factor": 2}]))
    assert load_preprocessing(str(path), model).steps[0]["factor"] == 2
    assert load_preprocessing(str(path), model).name == ""
    for text, named in (("[", "not readable JSON"), ('{"steps": 3}', "not a list"), ('[{"step": "blur"}]', "'blur'")):
        path.write_text(text)
        with pytest.raises(UserError, match=named):
            load_preprocessing(str(path), model)
    for name in ("imagenot", "missing.json", str(tmp_path)):
        with pytest.raises(UserError, match="no preprocessing called"):
            load_preprocessing(name, model)


@settings(max_examples=60, deadline=None)  # small in CI
@given(
    h=st.integers(1, 90), w=st.integers(1, 90), c=st.sampled_from([1, 3, 4]), size=st.integers(1, 48),
    key=st.sampled_from(["imagenet", "minus1to1", "cifar10"]),
)  # fmt: skip
def test_any_image_fills_the_input(h: int, w: int, c: int, size: int, key: str) -> None:
    raw = np.full((h, w, c), 200, np.uint8)
    found = apply(presets(size, size)[key], raw, spec(3, size, size))
    assert found.shape == (3, size, size)
    for channel in found:  # a flat image stays flat through every resize and crop
        assert np.ptp(channel) == 0
