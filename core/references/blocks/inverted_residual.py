"""The inverted residual: expand, filter each channel, squeeze and excite where asked, project (Sandler et al. 2018)."""

from __future__ import annotations

from torch import Tensor, nn

from core.references.blocks.convolution import Activation, ConvNormActivation


class InvertedResidual(nn.Module):
    """``inputs`` -> ``hidden`` -> ``outputs`` channels; the input is added where sizes allow.

    ``excitation`` makes a layer for the hidden channels, None for none. Without expansion the first convolution is
    left out. Children stand in one Sequential called ``name``, as published state dicts have them.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        kernel: int,
        stride: int,
        activation: Activation,
        excitation: nn.Module | None = None,
        name: str = "conv",
        flat: bool = False,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if hidden != inputs:
            layers.append(ConvNormActivation(inputs, hidden, 1, 1, 1, activation, eps, momentum))
        layers.append(ConvNormActivation(hidden, hidden, kernel, stride, hidden, activation, eps, momentum))
        if excitation is not None:
            layers.append(excitation)
        project = ConvNormActivation(hidden, outputs, 1, 1, 1, None, eps, momentum)
        layers.extend(project if flat else [project])
        self.add_module(name, nn.Sequential(*layers))
        self._name = name
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.get_submodule(self._name)(x)
        return x + y if self.adds else y
