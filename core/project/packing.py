"""A model as a small graph plus tensor files: what a revision is on the disk, and what a job hands back."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import onnx_ir as ir
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from core.errors import UserError
from core.formats.onnx_file import PROTOBUF_LIMIT, graph_from_proto, graph_to_proto, write_atomically
from core.model.model import Model
from core.model.release import take_apart
from core.project.tensors import StoredTensor, TensorStore

_DIGEST = re.compile("[0-9a-f]{64}")
_INLINE = 1024  # bytes: shape constants and small biases stay in the graph
_RESULT = "result.json"


def pack(model: Model, store: TensorStore) -> tuple[bytes, frozenset[str]]:
    """The graph without its weights, and the hashes of the tensors it needs, all of which are in ``store`` afterwards.

    A tensor that already is in a store is not read.
    """
    used: set[str] = set()

    def put(tensor: ir.TensorProtocol) -> ir.TensorProtocol:
        if tensor.dtype == ir.DataType.STRING or tensor.nbytes <= _INLINE:
            return tensor
        digest = store.put(tensor)
        used.add(digest)
        return ir.ExternalTensor(
            digest,
            0,
            tensor.nbytes,
            tensor.dtype,
            shape=ir.Shape(tensor.shape.numpy()),
            name=tensor.name or "",
            doc_string=tensor.doc_string,
            metadata_props=dict(tensor.metadata_props),
        )

    bare = model.graph.clone()
    with store.batch():
        _replace(bare, put)
    data = graph_to_proto(bare).SerializeToString()
    take_apart(bare)
    return zlib.compress(data, 1), frozenset(used)


def _replace(graph: ir.Model, change: Callable[[ir.TensorProtocol], ir.TensorProtocol]) -> None:
    """Put ``change(tensor)`` in the place of every initializer and every tensor attribute."""
    for inner in graph.graphs():
        for value in inner.initializers.values():
            if value.const_value is not None:
                value.const_value = change(value.const_value)
    for node in graph.graph.all_nodes():
        for name, attribute in list(node.attributes.items()):
            if isinstance(attribute, ir.Attr) and attribute.type == ir.AttributeType.TENSOR:
                new = change(attribute.value)
                if new is not attribute.value:
                    node.attributes[name] = ir.AttrTensor(name, new)


def onnx_bytes(data: bytes, what: str) -> bytes:
    """The serialized ONNX model of :func:`pack`, whose tensors are external data located at their hashes."""
    try:
        return zlib.decompressobj().decompress(data, PROTOBUF_LIMIT)
    except (zlib.error, TypeError) as error:
        raise UserError(f"{what} is damaged: its graph cannot be read.", "Restore it from a copy.") from error


def unpack(data: bytes, what: str, source: str, *stores: TensorStore) -> Model:
    """The model of :func:`pack`; tensors are looked for in ``stores`` in order and read when first used.

    Raises UserError (``what`` says which model) where the graph or a tensor is damaged or missing.
    """
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(onnx_bytes(data, what))
    except (DecodeError, TypeError) as error:
        raise UserError(f"{what} is damaged: its graph cannot be read.", "Restore it from a copy.") from error

    def load(tensor: onnx.TensorProto) -> ir.TensorProtocol:
        digest = next((e.value for e in tensor.external_data if e.key == "location"), "")
        if not _DIGEST.fullmatch(digest):  # a project from somebody else may name any file of this machine
            raise UserError(f"{what} is damaged: '{digest}' names no tensor.", "Restore it from a copy.")
        store = next((s for s in stores if s.path(digest).exists()), stores[0])
        found = store.get(digest, ir.DataType(tensor.data_type), ir.Shape(tensor.dims), tensor.name)
        found.doc_string = tensor.doc_string or None
        found.metadata_props.update({e.key: e.value for e in tensor.metadata_props})
        return found

    return Model.from_ir(graph_from_proto(proto, what, load), source)


def write_result(folder: Path, model: Model, known: TensorStore | None = None, **more: Any) -> None:
    """Hand a model over as files: the graph and its new tensors; those of ``known`` are only named.

    ``more`` is JSON that goes with it. The last file written is the one that makes the result count.
    """
    store = _Layered(folder / "tensors", known)
    store.folder.mkdir(parents=True, exist_ok=True)
    data, used = pack(model, store)
    write_atomically(folder / "graph.bin", data)
    about = {"source": model.source, "tensors": sorted(used), **more}
    write_atomically(folder / _RESULT, json.dumps(about).encode())


class _Layered(TensorStore):
    """A store that leaves a tensor where it is if another store already has it."""

    def __init__(self, folder: Path, below: TensorStore | None) -> None:
        super().__init__(folder)
        self._below = below

    def put(self, tensor: ir.TensorProtocol) -> str:
        if isinstance(tensor, StoredTensor) and self._below and tensor.store.folder == self._below.folder:
            return tensor.digest
        return super().put(tensor)


def take_result(folder: Path, store: TensorStore) -> tuple[bytes, frozenset[str], str]:
    """(graph, hashes, source) of what a job has handed over, as :func:`pack` gives them; its tensors are in ``store``.

    Nothing is unpacked: files are taken over as they are. Raises UserError where the result is not complete.
    """
    about, data = _handed_over(folder)
    own, digests = TensorStore(folder / "tensors"), frozenset(str(d) for d in about.get("tensors", ()))
    with store.batch():
        for digest in digests:
            path = own.path(digest)
            if not _DIGEST.fullmatch(digest) or not (path.exists() or store.path(digest).exists()):
                raise UserError(f"The result in '{folder}' lacks the tensor '{digest}'.", "Run the job again.")
            if path.exists():
                store.adopt(own, digest, path.stat().st_size)
    return data, digests, str(about.get("source", ""))


def read_result(folder: Path, known: TensorStore | None = None) -> Model:
    """The model a job has handed over. Raises UserError where the job did not finish writing it."""
    about, data = _handed_over(folder)
    own = TensorStore(folder / "tensors")
    return unpack(data, "The result", str(about.get("source", "")), *((known, own) if known else (own,)))


def _handed_over(folder: Path) -> tuple[dict[str, Any], bytes]:
    try:
        about: dict[str, Any] = json.loads((folder / _RESULT).read_text("utf-8"))
        return about, (folder / "graph.bin").read_bytes()
    except (OSError, ValueError) as error:
        raise UserError(f"There is no result in '{folder}'.", "The job did not finish; run it again.") from error
