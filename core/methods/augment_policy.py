"""TrivialAugment and RandAugment: every item gets changes of its own, drawn from one list of fourteen.

The lists and ranges are those of torchvision's TrivialAugmentWide and RandAugment. Pixels that a move brings in repeat
the border instead of being black. torch is imported inside functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.methods.augment_colour import CHANGES, Pixels
from core.methods.augment_geometry import warped

if TYPE_CHECKING:
    from torch import Generator, Tensor

MOVES = ("shear x", "shear y", "translate x", "translate y", "rotate")
KINDS = ("identity", *MOVES, *CHANGES)
BINS = 30  # the largest magnitude


@dataclass(frozen=True, slots=True)
class Space:
    """The strongest change of each kind. ``translate`` is a share of the size, or pixels where above 1."""

    shear: float
    translate: float
    rotate: float  # degrees
    enhance: float  # brightness, colour, contrast, sharpness: factor 1 ± this
    bits: int  # posterize leaves at least these


WIDE = Space(shear=0.99, translate=32.0, rotate=135.0, enhance=0.99, bits=2)
RAND = Space(shear=0.3, translate=150 / 331, rotate=30.0, enhance=0.9, bits=4)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One change an item: index into KINDS [B], magnitude in 0..1 [B], sign [B]."""

    kind: Tensor
    magnitude: Tensor
    sign: Tensor


def draw(rows: int, magnitude: int | None, generator: Generator) -> Drawn:
    """Kinds and signs at random; the magnitude too where it is None, else in 0..BINS."""
    import torch

    kind = torch.randint(len(KINDS), (rows,), generator=generator)
    sign = torch.randint(2, (rows,), generator=generator) * 2.0 - 1
    if magnitude is None:
        bins = torch.randint(BINS + 1, (rows,), generator=generator)
    else:
        bins = torch.full((rows,), magnitude)
    return Drawn(kind, bins / BINS, sign)


def done(image: Tensor, pixels: Pixels | None, drawn: Drawn, space: Space, size: Sequence[int]) -> Tensor:
    """``image`` [B, C, H, W] with what was drawn; without ``pixels`` colours stay.

    ``size`` is (H, W) of the item's first image: translations in pixels count its pixels, so that all move together.
    """
    import torch

    moves = _rows(drawn, MOVES)
    image = image.clone()
    if len(moves):
        linear, offset = _moves(drawn, space, size)
        work = torch.promote_types(image.dtype, torch.float32)
        image[moves] = warped(image[moves].to(work), linear[moves], offset[moves]).to(image.dtype)
    if pixels is None:
        return image
    colours = _rows(drawn, tuple(CHANGES))
    if len(colours):
        few = Drawn(drawn.kind[colours], drawn.magnitude[colours], drawn.sign[colours])
        image[colours] = pixels.changed(image[colours], lambda unit: _coloured(unit, few, space))
    return image


def _rows(drawn: Drawn, kinds: Sequence[str]) -> Tensor:
    import torch

    return torch.isin(drawn.kind, torch.tensor([KINDS.index(k) for k in kinds])).nonzero().flatten()


def _moves(drawn: Drawn, space: Space, size: Sequence[int]) -> tuple[Tensor, Tensor]:
    """(linear [B, 2, 2], offset [B, 2]) for :func:`warped`; nothing moves where another kind was drawn."""
    import torch

    amount = drawn.magnitude * drawn.sign
    share = [space.translate / d if space.translate > 1 else space.translate for d in size]

    def of(kind: str, strongest: float) -> Tensor:
        return (drawn.kind == KINDS.index(kind)) * amount * strongest

    angle = of("rotate", math.radians(space.rotate))
    rows = (angle.cos(), of("shear x", space.shear) - angle.sin(), of("shear y", space.shear) + angle.sin())
    linear = torch.stack((*rows, angle.cos()), 1).reshape(-1, 2, 2)
    offset = torch.stack((of("translate x", share[1]), of("translate y", share[0])), 1)
    return linear, offset


def _coloured(unit: Tensor, drawn: Drawn, space: Space) -> Tensor:
    unit = unit.clone()
    arguments = _arguments(drawn, space)
    for kind, change in CHANGES.items():
        rows = _rows(drawn, (kind,))
        if len(rows):
            unit[rows] = change(unit[rows], arguments.get(kind, arguments["brightness"])[rows])
    return unit


def _arguments(drawn: Drawn, space: Space) -> Mapping[str, Tensor]:
    """What each kind's function takes, [B]; factors where a kind is not named."""
    return {
        "brightness": 1 + drawn.magnitude * drawn.sign * space.enhance,
        "posterize": 8 - (drawn.magnitude * (8 - space.bits)).round(),
        "solarize": 1 - drawn.magnitude,
    }
