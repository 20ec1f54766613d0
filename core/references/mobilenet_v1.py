"""MobileNet (V1): depthwise separable convolutions throughout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source(
    "Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
    2017,
    "arxiv.org/abs/1704.04861",
)
V2 = Source("Sandler et al., MobileNetV2, CVPR", 2018, "arxiv.org/abs/1801.04381, table 4")
SLIM = Source("TensorFlow-Slim, MobileNet_v1", 2018, "github.com/tensorflow/models, research/slim/nets/mobilenet_v1.md")
HOSTED = Source(
    "TensorFlow Lite, Hosted models",
    2020,
    "github.com/tensorflow/tensorflow, tensorflow/lite/g3doc/guide/hosted_models.md",
)

# channels and stride of each depthwise separable pair (table 1 of the paper)
_PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines; the paper has the widths 0.25, 0.5, 0.75 and 1.

    Width 0.25 at 96 px with 2 classes is the person detector of MLPerf Tiny (there with ReLU).
    """

    width: Width = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32)] = 224


class MobileNetV1(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, width: float, classes: int, channels: int) -> None:
        super().__init__()
        now = divisible(32 * width)
        layers: list[nn.Module] = [ConvNormActivation(channels, now, 3, 2, activation=nn.ReLU6)]
        for base, stride in _PAIRS:
            outputs = divisible(base * width)
            layers.append(
                nn.Sequential(
                    ConvNormActivation(now, now, 3, stride, groups=now, activation=nn.ReLU6),
                    ConvNormActivation(now, outputs, 1, activation=nn.ReLU6),
                )
            )
            now = outputs
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.001), nn.Linear(now, classes))

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


@reference(
    "mobilenet_v1",
    title="MobileNet V1",
    family="MobileNet",
    paper=PAPER,
    params=Params,
    preprocess="minus1to1",
    timm="mobilenetv1_100",
    cited=(
        Citation("top1", "70.6 %", PAPER, "ImageNet (table 8)"),
        Citation("params", "4.2 M", PAPER, "table 8"),
        Citation("macs", "569 M", PAPER, "table 8"),
        Citation("latency", "113 ms", V2, "Google Pixel 1, one large core, TensorFlow Lite float"),
        Citation("top1", "70.9 %", SLIM, "ImageNet"),
        Citation("top5", "89.9 %", SLIM, "ImageNet"),
        Citation("params", "4.24 M", SLIM),
        Citation("macs", "569 M", SLIM),
        Citation("int8_top1", "70.0 %", HOSTED, "ImageNet, trained with simulated quantization"),
        Citation("bytes", "16.9 MB", HOSTED, "TensorFlow Lite float file; the page writes Mb"),
        Citation("bytes", "4.3 MB", HOSTED, "TensorFlow Lite 8-bit file; the page writes Mb"),
        Citation("latency", "24.0 ms", HOSTED, "Google Pixel 3, CPU, 4 threads, TensorFlow Lite float"),
        Citation("latency", "13 ms", HOSTED, "Google Pixel 3, CPU, 4 threads, TensorFlow Lite 8 bits"),
    ),
)
def mobilenet_v1(p: Params) -> nn.Module:
    """A depthwise and a 1x1 convolution in place of each 3x3: the first network made for phones."""
    return MobileNetV1(p.width, p.classes, p.channels)
