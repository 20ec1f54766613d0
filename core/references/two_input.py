"""A network with two inputs: a picture and a row of measurements, joined by scaling channels or by concatenation."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.params import Field
from core.references.blocks.convolution import ConvNormActivation, divisible
from core.references.cited import Source
from core.references.reference import Channels, Classes, Port, Width, reference, resolution

PAPER = Source(
    "Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer, AAAI", 2018, "arxiv.org/abs/1709.07871"
)

_WIDTHS = (32, 64, 128, 256)
_EMBEDDED = 64


class Join(enum.Enum):
    """How the measurements reach the picture."""

    FILM = "film"
    CONCAT = "concat"


@dataclass(frozen=True, slots=True)
class Params:
    """What can be chosen."""

    join: Annotated[
        Join,
        Field(
            "Join", "film: measurements scale and shift every block's channels. concat: they meet before the scores."
        ),
    ] = Join.FILM
    measurements: Annotated[int, Field("Measurements", "Numbers beside each picture.", low=1, high=1024)] = 8
    width: Width = 1.0
    classes: Classes = 10
    channels: Channels = 3
    resolution: Annotated[int, resolution(16, 16)] = 64


def _ports(p: Params) -> tuple[Port, ...]:
    picture = Port("image", (p.channels, p.resolution, p.resolution))
    return (picture, Port("measurements", (p.measurements,)))


class ScaleAndShift(nn.Module):
    """[N, C, H, W] with every channel multiplied and moved by what a Linear makes of [N, embedded] (FiLM)."""

    def __init__(self, embedded: int, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.scale = nn.Linear(embedded, channels)
        self.shift = nn.Linear(embedded, channels)

    def draw_weights(self) -> None:
        """Start near the identity: the picture alone must be learnable."""
        for layer in (self.scale, self.shift):
            nn.init.normal_(layer.weight, std=0.1 * layer.in_features**-0.5)

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        scale = self.scale(embedded).reshape(-1, self.channels, 1, 1)
        shift = self.shift(embedded).reshape(-1, self.channels, 1, 1)
        y: Tensor = x * (scale + 1.0) + shift
        return y


class ScaledBlock(nn.Module):
    """A 3x3 convolution that halves the map and is normalized; scaled by the measurements where asked; rectified."""

    def __init__(self, inputs: int, outputs: int, embedded: int, scaled: bool) -> None:
        super().__init__()
        self.convolution = ConvNormActivation(inputs, outputs, 3, 2, activation=None)
        self.film = ScaleAndShift(embedded, outputs) if scaled else None
        self.activation = nn.ReLU()

    def forward(self, x: Tensor, embedded: Tensor) -> Tensor:
        y = self.convolution(x)
        if self.film is not None:
            y = self.film(y, embedded)
        rectified: Tensor = self.activation(y)
        return rectified


class TwoInputs(nn.Module):
    """Picture [N, C, H, W] and measurements [N, M] -> scores [N, classes]."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        self.joins_late = p.join is Join.CONCAT
        embedded = divisible(_EMBEDDED * p.width)
        self.embedding = nn.Sequential(
            nn.Linear(p.measurements, embedded), nn.ReLU(), nn.Linear(embedded, embedded), nn.ReLU()
        )
        blocks: list[nn.Module] = []
        now = p.channels
        for base in _WIDTHS:
            outputs = divisible(base * p.width)
            blocks.append(ScaledBlock(now, outputs, embedded, not self.joins_late))
            now = outputs
        self.blocks = nn.ModuleList(blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(now + embedded if self.joins_late else now, p.classes)

    def forward(self, image: Tensor, measurements: Tensor) -> Tensor:
        embedded = self.embedding(measurements)
        x = image
        for block in self.blocks:
            x = block(x, embedded)
        features = self.avgpool(x).flatten(1)
        if self.joins_late:
            features = torch.cat([features, embedded], 1)
        scores: Tensor = self.classifier(features)
        return scores


@reference(
    "two_input",
    title="Two-input network",
    family="Two inputs",
    paper=PAPER,
    params=Params,
    ports=_ports,
)
def two_input(p: Params) -> nn.Module:
    """A picture and a row of measurements: the measurements scale the picture's channels, or are joined to them."""
    return TwoInputs(p)
