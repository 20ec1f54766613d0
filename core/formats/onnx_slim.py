"""An ONNX file without its weights: the big runs of raw data are left in the file and only pointed to.

A parser of protocol buffers copies everything it reads, so a gigabyte of weights would take a gigabyte of memory, twice
for a moment. Here the file's outline is walked instead; what is found big enough becomes external data that lies in
the very same file. Whatever looks unusual is left as it is, for the checks that come after.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import onnx
import onnx_ir as ir
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from core.formats.bytes_tensor import byte_size

LEAST = 1 << 16  # bytes: smaller tensors stay in the graph
_AT_ONCE, _WINDOW = 1 << 24, 1 << 14
_DEEPEST = 60
_RAW_DATA: Final = 9
# Kind of message -> number of a field that may hold tensors -> the kind of message it holds.
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph"},
}
_ELSEWHERE = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")


class _UnusualError(Exception):
    """The bytes are not what protocol buffers look like; the real parser shall say so."""


def slim(path: Path) -> bytes:
    """The model in a file with its big raw tensors as external data located in that very file; else as it is.

    Raises OSError where the file cannot be read.
    """
    name, size = path.name, path.stat().st_size
    if size < LEAST or not name.isprintable() or any(c in name for c in "\\/:"):
        return path.read_bytes()
    if size <= _AT_ONCE:
        whole = path.read_bytes()
        return _slim(whole, len(whole), name) or whole
    with path.open("rb", buffering=0) as file:
        return _slim(_Windows(file), size, name) or path.read_bytes()


class _Windows:
    """A long file as bytes, of which a little is in memory: mapping it would wait for the disk inside Python's lock."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._start, self._block = 0, b""

    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            self._file.seek(at.start)
            return self._file.read(at.stop - at.start)
        if not self._start <= at < self._start + len(self._block):
            self._file.seek(at)
            self._start, self._block = at, self._file.read(_WINDOW)
        return self._block[at - self._start]


def _slim(data: bytes | _Windows, size: int, name: str) -> bytes | None:
    try:
        return _message(data, 0, size, "model", name, 0)
    except (_UnusualError, IndexError, DecodeError):
        return None


def _message(data: bytes | _Windows, start: int, end: int, kind: str, name: str, depth: int) -> bytes:
    if depth > _DEEPEST:
        raise _UnusualError
    if kind == "tensor":
        return _tensor(data, start, end, name)
    inside, parts, kept = _INSIDE[kind], [], start
    for field, at, first, last in _fields(data, start, end):
        if last - first < LEAST or field not in inside:
            continue
        inner = _message(data, first, last, inside[field], name, depth + 1)
        parts += [bytes(data[kept:at]), _varint(field << 3 | 2), _varint(len(inner)), inner]
        kept = last
    parts.append(bytes(data[kept:end]))
    return b"".join(parts)


def _tensor(data: bytes | _Windows, start: int, end: int, name: str) -> bytes:
    """A tensor that points to its data; unchanged where it is not plainly one run of raw bytes of the right length."""
    raw = [(at, first, last) for field, at, first, last in _fields(data, start, end) if field == _RAW_DATA]
    if len(raw) != 1 or raw[0][2] - raw[0][1] < LEAST:
        return bytes(data[start:end])
    at, first, last = raw[0]
    tensor = onnx.TensorProto.FromString(bytes(data[start:at]) + bytes(data[last:end]))
    try:
        wanted = byte_size(ir.DataType(tensor.data_type), math.prod(tensor.dims))
    except ValueError:
        return bytes(data[start:end])
    placed = (
        tensor.external_data or tensor.HasField("data_location") or any(len(getattr(tensor, f)) for f in _ELSEWHERE)
    )
    if placed or wanted != last - first or any(d < 0 for d in tensor.dims):
        return bytes(data[start:end])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", name), ("offset", str(first)), ("length", str(last - first))):
        tensor.external_data.add(key=key, value=value)
    rest: bytes = tensor.SerializeToString()
    return rest


def _fields(data: bytes | _Windows, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, where it begins, where its content begins and ends) of every field of one message."""
    at = start
    while at < end:
        tag, first = _read_varint(data, at)
        kind = tag & 7
        if kind == 2:
            length, first = _read_varint(data, first)
            last = first + length
        elif kind == 0:
            _, last = _read_varint(data, first)
        elif kind in (1, 5):
            last = first + (8 if kind == 1 else 4)
        else:
            raise _UnusualError
        if last > end or not tag >> 3:
            raise _UnusualError
        yield tag >> 3, at, first, last
        at = last


def _read_varint(data: bytes | _Windows, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise _UnusualError


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
