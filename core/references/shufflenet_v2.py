"""ShuffleNetV2: one half of the channels passes by, the other is convolved, then both are shuffled."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.params import Field
from core.references.blocks.convolution import ConvNormActivation
from core.references.blocks.shuffle import channel_shuffle
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source(
    "Ma et al., ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, ECCV",
    2018,
    "arxiv.org/abs/1807.11164",
)
TORCHVISION = Source(
    "torchvision, ShuffleNet_V2_X1_0_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.shufflenet_v2_x1_0.html",
)
TORCHVISION_HALF = Source(
    "torchvision, ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.shufflenet_v2_x0_5.html",
)
QUANTIZED = Source(
    "torchvision, ShuffleNet_V2_X1_0_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
    2022,
    "pytorch.org/vision/stable/models/generated/torchvision.models.quantization.shufflenet_v2_x1_0.html",
)
QUANTIZED_HALF = Source(
    "torchvision, ShuffleNet_V2_X0_5_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
    2022,
    "pytorch.org/vision/stable/models/generated/torchvision.models.quantization.shufflenet_v2_x0_5.html",
)

# width -> channels of the stages and of the last convolution (table 5 of the paper, 2.0 as torchvision has it)
_CHANNELS = {
    "0.5": (48, 96, 192, 1024),
    "1.0": (116, 232, 464, 1024),
    "1.5": (176, 352, 704, 1024),
    "2.0": (244, 488, 976, 2048),
}
_REPEATS = (4, 8, 4)
_STEM = 24


class Widths(enum.Enum):
    """The paper names four; their channels follow no rule."""

    HALF = "0.5"
    ONE = "1.0"
    ONE_AND_A_HALF = "1.5"
    TWO = "2.0"


_Width = Annotated[Widths, Field("Width", "One of the four networks of the paper.", unit="x")]


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: _Width = Widths.ONE
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32)] = 224


@dataclass(frozen=True, slots=True)
class HalfParams(Params):
    """The same, half as wide."""

    width: _Width = Widths.HALF


class ShuffleUnit(nn.Module):
    """``inputs`` -> ``outputs`` channels: with stride 1 half of them passes by, with 2 both branches see all."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        half = outputs // 2
        self.columns = half
        self.branch1 = nn.Sequential(*_filter(inputs, stride), *_pointwise(inputs, half)) if stride == 2 else None
        entering = inputs if stride == 2 else half
        self.branch2 = nn.Sequential(*_pointwise(entering, half), *_filter(half, stride), *_pointwise(half, half))

    def forward(self, x: Tensor) -> Tensor:
        if self.branch1 is None:
            passed, convolved = x.chunk(2, 1)
            y = torch.cat([passed, self.branch2(convolved)], 1)
        else:
            y = torch.cat([self.branch1(x), self.branch2(x)], 1)
        return channel_shuffle(y, 2, self.columns)


def _pointwise(inputs: int, outputs: int) -> nn.Sequential:
    return ConvNormActivation(inputs, outputs, 1)


def _filter(channels: int, stride: int) -> nn.Sequential:
    """Depthwise, without an activation."""
    return ConvNormActivation(channels, channels, 3, stride, groups=channels, activation=None)


class ShuffleNetV2(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, stages: tuple[int, int, int, int], classes: int, channels: int) -> None:
        super().__init__()
        now = _STEM
        self.conv1 = ConvNormActivation(channels, now, 3, 2)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for number, (repeats, outputs) in enumerate(zip(_REPEATS, stages[:3], strict=True), start=2):
            units = [ShuffleUnit(now, outputs, 2), *(ShuffleUnit(outputs, outputs, 1) for _ in range(repeats - 1))]
            self.add_module(f"stage{number}", nn.Sequential(*units))
            now = outputs
        self.conv5 = ConvNormActivation(now, stages[3], 1)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(stages[3], classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.conv1(x))
        for number in (2, 3, 4):
            x = self.get_submodule(f"stage{number}")(x)
        scores: Tensor = self.fc(self.avgpool(self.conv5(x)).flatten(1))
        return scores


@reference(
    "shufflenet_v2",
    title="ShuffleNetV2",
    family="ShuffleNet",
    paper=PAPER,
    params=Params,
    cited=(
        Citation("top1", "69.4 %", PAPER, "ImageNet; table 8 prints the error, 30.6 %"),
        Citation("macs", "146 M", PAPER, "table 8"),
        Citation("top1", "69.362 %", TORCHVISION, "ImageNet"),
        Citation("top5", "88.316 %", TORCHVISION, "ImageNet"),
        Citation("params", "2,278,604", TORCHVISION),
        Citation("macs", "0.14 G", TORCHVISION),
        Citation("bytes", "8.8 MiB", TORCHVISION, "float32 file; the page writes MB"),
        Citation("int8_top1", "68.360 %", QUANTIZED, "ImageNet, fbgemm, after training"),
    ),
)
def shufflenet_v2(p: Params) -> nn.Module:
    """Split, convolve one half, join, shuffle: few operations and little memory traffic."""
    return ShuffleNetV2(_CHANNELS[p.width.value], p.classes, p.channels)


@reference(
    "shufflenet_v2_x0_5",
    title="ShuffleNetV2 0.5x",
    family="ShuffleNet",
    paper=PAPER,
    params=HalfParams,
    cited=(
        Citation("top1", "60.3 %", PAPER, "ImageNet; table 8 prints the error, 39.7 %"),
        Citation("top1", "60.552 %", TORCHVISION_HALF, "ImageNet"),
        Citation("top5", "81.746 %", TORCHVISION_HALF, "ImageNet"),
        Citation("params", "1,366,792", TORCHVISION_HALF),
        Citation("macs", "0.04 G", TORCHVISION_HALF),
        Citation("bytes", "5.3 MiB", TORCHVISION_HALF, "float32 file; the page writes MB"),
        Citation("int8_top1", "57.972 %", QUANTIZED_HALF, "ImageNet, fbgemm, after training"),
    ),
)
def shufflenet_v2_x0_5(p: HalfParams) -> nn.Module:
    """ShuffleNetV2 for very small budgets: 40 million multiplications."""
    return ShuffleNetV2(_CHANNELS[p.width.value], p.classes, p.channels)
