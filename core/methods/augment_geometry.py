"""Where pixels go: shifts, mirrors, crops, warps and boxes, one for each item of a batch. Values are not interpreted.

Images are [B, C, H, W]. What moves an item is given in shares of height and width, so that two inputs of one item
move together whatever their sizes. torch is imported inside functions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor


def moved(image: Tensor, moves: Tensor, mirror: Tensor, reach: float) -> Tensor:
    """Shifted by ``moves`` [B, 2] and mirrored where ``mirror`` [B].

    Moves are (down, right) in -1..1, where 1 is the share ``reach`` of the size in whole pixels. The pixels of the
    border are repeated into the gap, which suits dark and light backgrounds alike. Nothing is interpolated.
    """
    import torch

    for axis, move in ((2, moves[:, 0]), (3, moves[:, 1])):
        size = image.shape[axis]
        offset = torch.round(move * int(size * reach)).long()[:, None]
        places = (torch.arange(size)[None] - offset).clamp(0, size - 1)
        if axis == 3:
            places = torch.where(mirror[:, None], size - 1 - places, places)
        where = places[:, None, :, None] if axis == 2 else places[:, None, None, :]
        image = image.gather(axis, where.expand(image.shape))
    return image


def boxes(rows: int, area: tuple[float, float], ratio: tuple[float, float], generator: Generator) -> Tensor:
    """[rows, 4] (top, left, height, width) in shares of the size, anywhere inside the image.

    Area uniform in the range ``area``, width / height uniform in its logarithm in the range ``ratio``; sides longer
    than the image are cut to it.
    """
    import torch

    draws = torch.rand((4, rows), generator=generator)
    areas = area[0] + draws[0] * (area[1] - area[0])
    low, high = math.log(ratio[0]), math.log(ratio[1])
    ratios = torch.exp(low + draws[1] * (high - low))
    height, width = (areas / ratios).sqrt().clamp(max=1.0), (areas * ratios).sqrt().clamp(max=1.0)
    return torch.stack((draws[2] * (1 - height), draws[3] * (1 - width), height, width), 1)


def inside(box: Tensor, height: int, width: int) -> Tensor:
    """Whether the centre of each pixel lies in the item's box: [B, 1, height, width]."""
    import torch

    top, left, tall, wide = (column[:, None] for column in box.unbind(1))
    y, x = (torch.arange(height) + 0.5)[None] / height, (torch.arange(width) + 0.5)[None] / width
    in_rows, in_columns = (y >= top) & (y < top + tall), (x >= left) & (x < left + wide)
    return (in_rows[:, :, None] & in_columns[:, None, :])[:, None]


def cropped(image: Tensor, box: Tensor) -> Tensor:
    """The boxes [B, 4] of the images, enlarged to the images' size (bilinear)."""
    import torch

    top, left, height, width = box.unbind(1)
    zero = torch.zeros_like(top)
    linear = torch.stack((width, zero, zero, height), 1).reshape(-1, 2, 2)
    return warped(image, linear, torch.stack((left + width / 2 - 0.5, top + height / 2 - 0.5), 1))


def warped(image: Tensor, linear: Tensor, offset: Tensor) -> Tensor:
    """Each output pixel taken from ``linear`` · (x, y) + ``offset`` (bilinear; border pixels repeated).

    ``linear`` [B, 2, 2] works on pixels counted from the middle of the image; ``offset`` [B, 2] (right, down) is in
    shares of width and height.
    """
    import torch
    from torch.nn import functional

    height, width = image.shape[2:]
    aspect = torch.tensor([[1.0, height / width], [width / height, 1.0]])
    theta = torch.cat((linear * aspect, 2 * offset[:, :, None]), 2).to(image.dtype)
    grid = functional.affine_grid(theta, list(image.shape), align_corners=False)
    return functional.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
