"""EfficientNet-Lite 0 to 4: no squeeze-and-excitation, ReLU6 for swish, stem and head of one size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import nn

from core.references.cited import Citation, Source
from core.references.efficientnet import PAPER, Depth, EfficientNet, Params
from core.references.reference import Width, reference, resolution

README = Source("EfficientNet-Lite", 2020, "github.com/tensorflow/tpu, models/official/efficientnet/lite/README.md")
PYTORCH = Source("EfficientNet-Lite in PyTorch", 2020, "github.com/d-li14/efficientnet-lite.pytorch, README.md")

_Resolution = Annotated[int, resolution(32, 4)]
# the README's counts of MACs are 3 to 6 % above those of the convolutions and the classifier
_COUNTED = "the README counts more than convolutions and classifier, and does not say what"


@dataclass(frozen=True, slots=True)
class Lite1(Params):
    depth: Depth = 1.1
    resolution: _Resolution = 240


@dataclass(frozen=True, slots=True)
class Lite2(Params):
    width: Width = 1.1
    depth: Depth = 1.2
    resolution: _Resolution = 260


@dataclass(frozen=True, slots=True)
class Lite3(Params):
    width: Width = 1.2
    depth: Depth = 1.4
    resolution: _Resolution = 280


@dataclass(frozen=True, slots=True)
class Lite4(Params):
    width: Width = 1.4
    depth: Depth = 1.8
    resolution: _Resolution = 300


def _cited(
    params: str, macs: str, top1: str, cpu: str, gpu: str, int8: str, int8_cpu: str, exact_params: str, exact_macs: str
) -> tuple[Citation, ...]:
    """One row of the README's table, and the row of the PyTorch copy that counts convolutions and classifier."""
    phone = "Google Pixel 4"
    return (
        Citation("top1", top1, README, "ImageNet"),
        Citation("params", params, README),
        Citation("macs", macs, README, differs=_COUNTED),
        Citation("latency", cpu, README, f"{phone}, CPU, 4 threads, TensorFlow Lite float"),
        Citation("latency", gpu, README, f"{phone}, GPU, TensorFlow Lite float32"),
        Citation("latency", int8_cpu, README, f"{phone}, CPU, 4 threads, TensorFlow Lite 8 bits"),
        Citation("int8_top1", int8, README, "ImageNet, quantized after training"),
        Citation("params", exact_params, PYTORCH),
        Citation("macs", exact_macs, PYTORCH),
    )


@reference(
    "efficientnet_lite0",
    title="EfficientNet-Lite0",
    family="EfficientNet",
    paper=PAPER,
    params=Params,
    # timm's weights, the only ones to fetch, were trained on pictures normalized so; the authors' take -1 to 1
    preprocess="imagenet",
    timm="efficientnet_lite0",
    cited=_cited("4.7 M", "407 M", "75.1 %", "12 ms", "9.0 ms", "74.4 %", "6.5 ms", "4.652 M", "0.385 G"),
)
def efficientnet_lite0(p: Params) -> nn.Module:
    """EfficientNet-B0 for phones and 8 bits: no squeeze-and-excitation, ReLU6."""
    return EfficientNet(p, nn.ReLU6, 0.2, lite=True)


@reference(
    "efficientnet_lite1",
    title="EfficientNet-Lite1",
    family="EfficientNet",
    paper=PAPER,
    params=Lite1,
    preprocess="minus1to1",
    cited=_cited("5.4 M", "631 M", "76.7 %", "18 ms", "12 ms", "75.9 %", "9.1 ms", "5.417 M", "0.600 G"),
)
def efficientnet_lite1(p: Params) -> nn.Module:
    """EfficientNet-Lite0, deeper, on 240 px."""
    return EfficientNet(p, nn.ReLU6, 0.2, lite=True)


@reference(
    "efficientnet_lite2",
    title="EfficientNet-Lite2",
    family="EfficientNet",
    paper=PAPER,
    params=Lite2,
    preprocess="minus1to1",
    cited=_cited("6.1 M", "899 M", "77.6 %", "26 ms", "16 ms", "77.0 %", "12 ms", "6.092 M", "0.860 G"),
)
def efficientnet_lite2(p: Params) -> nn.Module:
    """EfficientNet-Lite0, wider and deeper, on 260 px."""
    return EfficientNet(p, nn.ReLU6, 0.3, lite=True)


@reference(
    "efficientnet_lite3",
    title="EfficientNet-Lite3",
    family="EfficientNet",
    paper=PAPER,
    params=Lite3,
    preprocess="minus1to1",
    cited=_cited("8.2 M", "1.44 B", "79.8 %", "41 ms", "23 ms", "79.0 %", "18 ms", "8.197 M", "1.383 G"),
)
def efficientnet_lite3(p: Params) -> nn.Module:
    """EfficientNet-Lite0, wider and deeper, on 280 px."""
    return EfficientNet(p, nn.ReLU6, 0.3, lite=True)


@reference(
    "efficientnet_lite4",
    title="EfficientNet-Lite4",
    family="EfficientNet",
    paper=PAPER,
    params=Lite4,
    preprocess="minus1to1",
    cited=_cited("13.0 M", "2.64 B", "81.5 %", "76 ms", "36 ms", "80.2 %", "30 ms", "13.007 M", "2.553 G"),
)
def efficientnet_lite4(p: Params) -> nn.Module:
    """The largest EfficientNet-Lite, on 300 px."""
    return EfficientNet(p, nn.ReLU6, 0.3, lite=True)
