"""Xception: depthwise separable convolutions with shortcuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source(
    "Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, CVPR", 2017, "arxiv.org/abs/1610.02357"
)
TABLE1 = Source("Chollet, Xception, CVPR", 2017, "arxiv.org/abs/1610.02357, table 1")
TABLE3 = Source("Chollet, Xception, CVPR", 2017, "arxiv.org/abs/1610.02357, table 3")
TIMM = Source(
    "timm, benchmark-infer-amp-nchw-pt110-cu113-rtx3090.csv",
    2022,
    "github.com/huggingface/pytorch-image-models, results",
)
KERAS = Source("Keras Applications, available models", 2020, "keras.io/api/applications")

# outputs, separable convolutions, stride, whether it starts with ReLU, whether channels grow in the first convolution
_BLOCKS = (
    (128, 2, 2, False, True),
    (256, 2, 2, True, True),
    (728, 2, 2, True, True),
    *((728, 3, 1, True, True),) * 8,
    (1024, 2, 2, True, False),
)


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32)] = 299


class SeparableConvolution(nn.Module):
    """A 3x3 filter for each channel, then a 1x1 convolution across them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inputs, 3, 1, 1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.pointwise(self.conv1(x))
        return y


class Block(nn.Module):
    """Separable convolutions beside a shortcut, pooled where strided."""

    def __init__(self, inputs: int, outputs: int, count: int, stride: int, activated: bool, grows_first: bool) -> None:
        super().__init__()
        if stride > 1 or inputs != outputs:
            self.skip: nn.Module | None = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.skipbn = nn.BatchNorm2d(outputs)
        else:
            self.skip = None
        layers: list[nn.Module] = []
        now = inputs
        for k in range(count):
            after = outputs if grows_first or k == count - 1 else inputs
            layers += [nn.ReLU(), SeparableConvolution(now, after), nn.BatchNorm2d(after)]
            now = after
        if stride > 1:
            layers.append(nn.MaxPool2d(3, stride, 1))
        self.rep = nn.Sequential(*layers if activated else layers[1:])

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.skip is None else self.skipbn(self.skip(x))
        total: Tensor = self.rep(x) + shortcut
        return total


class Xception(nn.Module):
    """[N, C, H, W] -> scores [N, classes]."""

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 3, 2, 0, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(32, 64, 3, 1, 0, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.act2 = nn.ReLU()
        now = 64
        for k, (outputs, count, stride, activated, grows_first) in enumerate(_BLOCKS, 1):
            self.add_module(f"block{k}", Block(now, outputs, count, stride, activated, grows_first))
            now = outputs
        self.conv3 = SeparableConvolution(now, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.act3 = nn.ReLU()
        self.conv4 = SeparableConvolution(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)
        self.act4 = nn.ReLU()
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, classes)

    def forward(self, x: Tensor) -> Tensor:
        for name, layer in self.named_children():
            if name == "fc":
                x = x.flatten(1)
            x = layer(x)
        return x


@reference(
    "xception",
    title="Xception",
    family="Xception",
    paper=PAPER,
    params=Params,
    preprocess="minus1to1",
    timm="legacy_xception.tf_in1k",
    cited=(
        Citation("top1", "79.0 %", TABLE1, "ImageNet, 299 px, printed as 0.790"),
        Citation("top5", "94.5 %", TABLE1, "ImageNet, 299 px, printed as 0.945"),
        Citation("params", "22,855,952", TABLE3),
        Citation("macs", "8.4 G", TIMM, "299 px"),
        Citation("params", "22,910,480", KERAS, "with the running statistics"),
        Citation("bytes", "88 MiB", KERAS, "float32 file; the page writes MB"),
    ),
)
def xception(p: Params) -> nn.Module:
    """Thirty-four depthwise separable convolutions in residual blocks: the idea of MobileNet, at full size."""
    return Xception(p.classes, p.channels)
