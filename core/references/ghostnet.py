"""GhostNet: half of the feature maps are convolved, the other half are cheap copies of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source("Han et al., GhostNet: More Features from Cheap Operations, CVPR", 2020, "arxiv.org/abs/1911.11907")
TABLE = Source("Han et al., GhostNet, CVPR", 2020, "arxiv.org/abs/1911.11907, table 7")
TIMM_RESULTS = Source(
    "timm, results-imagenet.csv",
    2023,
    "github.com/huggingface/pytorch-image-models/blob/main/results/results-imagenet.csv",
)

# stages of (kernel, hidden channels, output channels, whether squeezed and excited, stride): table 1 of the paper
_STAGES = (
    ((3, 16, 16, False, 1),),
    ((3, 48, 24, False, 2),),
    ((3, 72, 24, False, 1),),
    ((5, 72, 40, True, 2),),
    ((5, 120, 40, True, 1),),
    ((3, 240, 80, False, 2),),
    (
        (3, 200, 80, False, 1),
        (3, 184, 80, False, 1),
        (3, 184, 80, False, 1),
        (3, 480, 112, True, 1),
        (3, 672, 112, True, 1),
    ),
    ((5, 672, 160, True, 2),),
    ((5, 960, 160, False, 1), (5, 960, 160, True, 1), (5, 960, 160, False, 1), (5, 960, 160, True, 1)),
)
_LAST, _HEAD = 960, 1280


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: Width = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32)] = 224


class GhostModule(nn.Module):
    """A 1x1 convolution for half of the output channels; a depthwise one makes the other half of them."""

    def __init__(self, inputs: int, outputs: int, activates: bool) -> None:
        super().__init__()
        half = outputs // 2  # all channel counts of the family are multiples of 4
        activation = nn.ReLU if activates else None
        self.primary_conv = ConvNormActivation(inputs, half, 1, activation=activation)
        self.cheap_operation = ConvNormActivation(half, half, 3, groups=half, activation=activation)

    def forward(self, x: Tensor) -> Tensor:
        intrinsic = self.primary_conv(x)
        return torch.cat([intrinsic, self.cheap_operation(intrinsic)], 1)


class Excitation(nn.Module):
    """Squeeze-and-excitation with a piecewise linear gate; names as in the published state dicts."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = divisible(channels / 4, 4)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.conv_reduce = nn.Conv2d(channels, squeezed, 1)
        self.act1 = nn.ReLU()
        self.conv_expand = nn.Conv2d(squeezed, channels, 1)
        self.gate = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        scale: Tensor = self.gate(self.conv_expand(self.act1(self.conv_reduce(self.avgpool(x)))))
        return x * scale


class GhostBottleneck(nn.Module):
    """Two ghost modules, widening and narrowing, with a depthwise convolution between them where the map shrinks."""

    def __init__(self, inputs: int, hidden: int, outputs: int, kernel: int, stride: int, excited: bool) -> None:
        super().__init__()
        self.ghost1 = GhostModule(inputs, hidden, activates=True)
        if stride > 1:
            self.conv_dw = nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden, bias=False)
            self.bn_dw = nn.BatchNorm2d(hidden)
        self.shrinks = stride > 1
        self.se = Excitation(hidden) if excited else nn.Identity()
        self.ghost2 = GhostModule(hidden, outputs, activates=False)
        self.shortcut = nn.Sequential()
        if stride > 1 or inputs != outputs:
            depthwise = ConvNormActivation(inputs, inputs, kernel, stride, groups=inputs, activation=None)
            self.shortcut = nn.Sequential(*depthwise, *ConvNormActivation(inputs, outputs, 1, activation=None))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.ghost1(x)
        if self.shrinks:
            y = self.bn_dw(self.conv_dw(y))
        y = self.ghost2(self.se(y))
        passed: Tensor = self.shortcut(x)
        return y + passed


class LastConvolution(nn.Module):
    """The 1x1 convolution behind the bottlenecks."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.act1 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act1(self.bn1(self.conv(x)))
        return y


class GhostNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, width: float, classes: int, channels: int) -> None:
        super().__init__()
        now = divisible(16 * width, 4)
        self.conv_stem = nn.Conv2d(channels, now, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(now)
        self.act1 = nn.ReLU()
        stages: list[nn.Module] = []
        for stage in _STAGES:
            blocks = []
            for kernel, hidden, base, excited, stride in stage:
                outputs = divisible(base * width, 4)
                blocks.append(GhostBottleneck(now, divisible(hidden * width, 4), outputs, kernel, stride, excited))
                now = outputs
            stages.append(nn.Sequential(*blocks))
        last = divisible(_LAST * width, 4)
        stages.append(nn.Sequential(LastConvolution(now, last)))
        self.blocks = nn.Sequential(*stages)
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.conv_head = nn.Conv2d(last, _HEAD, 1)
        self.act2 = nn.ReLU()
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(_HEAD, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.act1(self.bn1(self.conv_stem(x))))
        x = self.act2(self.conv_head(self.global_pool(x)))
        scores: Tensor = self.classifier(self.dropout(x.flatten(1)))
        return scores


@reference(
    "ghostnet",
    title="GhostNet",
    family="GhostNet",
    paper=PAPER,
    params=Params,
    timm="ghostnet_100",
    cited=(
        Citation("top1", "73.9 %", TABLE, "ImageNet"),
        Citation("top5", "91.4 %", TABLE, "ImageNet"),
        Citation("params", "5.2 M", TABLE),
        Citation("macs", "141 M", TABLE),
        Citation("top1", "73.982 %", TIMM_RESULTS, "ImageNet"),
        Citation("top5", "91.466 %", TIMM_RESULTS, "ImageNet"),
        Citation("params", "5.18 M", TIMM_RESULTS),
    ),
)
def ghostnet(p: Params) -> nn.Module:
    """Half of every layer's maps are cheap depthwise copies of the other half."""
    return GhostNet(p.width, p.classes, p.channels)
