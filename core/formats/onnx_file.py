"""Read and write .onnx exactly as it is: names, order, opset, shared initializers and metadata survive.

Two things a graph in memory needs and a file may lack are added on opening and taken back on saving: every node has a
name of its own (by its first output, so that it is the same on every opening), and initializers have a declared type.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping, MutableSequence
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from core.errors import UserError
from core.formats.bytes_tensor import tensor_from_bytes
from core.formats.format import file_format
from core.formats.mapped import FileTensor, MappedFile
from core.formats.onnx_check import check_proto, external_range, tensors
from core.formats.onnx_slim import slim
from core.formats.open import check_file, content_kind
from core.model.model import Model

PROTOBUF_LIMIT = 2**31 - 1  # bytes; a serialized protobuf cannot be longer
_WEIGHTS_LIMIT = PROTOBUF_LIMIT - 2**26  # leaves 64 MiB for the graph itself
_FILE_NAME, _DECLARED = "thimble.file_name", "thimble.declared"  # keys of .meta, which is never written to files
_EXTERNAL_ABOVE = 1024  # bytes: smaller tensors stay in the protobuf when the data goes to a file of its own

logging.getLogger("onnx_ir").setLevel(logging.ERROR)  # what it warns of, core.model.marks says to the user


@file_format("onnx", title="ONNX", suffixes=(".onnx",))
def read_onnx(path: Path) -> Model:
    """The model in an .onnx file; raises UserError where the file is damaged, hostile or not ONNX.

    External data is memory-mapped, and only from inside the model's own folder.
    """
    check_file(path)
    if path.stat().st_size > PROTOBUF_LIMIT:
        raise UserError(
            f"'{path.name}' is larger than 2 GiB, which no ONNX file can be.",
            "Save the model with external data.",
        )
    proto = _parsed(path)
    check_proto(proto, path)
    files: dict[Path, MappedFile] = {}
    graph = graph_from_proto(proto, f"'{path.name}'", lambda tensor: _mapped(tensor, path, files))
    return Model.from_ir(graph, str(path))


def _parsed(path: Path) -> onnx.ModelProto:
    """The file's graph; big weights are pointed to where they lie, so that no file has to fit into memory."""
    proto = onnx.ModelProto()
    data = slim(path)
    try:
        proto.ParseFromString(data)
    except DecodeError as error:
        raise UserError(f"'{path.name}' {_what_it_is(data)}.", "Copy, download or export it again.") from error
    if not proto.HasField("graph") and (kind := content_kind(data)):
        raise UserError(f"'{path.name}' is {kind}, not an ONNX model.")
    return proto


def _what_it_is(data: bytes) -> str:
    kind = content_kind(data)
    return f"is {kind}, not an ONNX model" if kind else "is not an ONNX model, or it is damaged or cut off"


def _mapped(tensor: onnx.TensorProto, path: Path, files: dict[Path, MappedFile]) -> ir.TensorProtocol:
    place, offset, length = external_range(tensor, path)
    shape, dtype = ir.Shape(tensor.dims), ir.DataType(tensor.data_type)
    found: ir.TensorProtocol
    if length == 0:
        found = tensor_from_bytes(np.zeros(0, np.uint8), dtype, shape, tensor.name)
    else:
        file = files.setdefault(place, MappedFile(place))
        found = FileTensor(file, offset, length, dtype, shape, tensor.name)
    found.doc_string = tensor.doc_string or None
    found.metadata_props.update({e.key: e.value for e in tensor.metadata_props})
    return found


def graph_from_proto(
    proto: onnx.ModelProto, what: str, load: Callable[[onnx.TensorProto], ir.TensorProtocol]
) -> ir.Model:
    """The in-memory graph of a checked proto; ``load`` supplies tensors that are stored elsewhere.

    Raises UserError (``what`` names the file) where the graph contradicts itself.
    """
    try:
        outside = {_external_key(t): t for t in tensors(proto) if t.data_location == onnx.TensorProto.EXTERNAL}
        graph = ir.from_proto(proto)
    except (ir.serde.SerdeError, ValueError, TypeError, AssertionError, KeyError) as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        reason = str(cause).strip().splitlines()[0].rstrip(".") if str(cause).strip() else type(cause).__name__
        raise UserError(f"{what} holds a graph that contradicts itself: {reason}.", "Export it again.") from error
    if outside:
        _supply(graph, lambda tensor: load(outside[_key(tensor)]))
    declared = {v.name for v in proto.graph.value_info}
    for name, value in graph.graph.initializers.items():
        if name in declared:
            value.meta[_DECLARED] = True
    _name_nodes(graph)
    return graph


def _external_key(tensor: onnx.TensorProto) -> tuple[str, str, str, str]:
    info = {e.key: e.value for e in tensor.external_data}
    return tensor.name, info.get("location", ""), str(int(info.get("offset") or 0)), str(list(tensor.dims))


def _key(tensor: ir.ExternalTensor) -> tuple[str, str, str, str]:
    return tensor.name or "", str(tensor.location), str(tensor.offset or 0), str(list(tensor.shape.numpy()))


def _all_nodes(graph: ir.Model) -> Iterator[ir.Node]:
    yield from graph.graph.all_nodes()
    for function in graph.functions.values():
        yield from function.all_nodes()


def _supply(graph: ir.Model, load: Callable[[ir.ExternalTensor], ir.TensorProtocol]) -> None:
    """Put real tensors where the file pointed elsewhere."""
    for inner in graph.graphs():
        for value in inner.initializers.values():
            if isinstance(value.const_value, ir.ExternalTensor):
                value.const_value = load(value.const_value)
    for node in _all_nodes(graph):
        for name, attribute in list(node.attributes.items()):
            if isinstance(attribute, ir.Attr) and attribute.type == ir.AttributeType.TENSOR:
                if isinstance(attribute.value, ir.ExternalTensor):
                    node.attributes[name] = ir.AttrTensor(name, load(attribute.value))
            elif isinstance(attribute, ir.Attr) and attribute.type == ir.AttributeType.TENSORS:
                loaded = [load(t) if isinstance(t, ir.ExternalTensor) else t for t in attribute.value]
                node.attributes[name] = ir.AttrTensors(name, loaded)


def _name_nodes(graph: ir.Model) -> None:
    """Give every node of the main graph a name that no other has."""
    taken = {n.name for n in graph.graph if n.name}
    seen: set[str] = set()
    for index, node in enumerate(graph.graph):
        if node.name and node.name not in seen:
            seen.add(node.name)
            continue
        node.meta[_FILE_NAME] = node.name or ""
        output = next((o.name for o in node.outputs if o.name), None)
        base = name = output or f"{node.op_type}_{index}"
        copies = 1
        while name in taken:
            copies += 1
            name = f"{base}_{copies}"
        node.name = name
        taken.add(name)
        seen.add(name)


def graph_to_proto(graph: ir.Model) -> onnx.ModelProto:
    """The graph as it goes to a file: names and declarations that the file did not have are left out."""
    proto = ir.to_proto(graph)
    given = {(n.op_type, n.name): n.meta[_FILE_NAME] for n in graph.graph if _FILE_NAME in n.meta}
    for node in proto.graph.node:
        original = given.get((node.op_type, node.name))
        if original is not None and node.output and _named_after(node):
            node.name = original
            if not original:
                node.ClearField("name")
    _keep_order(proto.metadata_props, graph.metadata_props)
    _keep_order(proto.graph.metadata_props, graph.graph.metadata_props)
    for written, node in zip(proto.graph.node, graph.graph, strict=True):
        _keep_order(written.metadata_props, node.metadata_props)
    added = {k for k, v in graph.graph.initializers.items() if _DECLARED not in v.meta and not v.metadata_props}
    kept = [v for v in proto.graph.value_info if v.name not in added]
    if len(kept) != len(proto.graph.value_info):
        del proto.graph.value_info[:]
        proto.graph.value_info.extend(kept)
    return proto


def _keep_order(written: MutableSequence[onnx.StringStringEntryProto], props: Mapping[str, str]) -> None:
    """onnx_ir sorts metadata by key; the file's own order comes back."""
    if len(props) > 1:
        del written[:]
        written.extend(onnx.StringStringEntryProto(key=k, value=v) for k, v in props.items())


def _named_after(node: onnx.NodeProto) -> bool:
    """Whether opening would give the node this very name again, so that it need not be written."""
    return node.name == next((o for o in node.output if o), None)


def save_onnx(model: Model, path: str | Path, limit: int = _WEIGHTS_LIMIT) -> None:
    """Write the model as one .onnx file, atomically; weights of more than ``limit`` bytes go to a file beside it.

    An interrupted write leaves what was there before. Raises UserError where the folder cannot be written.
    """
    path = Path(path)
    proto = graph_to_proto(model.graph)
    try:
        if sum(t.ByteSize() for t in tensors(proto)) > limit:
            _move_out(proto, path)
        write_atomically(path, proto.SerializeToString())
    except OSError as error:
        raise UserError(f"'{path}' cannot be written: {error.strerror or error}.") from error


def _move_out(proto: onnx.ModelProto, path: Path) -> None:
    """Put tensor data into one file beside ``path``, named by its content so that no older model loses its data."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.data")
    digest = hashlib.sha256()
    places: list[tuple[onnx.TensorProto, int, int]] = []
    try:
        with partial.open("wb") as file:
            for tensor in tensors(proto):
                data = tensor.raw_data
                if len(data) > _EXTERNAL_ABOVE:
                    places.append((tensor, file.tell(), len(data)))
                    file.write(data)
                    digest.update(data)
                    file.write(bytes(-len(data) % 64))
            file.flush()
            os.fsync(file.fileno())
        name = f"{path.stem}-{digest.hexdigest()[:12]}.data"
        os.replace(partial, path.with_name(name))
    finally:
        partial.unlink(missing_ok=True)
    for tensor, offset, length in places:
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", name), ("offset", str(offset)), ("length", str(length))):
            tensor.external_data.add(key=key, value=value)


def write_atomically(path: Path, data: bytes) -> None:
    """Write aside, flush to the disk, rename into place: a reader sees the old file or the whole new one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
