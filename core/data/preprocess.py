"""Carry out preprocessing: a raw item (pixels or numbers) becomes the array that one network input wants.

The steps follow torchvision's pipeline on PIL images: resizing is Pillow's bilinear filter with antialiasing on 8-bit
pixels, and the longer side is truncated to an integer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.dataset import Array
from core.errors import UserError
from core.model.model import InputSpec, Model
from core.model.preprocessing import Preprocessing, PreStep, presets

_MAX_JSON_BYTES = 1 << 20
_MAX_SIDE = 16384


class PreprocessingUnknown(UserError):
    """Pixels met a model that does not say how they are prepared: a choice for the user, never a guess."""

    def __init__(self, instead: str = "") -> None:
        """``instead``: what an item would have to be to need none."""
        hint = f"Choose their preprocessing (--preprocess): {', '.join(presets())} or a JSON file."
        super().__init__("The model does not say how its images are prepared.", f"{hint} {instead}".rstrip())


def load_preprocessing(name_or_path: str, model: Model) -> Preprocessing:
    """A preset sized for the model's image input, or the steps in a JSON file.

    Raises UserError where it is neither, or the file is not a list of steps.
    """
    size = next((s.image_size for s in model.inputs if s.image_size), None)
    known = presets(*size) if size else presets()
    if name_or_path in known:
        return known[name_or_path]
    path = Path(name_or_path).expanduser()
    if path.suffix.lower() != ".json" or not path.is_file():
        hint = f"Presets: {', '.join(known)}; or give a JSON file."
        raise UserError(f"There is no preprocessing called '{name_or_path}'.", hint)
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise UserError(f"'{path.name}' is too large to be a list of steps.")
        return Preprocessing.from_json(json.loads(path.read_text("utf-8")))
    except (ValueError, OSError, RecursionError) as error:
        raise UserError(f"'{path.name}' is not readable JSON: {str(error).splitlines()[0]}.") from error


def apply(pre: Preprocessing | None, raw: Array, spec: InputSpec) -> Array:
    """``raw`` as one item of the input: spec's shape without the batch axis, spec's layout and dtype.

    Floating-point arrays that already have an image input's shape count as prepared: their values pass unchanged,
    with the channels first or last, so that a model and its TFLite file take the same arrays. Pixels need ``pre``:
    raises PreprocessingUnknown where it is None, and UserError where steps do not fit the channels or the result does
    not fit the input. Inputs that are no images take the steps that change values, if there are any.
    """
    shape = spec.shape[1:]
    if not spec.layout:
        return _typed(_numbers(pre, _as_shape(raw, spec)), spec)
    ready = _ready(raw, spec)
    if ready is not None:
        return _typed(ready, spec)
    if pre is None:
        if raw.dtype == np.dtype(spec.dtype) and _fits(raw.shape, shape):
            return raw
        raise PreprocessingUnknown(_instead(raw, spec))
    image = _channels(_height_width_channels(raw, spec), _wanted_channels(spec), spec)
    for step in pre.steps:
        image = _STEPS[step.name](image, step)
    if spec.layout == "NCHW":
        image = image.transpose(2, 0, 1)
    if not _fits(image.shape, shape):
        raise UserError(
            f"The preprocessing gives {_text(image.shape)} values, but input '{spec.name}' takes {_text(shape)}.",
            "Add a resize or a center_crop step, or choose another preset.",
        )
    return np.ascontiguousarray(_typed(image, spec))


def _ready(raw: Array, spec: InputSpec) -> Array | None:
    """A floating-point array that has an image input's shape, in the input's layout; None for anything else."""
    if raw.dtype.kind != "f":
        return None
    if _fits(raw.shape, spec.shape[1:]):
        return raw
    if raw.ndim != 3:
        return None
    other = raw.transpose(2, 0, 1) if spec.layout == "NCHW" else raw.transpose(1, 2, 0)
    return np.ascontiguousarray(other) if _fits(other.shape, spec.shape[1:]) else None


def _instead(raw: Array, spec: InputSpec) -> str:
    """For arrays that are hardly pixels: what would pass as it is."""
    if raw.dtype == np.uint8:
        return ""
    wanted = f"{_text(spec.shape[1:])} {spec.dtype}"
    return f"Or give arrays ready for input '{spec.name}': {wanted} values, not {_text(raw.shape)} {raw.dtype}."


def _fits(found: tuple[int, ...], wanted: tuple[int | str | None, ...]) -> bool:
    return len(found) == len(wanted) and all(
        not isinstance(w, int) or f == w for f, w in zip(found, wanted, strict=True)
    )


def _as_shape(raw: Array, spec: InputSpec) -> Array:
    """Numbers in the input's shape: axes of size 1 may be missing or extra, and a flat input takes any shape.

    Nothing else is reshaped: H x W numbers for a W x H input are a mistake, not a matter of form.
    """
    wanted = spec.shape[1:]
    if _fits(raw.shape, wanted):
        return raw
    sizes = [d for d in wanted if isinstance(d, int)]
    if len(sizes) == len(wanted) and raw.size == math.prod(sizes):
        long = [d for d in sizes if d > 1]
        if len(long) <= 1 or long == [d for d in raw.shape if d > 1]:
            return raw.reshape(sizes)
    raise UserError(f"An item has {_text(raw.shape)} values, but input '{spec.name}' takes {_text(wanted)}.")


def _numbers(pre: Preprocessing | None, x: Array) -> Array:
    """Steps on an input that is no image: single factors only."""
    flat = x.reshape(-1, 1, 1)
    for step in pre.steps if pre else ():
        if step.name not in ("scale", "normalize"):
            raise UserError(f"Preprocessing step '{step.name}' is for images, and the input is none.")
        flat = _STEPS[step.name](flat, step)
    return flat.reshape(x.shape)


def _typed(x: Array, spec: InputSpec) -> Array:
    """In the input's dtype; pixels computed for an integer input are rounded and clipped into its range."""
    dtype = np.dtype(spec.dtype)
    if dtype.kind in "iu" and x.dtype.kind == "f":
        limits = np.iinfo(dtype)
        x = np.clip(np.rint(x), limits.min, limits.max)
    return np.asarray(x).astype(dtype, copy=False)


def _text(shape: tuple[int | str | None, ...]) -> str:
    return " x ".join("?" if d is None else str(d) for d in shape) or "single"


def _wanted_channels(spec: InputSpec) -> int:
    count = spec.shape[1] if spec.layout == "NCHW" else spec.shape[3]
    return count if isinstance(count, int) else 3


def _height_width_channels(raw: Array, spec: InputSpec) -> Array:
    if raw.size == 0:
        raise UserError(f"An item has shape {_text(raw.shape)}: it is empty.")
    if raw.ndim == 2:
        return raw[:, :, None]
    if raw.ndim == 3 and raw.shape[2] in (1, 3, 4):
        return raw
    if raw.ndim == 3 and raw.shape[0] in (1, 3, 4):
        return raw.transpose(1, 2, 0)
    raise UserError(f"An item has shape {_text(raw.shape)}, but input '{spec.name}' takes images.")


def _channels(image: Array, wanted: int, spec: InputSpec) -> Array:
    found = image.shape[2]
    if found == wanted:
        return image
    if wanted == 3 and found == 1:
        return np.repeat(image, 3, axis=2)
    if wanted == 3 and found == 4:
        return image[:, :, :3]
    if wanted == 1:
        return _grey(image)
    raise UserError(f"Images have {found} channels, but input '{spec.name}' takes {wanted}.")


def _grey(image: Array) -> Array:
    """ITU-R 601 luma, by Pillow for pixels so that rounding is the usual one."""
    if image.dtype == np.uint8:
        return np.asarray(Image.fromarray(np.ascontiguousarray(image[:, :, :3])).convert("L"))[:, :, None]
    grey: Array = image[:, :, :3] @ np.asarray([0.299, 0.587, 0.114], np.float32)
    return grey[:, :, None]


def _size(step: PreStep) -> tuple[int, int]:
    """``size`` as (height, width); a single number is a square."""
    size = step["size"]
    sides = size if isinstance(size, tuple) else (size, size)
    if len(sides) > 2:
        raise UserError(f"Preprocessing step '{step.name}': size has {len(sides)} numbers; it takes one or two.")
    return int(sides[0]), int(sides[-1])


def _resize_short(image: Array, step: PreStep) -> Array:
    size = _size(step)[0]
    h, w = image.shape[:2]
    if h <= w:
        target = (size, int(size * w / h))
    else:
        target = (int(size * h / w), size)
    return _resized(image, *target)


def _resized(image: Array, height: int, width: int) -> Array:
    if image.shape[:2] == (height, width):
        return image
    if max(height, width) > _MAX_SIDE:
        raise UserError(f"Resizing would make an image of {width} x {height} pixels.", "Its sides differ too much.")
    kind = Image.Resampling.BILINEAR
    if image.dtype == np.uint8 and image.shape[2] == 3:
        return np.asarray(Image.fromarray(np.ascontiguousarray(image)).resize((width, height), kind))
    planes = image if image.dtype == np.uint8 else image.astype(np.float32)
    out = [
        np.asarray(Image.fromarray(np.ascontiguousarray(planes[:, :, c])).resize((width, height), kind))
        for c in range(planes.shape[2])
    ]
    return np.stack(out, axis=2)


def _resize(image: Array, step: PreStep) -> Array:
    return _resized(image, *_size(step))


def _center_crop(image: Array, step: PreStep) -> Array:
    """Cut from the middle; smaller images get a zero border first, as torchvision does.

    An odd rest leaves its extra pixel at the end. (torchvision rounds half to even instead, one pixel further for
    every other size: one ImageNet answer in 500 differs. The figures published with the shared models floor.)
    """
    height, width = _size(step)
    h, w = image.shape[:2]
    if h < height or w < width:
        above, left = max(height - h, 0) // 2, max(width - w, 0) // 2
        border = ((above, max(height - h, 0) - above), (left, max(width - w, 0) - left), (0, 0))
        image = np.pad(image, border)
        h, w = image.shape[:2]
    top, side = (h - height) // 2, (w - width) // 2
    return image[top : top + height, side : side + width]


def _per_channel(image: Array, step: PreStep, key: str) -> Array:
    values = np.atleast_1d(np.asarray(step[key], np.float32))
    if len(values) not in (1, image.shape[2]):
        raise UserError(
            f"Preprocessing step '{step.name}': {key} has {len(values)} numbers, the input {image.shape[2]} channels."
        )
    return values


def _scale(image: Array, step: PreStep) -> Array:
    factor, offset = _per_channel(image, step, "factor"), _per_channel(image, step, "offset")
    scaled: Array = image.astype(np.float32) * factor + offset
    return scaled


def _normalize(image: Array, step: PreStep) -> Array:
    mean, std = _per_channel(image, step, "mean"), _per_channel(image, step, "std")
    normalized: Array = (image.astype(np.float32) / np.float32(255) - mean) / std
    return normalized


_STEPS: Mapping[str, Callable[[Array, PreStep], Array]] = {
    "resize_short": _resize_short,
    "resize": _resize,
    "center_crop": _center_crop,
    "scale": _scale,
    "normalize": _normalize,
}
