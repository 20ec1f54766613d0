"""Small integers packed into bytes: k bits each, one behind the other, the lowest bit of the lowest byte first.

For k = 4 this is how ONNX stores INT4. Arrays only, no graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]


def packed_size(count: int, bits: int) -> int:
    """Bytes that ``count`` integers of ``bits`` bits take: the last byte may be filled up with zeros."""
    return -(-count * bits // 8)


def pack(codes: Array, bits: int) -> Bytes:
    """Integers in [0, 2**bits), of any shape, as bytes in row-major order. ``bits``: 1 to 8.

    Raises ValueError for an integer that does not fit.
    """
    flat = np.asarray(codes).reshape(-1)
    if flat.size and (int(flat.min()) < 0 or int(flat.max()) >= 1 << bits):
        raise ValueError(f"codes from {flat.min()} to {flat.max()} do not fit into {bits} bits")
    whole = flat.astype(np.uint8)
    if bits == 8:
        return whole
    single = (whole[:, None] >> np.arange(bits, dtype=np.uint8)) & np.uint8(1)
    return np.packbits(single.reshape(-1), bitorder="little")


def unpack(packed: Bytes, bits: int, count: int) -> Bytes:
    """The inverse of :func:`pack`: the first ``count`` integers, flat."""
    if bits == 8:
        return packed[:count].copy()
    single = np.unpackbits(packed, count=count * bits, bitorder="little").reshape(count, bits)
    codes: Bytes = (single << np.arange(bits, dtype=np.uint8)).sum(axis=1, dtype=np.uint8)
    return codes
