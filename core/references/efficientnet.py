"""EfficientNet-B0: a searched network of inverted residuals with squeeze-and-excitation and swish."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.params import Field
from core.references.blocks.convolution import Activation, ConvNormActivation, divisible
from core.references.blocks.inverted_residual import InvertedResidual
from core.references.blocks.squeeze_excitation import SqueezeExcitation
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source(
    "Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML",
    2019,
    "arxiv.org/abs/1905.11946",
)
TABLE = Source("Tan and Le, EfficientNet, fifth version", 2020, "arxiv.org/abs/1905.11946v5, table 2")
TORCHVISION = Source(
    "torchvision, EfficientNet_B0_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b0.html",
)

Depth = Annotated[float, Field("Depth", "Multiplies the blocks of every stage.", low=0.1, high=4.0, unit="x")]

# expansion, kernel, first stride, channels, repeats (table 1 of the paper)
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines: compound scaling is width, depth and resolution together."""

    width: Width = 1.0
    depth: Depth = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 4)] = 224


class EfficientNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes], without the stochastic depth of the paper's training.

    ``lite`` leaves squeeze-and-excitation out and scales neither stem nor head nor the depth of the outer stages.
    """

    def __init__(self, p: Params, activation: Activation, dropout: float, lite: bool = False) -> None:
        super().__init__()
        now = 32 if lite else divisible(32 * p.width)
        layers: list[nn.Module] = [ConvNormActivation(p.channels, now, 3, 2, activation=activation)]
        for k, (expansion, kernel, first, base, repeats) in enumerate(STAGES):
            outputs = divisible(base * p.width)
            if not (lite and k in (0, len(STAGES) - 1)):
                repeats = math.ceil(repeats * p.depth)
            blocks: list[nn.Module] = []
            for block in range(repeats):
                excitation = None if lite else SqueezeExcitation(now * expansion, max(1, now // 4), nn.SiLU)
                stride = first if block == 0 else 1
                blocks.append(
                    InvertedResidual(now, now * expansion, outputs, kernel, stride, activation, excitation, "block")
                )
                now = outputs
            layers.append(nn.Sequential(*blocks))
        last = 1280 if lite else 4 * now
        layers.append(ConvNormActivation(now, last, 1, activation=activation))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(last, p.classes))

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


@reference(
    "efficientnet_b0",
    title="EfficientNet-B0",
    family="EfficientNet",
    paper=PAPER,
    params=Params,
    timm="efficientnet_b0",
    cited=(
        Citation("top1", "77.1 %", TABLE, "ImageNet"),
        Citation("top5", "93.3 %", TABLE, "ImageNet"),
        Citation("params", "5.3 M", TABLE),
        Citation("macs", "0.39 B", TABLE),
        Citation("top1", "77.692 %", TORCHVISION, "ImageNet"),
        Citation("top5", "93.532 %", TORCHVISION, "ImageNet"),
        Citation("params", "5,288,548", TORCHVISION),
        Citation("macs", "0.39 G", TORCHVISION),
        Citation("bytes", "20.5 MiB", TORCHVISION, "float32 file; the page writes MB"),
    ),
)
def efficientnet_b0(p: Params) -> nn.Module:
    """Squeeze-and-excitation in every block; larger members scale width, depth and resolution together."""
    return EfficientNet(p, nn.SiLU, 0.2)
