"""Tensors as immutable files named by the hash of their bytes: written aside, flushed, renamed; read lazily."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.formats.bytes_tensor import byte_size, tensor_from_bytes
from core.formats.mapped import FileTensor, let_go

_MAPPED_FROM = 1 << 20  # bytes: Python keeps a file descriptor open per mapping, so small files are read instead
Buffer = npt.NDArray[np.uint8]


class StoredTensor(ir.LazyTensor):
    """A tensor in a :class:`TensorStore`; its bytes are read when first asked for."""

    def __init__(self, store: TensorStore, digest: str, dtype: ir.DataType, shape: ir.Shape, name: str | None) -> None:
        self.store, self.digest = store, digest
        super().__init__(self._read, dtype, shape, cache=True, name=name)

    def _read(self) -> ir.TensorProtocol:
        return tensor_from_bytes(self.store.read(self.digest), self.dtype, ir.Shape(self.shape.numpy()), self.name)

    def release(self) -> None:
        """The file's pages need not stay in memory."""
        self.store.release(self.digest)

    @property
    def length(self) -> int:
        """Size of the file in bytes."""
        return byte_size(self.dtype, self.size)


class TensorStore:
    """A folder of tensor files. Equal bytes are one file, however many tensors, revisions or names use them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writing = threading.RLock()
        self._pending: dict[str, Path] | None = None  # written but not yet safe: digest -> file
        self._open: weakref.WeakValueDictionary[str, Buffer] = weakref.WeakValueDictionary()

    def path(self, digest: str) -> Path:
        return self.folder / digest

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """What is put within is written at once and made safe at the end, in one go; on a failure nothing is kept.

        A flush a file costs a turn of the disk each; when all are written first, nearly all of them cost nothing.
        Another thread waits until the batch has ended.
        """
        with self._writing:
            if self._pending is not None:
                yield
                return
            self._pending = {}
            try:
                yield
                for partial in self._pending.values():
                    flush_file(partial)
                for digest, partial in self._pending.items():
                    os.replace(partial, self.path(digest))
                self.flush()
            finally:
                for partial in self._pending.values():
                    partial.unlink(missing_ok=True)
                self._pending = None

    def put(self, tensor: ir.TensorProtocol) -> str:
        """Make sure the tensor's bytes are in the store, safe on the disk (at the end of the batch); gives their hash.

        A tensor of another store is linked (or copied) rather than read; one of this store costs nothing; one that
        lies in a file is copied from there without being held in memory.
        """
        if isinstance(tensor, StoredTensor):
            if tensor.store.folder != self.folder:
                with self._writing:
                    self.adopt(tensor.store, tensor.digest, tensor.length)
            return tensor.digest
        with self.batch():
            if isinstance(tensor, FileTensor):
                return self._keep(tensor.pieces(), tensor.length)
            data = tensor.tobytes()
            digest = hashlib.sha256(data).hexdigest()
            return digest if self._has(digest, len(data)) else self._keep((data,), len(data))

    def _has(self, digest: str, length: int) -> bool:
        return digest in (self._pending or ()) or self._size(digest) == length

    def _keep(self, pieces: Iterable[bytes], length: int) -> str:
        """Write bytes aside, to be given the name of their hash when the batch ends; gives the hash."""
        pending = self._pending if self._pending is not None else {}
        partial = self.folder / f".{len(pending)}.{os.getpid()}.part"
        hasher, kept = hashlib.sha256(), False
        try:
            with partial.open("wb") as file:
                for piece in pieces:
                    hasher.update(piece)
                    file.write(piece)
            digest = hasher.hexdigest()
            kept = not self._has(digest, length)
            if kept:
                pending[digest] = partial
        finally:
            if not kept:
                partial.unlink(missing_ok=True)
        return digest

    def adopt(self, other: TensorStore, digest: str, length: int) -> None:
        """Take a file of another store without reading it: linked where possible, else copied."""
        if self._has(digest, length):
            return
        source, target = other.path(digest), self.path(digest)
        target.unlink(missing_ok=True)  # a file of the wrong size is damage: the good one takes its place
        try:
            os.link(source, target)
        except OSError:  # another disk, or a file system without links
            partial = self.folder / f".{digest}.{os.getpid()}.part"
            shutil.copyfile(source, partial)
            if self._pending is not None:
                self._pending[digest] = partial
                return
            flush_file(partial)
            os.replace(partial, target)

    def flush(self) -> None:
        """Make the new names in the folder survive a power cut (a no-op where folders cannot be flushed)."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def get(self, digest: str, dtype: ir.DataType, shape: ir.Shape, name: str | None) -> StoredTensor:
        """The tensor with these bytes. Raises UserError where its file is missing or has another size."""
        tensor = StoredTensor(self, digest, dtype, shape, name)
        size = self._size(digest)
        if size != tensor.length:
            found = "is missing" if size is None else f"has {size} bytes instead of {tensor.length}"
            raise UserError(
                f"The weights of '{name}' are damaged: file '{self.path(digest)}' {found}.",
                "Restore the project folder from a copy.",
            )
        return tensor

    def read(self, digest: str) -> Buffer:
        """The bytes of one file, shared by all tensors that use them; large files are memory-mapped."""
        buffer = self._open.get(digest)
        if buffer is None:
            path = self.path(digest)
            try:
                large = path.stat().st_size >= _MAPPED_FROM
                buffer = np.memmap(path, np.uint8, "r") if large else np.fromfile(path, np.uint8)
            except OSError as error:
                raise UserError(f"The weights in '{path}' cannot be read: {error.strerror or error}.") from error
            buffer.flags.writeable = False
            self._open[digest] = buffer
        return buffer

    def intact(self, digest: str) -> bool:
        """Whether the file's bytes still have the hash it is named by (reads it all)."""
        try:
            with self.path(digest).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == digest
        except OSError:
            return False

    def remove_all_but(self, digests: Collection[str]) -> int:
        """Delete every other file, leftovers of killed writers included; gives the bytes that were freed."""
        freed = 0
        for path in self.folder.iterdir():
            if path.name not in digests:
                with contextlib.suppress(OSError):  # Windows refuses while it is mapped: the next time, then
                    size = path.stat().st_size
                    path.unlink()
                    freed += size
        return freed

    def release(self, digest: str) -> None:
        """Let go of what of a mapped file is in memory; it is read again when it is needed."""
        buffer = self._open.get(digest)
        if buffer is not None:
            let_go(buffer)

    def _size(self, digest: str) -> int | None:
        try:
            return self.path(digest).stat().st_size
        except OSError:
            return None


def flush_file(path: Path) -> None:
    """What was written to a file survives a power cut from now on."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
