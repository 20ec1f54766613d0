"""VGG-16: 3x3 convolutions only, with or without BatchNormalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.references.blocks.pooling import grid
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source(
    "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR",
    2015,
    "arxiv.org/abs/1409.1556",
)
TABLE = Source("Simonyan and Zisserman, ICLR", 2015, "arxiv.org/abs/1409.1556, table 2")
MOBILENET = Source("Howard et al., MobileNets", 2017, "arxiv.org/abs/1704.04861, table 8")
TORCHVISION = Source(
    "torchvision, VGG16_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.vgg16.html",
)
TORCHVISION_BN = Source(
    "torchvision, VGG16_BN_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.vgg16_bn.html",
)

# channels and number of convolutions of each stage, which ends in a pooling (configuration D in table 1 of the paper)
_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
_GRID, _HIDDEN = 7, 4096


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32)] = 224


class VGG(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, classes: int, channels: int, resolution: int, normalized: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        now, side = channels, resolution
        for outputs, count in _STAGES:
            for _ in range(count):
                layers.append(nn.Conv2d(now, outputs, 3, padding=1))
                if normalized:
                    layers.append(nn.BatchNorm2d(outputs))
                layers.append(nn.ReLU())
                now = outputs
            layers.append(nn.MaxPool2d(2, 2))
            side //= 2
        self.features = nn.Sequential(*layers)
        side = grid(side, _GRID)
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Linear(now * side**2, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(_HIDDEN, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


@reference(
    "vgg16",
    title="VGG-16",
    family="VGG",
    paper=PAPER,
    params=Params,
    timm="vgg16.tv_in1k",
    cited=(
        Citation("top1", "71.592 %", TORCHVISION, "ImageNet"),
        Citation("top5", "90.382 %", TORCHVISION, "ImageNet"),
        Citation("params", "138,357,544", TORCHVISION),
        Citation("macs", "15.47 G", TORCHVISION),
        Citation("bytes", "527.8 MiB", TORCHVISION, "float32 file; the page writes MB"),
        Citation("params", "138 M", TABLE),
        Citation("top1", "71.5 %", MOBILENET, "ImageNet"),
        Citation("params", "138 M", MOBILENET),
    ),
)
def vgg16(p: Params) -> nn.Module:
    """Thirteen 3x3 convolutions and three fully connected layers: simple, heavy, much to be cut."""
    return VGG(p.classes, p.channels, p.resolution, normalized=False)


@reference(
    "vgg16_bn",
    title="VGG-16 with BatchNormalization",
    family="VGG",
    paper=PAPER,
    params=Params,
    timm="vgg16_bn.tv_in1k",
    cited=(
        Citation("top1", "73.360 %", TORCHVISION_BN, "ImageNet"),
        Citation("top5", "91.516 %", TORCHVISION_BN, "ImageNet"),
        Citation("params", "138,365,992", TORCHVISION_BN),
        Citation("macs", "15.47 G", TORCHVISION_BN),
        Citation("bytes", "527.9 MiB", TORCHVISION_BN, "float32 file; the page writes MB"),
    ),
)
def vgg16_bn(p: Params) -> nn.Module:
    """VGG-16 with BatchNormalization after each convolution, which trains without care for the first weights."""
    return VGG(p.classes, p.channels, p.resolution, normalized=True)
