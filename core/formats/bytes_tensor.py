"""A tensor that is bytes in some buffer: a memory-mapped file, part of one, or memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir


def byte_size(dtype: ir.DataType, elements: int) -> int:
    """Bytes that ``elements`` numbers of a type take; types below 8 bits are packed."""
    return (elements * dtype.bitwidth + 7) // 8


def tensor_from_bytes(
    data: npt.NDArray[np.uint8], dtype: ir.DataType, shape: ir.Shape, name: str | None
) -> ir.TensorProtocol:
    """A view (no copy) of little-endian ``data`` as a tensor; its length must fit dtype and shape."""
    if dtype.bitwidth < 8:
        return ir.PackedTensor(data, dtype, shape=shape, name=name)
    array: npt.NDArray[Any] = data.view(np.dtype(dtype.numpy()).newbyteorder("<")).reshape(shape.numpy())
    return ir.Tensor(array, dtype=dtype, shape=shape, name=name)
