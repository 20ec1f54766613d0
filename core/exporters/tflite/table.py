"""The table of operators: ONNX operator type -> the function that writes it."""

from __future__ import annotations

from collections.abc import Callable

import onnx_ir as ir

from core.exporters.tflite.conversion import Conversion
from core.registry import Registry

Write = Callable[[Conversion, ir.Node], None]
OPERATORS: Registry[Write] = Registry("TFLite operator")


def writes(*operators: str) -> Callable[[Write], Write]:
    """Register a function as the writer of these ONNX operators (default domain)."""

    def register(function: Write) -> Write:
        for operator in operators:
            OPERATORS.add(operator, function)
        return function

    return register
