"""GoogLeNet: Inception modules, with BatchNormalization as torchvision has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source("Szegedy et al., Going Deeper with Convolutions, CVPR", 2015, "arxiv.org/abs/1409.4842")
MOBILENET = Source("Howard et al., MobileNets", 2017, "arxiv.org/abs/1704.04861, table 8")
TORCHVISION = Source(
    "torchvision, GoogLeNet_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.googlenet.html",
)
QUANTIZED = Source(
    "torchvision, GoogLeNet_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
    2022,
    "pytorch.org/vision/stable/models/generated/torchvision.models.quantization.googlenet.html",
)
HOSTED = Source(
    "TensorFlow Lite, Hosted models",
    2020,
    "github.com/tensorflow/tensorflow, tensorflow/lite/g3doc/guide/hosted_models.md",
)
QUALCOMM = Source(
    "Qualcomm AI Hub Models, googlenet, April",
    2025,
    "github.com/quic/ai-hub-models, commit e6e45cd, qai_hub_models/models/googlenet/perf_float.yaml",
)

# channels of 1x1; reduced and filtered 3x3; reduced and filtered second; projected pool (table 1 of the paper)
_MODULES = {
    "inception3a": (64, 96, 128, 16, 32, 32),
    "inception3b": (128, 128, 192, 32, 96, 64),
    "inception4a": (192, 96, 208, 16, 48, 64),
    "inception4b": (160, 112, 224, 24, 64, 64),
    "inception4c": (128, 128, 256, 24, 64, 64),
    "inception4d": (112, 144, 288, 32, 64, 64),
    "inception4e": (256, 160, 320, 32, 128, 128),
    "inception5a": (256, 160, 320, 32, 128, 128),
    "inception5b": (384, 192, 384, 48, 128, 128),
}
_THIRD = "torchvision's third branch filters 3x3, the paper's 5x5"


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32)] = 224


class NormalizedConvolution(nn.Module):
    """Conv2d without bias, BatchNorm2d, ReLU; padded so that stride 1 keeps the size."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.bn(self.conv(x)))
        return y


class Inception(nn.Module):
    """Four branches over the same map, their channels joined."""

    def __init__(self, inputs: int, widths: tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        one, reduced2, second, reduced3, third, projected = widths
        self.branch1 = NormalizedConvolution(inputs, one, 1)
        self.branch2 = nn.Sequential(
            NormalizedConvolution(inputs, reduced2, 1), NormalizedConvolution(reduced2, second, 3)
        )
        self.branch3 = nn.Sequential(
            NormalizedConvolution(inputs, reduced3, 1), NormalizedConvolution(reduced3, third, 3)
        )
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), NormalizedConvolution(inputs, projected, 1))
        self.channels = one + second + third + projected

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]. The two auxiliary heads, which only help training, are left out."""

    left_out = ("aux1.", "aux2.")

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.conv1 = NormalizedConvolution(channels, 64, 7, 2)
        self.maxpool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = NormalizedConvolution(64, 64, 1)
        self.conv3 = NormalizedConvolution(64, 192, 3)
        self.maxpool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        now = 192
        for name, widths in _MODULES.items():
            module = Inception(now, widths)
            self.add_module(name, module)
            now = module.channels
            if name == "inception3b":
                self.maxpool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
            elif name == "inception4e":
                self.maxpool4 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(now, classes)

    def forward(self, x: Tensor) -> Tensor:
        for name, layer in self.named_children():
            if name == "dropout":
                x = x.flatten(1)
            x = layer(x)
        return x


@reference(
    "googlenet",
    title="GoogLeNet",
    family="GoogLeNet",
    paper=PAPER,
    params=Params,
    # torchvision's weights came from TensorFlow: the published network undoes ImageNet's mean and deviation first
    preprocess="minus1to1",
    cited=(
        Citation("top1", "69.778 %", TORCHVISION, "ImageNet"),
        Citation("top5", "89.530 %", TORCHVISION, "ImageNet"),
        Citation("params", "6,624,904", TORCHVISION, "without the auxiliary heads"),
        Citation("macs", "1.50 G", TORCHVISION),
        Citation("bytes", "49.7 MiB", TORCHVISION, "float32 file with the auxiliary heads; the page writes MB"),
        Citation("int8_top1", "69.826 %", QUANTIZED, "ImageNet, fbgemm, after training"),
        Citation("int8_top1", "70.1 %", HOSTED, "ImageNet, Inception v1 of TensorFlow-Slim"),
        Citation(
            "latency",
            "39 ms",
            HOSTED,
            "Google Pixel 3, CPU, 4 threads, TensorFlow Lite 8 bits, Inception v1 of TensorFlow-Slim",
        ),
        Citation("latency", "0.912 ms", QUALCOMM, "Samsung Galaxy S23, NPU, TensorFlow Lite fp16"),
        Citation("top1", "69.8 %", MOBILENET, "ImageNet"),
        Citation("params", "6.8 M", MOBILENET, differs=_THIRD),
        Citation("macs", "1550 M", MOBILENET, differs=_THIRD),
    ),
)
def googlenet(p: Params) -> nn.Module:
    """Nine Inception modules: four branches of 1x1 and 3x3 convolutions side by side, joined by channel."""
    return GoogLeNet(p.classes, p.channels)
