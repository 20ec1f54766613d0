"""MCUNet: a ProxylessNAS-like network of inverted residuals found for the memory of a microcontroller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.blocks.inverted_residual import InvertedResidual
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source("Lin et al., MCUNet: Tiny Deep Learning on IoT Devices, NeurIPS", 2020, "arxiv.org/abs/2007.10319")
ZOO = Source("MCUNet model zoo, mcunet-320kB", 2022, "github.com/mit-han-lab/mcunet, README.md")

# expansion, kernel, stride, channels of each block of mcunet-320kb-1mb_imagenet.json in the model zoo
_BLOCKS = (
    (1, 3, 1, 8),
    (3, 7, 2, 16),
    (5, 3, 1, 16),
    (5, 7, 1, 16),
    (4, 5, 1, 16),
    (5, 5, 2, 24),
    (5, 5, 1, 24),
    (5, 5, 1, 24),
    (5, 3, 2, 40),
    (6, 7, 1, 40),
    (4, 5, 1, 40),
    (5, 5, 1, 48),
    (5, 7, 1, 48),
    (5, 3, 1, 48),
    (6, 3, 2, 96),
    (5, 7, 1, 96),
    (4, 3, 1, 96),
    (5, 7, 1, 160),
)


@dataclass(frozen=True, slots=True)
class Params:
    """The defaults are the published network for ImageNet; other widths and resolutions are like it, not from it.

    Visual wake words: 2 classes, 96 to 176 px.
    """

    width: Width = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 16)] = 176


class MCUNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, width: float, classes: int, channels: int) -> None:
        super().__init__()
        now = divisible(16 * width)
        self.first_conv = ConvNormActivation(channels, now, 3, 2, activation=nn.ReLU6)
        blocks: list[nn.Module] = []
        for expansion, kernel, stride, base in _BLOCKS:
            outputs = divisible(base * width)
            blocks.append(InvertedResidual(now, now * expansion, outputs, kernel, stride, nn.ReLU6))
            now = outputs
        self.blocks = nn.Sequential(*blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(now, classes)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.blocks(self.first_conv(x))).flatten(1))
        return scores


@reference(
    "mcunet",
    title="MCUNet (320 kB)",
    family="MCUNet",
    paper=PAPER,
    params=Params,
    preprocess="minus1to1",
    cited=(
        Citation("top1", "62.2 %", ZOO, "ImageNet"),
        Citation("top5", "84.5 %", ZOO, "ImageNet"),
        Citation("params", "0.74 M", ZOO),
        Citation("macs", "81.8 M", ZOO),
        Citation("bytes", "897 kB", ZOO, "flash, 8 bits, TinyEngine on STM32F746"),
        Citation("int8_top1", "61.8 %", ZOO, "ImageNet"),
    ),
)
def mcunet(p: Params) -> nn.Module:
    """Fits 320 kB of working memory and 1 MB of flash in 8 bits: for microcontrollers."""
    return MCUNet(p.width, p.classes, p.channels)
