"""What Netron gets to see of a revision: the stored graph, and each tensor's file when it is asked for.

The stored graph names its tensors as external data by their hashes, which is just what Netron can fetch one at a time:
nothing is written, and no weight is read before somebody looks at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.project.project import Project
from gui.netron_view.page import Look

_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Content:
    """A graph (a serialized ONNX model) under a title, the folder with its tensors' files, and how it is to look."""

    title: str
    graph: bytes
    tensors: Path
    look: Look = "system"

    def tensor(self, name: str) -> Path | None:
        """The file of one tensor; None for every other name."""
        path = self.tensors / name
        return path if _DIGEST.fullmatch(name) and path.is_file() else None


def content_of(project: Project, revision: int, name: str) -> Content:
    """A revision of the project called ``name`` as Netron may see it. Raises UserError where it is damaged."""
    return Content(f"{name}, revision {revision}", project.onnx_bytes(revision), project.tensors.folder)
