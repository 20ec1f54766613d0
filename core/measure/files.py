"""A written TFLite file with its session and what it says of its own inputs.

An .onnx file is not opened here: core.formats checks it (external data, damage) and makes a Model of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.execute.runtimes import open_session
from core.execute.session import Port, Session
from core.execute.tflite_metadata import read_labels, read_preprocessing
from core.model.model import InputSpec
from core.model.preprocessing import Preprocessing


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """``inputs`` are in the file's own layout; their dtype is the one before quantization of a port."""

    path: Path
    session: Session
    inputs: tuple[InputSpec, ...]
    labels: tuple[str, ...]
    quantized: bool


def open_file(path: Path, threads: int = 1) -> OpenedFile:
    """Open a .tflite in LiteRT. Raises UserError where it is missing, of another kind or damaged."""
    if path.suffix.lower() != ".tflite":
        raise UserError(f"'{path.name}' is not a .tflite file.", "Other files are opened as models.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    stored, labels = read_preprocessing(data), read_labels(data)  # says first what is no TFLite file at all
    session = open_session(path, threads)
    inputs = tuple(spec_of(p, stored.get(p.name)) for p in session.inputs)
    integers = any(p.quantization for p in (*session.inputs, *session.outputs)) or _has_int8_tensors(data)
    return OpenedFile(path, session, inputs, labels, integers)


def described_inputs(
    opened: OpenedFile, preprocessing: Preprocessing | None, inputs: Sequence[InputSpec] | None = None
) -> tuple[InputSpec, ...]:
    """The file's inputs with the preparation that is known: given here, else by ``inputs`` of the same name, else
    the file's own. Shape and layout stay the file's (an NHWC file of an NCHW model is fed NHWC)."""
    known = {s.name: s.preprocessing for s in inputs or ()}
    if len(opened.inputs) == 1 and inputs and len(inputs) == 1:
        known = {opened.inputs[0].name: inputs[0].preprocessing}
    specs = []
    for spec in opened.inputs:
        chosen = preprocessing if preprocessing is not None and spec.layout else known.get(spec.name)
        specs.append(dataclasses.replace(spec, preprocessing=chosen or spec.preprocessing))
    return tuple(specs)


def spec_of(port: Port, preprocessing: Preprocessing | None = None) -> InputSpec:
    """An input spec of a session's port. Quantized ports are prepared as float; the session's scale does the rest."""
    dtype = "float32" if port.quantization else port.dtype
    layout = ""
    if len(port.shape) == 4:
        if port.shape[3] in (1, 3, 4):
            layout = "NHWC"
        elif port.shape[1] in (1, 3, 4):
            layout = "NCHW"
    return InputSpec(port.name, port.shape, dtype, layout, preprocessing)


def _has_int8_tensors(data: bytes) -> bool:
    """Whether weights or activations inside a TFLite file are 8-bit, though its ports may be float.

    LiteRT has verified the flatbuffer before this walks through it.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(data, 0)
    graphs = (model.Subgraphs(k) for k in range(model.SubgraphsLength()))
    kinds = {g.Tensors(k).Type() for g in graphs for k in range(g.TensorsLength())}
    return bool(kinds & {schema.TensorType.INT8, schema.TensorType.UINT8})
