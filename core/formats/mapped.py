"""Tensors that stay in the file they were found in: mapped when their numbers are asked for, never read whole."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.formats.bytes_tensor import tensor_from_bytes

_PIECE = 1 << 20  # bytes read at a time
Buffer = npt.NDArray[np.uint8]


class MappedFile:
    """A file that many tensors lie in: one mapping for all of them, made when the first is looked at."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._buffer: Buffer | None = None

    def view(self, offset: int, length: int) -> Buffer:
        """Bytes of the file without reading them. Raises UserError where the file has gone or become shorter."""
        try:
            if self._buffer is None:
                self._buffer = np.memmap(self.path, np.uint8, "r")
        except (OSError, ValueError) as error:
            raise UserError(f"The weights in '{self.path}' cannot be read: {error}.") from error
        if offset + length > len(self._buffer):
            raise UserError(f"The weights in '{self.path}' are cut off.", "Copy or download the file again.")
        return self._buffer[offset : offset + length]

    def release(self) -> None:
        """Let go of what of the file is in memory; it is read again when it is needed."""
        if self._buffer is not None:
            let_go(self._buffer)


def let_go(buffer: Buffer) -> None:
    """Hand the memory that a mapped file takes back to the system (where the system can be told)."""
    mapping = getattr(buffer, "_mmap", None)
    if mapping is not None and hasattr(mapping, "madvise"):
        mapping.madvise(mmap.MADV_DONTNEED)


class FileTensor(ir.LazyTensor):
    """``length`` bytes at ``offset`` of a file, little-endian, as a tensor."""

    def __init__(
        self, file: MappedFile, offset: int, length: int, dtype: ir.DataType, shape: ir.Shape, name: str | None
    ) -> None:
        self.file, self.offset, self.length = file, offset, length
        super().__init__(self._read, dtype, shape, cache=True, name=name)

    def _read(self) -> ir.TensorProtocol:
        data = self.file.view(self.offset, self.length)
        item = max(self.dtype.itemsize, 1) if self.dtype.bitwidth >= 8 else 1
        if data.ctypes.data % item:  # runtimes want numbers at addresses that are multiples of their size
            data = np.array(data)
        return tensor_from_bytes(data, self.dtype, ir.Shape(self.shape.numpy()), self.name)

    def release(self) -> None:
        """The file's pages need not stay in memory."""
        self.file.release()

    def pieces(self) -> Iterator[bytes]:
        """The bytes in pieces of at most a megabyte, read rather than mapped: none of them stays in memory.

        Raises OSError where the file cannot be read, and UserError where it has become shorter.
        """
        left = self.length
        with self.file.path.open("rb", buffering=0) as file:
            file.seek(self.offset)
            while left:
                piece = file.read(min(left, _PIECE))
                if not piece:
                    raise UserError(f"The weights in '{self.file.path}' are cut off.", "Copy or download it again.")
                left -= len(piece)
                yield piece
