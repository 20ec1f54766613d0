"""The dialog in which a method is set up: parameters, layers, teacher, seed, and what it would bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core import params as parameters
from core.methods.method import Method, Plan
from gui.act.request import ActRequest, TeacherChoice
from gui.act.scope_box import ScopeBox
from gui.figures import cell
from gui.param_form import ParamForm

Preview = Callable[[Method, ActRequest, Callable[[Plan], None], Callable[[Exception], None]], None]
_PAUSE_MS = 250
_OTHER = "Another file…"


@dataclass(frozen=True, slots=True)
class Setting:
    """What the dialog must know of the project: layers, selection, data and possible teachers."""

    layers: Sequence[str]
    selected: Sequence[str] = ()
    data: str = ""
    teachers: Sequence[TeacherChoice] = ()


class MethodDialog(QDialog):
    """Accepts only when every field is valid; then :meth:`request` holds the wish."""

    def __init__(
        self, method: Method, setting: Setting, preview: Preview | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.method = method
        title = method.title.rstrip("…")
        self.setWindowTitle(title)
        self.form = ParamForm(parameters.specs(method.params))
        self.scope = ScopeBox(setting.layers, setting.selected)
        self.seed = QSpinBox(maximum=2**31 - 1)
        self.seed.setToolTip("The same step, model, data and seed give the same result.")
        self.teacher = _teacher_combo(setting.teachers) if "teacher" in (*method.uses, *method.needs) else None
        self.status = QLabel(wordWrap=True)
        self.status.setObjectName("Hint")
        self._preview = preview if method.plan is not None else None
        self._timer = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._timer.timeout.connect(self._ask_preview)
        self._asked: ActRequest | None = None
        self._lay_out(title, setting)
        self.form.changed.connect(self._changed)
        self.scope.changed.connect(self._changed)
        self._changed()
        self.resize(520, min(self.sizeHint().height(), 760))

    def request(self) -> ActRequest:
        return ActRequest(
            self.method.key, self.form.values(), self.scope.scope(), self.seed.value(), self._teacher_choice()
        )

    def accept(self) -> None:
        self._changed()
        if not self.form.valid:
            self.form.focus_first_error()
            return
        if not self.scope.error():
            super().accept()

    def _lay_out(self, title: str, setting: Setting) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setSpacing(12)
        head = QLabel(self.method.help, wordWrap=True)
        head.setObjectName("Hint")
        column.addWidget(head)
        column.addWidget(self.form)
        column.addWidget(self.scope)
        column.addLayout(self._rest(setting))
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        scroll.setMinimumHeight(min(inner.sizeHint().height() + 4, 560))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.apply_button = QPushButton("&Apply")
        self.apply_button.setDefault(True)
        self.buttons.addButton(self.apply_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.reset_button = QPushButton("&Defaults")
        self.reset_button.clicked.connect(self.form.reset)
        self.buttons.addButton(self.reset_button, QDialogButtonBox.ButtonRole.ResetRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.addWidget(scroll, 1)
        outer.addWidget(self.status)
        outer.addWidget(self.buttons)

    def _rest(self, setting: Setting) -> QFormLayout:
        rest = QFormLayout()
        if self.teacher is not None:
            self.teacher.activated.connect(self._teacher_activated)
            rest.addRow("&Teacher", self.teacher)
        if {"data", "labels"} & {*self.method.uses, *self.method.needs}:
            data = QLabel(setting.data or "none attached", wordWrap=True)
            data.setAccessibleName("Data")
            rest.addRow("Data", data)
        rest.addRow("Se&ed", self.seed)
        return rest

    # teacher ----------------------------------------------------------------------------------------------------

    def _teacher_choice(self) -> TeacherChoice | None:
        choice = self.teacher.currentData() if self.teacher is not None else None
        return choice if isinstance(choice, TeacherChoice) and not choice.none else None

    def _teacher_activated(self, row: int) -> None:
        assert self.teacher is not None
        if self.teacher.itemText(row) != _OTHER:
            return
        name, _ = QFileDialog.getOpenFileName(self, "Choose a teacher", "", "Models (*.onnx)")
        if not name:
            self.teacher.setCurrentIndex(0)
            return
        self.teacher.insertItem(row, name, TeacherChoice(name, file=name))
        self.teacher.setCurrentIndex(row)

    # checking and preview ---------------------------------------------------------------------------------------

    def _changed(self) -> None:
        problem = next(iter(self.form.errors().values()), "") or self.scope.error()
        self.apply_button.setEnabled(not problem)
        self.apply_button.setToolTip(problem)
        self.status.setText(self.scope.error())
        if self._preview is not None and not problem:
            self._timer.start()

    def _ask_preview(self) -> None:
        if self._preview is None or not self.form.valid:
            return
        asked = self._asked = self.request()
        self.status.setText("Estimating…")
        self._preview(
            self.method, asked, lambda plan: self._show_plan(asked, plan), lambda error: self._show_plan(asked, error)
        )

    def _show_plan(self, asked: ActRequest, found: Any) -> None:
        if asked is not self._asked:
            return  # the form has changed since: a newer preview is on its way
        self.status.setText(plan_sentence(found) if isinstance(found, Plan) else str(found))


def plan_sentence(plan: Plan) -> str:
    """A preview in one line: the figures, then what the user should know."""
    figures = ", ".join(f"{name.replace('_', ' ')} {cell(m)}" for name, m in plan.report.measures.items())
    start = f"Estimate: {figures}." if figures else ""
    touched = f"{len(plan.layers):,} layers touched." if plan.layers else ""
    return " ".join(x for x in (start, touched, *plan.report.notes[:2]) if x)


def _teacher_combo(teachers: Sequence[TeacherChoice]) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName("Teacher")
    combo.setToolTip("The model whose answers are learned from.")
    for choice in (*teachers, TeacherChoice("No teacher")):
        combo.addItem(choice.title, choice)
    combo.addItem(_OTHER)
    return combo
