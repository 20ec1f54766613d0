"""LiteRT behind the protocol of a session. The library is imported only when a session is made."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import UserError
from core.execute.session import Array, Port, first_line


def litert_available() -> bool:
    """ai-edge-litert has no wheels for Intel Macs: callers grey out what needs it."""
    try:
        importlib.import_module("ai_edge_litert.interpreter")
    except ImportError:
        return False
    return True


class LiteRTSession:
    """LiteRT's interpreter (XNNPACK unless ``xnnpack`` is False); resizes to the fed shapes when they differ."""

    runtime = "LiteRT"

    def __init__(self, model: bytes, threads: int = 1, xnnpack: bool = True) -> None:
        if not litert_available():
            raise UserError("LiteRT is not installed.", "Install it with: pip install ai-edge-litert.")
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        kind = OpResolverType.AUTO if xnnpack else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        try:
            self._it = Interpreter(model_content=model, num_threads=threads, experimental_op_resolver_type=kind)
            self._it.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise UserError(f"LiteRT cannot load the model: {first_line(error)}.") from error
        self.threads = threads
        self._in, self._out = self._it.get_input_details(), self._it.get_output_details()
        names = self._signature_names()
        self.inputs = tuple(_tfl_port(d, names) for d in self._in)
        self.outputs = tuple(_tfl_port(d, names) for d in self._out)

    def _signature_names(self) -> dict[int, str]:
        """Tensor index -> the name in the signature, which is the name the original graph used."""
        names: dict[int, str] = {}
        for key in self._it.get_signature_list():
            runner = self._it.get_signature_runner(key)
            for details in (runner.get_input_details(), runner.get_output_details()):
                names.update({d["index"]: n for n, d in details.items()})
        return names

    def run(self, feed: Mapping[str, Array]) -> dict[str, Array]:
        for port in self.inputs:
            if port.name not in feed:
                raise UserError(f"The model's input '{port.name}' was not given.")
        try:
            self._resize(feed)
            for port, detail in zip(self.inputs, self._in, strict=True):
                self._it.set_tensor(detail["index"], feed[port.name])
            self._it.invoke()
            return {p.name: self._it.get_tensor(d["index"]) for p, d in zip(self.outputs, self._out, strict=True)}
        except (ValueError, RuntimeError) as error:
            raise UserError(f"LiteRT cannot run the model: {first_line(error)}.") from error

    def _resize(self, feed: Mapping[str, Array]) -> None:
        changed = False
        for port, detail in zip(self.inputs, self._in, strict=True):
            if tuple(feed[port.name].shape) != tuple(detail["shape"]):
                self._it.resize_tensor_input(detail["index"], feed[port.name].shape, strict=False)
                changed = True
        if changed:
            self._it.allocate_tensors()
            self._in = self._it.get_input_details()


def _tfl_port(detail: dict[str, Any], names: Mapping[int, str]) -> Port:
    scale, zero = detail["quantization"]
    dtype = np.dtype(detail["dtype"]).name
    quantization = (float(scale), int(zero)) if scale and dtype in ("int8", "uint8", "int16") else None
    shape = tuple(int(d) for d in detail["shape"])
    return Port(names.get(detail["index"], detail["name"]), shape, dtype, quantization)
