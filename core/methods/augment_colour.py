"""Changes of colours, done on pixels: prepared values go back to 0..1, are changed by kornia's functions, and return.

kornia's functions follow Pillow's ImageEnhance and ImageOps. torch and kornia are imported inside functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.model.model import InputSpec

if TYPE_CHECKING:
    from torch import Generator, Tensor

Floats = npt.NDArray[np.float64]
Change = Callable[["Tensor", "Tensor"], "Tensor"]  # (images [B, 1 or 3, H, W] in 0..1, strengths [B]) -> images

HUE = 1 / 4  # hue turns by this share of the jitter's strength (Chen et al. 2020, "SimCLR": 0.8 and 0.2)
_SLACK = 0.02  # rounding of resizing and of half precision; more than that are no pixels
_NUDGE = 1e-5  # kornia truncates x * 255: a level that comes back as 99.99999 must stay 100


@dataclass(frozen=True, slots=True)
class Pixels:
    """How an input's prepared values hang on pixels in 0..1: value = pixel * factor + offset, [1] or one a channel."""

    name: str
    factor: Floats
    offset: Floats

    def changed(self, image: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
        """``image`` [B, C, H, W] with ``change`` done to its pixels; a fourth channel (transparency) stays.

        Raises UserError where the values are no pixels prepared this way.
        """
        import torch

        colours = 3 if image.shape[1] == 4 else image.shape[1]
        work = torch.promote_types(image.dtype, torch.float32)  # kornia takes no half precision everywhere
        factor, offset = (torch.tensor(v[:colours], dtype=work)[:, None, None] for v in (self.factor, self.offset))
        unit = (image[:, :colours].to(work) - offset) / factor
        low, high = (float(v) for v in unit.aminmax())
        if not -_SLACK <= low <= high <= 1 + _SLACK:
            raise UserError(
                f"Input '{self.name}' holds values from {255 * low:.4g} to {255 * high:.4g} once its preprocessing is "
                "undone; pixels go from 0 to 255.",
                "Turn colour jitter and augmentation policies off, or correct the preprocessing.",
            )
        new = (change(unit.clamp(0, 1)).clamp(0, 1) * factor + offset).to(image.dtype)
        return new if colours == image.shape[1] else torch.cat((new, image[:, colours:]), 1)


def pixels(spec: InputSpec) -> Pixels | None:
    """For an image input whose preprocessing is known and can be undone, and that has 1, 3 or 4 channels; else None."""
    channels = spec.shape[1] if spec.layout == "NCHW" else spec.shape[3]
    if spec.preprocessing is None or channels not in (1, 3, 4):
        return None
    factor, offset = np.full(1, 255.0), np.zeros(1)
    for step in spec.preprocessing.steps:
        if step.name == "scale":
            times, plus = _vector(step["factor"]), _vector(step["offset"])
            factor, offset = factor * times, offset * times + plus
        elif step.name == "normalize":
            mean, std = _vector(step["mean"]), _vector(step["std"])
            factor, offset = factor / (255 * std), (offset / 255 - mean) / std
    sizes = {len(factor), len(offset)}
    if not np.all(np.abs(factor) > 0) or sizes - {1, channels}:
        return None
    return Pixels(spec.name, factor, offset)


def _vector(value: float | tuple[float, ...]) -> Floats:
    return np.atleast_1d(np.asarray(value, np.float64))


def jitter(rows: int, strength: float, generator: Generator) -> Callable[[Tensor], Tensor]:
    """Brightness, contrast and saturation times 1 ± ``strength``, hue turned by up to a quarter of it, in this order.

    Grey images keep to the first two.
    """
    import torch

    draws = torch.rand((4, rows), generator=generator) * 2 - 1
    factors, turns = 1 + draws[:3] * strength, draws[3] * strength * HUE * 2 * math.pi

    def change(image: Tensor) -> Tensor:
        from kornia import enhance

        image = brightness(image, factors[0])
        image = contrast(image, factors[1])
        if image.shape[1] == 3:
            image = enhance.adjust_hue(saturation(image, factors[2]), turns)
        return image

    return change


def brightness(image: Tensor, factor: Tensor) -> Tensor:
    from kornia import enhance

    changed: Tensor = enhance.adjust_brightness_accumulative(image, factor)
    return changed


def contrast(image: Tensor, factor: Tensor) -> Tensor:
    from kornia import enhance

    changed: Tensor = enhance.adjust_contrast_with_mean_subtraction(image, factor)
    return changed


def saturation(image: Tensor, factor: Tensor) -> Tensor:
    """Grey images have none and stay."""
    from kornia import enhance

    changed: Tensor = enhance.adjust_saturation_with_gray_subtraction(image, factor)
    return changed


def sharpness(image: Tensor, factor: Tensor) -> Tensor:
    """Images below 3 pixels stay: the filter does not fit."""
    from kornia import enhance

    if min(image.shape[2:]) < 3:
        return image
    changed: Tensor = enhance.sharpness(image, factor)
    return changed


def posterize(image: Tensor, bits: Tensor) -> Tensor:
    from kornia import enhance

    changed: Tensor = enhance.posterize((image + _NUDGE).clamp(max=1), bits.long())
    return changed


def solarize(image: Tensor, threshold: Tensor) -> Tensor:
    """Pixels above the threshold are inverted: none above 1."""
    from kornia import enhance

    changed: Tensor = enhance.solarize(image, threshold + _NUDGE)
    return changed


def autocontrast(image: Tensor, _: Tensor) -> Tensor:
    """Each channel stretched over 0..1; an even channel stays."""
    import torch
    from kornia import enhance

    even = image.amax((2, 3), keepdim=True) - image.amin((2, 3), keepdim=True) < 1 / 512
    return torch.where(even, image, enhance.normalize_min_max(image))


def equalize(image: Tensor, _: Tensor) -> Tensor:
    from kornia import enhance

    changed: Tensor = enhance.equalize((image + _NUDGE).clamp(max=1))
    return changed


# what a policy calls them; the functions take the factor, bits or threshold that the policy's space gives
CHANGES: Mapping[str, Change] = {
    "brightness": brightness,
    "colour": saturation,
    "contrast": contrast,
    "sharpness": sharpness,
    "posterize": posterize,
    "solarize": solarize,
    "autocontrast": autocontrast,
    "equalize": equalize,
}
