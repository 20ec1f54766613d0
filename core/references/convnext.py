"""ConvNeXt: large depthwise convolutions, LayerNorm and a layer scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.references.blocks.convolution import divisible
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source("Liu et al., A ConvNet for the 2020s, CVPR", 2022, "arxiv.org/abs/2201.03545")
TABLE = Source("Liu et al., A ConvNet for the 2020s, CVPR", 2022, "arxiv.org/abs/2201.03545, table 1")
TORCHVISION = Source(
    "torchvision, ConvNeXt_Tiny_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.convnext_tiny.html",
)
QUALCOMM = Source(
    "Qualcomm AI Hub Models, convnext_tiny, April",
    2025,
    "github.com/quic/ai-hub-models, commit e6e45cd, qai_hub_models/models/convnext_tiny/perf_float.yaml",
)

_STAGES = ((96, 3), (192, 3), (384, 9), (768, 3))  # channels, blocks
_EPS = 1e-6
_SCALE = 0.1


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: Width = 1.0
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32)] = 224


class ChannelsLast(nn.Module):
    """[N, C, H, W] -> [N, H, W, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1)


class ChannelsFirst(nn.Module):
    """[N, H, W, C] -> [N, C, H, W]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 3, 1, 2)


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of [N, C, H, W]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """A 7x7 filter for each channel, then for each pixel four times as many channels and back; added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layer_scale = nn.Parameter(torch.empty(channels, 1, 1))
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, 1, 3, groups=channels),
            ChannelsLast(),
            nn.LayerNorm(channels, eps=_EPS),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
            ChannelsFirst(),
        )
        self.draw_weights()

    def draw_weights(self) -> None:
        # the paper starts at 1e-6, where an untrained network ignores its blocks; trained scales are near this
        nn.init.constant_(self.layer_scale, _SCALE)

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = x + self.layer_scale * self.block(x)
        return total


class ConvNeXt(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, width: float, classes: int, channels: int) -> None:
        super().__init__()
        now = divisible(_STAGES[0][0] * width)
        layers: list[nn.Module] = [nn.Sequential(nn.Conv2d(channels, now, 4, 4), ChannelNorm(now, eps=_EPS))]
        for k, (base, repeats) in enumerate(_STAGES):
            outputs = divisible(base * width)
            if k:
                layers.append(nn.Sequential(ChannelNorm(now, eps=_EPS), nn.Conv2d(now, outputs, 2, 2)))
            layers.append(nn.Sequential(*(Block(outputs) for _ in range(repeats))))
            now = outputs
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(ChannelNorm(now, eps=_EPS), nn.Flatten(1), nn.Linear(now, classes))

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(x)))
        return scores


@reference(
    "convnext_tiny",
    title="ConvNeXt-Tiny",
    family="ConvNeXt",
    paper=PAPER,
    params=Params,
    timm="convnext_tiny.fb_in1k",
    cited=(
        Citation("top1", "82.1 %", TABLE, "ImageNet"),
        Citation("params", "29 M", TABLE),
        Citation("macs", "4.5 G", TABLE),
        Citation("top1", "82.520 %", TORCHVISION, "ImageNet"),
        Citation("top5", "96.146 %", TORCHVISION, "ImageNet"),
        Citation("params", "28,589,128", TORCHVISION),
        Citation("macs", "4.46 G", TORCHVISION),
        Citation("bytes", "109.1 MiB", TORCHVISION, "float32 file; the page writes MB"),
        Citation("latency", "3.018 ms", QUALCOMM, "Samsung Galaxy S23, NPU, TensorFlow Lite fp16"),
    ),
)
def convnext_tiny(p: Params) -> nn.Module:
    """A ResNet rebuilt after transformers: 7x7 depthwise convolutions, LayerNorm, GELU, a learned scale per channel."""
    return ConvNeXt(p.width, p.classes, p.channels)
