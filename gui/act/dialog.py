"""The dialog in which a method is set up: parameters, layers, teacher, seed, and what it would bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMoveEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from core import params as parameters
from core.methods.method import Method, Plan
from core.methods.preset import Preset
from core.methods.scope import Override
from core.report import Measure
from gui.act.device_box import DeviceBox
from gui.act.otherwise import OtherwiseRow
from gui.act.per_layer import PerLayer, PerLayerRow
from gui.act.plan_figures import PlanFigures, pairs
from gui.act.preset_box import PresetBox
from gui.act.previewer import Cancel, Done, Failed, Previewer
from gui.act.request import ActRequest, TeacherChoice
from gui.act.scope_box import ScopeBox
from gui.button_box import ButtonBox
from gui.figures import cell, name_of
from gui.param_form import ParamForm
from gui.wording import method_title
from gui.words import counted, mark, tr

Preview = Callable[[Method, ActRequest, Done, Failed], Cancel | None]
_TITLE_BAR = 48
_MARGIN = 16
_WIDTH, _LIVE_WIDTH = 560, 512
_OTHER = mark("Another file…")
_HELP = mark("The same step, model, data and seed give the same result.")
_SEED = parameters.Spec("seed", int, 0, parameters.Field(mark("Seed"), _HELP, low=0, high=2**32 - 1))


@dataclass(frozen=True, slots=True)
class Setting:
    """What the dialog must know of the project: layers, selection, data, possible teachers; and the usual device.

    ``per_layer``: what is to hold for some layers only, where the act was asked for with it. ``presets``: those of the
    method, with the overrides that concern layers of this model.
    """

    layers: Sequence[str]
    selected: Sequence[str] = ()
    data: str = ""
    teachers: Sequence[TeacherChoice] = ()
    device: str = "cpu"
    per_layer: PerLayer | None = None
    presets: Sequence[Preset] = ()


class MethodDialog(QDialog):
    """Accepts only when every field is valid; then :meth:`request` holds the wish.

    Where the method can say what it would bring the dialog is ``live``: it stands beside the graph and blocks nothing,
    and ``planned`` carries a Plan after every change, None where there is none.
    """

    planned = Signal(object)
    moved = Signal()

    def __init__(
        self, method: Method, setting: Setting, preview: Preview | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.method = method
        title = method_title(method.title)
        self.setWindowTitle(title)
        self.form = ParamForm(parameters.specs(method.params))
        self.scope = ScopeBox(setting.layers, setting.selected)
        self.seed = ParamForm((_SEED,))
        self.teacher = _teacher_combo(setting.teachers) if "teacher" in (*method.uses, *method.needs) else None
        self.device = DeviceBox(setting.device) if method.trains else None
        self.per_layer = PerLayerRow(setting.per_layer) if setting.per_layer else None
        self.presets = PresetBox(setting.presets, self.form) if setting.presets else None
        several = len(method.overridable) > 1  # one parameter alone comes from an analysis: PerLayerRow
        layer_specs = method.layer_specs() if several else ()
        self.otherwise = OtherwiseRow(layer_specs, setting.layers, setting.selected) if several else None
        self.status = QLabel(wordWrap=True)
        self.status.setObjectName("Hint")
        self.status.setMinimumHeight(3 * self.status.fontMetrics().lineSpacing())  # a preview must not move the buttons
        self.status.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.live = preview is not None and method.plan is not None
        self.figures = PlanFigures()
        self.previewer = Previewer(partial(preview, method), self) if preview is not None and self.live else None
        if self.previewer is not None:
            self.previewer.came.connect(self._show_plan)
            self.previewer.late.connect(lambda: self.status.setText(tr("Estimating…")))
            self.finished.connect(self.previewer.close)
        self._narrowest = _LIVE_WIDTH if self.live else _WIDTH
        self._lay_out(title, setting)
        self.form.changed.connect(self._changed)
        self.seed.changed.connect(self._changed)
        self.scope.changed.connect(self._changed)
        if self.per_layer is not None:
            self.per_layer.changed.connect(self._changed)
        if self.otherwise is not None:
            self.otherwise.changed.connect(self._changed)
            self.otherwise.changed.connect(self._fit)
        self._changed()
        if self.presets is not None:
            self.presets.changed.connect(self._changed)
            self.presets.changed.connect(self._fit)
        first = next(iter(self.form.rows.values()), None)
        (first.editor if first is not None else self.scope.everything).setFocus()
        self._fit()
        for fold in self.form.folds.values():
            fold.toggled.connect(lambda _: self._fit())

    def request(self) -> ActRequest:
        return ActRequest(
            self.method.key,
            self.form.values(),
            self.scope.scope(),
            int(self.seed.values().get("seed") or 0),
            self._teacher_choice(),
            self.device.chosen() if self.device is not None else "cpu",
            (*(self.presets.overrides() if self.presets is not None else ()), *self._per_layer()),
        )

    def _per_layer(self) -> tuple[Override, ...]:
        rows = (self.per_layer, self.otherwise)
        return tuple(o for row in rows if row is not None for o in row.overrides())

    def show_missing(self, layers: Sequence[str]) -> None:
        """Layers that the scope lacks for channels to be cut; what offers to take them in comes into sight."""
        news = bool(layers) and self.scope.coupled.isHidden()
        self.scope.set_missing(layers)
        if news:
            QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(self.scope.coupled))

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.moved.emit()

    def show_devices(self, reasons: Mapping[str, str]) -> None:
        """What this machine can train on: '' or the reason why not, by device."""
        if self.device is not None and isValid(self):
            self.device.show_devices(reasons)

    def accept(self) -> None:
        self._changed()
        for form in (self.form, self.seed):
            if not form.valid:
                form.focus_first_error()
                return
        if not self.scope.error():
            super().accept()

    def _lay_out(self, title: str, setting: Setting) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_MARGIN)
        head = QLabel(tr(self.method.help), wordWrap=True)
        head.setObjectName("Hint")
        column.addWidget(head)
        if self.per_layer is not None:  # first of all, for it is why the form was opened
            column.addWidget(self.per_layer)
        if self.presets is not None:
            column.addLayout(self.presets.row())
        column.addWidget(self.form)
        column.addWidget(self.scope)
        if self.otherwise is not None:
            column.addWidget(self.otherwise)
        column.addLayout(self._rest(setting))
        column.addWidget(self.seed)
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its editors take the keyboard
        scroll.setWidget(inner)
        self._scroll = scroll
        self._inner = inner
        self.buttons = ButtonBox(ButtonBox.StandardButton.Cancel)
        self.apply_button = QPushButton(tr("&Apply"))
        self.apply_button.setDefault(True)
        self.buttons.addButton(self.apply_button, ButtonBox.ButtonRole.AcceptRole)
        self.reset_button = QPushButton(tr("&Defaults"))
        self.reset_button.setAutoDefault(False)
        self.reset_button.clicked.connect(self.form.reset)
        self.buttons.addButton(self.reset_button, ButtonBox.ButtonRole.ResetRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        outer.setSpacing(_MARGIN)
        outer.addWidget(scroll, 1)
        if self.live:
            outer.addWidget(_line())
            outer.addWidget(self.figures)
        outer.addWidget(self.status)
        outer.addWidget(self.buttons)

    def _fit(self) -> None:
        """As high as the form asks for, so that nothing needs scrolling that the screen has room for; wider where a
        language's words are longer than the room for them, since nothing shows that a form goes on at the side."""
        layout = self._inner.layout()
        assert layout is not None
        layout.activate()
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        width = max(self._narrowest, layout.totalMinimumSize().width() + bar + 2 * _MARGIN)
        form = layout.totalHeightForWidth(width - 2 * _MARGIN)
        status = 0 if self.status.isHidden() else self.status.minimumHeight() + _MARGIN
        status += self.figures.minimumHeight() + 2 * _MARGIN + 1 if self.live else 0
        height = form + status + self.buttons.sizeHint().height() + 3 * _MARGIN + 2
        self.resize(width, min(height, self.screen().availableSize().height() - _TITLE_BAR))

    def _rest(self, setting: Setting) -> QFormLayout:
        rest = QFormLayout()
        rest.setHorizontalSpacing(_MARGIN)
        labels = [*self.form.labels, *self.seed.labels]
        labels += [row.label for row in (self.per_layer, self.presets, self.otherwise) if row is not None]
        if self.teacher is not None:
            self.teacher.activated.connect(self._teacher_activated)
            label = QLabel(tr("&Teacher"))
            label.setBuddy(self.teacher)
            rest.addRow(label, self.teacher)
            labels.append(label)
        if {"data", "labels"} & {*self.method.uses, *self.method.needs}:
            data = QLabel(setting.data or tr("none attached"), wordWrap=True)
            data.setAccessibleName(tr("Data"))
            label = QLabel(tr("Data"))
            rest.addRow(label, data)
            labels.append(label)
        if self.device is not None:
            label = QLabel(tr("De&vice"))
            label.setBuddy(self.device)
            rest.addRow(label, self.device)
            labels.append(label)
        widest = 4 + max(
            label.sizeHint().width() for label in labels
        )  # underlining a letter breaks kerning: room for it
        for label in labels:
            label.setMinimumWidth(widest)
        return rest

    # teacher ----------------------------------------------------------------------------------------------------

    def _teacher_choice(self) -> TeacherChoice | None:
        choice = self.teacher.currentData() if self.teacher is not None else None
        return choice if isinstance(choice, TeacherChoice) and not choice.none else None

    def _teacher_activated(self, row: int) -> None:
        assert self.teacher is not None
        if self.teacher.itemData(row) is not None:
            return
        name, _ = QFileDialog.getOpenFileName(self, tr("Choose a teacher"), "", tr("Models (*.onnx)"))
        if not name:
            self.teacher.setCurrentIndex(0)
            return
        self.teacher.insertItem(row, name, TeacherChoice(name, file=name))
        self.teacher.setCurrentIndex(row)

    # checking and preview ---------------------------------------------------------------------------------------

    def _changed(self) -> None:
        problem = next(iter({**self.form.errors(), **self.seed.errors()}.values()), "") or self.scope.error()
        self.apply_button.setEnabled(not problem)
        self.apply_button.setToolTip(problem)
        self.status.setVisible(self.live or bool(self.scope.error()))
        if self.previewer is None or self.scope.error():
            self.status.setText(self.scope.error())
        if self.previewer is not None:
            self._ask_preview(bool(problem))

    def _ask_preview(self, wrong: bool = False) -> None:
        """Of what the form says now; nothing is known of a form that is wrong."""
        assert self.previewer is not None
        if wrong:
            self.previewer.stop()
            self.figures.setEnabled(False)
            self.planned.emit(None)
        else:
            self.previewer.ask(self.request())

    def look_again(self) -> None:
        """The model is another one than the preview was about."""
        if self.previewer is not None:
            self._changed()

    def _show_plan(self, found: object) -> None:
        if isinstance(found, Plan):
            self.figures.show_pairs(pairs(found.report.measures))
            self.figures.setAccessibleDescription(self.figures.text())
            self.status.setText(plan_sentence(found))
            self.planned.emit(found)
        else:
            self.figures.setEnabled(False)
            self.status.setText(str(found))
            self.planned.emit(None)


def plan_sentence(plan: Plan) -> str:
    """What the table of figures does not say: other figures, how many layers, and what the user should know."""
    found, shown = plan.report.measures, pairs(plan.report.measures)
    others = [name for name in found if not name.endswith("_before") and name.removesuffix("_after") not in shown]
    figures = ", ".join(_estimate(name, found) for name in others)
    start = tr("Estimate: {figures}.", figures=figures) if figures else ""
    count = len(plan.layers)
    touched = counted(count, "{n} layer touched.", "{n} layers touched.") if count else ""
    return " ".join(x for x in (start, touched, *plan.report.notes[:2]) if x)


def _estimate(name: str, found: Mapping[str, Measure]) -> str:
    """'MACs 1.52 M → 801 k', or the figure alone where what was before is not known."""
    stem = name.removesuffix("_after")
    title = name_of(stem)
    before = found.get(f"{stem}_before")
    after = cell(found[name])
    unit = tr(found[name].unit) if found[name].unit else ""
    if unit and title.endswith(unit):
        after = after.removesuffix(unit).rstrip()  # 'int8 layers 23', not 'int8 layers 23 layers'
    return f"{title} {cell(before)} → {after}" if before is not None else f"{title} {after}"


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Plain)
    line.setFixedHeight(1)
    line.setObjectName("Line")
    return line


def _teacher_combo(teachers: Sequence[TeacherChoice]) -> QComboBox:
    combo = QComboBox()
    # a model's long name must not make the form wider than its dialog
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(16)
    combo.setAccessibleName(tr("Teacher"))
    combo.setToolTip(tr("The model whose answers are learned from."))
    for choice in (*teachers, TeacherChoice(tr("No teacher"))):
        combo.addItem(choice.title, choice)
    combo.addItem(tr(_OTHER))
    return combo
