"""Whether a parsed ONNX file is sound, before anything is built or allocated from it.

A file from the internet may declare a tensor of 2^60 elements, point to /etc/passwd for its data, or have its tail cut
off. Everything is checked against what is really there; nothing is read from other files here but their size.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

import onnx
import onnx_ir as ir
from google.protobuf.message import Message  # type: ignore[import-untyped]

from core.errors import UserError
from core.formats.bytes_tensor import byte_size

_MOST_ELEMENTS = 1 << 31  # of one input: 8 GiB as float32


def check_proto(proto: onnx.ModelProto, path: Path) -> None:
    """Raise UserError, naming the file and the place, unless the graph can be built as it is."""
    where = f"'{path.name}'"
    if not proto.HasField("graph") or not (proto.graph.node or proto.graph.output):
        raise UserError(f"{where} holds no graph.", "It may be damaged, or not an ONNX model at all.")
    if not proto.graph.output:
        raise UserError(f"{where} has a graph without outputs.", "Export the model again.")
    if not proto.opset_import and not proto.functions:
        raise UserError(f"{where} names no operator set.", "It is damaged or cut off; copy or download it again.")
    if proto.training_info:
        raise UserError(f"{where} holds training information, which Thimble would lose.", "Export it for inference.")
    _check_text(proto, where)
    _check_inputs(proto.graph, where)
    for graph in graphs(proto):
        if graph.sparse_initializer:
            raise UserError(
                f"{where} holds sparse initializers ('{graph.sparse_initializer[0].values.name}').",
                "Store them as dense tensors first.",
            )
    for tensor in tensors(proto):
        check_tensor(tensor, path)
    _check_names(proto.graph, where, frozenset())
    _check_arity(proto, where)


def _check_arity(proto: onnx.ModelProto, where: str) -> None:
    """Every layer of a known operator has the inputs and outputs that the operator cannot do without."""
    versions = {o.domain: o.version for o in proto.opset_import}
    for node in (n for graph in graphs(proto) for n in graph.node):
        try:
            schema = onnx.defs.get_schema(node.op_type, versions.get(node.domain, 0), node.domain)
        except onnx.defs.SchemaError:  # unknown operators get a mark, see core.model.marks
            continue
        optional = onnx.defs.OpSchema.FormalParameterOption.Optional  # Loop's first input, before others it needs
        needed = [k for k, formal in enumerate(schema.inputs[: schema.min_input]) if formal.option != optional]
        given = len(node.input) if all(k < len(node.input) and node.input[k] for k in needed) else 0
        if given < schema.min_input or len(node.output) < schema.min_output:
            layer = node.name or next(iter(node.output), "")
            raise UserError(
                f"Layer '{layer}' ({node.op_type}) of {where} lacks inputs or outputs: "
                f"it needs at least {schema.min_input} and {schema.min_output}.",
                "The file is damaged; export it again.",
            )


def _check_names(graph: onnx.GraphProto, where: str, outer: frozenset[str]) -> None:
    """Every tensor has one maker, and every layer reads only what stands before it."""
    made: set[str] = set()
    for named in (graph.initializer, graph.input):
        for name, count in Counter(v.name for v in named).items():
            if not name or count > 1:
                found = f"two tensors named '{name}'" if name else "a tensor without a name"
                raise UserError(f"{where} holds {found}.", "Export it again.")
            made.add(name)
    for node in graph.node:
        layer = f"Layer '{node.name or next(iter(node.output), '')}' ({node.op_type}) of {where}"
        for name in node.input:
            if name and name not in made and name not in outer:
                raise UserError(f"{layer} reads '{name}', which nothing before it produces.", "Export it again.")
        for body in _bodies([node]):
            _check_names(body, where, outer | made)
        for name in node.output:
            if name and name in made:
                raise UserError(f"{layer} produces '{name}', which exists already.", "Export it again.")
            made.add(name)
    for value in graph.output:
        if value.name not in made and value.name not in outer:
            raise UserError(f"Output '{value.name}' of {where} is produced by nothing.", "Export it again.")


def _check_inputs(graph: onnx.GraphProto, where: str) -> None:
    initial = {t.name for t in graph.initializer}
    real = [v for v in graph.input if v.name not in initial]
    if not real:
        raise UserError(f"{where} has no input to feed.", "A network needs at least one graph input.")
    for value in real:
        kind = value.type.WhichOneof("value")
        if kind != "tensor_type":
            found = (kind or "nothing").removesuffix("_type")
            raise UserError(f"Input '{value.name}' of {where} is a {found}, not a tensor.")
        if not value.type.tensor_type.HasField("shape"):
            raise UserError(
                f"Input '{value.name}' of {where} has no shape.",
                "Export the model with the input's size (names such as 'batch' may stand for free axes).",
            )
        _check_sizes([d.dim_value for d in value.type.tensor_type.shape.dim if d.HasField("dim_value")], value, where)


def _check_sizes(sizes: Sequence[int], value: onnx.ValueInfoProto, where: str) -> None:
    """Sizes that an array can have: 0 stood for "free" in some old exporters, a huge one would not fit in memory."""
    named = f"Input '{value.name}' of {where} has the size {' x '.join(map(str, sizes))}"
    if any(d <= 0 for d in sizes):
        raise UserError(f"{named}; every size must be above 0.", "Export it again, a free axis with a name ('batch').")
    if math.prod(sizes) > _MOST_ELEMENTS:
        raise UserError(f"{named}, which no memory holds.", "Export the model with a smaller input.")


def _check_text(proto: onnx.ModelProto, where: str) -> None:
    """Protobuf hands out text that is no UTF-8 as bytes, which nothing after this expects."""
    stack: list[Message] = [proto]
    while stack:
        message = stack.pop()
        if isinstance(message, onnx.TensorProto):  # not its data: reading that copies it
            texts: list[object] = [message.name, message.doc_string]
            inner: list[Message] = [*message.external_data, *message.metadata_props]
        else:
            texts, inner = _fields(message)
        stack.extend(inner)
        if any(isinstance(t, bytes) for t in texts):
            raise UserError(f"{where} holds a name that is not text.", "The file is damaged.")


def _fields(message: Message) -> tuple[list[object], list[Message]]:
    """(text fields, messages inside) of one message."""
    texts: list[object] = []
    inner: list[Message] = []
    for field, value in message.ListFields():
        values = (value,) if isinstance(value, (str, bytes, Message)) else value
        if field.type == field.TYPE_STRING:
            texts.extend(values)
        elif field.type == field.TYPE_MESSAGE:
            inner.extend(values)
    return texts, inner


def graphs(proto: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    """The main graph and every graph inside a node."""
    stack: list[onnx.GraphProto] = [proto.graph]
    for function in proto.functions:
        stack.extend(_bodies(function.node))
    while stack:
        graph = stack.pop()
        yield graph
        stack.extend(_bodies(graph.node))


def _bodies(nodes: Sequence[onnx.NodeProto]) -> Iterator[onnx.GraphProto]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield attribute.g
            yield from attribute.graphs


def tensors(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every tensor in a file: initializers and attributes, those of inner graphs and functions included."""
    for graph in graphs(proto):
        yield from graph.initializer
        yield from _attribute_tensors(graph.node)
    for function in proto.functions:
        yield from _attribute_tensors(function.node)


def _attribute_tensors(nodes: Sequence[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def check_tensor(tensor: onnx.TensorProto, path: Path) -> None:
    """Raise UserError unless type, shape and stored data of one tensor agree."""
    where = f"Tensor '{tensor.name}' of '{path.name}'"
    try:
        dtype = ir.DataType(tensor.data_type)
    except ValueError:
        raise UserError(f"{where} has the unknown type {tensor.data_type}.") from None
    if dtype == ir.DataType.UNDEFINED:
        raise UserError(f"{where} has no type.")
    if any(d < 0 for d in tensor.dims):
        raise UserError(f"{where} has a negative size {list(tensor.dims)}.")
    elements = math.prod(tensor.dims)
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        external_range(tensor, path)
        return
    stored, expected, unit = _stored(tensor, dtype, elements)
    if stored != expected:
        raise UserError(
            f"{where} declares {elements} elements ({list(tensor.dims)}) but stores {stored} {unit} "
            f"instead of {expected}.",
            "The file is damaged; copy or download it again.",
        )


def _stored(tensor: onnx.TensorProto, dtype: ir.DataType, elements: int) -> tuple[int, int, str]:
    """(what is stored, what should be, in which unit)."""
    if dtype == ir.DataType.STRING:
        return len(tensor.string_data), elements, "strings"
    if tensor.HasField("raw_data"):
        return len(tensor.raw_data), byte_size(dtype, elements), "bytes"
    fields = (tensor.float_data, tensor.double_data, tensor.int32_data, tensor.int64_data, tensor.uint64_data)
    count = sum(len(f) for f in fields)
    if dtype in (ir.DataType.COMPLEX64, ir.DataType.COMPLEX128):
        return count, 2 * elements, "values"
    if dtype.bitwidth in (2, 4):
        return count, byte_size(dtype, elements), "values"
    return count, elements, "values"


def external_range(tensor: onnx.TensorProto, path: Path) -> tuple[Path, int, int]:
    """(file, offset, length in bytes) of a tensor stored beside the model, checked against the real file.

    Raises UserError where the data would come from outside the model's own folder, or is not all there.
    """
    where = f"Tensor '{tensor.name}' of '{path.name}'"
    info = {e.key: e.value for e in tensor.external_data}
    file = _inside(info.get("location", ""), path.parent, where)
    dtype = ir.DataType(tensor.data_type)
    if dtype == ir.DataType.STRING:
        raise UserError(f"{where} stores text in another file, which ONNX does not allow.")
    needed = byte_size(dtype, math.prod(tensor.dims))
    try:
        offset, length = int(info.get("offset") or 0), int(info.get("length") or needed)
    except ValueError:
        raise UserError(f"{where} has an offset or a length that is not a number.") from None
    if offset < 0 or length != needed:
        raise UserError(f"{where} declares {length} bytes at {offset}, but its shape needs {needed}.")
    if offset + length > file.stat().st_size:
        raise UserError(
            f"{where} ends at byte {offset + length} of '{file.name}', which has only {file.stat().st_size}.",
            "The data file is cut off; copy or download it again.",
        )
    return file, offset, length


def _inside(location: str, folder: Path, where: str) -> Path:
    """The external file, proven to lie inside the model's folder after following links."""
    windows, posix = PureWindowsPath(location), PurePosixPath(location)
    parts = (*windows.parts, *posix.parts)
    if not location or "\0" in location or windows.anchor or posix.is_absolute() or ".." in parts:
        raise UserError(
            f"{where} wants its data from '{location}', outside the model's own folder.",
            "Thimble reads external data only beside the model.",
        )
    root, file = folder.resolve(), (folder / location).resolve()
    if not file.is_relative_to(root):
        raise UserError(
            f"{where} wants its data from '{location}', a link that leads outside the model's own folder.",
            "Copy the data file beside the model.",
        )
    if not file.is_file():
        raise UserError(f"{where} has its data in '{location}', which is missing.", "Put that file beside the model.")
    return file
