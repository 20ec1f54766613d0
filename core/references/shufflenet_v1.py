"""ShuffleNet: grouped 1x1 convolutions, whose groups a channel shuffle mixes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from core.params import Field
from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.blocks.shuffle import channel_shuffle
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source(
    "Zhang et al., ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, CVPR",
    2018,
    "arxiv.org/abs/1707.01083",
)
REPOSITORY = Source(
    "megvii-model, ShuffleNet-Series", 2019, "github.com/megvii-model/ShuffleNet-Series/tree/master/ShuffleNetV1"
)

# groups -> channels of the first stage; each later stage doubles them (table 1 of the paper)
_FIRST_STAGE = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}
_REPEATS = (4, 8, 4)
_STEM = 24


class Groups(enum.Enum):
    """In how many groups the 1x1 convolutions fall apart."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    EIGHT = "8"


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: Width = 1.0
    groups: Annotated[Groups, Field("Groups", "Of the 1x1 convolutions; more groups allow more channels.")] = (
        Groups.THREE
    )
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32)] = 224


class ShuffleUnit(nn.Module):
    """``inputs`` -> ``outputs`` channels; with stride 2 the averaged input is joined, else the input is added.

    Layers, their order and names are those of the authors' repository, which shuffles behind the depthwise convolution
    (the paper: before it), so that its weights mean the same here.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, groups: int, first: bool) -> None:
        super().__init__()
        inner = outputs // 4
        made = outputs - inputs if stride == 2 else outputs
        squeeze = ConvNormActivation(inputs, inner, 1, groups=1 if first else groups)
        depthwise = ConvNormActivation(inner, inner, 3, stride, groups=inner, activation=None)
        self.branch_main_1 = nn.Sequential(*squeeze, *depthwise)
        self.branch_main_2 = ConvNormActivation(inner, made, 1, groups=groups, activation=None)
        self.branch_proj = nn.AvgPool2d(3, 2, 1) if stride == 2 else None
        self.inner, self.groups = inner, groups

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.branch_main_1(x)
        if self.groups > 1:
            y = channel_shuffle(y, self.inner // self.groups, self.groups)
        y = self.branch_main_2(y)
        if self.branch_proj is None:
            return relu(x + y)
        return torch.cat([self.branch_proj(x), relu(y)], 1)


class ShuffleNetV1(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, width: float, groups: int, classes: int, channels: int) -> None:
        super().__init__()
        # the authors widen the stem by whole factors: 24 channels at 1.5x too; groups must divide what is joined to it
        now = _STEM * int(width) if width >= 1 else divisible(_STEM * width, groups)
        self.first_conv = ConvNormActivation(channels, now, 3, 2)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        units: list[nn.Module] = []
        outputs = divisible(_FIRST_STAGE[groups] * width, 4 * groups)
        for repeats in _REPEATS:
            for k in range(repeats):
                units.append(ShuffleUnit(now, outputs, 2 if k == 0 else 1, groups, first=not units))
                now = outputs
            outputs *= 2
        self.features = nn.Sequential(*units)
        self.globalpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Linear(now, classes, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(self.maxpool(self.first_conv(x)))
        scores: Tensor = self.classifier(self.globalpool(x).flatten(1))
        return scores


@reference(
    "shufflenet_v1",
    title="ShuffleNet",
    family="ShuffleNet",
    paper=PAPER,
    params=Params,
    cited=(
        Citation("top1", "67.4 %", PAPER, "ImageNet; table 2 prints the error, 32.6 %"),
        Citation("macs", "137 M", PAPER, "table 1, 3 groups"),
        Citation("macs", "140 M", PAPER, "table 2", differs="one rounded figure for all group counts"),
        Citation("latency", "37.8 ms", PAPER, "Qualcomm Snapdragon 820, CPU, one thread (table 8)"),
        Citation("top1", "67.8 %", REPOSITORY, "ImageNet; prints the error, 32.2 %"),
        Citation("top5", "87.7 %", REPOSITORY, "ImageNet; prints the error, 12.3 %"),
        Citation("params", "1.9 M", REPOSITORY),
        Citation("macs", "138 M", REPOSITORY),
    ),
)
def shufflenet_v1(p: Params) -> nn.Module:
    """Grouped 1x1 convolutions with a channel shuffle between them: very few multiplications."""
    return ShuffleNetV1(p.width, int(p.groups.value), p.classes, p.channels)
