"""MobileNetV2: inverted residuals with linear bottlenecks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.blocks.inverted_residual import InvertedResidual
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source(
    "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR", 2018, "arxiv.org/abs/1801.04381"
)
TORCHVISION = Source(
    "torchvision, MobileNet_V2_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.mobilenet_v2.html",
)
QUANTIZED = Source(
    "torchvision, MobileNet_V2_QuantizedWeights.IMAGENET1K_QNNPACK_V1",
    2022,
    "pytorch.org/vision/stable/models/generated/torchvision.models.quantization.mobilenet_v2.html",
)
SLIM = Source(
    "TensorFlow-Slim, MobileNet", 2019, "github.com/tensorflow/models, research/slim/nets/mobilenet/README.md"
)
HOSTED = Source(
    "TensorFlow Lite, Hosted models",
    2020,
    "github.com/tensorflow/tensorflow, tensorflow/lite/g3doc/guide/hosted_models.md",
)

# expansion, channels, repeats, first stride (table 2 of the paper)
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: Width = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32)] = 224


class MobileNetV2(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, width: float, classes: int, channels: int) -> None:
        super().__init__()
        now = divisible(32 * width)
        layers: list[nn.Module] = [ConvNormActivation(channels, now, 3, 2, activation=nn.ReLU6)]
        for expansion, base, repeats, first in _STAGES:
            outputs = divisible(base * width)
            for k in range(repeats):
                stride = first if k == 0 else 1
                layers.append(InvertedResidual(now, now * expansion, outputs, 3, stride, nn.ReLU6, flat=True))
                now = outputs
        last = divisible(1280 * max(1.0, width))
        layers.append(ConvNormActivation(now, last, 1, activation=nn.ReLU6))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last, classes))

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


@reference(
    "mobilenet_v2",
    title="MobileNetV2",
    family="MobileNet",
    paper=PAPER,
    params=Params,
    timm="mobilenetv2_100",
    cited=(
        Citation("top1", "72.0 %", PAPER, "ImageNet (table 4)"),
        Citation("params", "3.4 M", PAPER, "table 4", differs="3.47 M are left without BatchNormalization's"),
        Citation("macs", "300 M", PAPER, "table 4"),
        Citation("latency", "75 ms", PAPER, "Google Pixel 1, one large core, TensorFlow Lite float (table 4)"),
        Citation("params", "3.47 M", SLIM, differs="without BatchNormalization's parameters"),
        Citation("macs", "300 M", SLIM),
        Citation("latency", "73.8 ms", SLIM, "Google Pixel 1, CPU"),
        Citation("int8_top1", "70.8 %", HOSTED, "ImageNet, trained with simulated quantization"),
        Citation("latency", "17.5 ms", HOSTED, "Google Pixel 3, CPU, 4 threads, TensorFlow Lite float"),
        Citation("latency", "12 ms", HOSTED, "Google Pixel 3, CPU, 4 threads, TensorFlow Lite 8 bits"),
        Citation("bytes", "14.0 MB", HOSTED, "TensorFlow Lite float file; the page writes Mb"),
        Citation("bytes", "3.4 MB", HOSTED, "TensorFlow Lite 8-bit file; the page writes Mb"),
        Citation("top1", "71.878 %", TORCHVISION, "ImageNet"),
        Citation("top5", "90.286 %", TORCHVISION, "ImageNet"),
        Citation("params", "3,504,872", TORCHVISION),
        Citation("macs", "0.30 G", TORCHVISION),
        Citation("bytes", "13.6 MiB", TORCHVISION, "float32 file; the page writes MB"),
        Citation("int8_top1", "71.658 %", QUANTIZED, "ImageNet, qnnpack, trained with simulated quantization"),
    ),
)
def mobilenet_v2(p: Params) -> nn.Module:
    """Inverted residuals: narrow between blocks, wide and depthwise inside; the usual start on a phone."""
    return MobileNetV2(p.width, p.classes, p.channels)
