"""MnasNet-B1 and A1: inverted residuals whose kernels, expansions and depths were searched on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.blocks.inverted_residual import InvertedResidual
from core.references.blocks.squeeze_excitation import SqueezeExcitation
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source(
    "Tan et al., MnasNet: Platform-Aware Neural Architecture Search for Mobile, CVPR", 2019, "arxiv.org/abs/1807.11626"
)
TORCHVISION = Source(
    "torchvision, MNASNet1_0_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.mnasnet1_0.html",
)
HOSTED = Source(
    "TensorFlow Lite, Hosted models",
    2020,
    "github.com/tensorflow/tensorflow, tensorflow/lite/g3doc/guide/hosted_models.md",
)

# expansion, kernel, channels, repeats, first stride, squeeze-and-excitation (figure 7 of the paper)
_Stage = tuple[int, int, int, int, int, bool]
_B1: tuple[_Stage, ...] = (
    (3, 3, 24, 3, 2, False),
    (3, 5, 40, 3, 2, False),
    (6, 5, 80, 3, 2, False),
    (6, 3, 96, 2, 1, False),
    (6, 5, 192, 4, 2, False),
    (6, 3, 320, 1, 1, False),
)
_A1: tuple[_Stage, ...] = (
    (6, 3, 24, 2, 2, False),
    (3, 5, 40, 3, 2, True),
    (6, 3, 80, 4, 2, False),
    (6, 3, 112, 2, 1, True),
    (6, 5, 160, 3, 2, True),
    (6, 3, 320, 1, 1, False),
)


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: Width = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32)] = 224


class MnasNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, stages: Sequence[_Stage], p: Params) -> None:
        super().__init__()
        stem, now = divisible(32 * p.width), divisible(16 * p.width)
        layers: list[nn.Module] = [
            *ConvNormActivation(p.channels, stem, 3, 2),
            *ConvNormActivation(stem, stem, 3, groups=stem),
            *ConvNormActivation(stem, now, 1, activation=None),
        ]
        for stage in stages:
            outputs = divisible(stage[2] * p.width)
            layers.append(_blocks(now, outputs, stage))
            now = outputs
        layers.extend(ConvNormActivation(now, 1280, 1))
        self.layers = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, p.classes))

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.layers(x)).flatten(1))
        return scores


def _blocks(inputs: int, outputs: int, stage: _Stage) -> nn.Sequential:
    expansion, kernel, _, repeats, first, excites = stage
    blocks: list[nn.Module] = []
    for k in range(repeats):
        hidden = inputs * expansion
        # as many squeezed channels as a quarter of the block's input
        excitation = SqueezeExcitation(hidden, inputs // 4) if excites else None
        stride = first if k == 0 else 1
        blocks.append(InvertedResidual(inputs, hidden, outputs, kernel, stride, nn.ReLU, excitation, "layers"))
        inputs = outputs
    return nn.Sequential(*blocks)


@reference(
    "mnasnet1_0",
    title="MnasNet-B1",
    family="MnasNet",
    paper=PAPER,
    params=Params,
    timm="mnasnet_100",
    cited=(
        Citation("top1", "73.456 %", TORCHVISION, "ImageNet"),
        Citation("top5", "91.51 %", TORCHVISION, "ImageNet"),
        Citation("params", "4,383,312", TORCHVISION),
        Citation("macs", "0.31 G", TORCHVISION),
        Citation("bytes", "16.9 MiB", TORCHVISION, "float32 file; the page writes MB"),
        Citation("top1", "74.08 %", HOSTED, "ImageNet, MnasNet_1.0_224"),
        Citation("top5", "91.75 %", HOSTED, "ImageNet, MnasNet_1.0_224"),
        Citation("latency", "19.4 ms", HOSTED, "Google Pixel 3, CPU, 4 threads, TensorFlow Lite float"),
        Citation("bytes", "17 MB", HOSTED, "TensorFlow Lite float file; the page writes Mb"),
    ),
)
def mnasnet1_0(p: Params) -> nn.Module:
    """Searched for the latency of a phone, without squeeze-and-excitation; torchvision's mnasnet1_0."""
    return MnasNet(_B1, p)


@reference(
    "mnasnet_a1",
    title="MnasNet-A1",
    family="MnasNet",
    paper=PAPER,
    params=Params,
    timm="semnasnet_100",
    cited=(
        Citation("top1", "75.2 %", PAPER, "ImageNet (table 1)"),
        Citation("top5", "92.5 %", PAPER, "ImageNet (table 1)"),
        Citation("params", "3.9 M", PAPER, "table 1"),
        Citation("macs", "312 M", PAPER, "table 1"),
        Citation("latency", "78 ms", PAPER, "Google Pixel 1, one large core (table 1)"),
    ),
)
def mnasnet_a1(p: Params) -> nn.Module:
    """Searched for the latency of a phone, with squeeze-and-excitation in some stages."""
    return MnasNet(_A1, p)
