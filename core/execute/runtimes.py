"""onnxruntime and LiteRT behind one small protocol. Both libraries are imported only when a session is made."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.execute.litert_session import LiteRTSession
from core.execute.litert_trial import refuse_crashing
from core.execute.session import Array, Port, Session, first_line
from core.model.facts import RANDOM
from core.model.marks import operator_marks
from core.model.model import Model
from core.model.stored_weights import kind_of


def open_session(path: Path, threads: int = 1) -> Session:
    """The runtime that belongs to the file's suffix (.onnx or .tflite).

    Raises UserError for other suffixes and for files that their runtime cannot load or would crash on.
    """
    if path.suffix.lower() == ".tflite":
        refuse_crashing(path)
        return LiteRTSession(path.read_bytes(), threads)
    if path.suffix.lower() == ".onnx":
        return OnnxSession(path, threads)
    raise UserError(f"'{path.name}' is neither .onnx nor .tflite.", "Only these two can be run.")


def onnx_session(
    model: Model,
    threads: int = 1,
    optimized: bool = True,
    taps: Sequence[str] = (),
    exact: bool = False,
    arena: bool = True,
) -> OnnxSession:
    """A session on a model in memory; ``taps`` names inner values to return beside the outputs, for the rest see there.

    The last few sessions on small models are kept, because acts judge by running the same two models again and again.
    """
    proto = ir.to_proto(model.graph)
    present = {o.name for o in proto.graph.output}
    proto.graph.output.extend(onnx.ValueInfoProto(name=t) for t in taps if t not in present)
    alone = kind_of(model.nodes()) == "weights"
    data, random = proto.SerializeToString(), any(n.op_type in RANDOM for n in model.nodes())
    del proto  # as large as the model, which the session copies once more
    try:
        # much memory, or other numbers the second time
        if taps or alone or random or not arena or len(data) > _KEPT_BYTES:
            return OnnxSession(data, threads, optimized, exact, weights_alone=alone, arena=arena)
        return _kept(data, threads, optimized, exact)
    except UserError:
        odd = next(operator_marks(model), None)
        if odd is None:
            raise
        raise UserError(
            f"Layer '{odd.layer}' cannot be run: {odd.sentence}", "Only acts that run no layer can be applied."
        ) from None


_KEPT_BYTES, _KEPT_SESSIONS = 16 << 20, 8  # of serialized models, in all
_Key = tuple[bytes, int, bool, bool]
_sessions: OrderedDict[_Key, tuple[OnnxSession, int]] = OrderedDict()
_sessions_lock = threading.Lock()


def _kept(data: bytes, threads: int, optimized: bool, exact: bool) -> OnnxSession:
    """A session on these bytes: one that was made before, or a new one that is kept."""
    key = (hashlib.sha256(data).digest(), threads, optimized, exact)
    with _sessions_lock:
        if key in _sessions:
            _sessions.move_to_end(key)
            return _sessions[key][0]
    made = OnnxSession(data, threads, optimized, exact)
    with _sessions_lock:
        _sessions[key] = (made, len(data))
        while len(_sessions) > _KEPT_SESSIONS or sum(size for _, size in _sessions.values()) > _KEPT_BYTES:
            _sessions.popitem(last=False)
    return made


class OnnxSession:
    """onnxruntime on the CPU.

    WeightBiasQuantization is off: it silently quantizes float weights that sit between activation-only QDQ nodes.
    ``exact`` keeps processors without VNNI from saturating sums of uint8 times int8 (slower there, the same elsewhere):
    what a reference needs. ``weights_alone``: no activation is quantized, so stored weights are decoded once, when the
    session is made, and everything runs in float; left to itself onnxruntime decodes them in every run and rounds the
    activations of MatMul to 8 bits. ``profile``: (how the profile's file name begins, file for the optimized graph),
    for :mod:`core.execute.profile`. ``arena``: memory of inner values is kept between runs: faster, by a tenth for
    MobileNetV2, by a third or more where values take tens of megabytes; there it is twice as much as they need.
    """

    runtime = "onnxruntime"

    def __init__(
        self,
        model: bytes | Path,
        threads: int = 1,
        optimized: bool = True,
        exact: bool = False,
        profile: tuple[Path, Path] | None = None,
        weights_alone: bool = False,
        arena: bool = True,
    ) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.enable_cpu_mem_arena = arena
        if exact:
            options.add_session_config_entry("session.x64quantprecision", "1")
        if weights_alone:
            options.add_session_config_entry("session.disable_quant_qdq", "1")
        if profile is not None:
            options.enable_profiling = True
            options.profile_file_prefix, options.optimized_model_filepath = (str(path) for path in profile)
        level = ort.GraphOptimizationLevel
        options.graph_optimization_level = level.ORT_ENABLE_ALL if optimized else level.ORT_DISABLE_ALL
        source = str(model) if isinstance(model, Path) else model
        try:
            self._session = ort.InferenceSession(
                source, options, providers=["CPUExecutionProvider"], disabled_optimizers=["WeightBiasQuantization"]
            )
        except Exception as error:  # onnxruntime raises a dozen unrelated types; every one means "cannot load"
            raise UserError(f"onnxruntime cannot load the model: {first_line(error)}.") from error
        self.threads = threads
        self.inputs = tuple(_ort_port(p) for p in self._session.get_inputs())
        self.outputs = tuple(_ort_port(p) for p in self._session.get_outputs())

    def end_profile(self) -> str:
        """Stop profiling and give the file it was written to."""
        return str(self._session.end_profiling())

    def run(self, feed: Mapping[str, Array]) -> dict[str, Array]:
        try:
            values = self._session.run(None, dict(feed))
        except Exception as error:  # as above: whatever type it is, it means "cannot run"
            raise UserError(f"onnxruntime cannot run the model: {first_line(error)}.") from error
        return {p.name: v for p, v in zip(self.outputs, values, strict=True)}


def _ort_port(p: Any) -> Port:
    dtype = {"float": "float32", "double": "float64"}.get(p.type[7:-1], p.type[7:-1])
    return Port(p.name, tuple(d if isinstance(d, int) else None for d in p.shape), dtype)
