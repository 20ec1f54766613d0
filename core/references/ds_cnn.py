"""DS-CNN: depthwise separable convolutions on a spectrogram, for keywords on microcontrollers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from core.params import Field
from core.references.blocks.convolution import ConvNormActivation
from core.references.cited import Citation, Source
from core.references.reference import Classes, Port, reference

PAPER = Source("Zhang et al., Hello Edge: Keyword Spotting on Microcontrollers", 2017, "arxiv.org/abs/1711.07128")
MLPERF = Source(
    "Banbury et al., MLPerf Tiny Benchmark, NeurIPS Datasets and Benchmarks", 2021, "arxiv.org/abs/2106.07597, table 1"
)

_KERNEL = (10, 4)


@dataclass(frozen=True, slots=True)
class Params:
    """The defaults are the keyword network of MLPerf Tiny, which is the paper's small one."""

    filters: Annotated[int, Field("Filters", "Channels of every layer.", low=4, high=512)] = 64
    blocks: Annotated[int, Field("Blocks", "Depthwise separable pairs.", low=1, high=16)] = 4
    classes: Classes = 12
    frames: Annotated[int, Field("Frames", "Moments of the spectrogram; 49 are a second.", low=2, high=1024)] = 49
    coefficients: Annotated[int, Field("Coefficients", "Numbers for one frame, such as MFCC.", low=2, high=256)] = 10


class DSCNN(nn.Module):
    """[N, 1, frames, coefficients] -> scores [N, classes]."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        # TensorFlow's "same" padding, one more behind than in front: published weights expect it
        vertical, horizontal = _same(p.frames, _KERNEL[0]), _same(p.coefficients, _KERNEL[1])
        self.pads = (*horizontal, *vertical)
        self.stem = nn.Sequential(
            nn.Conv2d(1, p.filters, _KERNEL, 2, bias=False), nn.BatchNorm2d(p.filters), nn.ReLU(), nn.Dropout(0.2)
        )
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    ConvNormActivation(p.filters, p.filters, 3, groups=p.filters),
                    ConvNormActivation(p.filters, p.filters, 1),
                )
                for _ in range(p.blocks)
            )
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.4), nn.Linear(p.filters, p.classes))

    def forward(self, x: Tensor) -> Tensor:
        y = self.blocks(self.stem(F.pad(x, self.pads)))
        scores: Tensor = self.classifier(self.avgpool(y).flatten(1))
        return scores


def _same(size: int, kernel: int, stride: int = 2) -> tuple[int, int]:
    """(in front, behind), so that the output is the input divided by the stride, rounded up."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _spectrogram(p: Params) -> tuple[Port, ...]:
    return (Port("input", (1, p.frames, p.coefficients)),)


@reference(
    "ds_cnn",
    title="DS-CNN",
    family="DS-CNN",
    paper=PAPER,
    params=Params,
    ports=_spectrogram,
    preprocess="",
    cited=(
        Citation("top1", "94.4 %", PAPER, "Google Speech Commands v1, 12 classes (DS-CNN, small)"),
        Citation("bytes", "52.5 kB", MLPERF, "TensorFlow Lite 8-bit file; the paper writes KB"),
    ),
)
def ds_cnn(p: Params) -> nn.Module:
    """Hears a dozen keywords in a second of sound; the keyword network of MLPerf Tiny."""
    return DSCNN(p)
