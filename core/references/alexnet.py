"""AlexNet in one column, as torchvision has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.params import Field
from core.references.blocks.pooling import grid, pooled
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source(
    "Krizhevsky, One weird trick for parallelizing convolutional neural networks", 2014, "arxiv.org/abs/1404.5997"
)
FIRST = Source(
    "Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, NIPS", 2012, "abstract"
)
TORCHVISION = Source(
    "torchvision, AlexNet_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.alexnet.html",
)
MOBILENET = Source("Howard et al., MobileNets", 2017, "arxiv.org/abs/1704.04861, table 9")
SHUFFLENET = Source("Zhang et al., ShuffleNet, CVPR", 2018, "arxiv.org/abs/1707.01083, table 8")
SQUEEZENET = Source("Iandola et al., SqueezeNet", 2016, "arxiv.org/abs/1602.07360, table 2")

# outputs, kernel, stride, padding of the five convolutions; the first, second and fifth are pooled
_CONVOLUTIONS = ((64, 11, 4, 2), (192, 5, 1, 2), (384, 3, 1, 1), (256, 3, 1, 1), (256, 3, 1, 1))
_POOLED = (0, 1, 4)
_GRID, _HIDDEN = 6, 4096


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(63)] = 224
    lrn: Annotated[
        bool, Field("Response normalization", "Normalizes across channels after the first two layers, as in 2012.")
    ] = False


class AlexNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, classes: int, channels: int, resolution: int, lrn: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        now, side = channels, resolution
        for k, (outputs, kernel, stride, padding) in enumerate(_CONVOLUTIONS):
            layers += [nn.Conv2d(now, outputs, kernel, stride, padding), nn.ReLU()]
            side = pooled(side, kernel, stride, padding)
            if lrn and k < 2:
                # the paper adds alpha = 1e-4 per channel, torch divides its alpha by the five channels
                layers.append(nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
            if k in _POOLED:
                layers.append(nn.MaxPool2d(3, 2))
                side = pooled(side, 3, 2)
            now = outputs
        self.features = nn.Sequential(*layers)
        side = grid(side, _GRID)
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(now * side**2, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


@reference(
    "alexnet",
    title="AlexNet",
    family="AlexNet",
    paper=PAPER,
    params=Params,
    cited=(
        Citation("top1", "56.522 %", TORCHVISION, "ImageNet"),
        Citation("top5", "79.066 %", TORCHVISION, "ImageNet"),
        Citation("params", "61,100,840", TORCHVISION),
        Citation("macs", "0.71 G", TORCHVISION),
        Citation("bytes", "233.1 MiB", TORCHVISION, "float32 file; the page writes MB"),
        Citation("params", "60 M", FIRST, differs="the network of 2012 has two columns of other widths"),
        Citation("top1", "57.2 %", MOBILENET, "ImageNet, the network of 2012"),
        Citation("macs", "720 M", MOBILENET, "the network of 2012"),
        Citation("bytes", "240 MB", SQUEEZENET, "float32 file, the network of 2012"),
        Citation(
            "latency", "184.0 ms", SHUFFLENET, "Qualcomm Snapdragon 820, CPU, one thread, 224 px, the network of 2012"
        ),
    ),
)
def alexnet(p: Params) -> nn.Module:
    """Five large convolutions and three fully connected layers, which hold most weights: what small nets replace."""
    return AlexNet(p.classes, p.channels, p.resolution, p.lrn)
