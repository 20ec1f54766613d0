"""A convolution with its normalization and activation, and the rounding of channel counts."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

Activation = Callable[[], nn.Module]


class ConvNormActivation(nn.Sequential):
    """Conv2d without bias, BatchNorm2d, activation (None: none); padded so that stride 1 keeps the size.

    Children are 0, 1, 2, as in torchvision's networks, so that their state dicts fit.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        groups: int = 1,
        activation: Activation | None = nn.ReLU,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps, momentum),
        ]
        if activation is not None:
            layers.append(activation())
        super().__init__(*layers)


def divisible(channels: float, by: int = 8) -> int:
    """The nearest multiple of ``by``, at least ``by``, never more than a tenth below (the MobileNets' rounding)."""
    rounded = max(by, int(channels + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * channels else rounded
