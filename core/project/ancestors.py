"""Where a revision comes from."""

from __future__ import annotations

from core.project.database import Revision
from core.project.project import Project

_MARK = b"DequantizeLinear"  # the operator's name stands in every quantized graph


def float_ancestor(project: Project, revision: int) -> Revision | None:
    """The nearest revision before this one whose graph is not quantized; None where there is none.

    What a quantized revision is compared with.
    """
    here = project.revision(revision)
    while here.parent is not None:
        here = project.revision(here.parent)
        if _MARK not in project.onnx_bytes(here.id):
            return here
    return None
