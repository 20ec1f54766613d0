"""The Fire module: squeeze to few channels, expand by 1x1 and 3x3 side by side (Iandola et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Fire(nn.Module):
    """[N, inputs, H, W] -> ``squeeze`` channels -> [N, expand1x1 + expand3x3, H, W], ReLU behind each convolution."""

    def __init__(self, inputs: int, squeeze: int, expand1x1: int, expand3x3: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.squeeze_activation = nn.ReLU()
        self.expand1x1 = nn.Conv2d(squeeze, expand1x1, 1)
        self.expand1x1_activation = nn.ReLU()
        self.expand3x3 = nn.Conv2d(squeeze, expand3x3, 3, padding=1)
        self.expand3x3_activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze_activation(self.squeeze(x))
        one, three = self.expand1x1_activation(self.expand1x1(x)), self.expand3x3_activation(self.expand3x3(x))
        return torch.cat([one, three], 1)
