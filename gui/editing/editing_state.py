"""What can be known of the editing without doing any: how much is pending, what is wrong, what undo would do."""

from __future__ import annotations

from PySide6.QtCore import QObject

from core.methods.edit.words import said
from core.model.editing.repairs import Repair, repairs
from core.model.editing.working_copy import Problem
from core.model.unfinished import unfinished
from core.project import folding
from core.project.edit_line import EditLine
from gui.app_state import AppState


class EditingState(QObject):
    """``_line`` holds the edits on the model that is shown; None before the first."""

    def __init__(self, state: AppState, parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._line: EditLine | None = None
        self._busy = False

    @property
    def pending(self) -> int:
        """Edits that no revision holds yet."""
        return len(self._line.pending) if self._line is not None else 0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The layers that are wrong now; () where nothing was edited."""
        return self._line.copy.problems if self._line is not None else ()

    @property
    def busy(self) -> bool:
        """Whether an edit would have to wait: a large graph is being prepared or gone through."""
        return self._busy

    @property
    def can_undo(self) -> bool:
        """Whether undo would do something: to an edit, or else to a revision."""
        return (self._line is not None and self._line.position > 0) or self._state.can_undo

    @property
    def can_redo(self) -> bool:
        """As :attr:`can_undo`. Behind edits that are no revision yet there is nothing."""
        if self._line is not None and (self._line.copy.undone or self._line.pending):
            return bool(self._line.copy.undone)
        return self._state.can_redo

    @property
    def unfinished(self) -> str:
        """What is wrong with the first layer that an edit has left wrong, '' where there is none."""
        if self._line is not None:
            found = [p for p in self._line.copy.problems if p not in self._line.wrong_before]
            return found[0].sentence if found else ""
        return unfinished(self._state.model) if self._state.model is not None else ""

    def repairs(self, layer: str) -> tuple[Repair, ...]:
        """What could be done about a wrong layer: edits that were tried and help."""
        copy = self._line.copy if self._line is not None else None
        problem = next((p for p in copy.problems if p.layer == layer), None) if copy is not None else None
        return repairs(copy, problem) if copy is not None and problem is not None and not self._busy else ()

    def undo_words(self) -> str:
        """What undo would take back, '' where that is no edit."""
        edits = self._line.copy.edits if self._line is not None else ()
        if not edits and self._state.revision is not None:
            edits = folding.edits_of(self._state.revision)
        return said(edits[-1]) if edits else ""

    def redo_words(self) -> str:
        """What redo would do again, '' where that is no edit."""
        edits = self._line.copy.undone if self._line is not None else ()
        return said(edits[0]) if edits else ""
