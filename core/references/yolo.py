"""A YOLO-like detector: a backbone, a feature pyramid read both ways, and a head at each of three sizes.

The layers and their sizes are those of YOLOv8 as Ultralytics published it in 2023; there is no paper. The pyramid is
that of Lin et al. 2017 and, upwards, Liu et al. 2018; the partial blocks go back to Wang et al. 2020 (CSPNet). Outputs
are what the head's convolutions give: no anchors are decoded and no boxes suppressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.params import Field
from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.cited import Citation, Source
from core.references.reference import Channels, reference, resolution

SOURCE = Source("Ultralytics, YOLOv8", 2023, "docs.ultralytics.com/models/yolov8; model file yolov8.yaml")

_BINS = 16  # for each side of a box, scores over so many distances
_CHANNELS = (64, 128, 256, 512, 1024)  # at width 1: the stem and the maps at 1/4, 1/8, 1/16 and 1/32
_REPEATS = (3, 6, 6, 3)


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines; the defaults are the smallest network, "n". Width 0.5 gives "s"."""

    width: Annotated[float, Field("Width", "Multiplies the channels of every layer.", low=0.05, high=1.0, unit="x")] = (
        0.25
    )
    depth: Annotated[float, Field("Depth", "Multiplies the repeats of every block.", low=0.1, high=1.0, unit="x")] = (
        0.33
    )
    classes: Annotated[int, Field("Classes", "Kinds of objects.", low=1, high=10_000)] = 80
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32, 1280)] = 640


def convolution(inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> nn.Module:
    """Convolution, normalization and SiLU as the family has them."""
    return ConvNormActivation(inputs, outputs, kernel, stride, 1, nn.SiLU, 1e-3, 0.03)


class Bottleneck(nn.Module):
    """Two 3x3 convolutions; the input is added where asked."""

    def __init__(self, channels: int, adds: bool) -> None:
        super().__init__()
        self.cv1 = convolution(channels, channels, 3)
        self.cv2 = convolution(channels, channels, 3)
        self.adds = adds

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.cv2(self.cv1(x))
        return x + y if self.adds else y


class PartialBlock(nn.Module):
    """Half of the channels pass through bottlenecks; every one's result is joined to all before it."""

    def __init__(self, inputs: int, outputs: int, repeats: int, adds: bool) -> None:
        super().__init__()
        half = outputs // 2
        self.cv1 = convolution(inputs, 2 * half)
        self.cv2 = convolution((2 + repeats) * half, outputs)
        self.m = nn.ModuleList([Bottleneck(half, adds) for _ in range(repeats)])

    def forward(self, x: Tensor) -> Tensor:
        first, last = self.cv1(x).chunk(2, 1)
        parts = [first, last]
        for bottleneck in self.m:
            parts.append(bottleneck(parts[-1]))
        y: Tensor = self.cv2(torch.cat(parts, 1))
        return y


class PyramidPooling(nn.Module):
    """Maxima over growing surroundings, joined: three poolings of 5x5 in a row (He et al. 2015, made sequential)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.cv1 = convolution(channels, half)
        self.cv2 = convolution(4 * half, channels)
        self.m = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.cv1(x)]
        for _ in range(3):
            parts.append(self.m(parts[-1]))
        y: Tensor = self.cv2(torch.cat(parts, 1))
        return y


class Backbone(nn.Module):
    """[N, C, H, W] -> maps at 1/8, 1/16 and 1/32 of the size."""

    def __init__(self, widths: list[int], repeats: list[int], channels: int) -> None:
        super().__init__()
        self.stem = convolution(channels, widths[0], 3, 2)
        stages: list[nn.Module] = []
        for entering, width, count in zip(widths, widths[1:], repeats, strict=False):
            stages.append(nn.Sequential(convolution(entering, width, 3, 2), PartialBlock(width, width, count, True)))
        self.stages = nn.ModuleList(stages)
        self.pooling = PyramidPooling(widths[-1])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.stages[0](self.stem(x))
        fine = self.stages[1](x)
        middle = self.stages[2](fine)
        coarse: Tensor = self.pooling(self.stages[3](middle))
        return fine, middle, coarse


class Neck(nn.Module):
    """The three maps tell each other what they see: first from coarse to fine, then back."""

    def __init__(self, widths: list[int], repeats: int) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.down_middle = PartialBlock(coarse + middle, middle, repeats, False)
        self.down_fine = PartialBlock(middle + fine, fine, repeats, False)
        self.shrink_fine = convolution(fine, fine, 3, 2)
        self.up_middle = PartialBlock(fine + middle, middle, repeats, False)
        self.shrink_middle = convolution(middle, middle, 3, 2)
        self.up_coarse = PartialBlock(middle + coarse, coarse, repeats, False)

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        middle = self.down_middle(torch.cat([self.upsample(coarse), middle], 1))
        fine = self.down_fine(torch.cat([self.upsample(middle), fine], 1))
        middle = self.up_middle(torch.cat([self.shrink_fine(fine), middle], 1))
        coarse = self.up_coarse(torch.cat([self.shrink_middle(middle), coarse], 1))
        return fine, middle, coarse


class Head(nn.Module):
    """[N, C, H, W] -> [N, 4 * bins + classes, H, W]: distances to the sides of a box, and scores, by two branches."""

    def __init__(self, inputs: int, box_width: int, class_width: int, classes: int) -> None:
        super().__init__()
        self.box = nn.Sequential(
            convolution(inputs, box_width, 3), convolution(box_width, box_width, 3), nn.Conv2d(box_width, 4 * _BINS, 1)
        )
        self.score = nn.Sequential(
            convolution(inputs, class_width, 3),
            convolution(class_width, class_width, 3),
            nn.Conv2d(class_width, classes, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.box(x), self.score(x)], 1)


class Detector(nn.Module):
    """[N, C, H, W] -> three maps [N, 64 + classes, H/s, W/s] with s = 8, 16, 32."""

    def __init__(self, width: float, depth: float, classes: int, channels: int) -> None:
        super().__init__()
        widths = [divisible(c * width) for c in _CHANNELS]
        repeats = [max(1, round(n * depth)) for n in _REPEATS]
        self.backbone = Backbone(widths, repeats, channels)
        self.neck = Neck(widths[2:], repeats[0])
        box_width = max(16, widths[2] // 4, 4 * _BINS)
        class_width = max(widths[2], min(classes, 100))
        self.heads = nn.ModuleList([Head(w, box_width, class_width, classes) for w in widths[2:]])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        fine, middle, coarse = self.backbone(x)
        fine, middle, coarse = self.neck(fine, middle, coarse)
        return self.heads[0](fine), self.heads[1](middle), self.heads[2](coarse)


@reference(
    "yolo_nano",
    title="YOLO-like detector, nano",
    family="YOLO-like",
    paper=SOURCE,
    params=Params,
    outputs=("fine", "middle", "coarse"),
    task="detection",
    cited=(
        Citation("params", "3,157,184", SOURCE, "YOLOv8n, 80 classes, what is trained"),
        Citation("params", "3,157,200", SOURCE, "YOLOv8n, 80 classes, with 16 fixed numbers that decode boxes"),
    ),
)
def yolo_nano(p: Params) -> nn.Module:
    """Finds objects at three sizes: a backbone, a feature pyramid and three heads; boxes are not decoded."""
    if p.resolution % 32:
        raise ValueError(f"a resolution of {p.resolution} is no multiple of 32, by which the coarsest map shrinks")
    return Detector(p.width, p.depth, p.classes, p.channels)
