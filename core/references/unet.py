"""U-Net: a path that shrinks the map, one that grows it again, and joints between maps of equal size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.params import Field
from core.references.cited import Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source(
    "Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image Segmentation, MICCAI",
    2015,
    "arxiv.org/abs/1505.04597",
)


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    base: Annotated[
        int, Field("Base width", "Channels of the largest map; each halving doubles them.", low=4, high=128)
    ] = 64
    depth: Annotated[int, Field("Depth", "How often the map is halved.", low=1, high=5)] = 4
    classes: Classes = 2
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 16)] = 128


class DoubleConvolution(nn.Module):
    """Two 3x3 convolutions that keep the size, each normalized and rectified."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for entering in (inputs, outputs):
            layers += [nn.Conv2d(entering, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.double_conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.double_conv(x)
        return y


class Down(nn.Module):
    """Halve the map, then two convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2, 2), DoubleConvolution(inputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.maxpool_conv(x)
        return y


class Up(nn.Module):
    """Double the map, join the one of equal size from the way down, then two convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, outputs, 2, 2)
        self.conv = DoubleConvolution(2 * outputs, outputs)

    def forward(self, x: Tensor, passed: Tensor) -> Tensor:
        y: Tensor = self.conv(torch.cat([passed, self.up(x)], 1))
        return y


class Scores(nn.Module):
    """A 1x1 convolution to the classes."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y


class UNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes, H, W].

    Padded and normalized, as it is used today; the paper's own is neither. Names are those of milesial/Pytorch-UNet.
    """

    def __init__(self, base: int, depth: int, classes: int, channels: int) -> None:
        super().__init__()
        widths = [base * 2**k for k in range(depth + 1)]
        self.depth = depth
        self.inc = DoubleConvolution(channels, base)
        for k in range(1, depth + 1):
            self.add_module(f"down{k}", Down(widths[k - 1], widths[k]))
        for k in range(1, depth + 1):
            self.add_module(f"up{k}", Up(widths[depth - k + 1], widths[depth - k]))
        self.outc = Scores(base, classes)

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.inc(x)]
        for k in range(1, self.depth + 1):
            maps.append(self.get_submodule(f"down{k}")(maps[-1]))
        y = maps.pop()
        for k in range(1, self.depth + 1):
            y = self.get_submodule(f"up{k}")(y, maps.pop())
        scores: Tensor = self.outc(y)
        return scores


@reference(
    "unet",
    title="U-Net",
    family="U-Net",
    paper=PAPER,
    params=Params,
    task="segmentation",
)
def unet(p: Params) -> nn.Module:
    """Scores for every pixel: down to small maps and up again, with joints between equal sizes."""
    if p.resolution % 2**p.depth:
        raise ValueError(f"a resolution of {p.resolution} cannot be halved {p.depth} times")
    return UNet(p.base, p.depth, p.classes, p.channels)
