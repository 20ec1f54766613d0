"""SqueezeNet 1.0 and 1.1: Fire modules, no fully connected layer, no BatchNormalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.params import Field
from core.references.blocks.fire import Fire
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source(
    "Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
    2016,
    "arxiv.org/abs/1602.07360",
)
TORCHVISION = Source(
    "torchvision, SqueezeNet1_0_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.squeezenet1_0.html",
)
TORCHVISION_11 = Source(
    "torchvision, SqueezeNet1_1_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.squeezenet1_1.html",
)
HOSTED = Source(
    "TensorFlow Lite, Hosted models",
    2020,
    "github.com/tensorflow/tensorflow, tensorflow/lite/g3doc/guide/hosted_models.md",
)

# channels of the eight Fire modules' outputs: 128 more after every second one (section 5.1 of the paper)
_EXPANDED = (128, 128, 256, 256, 384, 384, 512, 512)


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines: the paper's metaparameters SR and pct3x3."""

    squeeze_ratio: Annotated[
        float, Field("Squeeze ratio", "Squeezed channels for one expanded channel.", low=0.03, high=1.0)
    ] = 0.125
    share_3x3: Annotated[
        float, Field("Share of 3x3", "Of the expanded channels, those made by 3x3 filters.", low=0.01, high=0.99)
    ] = 0.5
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32)] = 224


class SqueezeNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]; ``pooled`` tells before which Fire modules, from 0, the maps are halved."""

    def __init__(self, p: Params, stem: nn.Conv2d, pooled: tuple[int, ...]) -> None:
        super().__init__()
        layers: list[nn.Module] = [stem, nn.ReLU()]
        now = stem.out_channels
        for k, expanded in enumerate(_EXPANDED):
            if k in pooled:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            three = round(p.share_3x3 * expanded)
            layers.append(Fire(now, max(1, round(p.squeeze_ratio * expanded)), expanded - three, three))
            now = expanded
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5), nn.Conv2d(now, p.classes, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        )

    def draw_weights(self) -> None:
        """The published deviation; the bias, which the softmax cancels, keeps scores from dying in their ReLU."""
        last = self.classifier.get_submodule("1")
        nn.init.normal_(last.get_parameter("weight"), std=0.01)
        nn.init.constant_(last.get_parameter("bias"), 2.0)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.features(x))
        return scores.flatten(1)


@reference(
    "squeezenet1_0",
    title="SqueezeNet 1.0",
    family="SqueezeNet",
    paper=PAPER,
    params=Params,
    cited=(
        Citation("top1", "57.5 %", PAPER, "ImageNet (table 2)"),
        Citation("top5", "80.3 %", PAPER, "ImageNet (table 2)"),
        Citation("params", "1,248,424", PAPER, "table 1"),
        Citation("bytes", "4.8 MiB", PAPER, "float32 weights (table 2); the paper writes MB"),
        Citation(
            "latency",
            "36 ms",
            HOSTED,
            "Google Pixel 3, CPU, 4 threads, TensorFlow Lite float",
            differs="the page does not name the version; the 5.0 MB of its file are those of 1.0",
        ),
        Citation("top1", "58.092 %", TORCHVISION, "ImageNet"),
        Citation("top5", "80.42 %", TORCHVISION, "ImageNet"),
        Citation("params", "1,248,424", TORCHVISION),
        Citation("macs", "0.82 G", TORCHVISION),
    ),
)
def squeezenet1_0(p: Params) -> nn.Module:
    """Fire modules instead of wide layers: AlexNet's accuracy in a fiftieth of its parameters."""
    return SqueezeNet(p, nn.Conv2d(p.channels, 96, 7, 2), (0, 3, 7))


@reference(
    "squeezenet1_1",
    title="SqueezeNet 1.1",
    family="SqueezeNet",
    paper=PAPER,
    params=Params,
    cited=(
        Citation("top1", "58.178 %", TORCHVISION_11, "ImageNet"),
        Citation("top5", "80.624 %", TORCHVISION_11, "ImageNet"),
        Citation("params", "1,235,496", TORCHVISION_11),
        Citation("macs", "0.35 G", TORCHVISION_11),
        Citation("bytes", "4.7 MiB", TORCHVISION_11, "float32 file; the page writes MB"),
    ),
)
def squeezenet1_1(p: Params) -> nn.Module:
    """SqueezeNet with a smaller first layer and earlier pooling: 2.4 times less computation, the same accuracy."""
    return SqueezeNet(p, nn.Conv2d(p.channels, 64, 3, 2), (0, 2, 4))
