"""Models to learn from or to be compared with, the likeliest first."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from core.methods.method import Method
from core.model.model import quantized
from core.project.ancestors import float_ancestor
from core.project.database import Revision
from gui.act.request import TeacherChoice
from gui.desk import Desk
from gui.words import tr


def teachers(desk: Desk, method: Method, name: Callable[[Revision], str]) -> list[TeacherChoice]:
    """The original first: learning from what was opened is what one wants nearly always.

    A quantized model gets the float one that it was quantized from. ``name``: how a revision is called.
    """
    found = [TeacherChoice(name(r), revision=r.id) for r in desk.state.revisions]
    if found:
        found[0] = dataclasses.replace(
            found[0], title=tr("The original ({model})", model=desk.state.revisions[0].title)
        )
    project, shown, model = desk.state.project, desk.state.revision, desk.state.model
    if "qdq" in method.accepts and model is not None and quantized(model) and project is not None and shown is not None:
        parent = float_ancestor(project, shown.id)
        found.sort(key=lambda choice: parent is None or choice.revision != parent.id)
    return found
