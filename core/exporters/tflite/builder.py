"""The flatbuffer: tensors, buffers, operator codes, signatures, metadata. Knows TFLite's file format, no ONNX."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from core.errors import UserError
from core.exporters.tflite.versions import operator_version
from core.model.bits import pack

Array = npt.NDArray[Any]
SIGNATURE = "serving_default"
ALIGNMENT = 16
_LIMIT = 2**31 - 2**20
_TYPES = {
    name: getattr(schema.TensorType, name.upper())
    for name in ("float32", "float16", "int4", "int8", "int16", "int32", "int64", "uint8", "bool")
}
_TYPE_NAMES = {number: name for name, number in _TYPES.items()}


@dataclass(frozen=True, slots=True)
class Affine:
    """real = scale * (stored - zero_point); one scale for the tensor, or one for each index of ``axis``.

    ``zero_points``: of each index, where they differ. ``dtype``: what an activation of this kind is stored in, int8 or
    int16.
    """

    scale: tuple[float, ...]
    zero_point: int = 0
    axis: int = 0
    zero_points: tuple[int, ...] = ()
    dtype: str = "int8"

    @classmethod
    def per_tensor(cls, scale: float, zero_point: int, dtype: str = "int8") -> Affine:
        """The scale is rounded to float32, as the file stores it."""
        return cls((float(np.float32(scale)),), int(zero_point), dtype=dtype)

    @property
    def steps(self) -> tuple[int, int]:
        """The lowest and the highest integer."""
        return int(np.iinfo(self.dtype).min), int(np.iinfo(self.dtype).max)

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest real number a tensor of one scale can hold."""
        low, high = self.steps
        return (low - self.zero_point) * self.scale[0], (high - self.zero_point) * self.scale[0]


class _AlignedBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Buffer data on 16-byte boundaries, which the schema asks for (force_align) and the Python packer forgets.

    Only tensor data are uint8 vectors, so the element type tells them apart.
    """

    def CreateNumpyVector(self, x: Array) -> int:  # noqa: N802  overrides the library's own name
        if x.dtype != np.uint8:
            return int(super().CreateNumpyVector(x))
        self.StartVector(1, x.size, ALIGNMENT)
        self.head -= x.size
        self.Bytes[self.head : self.head + x.size] = x.tobytes()
        self.vectorNumElems = x.size
        return int(self.EndVector())


def _bytes(array: Array) -> bytes:
    """As the file holds them: two 4-bit integers in a byte, the first in its lower half."""
    if array.dtype.name == "int4":
        return pack(array.astype(np.int8).reshape(-1) & 15, 4).tobytes()
    return np.ascontiguousarray(array).tobytes()


def made(cls: Any, **fields: Any) -> Any:
    """An object of the schema's object API with these fields set."""
    new = cls()
    for name, value in fields.items():
        setattr(new, name, value)
    return new


class Builder:
    """Collects the pieces of one file and packs them.

    Equal constants share a tensor, equal bytes share a buffer. Operators whose results nobody reads are left out.
    """

    def __init__(self) -> None:
        self.tensors: list[Any] = []
        self._buffers: list[Any] = [schema.BufferT()]  # buffer 0 is empty by TFLite's convention
        self._buffer_of: dict[tuple[int, bytes], int] = {}
        self._constant_of: dict[tuple[Any, ...], int] = {}
        self._operators: list[tuple[str, int, Any]] = []
        self._metadata: list[tuple[str, bytes]] = []
        self._scale: dict[int, Affine] = {}
        self.op_counts: dict[str, int] = {}

    def tensor(self, shape: Sequence[int], dtype: str, name: str = "", quantization: Affine | None = None) -> int:
        """Index of a new tensor that some operator will fill."""
        new = made(
            schema.TensorT,
            shape=np.asarray(shape, np.int32),
            type=_TYPES[dtype],
            name=name,
            hasRank=True,
        )
        if quantization is not None:
            scales = np.asarray(quantization.scale, np.float32)
            new.quantization = made(
                schema.QuantizationParametersT,
                scale=scales,
                zeroPoint=np.asarray(quantization.zero_points or [quantization.zero_point] * scales.size, np.int64),
                quantizedDimension=quantization.axis,
            )
            self._scale[len(self.tensors)] = quantization
        self.tensors.append(new)
        return len(self.tensors) - 1

    def constant(self, array: Array, quantization: Affine | None = None, name: str = "") -> int:
        """Index of a tensor that holds ``array``."""
        raw = _bytes(array)
        buffer = self._buffer(raw) if raw else 0
        key = (buffer, array.shape, array.dtype.name, quantization)
        if key not in self._constant_of:
            index = self.tensor(array.shape, array.dtype.name, name, quantization)
            self.tensors[index].buffer = buffer
            self._constant_of[key] = index
        return self._constant_of[key]

    def _buffer(self, raw: bytes) -> int:
        key = (len(raw), hashlib.blake2b(raw, digest_size=16).digest())
        if key not in self._buffer_of:
            self._buffer_of[key] = len(self._buffers)
            self._buffers.append(made(schema.BufferT, data=np.frombuffer(raw, np.uint8)))
        return self._buffer_of[key]

    def integers(self, *values: int) -> int:
        """An int32 vector: axes, sizes, paddings."""
        return self.constant(np.asarray(values, np.int32))

    def scalar(self, value: int) -> int:
        return self.constant(np.asarray(value, np.int32))

    def operator(self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None) -> None:
        """Add one operator in order of execution. ``options`` is the schema's options object of that operator."""
        new = made(schema.OperatorT, inputs=np.asarray(inputs, np.int32), outputs=np.asarray(outputs, np.int32))
        if options is not None:
            new.builtinOptions = options
            new.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        self._operators.append((name, self._version(name, inputs, outputs, options), new))

    def _version(self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: Any) -> int:
        scales = [self._scale.get(i) for i in (*inputs, *outputs)]
        rescale = 0.0
        if name == "MUL" and all(s is not None for s in scales):
            a, b, out = (s.scale[0] for s in scales if s is not None)
            rescale = a * b / out
        first = scales[0]
        return operator_version(
            name,
            [self.dtype(i) for i in inputs if i >= 0],
            rank=max(len(self.tensors[i].shape) for i in (*inputs, *outputs) if i >= 0),
            per_channel=first is not None and len(first.scale) > 1,
            keep_dims=bool(getattr(options, "keepNumDims", False)),
            dilated=getattr(options, "dilationHFactor", 1) != 1 or getattr(options, "dilationWFactor", 1) != 1,
            half_pixel=bool(getattr(options, "halfPixelCenters", False)),
            rescale=rescale,
            result=self.dtype(outputs[0]),
            activated=bool(getattr(options, "fusedActivationFunction", 0)),
        )

    def dtype(self, index: int) -> str:
        return _TYPE_NAMES[self.tensors[index].type]

    def name(self, index: int, name: str) -> None:
        """Give a tensor a name unless it has one."""
        self.tensors[index].name = self.tensors[index].name or name

    def rename(self, index: int, name: str) -> None:
        self.tensors[index].name = name

    def is_constant(self, index: int) -> bool:
        return bool(self.tensors[index].buffer)

    def metadata(self, name: str, data: bytes) -> None:
        self._metadata.append((name, data))

    def finish(self, inputs: Mapping[str, int], outputs: Mapping[str, int], description: str) -> bytes:
        """The file. ``inputs`` and ``outputs`` map the signature's names to tensors, in order.

        Raises UserError above the 2 GB a flatbuffer can hold.
        """
        size = sum(b.data.size + ALIGNMENT for b in self._buffers if b.data is not None)
        if size > _LIMIT:
            raise UserError(f"The model has {size / 1e9:.1f} GB of weights; a TFLite file holds at most 2 GB.")
        live = self._live_operators(set(outputs.values()))
        codes, operators = self._operator_codes(live)
        tensors, renumbered = self._live_tensors(operators, [*inputs.values(), *outputs.values()])
        for op in operators:
            op.inputs, op.outputs = renumbered[op.inputs], renumbered[op.outputs]
        at_in = [int(renumbered[i]) for i in inputs.values()]
        at_out = [int(renumbered[i]) for i in outputs.values()]
        buffers = self._live_buffers(tensors)
        graph = made(
            schema.SubGraphT,
            tensors=tensors,
            inputs=np.asarray(at_in, np.int32),
            outputs=np.asarray(at_out, np.int32),
            operators=operators,
            name="main",
        )
        metadata = []
        for name, data in self._metadata:
            metadata.append(made(schema.MetadataT, name=name, buffer=len(buffers)))
            buffers.append(made(schema.BufferT, data=np.frombuffer(data, np.uint8)))
        model = made(
            schema.ModelT,
            version=3,
            operatorCodes=codes,
            subgraphs=[graph],
            description=description,
            buffers=buffers,
            metadata=metadata,
            signatureDefs=[_signature(dict(zip(inputs, at_in, strict=True)), dict(zip(outputs, at_out, strict=True)))],
        )
        packer = _AlignedBuilder(size + (1 << 18))
        packer.Finish(model.Pack(packer), b"TFL3")
        return bytes(packer.Output())

    def _live_operators(self, wanted: set[int]) -> list[tuple[str, int, Any]]:
        live = []
        for entry in reversed(self._operators):
            op = entry[2]
            if wanted.intersection(op.outputs.tolist()):
                wanted.update(op.inputs.tolist())
                live.append(entry)
        live.reverse()
        self.op_counts = dict(Counter(name for name, _, _ in live).most_common())
        return live

    @staticmethod
    def _operator_codes(live: Sequence[tuple[str, int, Any]]) -> tuple[list[Any], list[Any]]:
        index: dict[tuple[str, int], int] = {}
        for name, version, op in live:
            op.opcodeIndex = index.setdefault((name, version), len(index))
        codes = []
        for name, version in index:
            number = getattr(schema.BuiltinOperator, name)
            # runtimes before 2.4 read the old one-byte field
            code = made(schema.OperatorCodeT, builtinCode=number, deprecatedBuiltinCode=min(number, 127))
            code.version = version
            codes.append(code)
        return codes, [op for _, _, op in live]

    def _live_tensors(self, operators: Sequence[Any], ports: Sequence[int]) -> tuple[list[Any], Array]:
        used = sorted({int(i) for op in operators for i in (*op.inputs, *op.outputs) if i >= 0} | set(ports))
        renumbered = np.full(len(self.tensors) + 1, -1, np.int32)  # the last entry keeps -1, "no tensor", as it is
        renumbered[used] = np.arange(len(used), dtype=np.int32)
        names: Counter[str] = Counter()
        tensors = [self.tensors[i] for i in used]
        for index, tensor in zip(used, tensors, strict=True):
            tensor.name = tensor.name or f"t{index}"
            names[tensor.name] += 1
            if names[tensor.name] > 1:
                tensor.name = f"{tensor.name};{names[tensor.name]}"
        return tensors, renumbered

    def _live_buffers(self, tensors: Sequence[Any]) -> list[Any]:
        buffers, place = [self._buffers[0]], {0: 0}
        for tensor in tensors:
            if tensor.buffer not in place:
                place[tensor.buffer] = len(buffers)
                buffers.append(self._buffers[tensor.buffer])
            tensor.buffer = place[tensor.buffer]
        return buffers


def _signature(inputs: Mapping[str, int], outputs: Mapping[str, int]) -> Any:
    def maps(ports: Mapping[str, int]) -> list[Any]:
        return [made(schema.TensorMapT, name=name, tensorIndex=index) for name, index in ports.items()]

    return made(
        schema.SignatureDefT,
        signatureKey=SIGNATURE,
        subgraphIndex=0,
        inputs=maps(inputs),
        outputs=maps(outputs),
    )
