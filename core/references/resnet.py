"""ResNets for ImageNet: basic and bottleneck blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.references.blocks.convolution import divisible
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source("He et al., Deep Residual Learning for Image Recognition, CVPR", 2016, "arxiv.org/abs/1512.03385")
TABLE = Source("He et al., CVPR", 2016, "arxiv.org/abs/1512.03385, table 1")
TORCHVISION18 = Source(
    "torchvision, ResNet18_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.resnet18.html",
)
TORCHVISION34 = Source(
    "torchvision, ResNet34_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.resnet34.html",
)
TORCHVISION50 = Source(
    "torchvision, ResNet50_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.resnet50.html",
)
TORCHVISION50_V2 = Source(
    "torchvision, ResNet50_Weights.IMAGENET1K_V2",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.resnet50.html",
)
QUANTIZED18 = Source(
    "torchvision, ResNet18_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
    2022,
    "pytorch.org/vision/stable/models/generated/torchvision.models.quantization.resnet18.html",
)
QUANTIZED50 = Source(
    "torchvision, ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
    2022,
    "pytorch.org/vision/stable/models/generated/torchvision.models.quantization.resnet50.html",
)
QUANTIZED50_V2 = Source(
    "torchvision, ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V2",
    2022,
    "pytorch.org/vision/stable/models/generated/torchvision.models.quantization.resnet50.html",
)
QUALCOMM50 = Source(
    "Qualcomm AI Hub Models, resnet50, April",
    2025,
    "github.com/quic/ai-hub-models, commit e6e45cd, qai_hub_models/models/resnet50/perf_float.yaml",
)
QUALCOMM18 = Source(
    "Qualcomm AI Hub Models, resnet18, April",
    2025,
    "github.com/quic/ai-hub-models, commit e6e45cd, qai_hub_models/models/resnet18/perf_float.yaml",
)

_STAGES = (64, 128, 256, 512)  # inner channels


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: Width = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32)] = 224


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module | None:
    """A strided 1x1 convolution where the sizes change (the paper's option B)."""
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside the shortcut."""

    expansion = 1

    def __init__(self, inputs: int, inner: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inner, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(inner, inner, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.downsample = _shortcut(inputs, inner, stride)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        total: Tensor = self.relu(y + shortcut)
        return total


class Bottleneck(nn.Module):
    """1x1, 3x3 with the stride (torchvision's v1.5; the paper strides in the first), 1x1 to four times the channels."""

    expansion = 4

    def __init__(self, inputs: int, inner: int, stride: int) -> None:
        super().__init__()
        outputs = inner * self.expansion
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        total: Tensor = self.relu(y + shortcut)
        return total


class ResNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]; ``repeats`` are the blocks of the four stages."""

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        repeats: Sequence[int],
        width: float,
        classes: int,
        channels: int,
    ) -> None:
        super().__init__()
        now = divisible(64 * width)
        self.conv1 = nn.Conv2d(channels, now, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(now)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for stage, (base, count) in enumerate(zip(_STAGES, repeats, strict=True), 1):
            inner = divisible(base * width)
            blocks: list[nn.Module] = []
            for k in range(count):
                blocks.append(block(now, inner, 2 if stage > 1 and k == 0 else 1))
                now = inner * block.expansion
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(now, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(1, len(_STAGES) + 1):
            x = self.get_submodule(f"layer{stage}")(x)
        scores: Tensor = self.fc(self.avgpool(x).flatten(1))
        return scores


@reference(
    "resnet18",
    title="ResNet-18",
    family="ResNet",
    paper=PAPER,
    params=Params,
    timm="resnet18.tv_in1k",
    cited=(
        Citation("top1", "69.758 %", TORCHVISION18, "ImageNet"),
        Citation("top5", "89.078 %", TORCHVISION18, "ImageNet"),
        Citation("params", "11,689,512", TORCHVISION18),
        Citation("macs", "1.81 G", TORCHVISION18),
        Citation("bytes", "44.7 MiB", TORCHVISION18, "float32 file; the page writes MB"),
        Citation("int8_top1", "69.494 %", QUANTIZED18, "ImageNet, fbgemm, after training"),
        Citation("latency", "1.422 ms", QUALCOMM18, "Samsung Galaxy S23, NPU, TensorFlow Lite fp16"),
        Citation("macs", "1.8 G", TABLE),
    ),
)
def resnet18(p: Params) -> nn.Module:
    """Eight residual blocks of two 3x3 convolutions: the common middle-sized network."""
    return ResNet(BasicBlock, (2, 2, 2, 2), p.width, p.classes, p.channels)


@reference(
    "resnet34",
    title="ResNet-34",
    family="ResNet",
    paper=PAPER,
    params=Params,
    timm="resnet34.tv_in1k",
    cited=(
        Citation("top1", "73.314 %", TORCHVISION34, "ImageNet"),
        Citation("top5", "91.420 %", TORCHVISION34, "ImageNet"),
        Citation("params", "21,797,672", TORCHVISION34),
        Citation("macs", "3.66 G", TORCHVISION34),
        Citation("bytes", "83.3 MiB", TORCHVISION34, "float32 file; the page writes MB"),
        Citation("macs", "3.6 G", TABLE, differs="without the 1x1 convolutions of the shortcuts"),
    ),
)
def resnet34(p: Params) -> nn.Module:
    """Sixteen residual blocks of two 3x3 convolutions."""
    return ResNet(BasicBlock, (3, 4, 6, 3), p.width, p.classes, p.channels)


@reference(
    "resnet50",
    title="ResNet-50",
    family="ResNet",
    paper=PAPER,
    params=Params,
    timm="resnet50.tv_in1k",
    cited=(
        Citation("top1", "76.130 %", TORCHVISION50, "ImageNet"),
        Citation("top5", "92.862 %", TORCHVISION50, "ImageNet"),
        Citation("params", "25,557,032", TORCHVISION50),
        Citation("macs", "4.09 G", TORCHVISION50),
        Citation("bytes", "97.8 MiB", TORCHVISION50, "float32 file; the page writes MB"),
        Citation("int8_top1", "75.920 %", QUANTIZED50, "ImageNet, fbgemm, after training"),
        Citation("latency", "2.259 ms", QUALCOMM50, "Samsung Galaxy S23, NPU, TensorFlow Lite fp16"),
        Citation("top1", "80.858 %", TORCHVISION50_V2, "ImageNet, a longer recipe of 2021"),
        Citation("int8_top1", "80.282 %", QUANTIZED50_V2, "ImageNet, fbgemm, after training; from 80.858 %"),
        Citation("macs", "3.8 G", TABLE, differs="the paper strides in the first 1x1 convolution of a block"),
    ),
)
def resnet50(p: Params) -> nn.Module:
    """Sixteen bottleneck blocks: the network that most compression papers report."""
    return ResNet(Bottleneck, (3, 4, 6, 3), p.width, p.classes, p.channels)
