"""MobileNetV3 large and small: searched inverted residuals, hard-swish, squeeze-and-excitation, a cheap last stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from torch import Tensor, nn

from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.blocks.inverted_residual import InvertedResidual
from core.references.blocks.squeeze_excitation import SqueezeExcitation
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source("Howard et al., Searching for MobileNetV3, ICCV", 2019, "arxiv.org/abs/1905.02244, table 3")
TORCHVISION = Source(
    "torchvision, MobileNet_V3_Small_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.mobilenet_v3_small.html",
)
TORCHVISION_LARGE = Source(
    "torchvision, MobileNet_V3_Large_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.mobilenet_v3_large.html",
)
QUANTIZED = Source(
    "torchvision, MobileNet_V3_Large_QuantizedWeights.IMAGENET1K_QNNPACK_V1",
    2022,
    "pytorch.org/vision/stable/models/generated/torchvision.models.quantization.mobilenet_v3_large.html",
)
SLIM = Source(
    "TensorFlow-Slim, MobileNet", 2019, "github.com/tensorflow/models, research/slim/nets/mobilenet/README.md"
)

# kernel, expanded, output channels, squeeze-and-excitation, hard-swish, stride (tables 1 and 2 of the paper)
_Row = tuple[int, int, int, bool, bool, int]
_LARGE: tuple[_Row, ...] = (
    (3, 16, 16, False, False, 1),
    (3, 64, 24, False, False, 2),
    (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 2),
    (5, 120, 40, True, False, 1),
    (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2),
    (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 480, 112, True, True, 1),
    (3, 672, 112, True, True, 1),
    (5, 672, 160, True, True, 2),
    (5, 960, 160, True, True, 1),
    (5, 960, 160, True, True, 1),
)
_SMALL: tuple[_Row, ...] = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)
_EPS, _MOMENTUM = 1e-3, 0.01


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: Width = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32)] = 224


class MobileNetV3(nn.Module):
    """[N, C, H, W] -> scores [N, classes]; ``last`` are the channels of the layer behind the pooling."""

    def __init__(self, rows: Sequence[_Row], last: int, p: Params) -> None:
        super().__init__()
        normalized = partial(ConvNormActivation, eps=_EPS, momentum=_MOMENTUM)
        now = divisible(16 * p.width)
        layers: list[nn.Module] = [normalized(p.channels, now, 3, 2, activation=nn.Hardswish)]
        for row in rows:
            layers.append(_block(now, row, p.width))
            now = divisible(row[2] * p.width)
        layers.append(normalized(now, 6 * now, 1, activation=nn.Hardswish))
        hidden = divisible(last * p.width)
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Linear(6 * now, hidden), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(hidden, p.classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


def _block(inputs: int, row: _Row, width: float) -> InvertedResidual:
    kernel, expanded, outputs, excites, hard, stride = row
    hidden = divisible(expanded * width)
    excitation = SqueezeExcitation(hidden, divisible(hidden / 4), gate=nn.Hardsigmoid) if excites else None
    activation = nn.Hardswish if hard else nn.ReLU
    return InvertedResidual(
        inputs, hidden, divisible(outputs * width), kernel, stride, activation, excitation, "block",
        eps=_EPS, momentum=_MOMENTUM,
    )  # fmt: skip


@reference(
    "mobilenet_v3_large",
    title="MobileNetV3 large",
    family="MobileNet",
    paper=PAPER,
    params=Params,
    cited=(
        Citation("top1", "75.2 %", PAPER, "ImageNet"),
        Citation(
            "params", "5.4 M", PAPER, differs="5.48 M in every published copy, 5.46 M without BatchNormalization's"
        ),
        Citation("macs", "219 M", PAPER, differs="the authors' code counts 217 M"),
        Citation("latency", "51 ms", PAPER, "Google Pixel 1, one large core, TensorFlow Lite float"),
        Citation("latency", "61 ms", PAPER, "Google Pixel 2, one large core, TensorFlow Lite float"),
        Citation("latency", "44 ms", PAPER, "Google Pixel 3, one large core, TensorFlow Lite float"),
        Citation("macs", "217 M", SLIM),
        Citation("int8_top1", "73.9 %", SLIM, "ImageNet"),
        Citation("latency", "44 ms", SLIM, "Google Pixel 1, one large core, TensorFlow Lite 8 bits"),
        Citation("latency", "32 ms", SLIM, "Google Pixel 3, one large core, TensorFlow Lite 8 bits"),
        Citation("top1", "74.042 %", TORCHVISION_LARGE, "ImageNet"),
        Citation("top5", "91.34 %", TORCHVISION_LARGE, "ImageNet"),
        Citation("params", "5,483,032", TORCHVISION_LARGE),
        Citation("macs", "0.22 G", TORCHVISION_LARGE),
        Citation("bytes", "21.1 MiB", TORCHVISION_LARGE, "float32 file; the page writes MB"),
        Citation("int8_top1", "73.004 %", QUANTIZED, "ImageNet, qnnpack, trained with simulated quantization"),
    ),
)
def mobilenet_v3_large(p: Params) -> nn.Module:
    """MobileNetV2 searched for phone CPUs, with squeeze-and-excitation and hard-swish."""
    return MobileNetV3(_LARGE, 1280, p)


@reference(
    "mobilenet_v3_small",
    title="MobileNetV3 small",
    family="MobileNet",
    paper=PAPER,
    params=Params,
    cited=(
        Citation("top1", "67.4 %", PAPER, "ImageNet"),
        Citation("params", "2.5 M", PAPER),
        Citation("macs", "56 M", PAPER),
        Citation("latency", "15.8 ms", PAPER, "Google Pixel 1, one large core, TensorFlow Lite float"),
        Citation("latency", "19.4 ms", PAPER, "Google Pixel 2, one large core, TensorFlow Lite float"),
        Citation("latency", "14.4 ms", PAPER, "Google Pixel 3, one large core, TensorFlow Lite float"),
        Citation(
            "int8_top1", "64.9 %", SLIM, "ImageNet; beside it 66 M multiplications and 2.9 M parameters are printed"
        ),
        Citation("latency", "15.5 ms", SLIM, "Google Pixel 1, one large core, TensorFlow Lite 8 bits"),
        Citation("latency", "10.7 ms", SLIM, "Google Pixel 3, one large core, TensorFlow Lite 8 bits"),
        Citation("top1", "67.668 %", TORCHVISION, "ImageNet"),
        Citation("top5", "87.402 %", TORCHVISION, "ImageNet"),
        Citation("params", "2,542,856", TORCHVISION),
        Citation("macs", "0.06 G", TORCHVISION),
        Citation("bytes", "9.8 MiB", TORCHVISION, "float32 file; the page writes MB"),
    ),
)
def mobilenet_v3_small(p: Params) -> nn.Module:
    """The same search with a small budget: for slow phones and boards."""
    return MobileNetV3(_SMALL, 1024, p)
