"""Squeeze-and-excitation: channels weigh each other by their means (Hu et al. 2018)."""

from __future__ import annotations

from torch import Tensor, nn

from core.references.blocks.convolution import Activation


class SqueezeExcitation(nn.Module):
    """[N, C, H, W] times a factor per channel, from the means through two 1x1 convolutions ``fc1`` and ``fc2``."""

    def __init__(
        self, channels: int, squeezed: int, activation: Activation = nn.ReLU, gate: Activation = nn.Sigmoid
    ) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = activation()
        self.scale_activation = gate()

    def forward(self, x: Tensor) -> Tensor:
        scale: Tensor = self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x)))))
        return x * scale
