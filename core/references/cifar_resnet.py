"""ResNets for CIFAR: three stages of basic blocks, shortcuts without weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, Width, reference, resolution

PAPER = Source("He et al., Deep Residual Learning for Image Recognition, CVPR", 2016, "arxiv.org/abs/1512.03385")
TABLE = Source("He et al., CVPR", 2016, "arxiv.org/abs/1512.03385, table 6")
WEIGHTS = Source(
    "Idelbayev, Proper ResNet Implementation for CIFAR10", 2018, "github.com/akamaster/pytorch_resnet_cifar10"
)
PRUNED = Source("Lin et al., HRank (extended), baselines on CIFAR-10", 2020, "github.com/lmbxmu/HRankPlus")

_STAGES = (16, 32, 64)
_ON = "CIFAR-10, printed as an error of"


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    width: Width = 1.0
    classes: Classes = 10
    channels: Channels = 3
    resolution: Annotated[int, resolution(8)] = 32


class CifarBlock(nn.Module):
    """Two 3x3 convolutions beside the shortcut: every second pixel, missing channels filled with zeros (option A)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu2 = nn.ReLU()
        self.stride, self.missing = stride, outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        if self.missing:
            before = self.missing // 2
            x = F.pad(x, (0, 0, 0, 0, before, self.missing - before))
        total: Tensor = self.relu2(y + x)
        return total


class CifarResNet(nn.Module):
    """[N, C, H, W] -> scores [N, classes]; ``repeats`` blocks in each of the three stages: 6 n + 2 layers."""

    def __init__(self, repeats: int, width: float, classes: int, channels: int) -> None:
        super().__init__()
        now = max(1, round(_STAGES[0] * width))
        self.conv1 = nn.Conv2d(channels, now, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(now)
        self.relu = nn.ReLU()
        for stage, base in enumerate(_STAGES, 1):
            outputs = max(1, round(base * width))
            blocks: list[nn.Module] = []
            for k in range(repeats):
                blocks.append(CifarBlock(now, outputs, 2 if stage > 1 and k == 0 else 1))
                now = outputs
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(now, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        for stage in range(1, len(_STAGES) + 1):
            x = self.get_submodule(f"layer{stage}")(x)
        scores: Tensor = self.linear(self.avgpool(x).flatten(1))
        return scores


def _cited(
    params: str, paper: str, paper_error: str, weights: str, weights_error: str, macs: str = ""
) -> tuple[Citation, ...]:
    """Both sources print errors; ``paper`` and ``weights`` are 100 % less these. Neither prints MACs."""
    counted = (Citation("macs", macs, PRUNED),) if macs else ()
    return (
        *counted,
        Citation("top1", paper, TABLE, f"{_ON} {paper_error}"),
        Citation("params", params, TABLE),
        Citation("top1", weights, WEIGHTS, f"{_ON} {weights_error}"),
        Citation("params", params, WEIGHTS),
    )


def _build(p: Params, layers: int) -> nn.Module:
    return CifarResNet((layers - 2) // 6, p.width, p.classes, p.channels)


@reference(
    "resnet20_cifar",
    title="ResNet-20 for CIFAR",
    family="ResNet for CIFAR",
    paper=PAPER,
    params=Params,
    preprocess="cifar10",
    cited=_cited("0.27 M", "91.25 %", "8.75 %", "91.73 %", "8.27 %"),
)
def resnet20_cifar(p: Params) -> nn.Module:
    """Nine residual blocks for 32 px pictures: trains in minutes."""
    return _build(p, 20)


@reference(
    "resnet32_cifar",
    title="ResNet-32 for CIFAR",
    family="ResNet for CIFAR",
    paper=PAPER,
    params=Params,
    preprocess="cifar10",
    cited=_cited("0.46 M", "92.49 %", "7.51 %", "92.63 %", "7.37 %"),
)
def resnet32_cifar(p: Params) -> nn.Module:
    """Fifteen residual blocks for 32 px pictures."""
    return _build(p, 32)


@reference(
    "resnet44_cifar",
    title="ResNet-44 for CIFAR",
    family="ResNet for CIFAR",
    paper=PAPER,
    params=Params,
    preprocess="cifar10",
    cited=_cited("0.66 M", "92.83 %", "7.17 %", "93.10 %", "6.90 %"),
)
def resnet44_cifar(p: Params) -> nn.Module:
    """Twenty-one residual blocks for 32 px pictures."""
    return _build(p, 44)


@reference(
    "resnet56_cifar",
    title="ResNet-56 for CIFAR",
    family="ResNet for CIFAR",
    paper=PAPER,
    params=Params,
    preprocess="cifar10",
    cited=_cited("0.85 M", "93.03 %", "6.97 %", "93.39 %", "6.61 %", "125.49 M"),
)
def resnet56_cifar(p: Params) -> nn.Module:
    """Twenty-seven residual blocks for 32 px pictures: the network that most filter pruning papers report."""
    return _build(p, 56)


@reference(
    "resnet110_cifar",
    title="ResNet-110 for CIFAR",
    family="ResNet for CIFAR",
    paper=PAPER,
    params=Params,
    preprocess="cifar10",
    cited=_cited("1.7 M", "93.57 %", "6.43 %", "93.68 %", "6.32 %", "252.89 M"),
)
def resnet110_cifar(p: Params) -> nn.Module:
    """Fifty-four residual blocks for 32 px pictures."""
    return _build(p, 110)
