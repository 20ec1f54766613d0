"""What the writer knows of an ONNX value: a tensor of the file, or a constant not yet written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.exporters.tflite.builder import Affine
from core.exporters.tflite.layout import Layout

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value that lives in tensor ``index`` of the file, stored by ``layout``.

    ``quantization`` is set exactly when it is int8 or int16. ``nonnegative``: known to hold nothing below 0 (padding of
    a MaxPool rests on it). ``columns``: the value is a flattened image whose stored column k is ONNX column
    ``columns[k]``; only a fully connected layer can read it, with its weights in that order.
    """

    index: int
    layout: Layout
    dtype: str = "float32"
    quantization: Affine | None = None
    nonnegative: bool = False
    columns: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.layout.shape

    @property
    def rank(self) -> int:
        return self.layout.rank

    @property
    def quantized(self) -> bool:
        return self.quantization is not None

    def known_nonnegative(self, yes: bool = True) -> Tensor:
        return replace(self, nonnegative=yes)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known before running, in ONNX order.

    ``array`` holds real numbers or integers as ONNX has them. Where the value sits behind a DequantizeLinear,
    ``integers`` are the stored ones (unsigned ones already shifted to signed), ``scale`` and
    ``zero_point`` are vectors along ``axis``, or of length 1. ``blocks``: it had scales in blocks, for which TFLite has
    no form beside integer activations, so that only ``array`` is kept.
    """

    array: Array
    integers: Array | None = None
    scale: Array | None = None
    zero_point: Array | None = None
    axis: int = 0
    blocks: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    @property
    def rank(self) -> int:
        return self.array.ndim

    def transposed(self, order: tuple[int, ...]) -> Constant:
        axis = order.index(self.axis) if self.integers is not None and self.array.ndim else 0
        turned = None if self.integers is None else np.transpose(self.integers, order)
        return replace(self, array=np.transpose(self.array, order), integers=turned, axis=axis)

    def reshaped(self, shape: tuple[int, ...]) -> Constant:
        """The quantized form survives only with one scale for the tensor: a reshape may tear an axis apart."""
        array = self.array.reshape(shape)
        if self.integers is None or self.scale is None or self.scale.size > 1:
            return Constant(array, blocks=self.blocks)
        return replace(self, array=array, integers=self.integers.reshape(shape), axis=0)


Known = Tensor | Constant
