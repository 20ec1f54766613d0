"""DenseNet-121: every layer reads what all layers of its block wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.params import Field
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source("Huang et al., Densely Connected Convolutional Networks, CVPR", 2017, "arxiv.org/abs/1608.06993")
TABLE = Source("Huang et al., CVPR", 2017, "arxiv.org/abs/1608.06993, table 3")
TORCHVISION = Source(
    "torchvision, DenseNet121_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.densenet121.html",
)
QUALCOMM = Source(
    "Qualcomm AI Hub Models, densenet121, April",
    2025,
    "github.com/quic/ai-hub-models, commit e6e45cd, qai_hub_models/models/densenet121/perf_float.yaml",
)

_REPEATS = (6, 12, 24, 16)
_BOTTLENECK = 4  # the 1x1 convolution of a layer gives this many growth rates


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    growth: Annotated[int, Field("Growth rate", "Channels that each layer adds.", low=2, high=64)] = 32
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32)] = 224


class DenseLayer(nn.Module):
    """Normalize, reduce by 1x1, normalize, filter by 3x3; gives only the new channels."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        inner = _BOTTLENECK * growth
        self.norm1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(inner)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(inner, growth, 3, 1, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv1(self.relu1(self.norm1(x)))
        new: Tensor = self.conv2(self.relu2(self.norm2(y)))
        return new


class DenseBlock(nn.Module):
    """Each layer reads the input and all earlier layers' channels, and so does what follows."""

    def __init__(self, inputs: int, growth: int, repeats: int) -> None:
        super().__init__()
        for k in range(repeats):
            self.add_module(f"denselayer{k + 1}", DenseLayer(inputs + k * growth, growth))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], 1)
        return x


class Transition(nn.Sequential):
    """Halves the channels by a 1x1 convolution and the sides by averaging."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.add_module("norm", nn.BatchNorm2d(inputs))
        self.add_module("relu", nn.ReLU())
        self.add_module("conv", nn.Conv2d(inputs, inputs // 2, 1, bias=False))
        self.add_module("pool", nn.AvgPool2d(2, 2))


class DenseNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, growth: int, classes: int, channels: int) -> None:
        super().__init__()
        now = 2 * growth
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(channels, now, 7, 2, 3, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(now))
        self.features.add_module("relu0", nn.ReLU())
        self.features.add_module("pool0", nn.MaxPool2d(3, 2, 1))
        for k, repeats in enumerate(_REPEATS, 1):
            self.features.add_module(f"denseblock{k}", DenseBlock(now, growth, repeats))
            now += repeats * growth
            if k < len(_REPEATS):
                self.features.add_module(f"transition{k}", Transition(now))
                now //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(now))
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(now, classes)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.relu(self.features(x))).flatten(1))
        return scores


@reference(
    "densenet121",
    title="DenseNet-121",
    family="DenseNet",
    paper=PAPER,
    params=Params,
    timm="densenet121.tv_in1k",
    cited=(
        Citation("top1", "74.98 %", TABLE, "ImageNet; prints the error of one crop, 25.02 %"),
        Citation("top5", "92.29 %", TABLE, "ImageNet; prints the error of one crop, 7.71 %"),
        Citation("top1", "74.434 %", TORCHVISION, "ImageNet"),
        Citation("top5", "91.972 %", TORCHVISION, "ImageNet"),
        Citation("params", "7,978,856", TORCHVISION),
        Citation("macs", "2.83 G", TORCHVISION),
        Citation("bytes", "30.8 MiB", TORCHVISION, "float32 file; the page writes MB"),
        Citation("latency", "1.908 ms", QUALCOMM, "Samsung Galaxy S23, NPU, TensorFlow Lite fp16"),
    ),
)
def densenet121(p: Params) -> nn.Module:
    """Fifty-eight layers that each add a few channels to all earlier ones: few weights, many joined channels."""
    return DenseNet(p.growth, p.classes, p.channels)
