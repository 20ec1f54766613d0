"""The float weights that a quantized layer's integers stand for, from the revision before; read beside the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir
from PySide6.QtCore import QObject

from core.errors import UserError
from core.model.fold_batchnorm import folded_constants, host_of
from core.model.model import Model
from core.project.ancestors import float_ancestor
from core.project.project import Project
from gui.app_state import AppState
from gui.background import Background

Array = npt.NDArray[Any]
Found = Callable[[Array | None], None]


class FloatWeights(QObject):
    """Asked by the inspector; the answer comes later, or never where another revision is shown by then."""

    def __init__(self, state: AppState, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._background = state, background

    def ask(self, layer: str, found: Found) -> None:
        """``found`` gets the float weight of a layer of the revision that is shown, None where it cannot be had."""
        project, revision = self._state.project, self._state.revision
        if project is None or revision is None or revision.parent is None:
            return

        def done(weight: Array | None) -> None:
            if self._state.revision is not None and self._state.revision.id == revision.id:
                found(weight)

        self._background.run(lambda: weight_before(project, revision.id, layer), done, lambda _: None)


def weight_before(project: Project, revision: int, layer: str) -> Array | None:
    """The weight of ``layer`` in the float revision before, with a BatchNormalization behind it folded into it."""
    parent = float_ancestor(project, revision)
    if parent is None:
        return None
    try:
        return _weight(project.model(parent.id), layer)
    except (UserError, OSError):  # its file is lost: nothing can be shown
        return None


def _weight(model: Model, layer: str) -> Array | None:
    node = next((n for n in model.nodes() if n.name == layer), None)
    if node is None or len(node.inputs) < 2:
        return None
    for use in node.outputs[0].uses():
        if use.node.op_type == "BatchNormalization" and host_of(use.node, _constant) is node:
            both = folded_constants(node, use.node, _constant)
            return None if both is None else both[0]
    return _constant(node.inputs[1])


def _constant(value: ir.Value | None) -> npt.NDArray[np.generic] | None:
    tensor = None if value is None else ir.convenience.get_const_tensor(value)
    return None if tensor is None else tensor.numpy()
