"""What the selected layer gives for a picture: the choice of the picture, the output drawn, and its numbers.

The panel outlives the pages it stands in. It asks (``wanted``) for what it has to show and gets it by
:meth:`OutputPanel.show_output`; running the graph is not its business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.model.model import InputSpec
from gui import theme
from gui.data_panel.chooser import Chooser
from gui.inspector.output_body import OutputBody
from gui.inspector.parts import Elided, ShareBar, number, percent
from gui.inspector.picture_choice import Choice, Offered, PictureChooser, thumbnail
from gui.inspector.rows import Rows, say
from gui.inspector.seen import Seen, Wanted
from gui.words import tr

_THUMB = 40
_PATIENCE = 200  # ms; what takes longer says that it is running
_CLASSES = 5


@dataclass(frozen=True)
class _Bar:
    """The line that says which picture, and changes it."""

    thumb: QLabel
    name: Elided
    below: Elided
    back: QToolButton
    on: QToolButton
    choose: QToolButton


class OutputPanel(QWidget):
    """``wanted`` carries a :class:`Wanted`, or None where nothing is to be computed any more."""

    wanted = Signal(object)
    file_wanted = Signal()
    run_anyway = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Output for a picture"))
        self._names: list[str] = []
        self._choice: Choice | None = None
        self._offered: list[Offered] = []
        self._data = ""
        self._inputs: tuple[InputSpec, ...] = ()
        self._asked: Wanted | None = None
        self._shown: Wanted | None = None
        self._bar = _bar()
        self.which: QComboBox = Chooser()
        self.which.setAccessibleName(tr("Which output"))
        self.which.activated.connect(lambda _: self._ask())
        self.body = OutputBody()
        self.body.button.clicked.connect(self._run_anyway)
        self._numbers = Rows()
        self._rows = {key: self._numbers.row(key, "") for key in _keys()}
        self._answers = Rows()
        self._about = QLabel(wordWrap=True)
        self._about.setObjectName("Hint")
        self._slow = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._slow.timeout.connect(self._say_running)
        self._waits_for = ""
        self._lay_out()
        self._say_nothing()

    def _lay_out(self) -> None:
        bar = self._bar
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(bar.name)
        words.addWidget(bar.below)
        line = QHBoxLayout()
        line.setSpacing(theme.UNIT // 2)
        line.addWidget(bar.thumb)
        line.addLayout(words, 1)
        for button in (bar.back, bar.on, bar.choose):
            line.addWidget(button)
        bar.back.clicked.connect(lambda: self._step(-1))
        bar.on.clicked.connect(lambda: self._step(1))
        bar.choose.clicked.connect(self.choose)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.UNIT // 2)
        self._column.addLayout(line)
        for widget in (self.which, self.body, self._numbers, self._answers, self._about):
            self._column.addWidget(widget)

    # what it is told ---------------------------------------------------------------------------------------------

    def show_for(self, names: Sequence[str]) -> None:
        """Show one of these tensors, the first of them at first."""
        if list(names) == self._names:
            return
        self._names = list(names)
        self.which.clear()
        self.which.addItems(self._names)
        self.which.setVisible(len(self._names) > 1)
        self._ask()

    def set_items(self, data: str, offered: Sequence[Offered]) -> None:
        """Items of the attached data to choose from; an item of other data is not shown any longer."""
        gone = data != self._data
        self._data = data
        self._offered = list(offered) if offered or gone else self._offered
        if self._choice is not None and self._choice.file is None and gone:
            self.set_choice(None)
        self._show_choice()

    def set_inputs(self, inputs: Sequence[InputSpec]) -> None:
        """The model's inputs, whose preprocessing the panel names; what was shown is asked for again."""
        self._inputs = tuple(inputs)
        self._asked = self._shown = None
        self._show_choice()
        self._ask()

    def set_file(self, path: Path) -> None:
        self.set_choice(Choice(path.name, file=path))

    def set_choice(self, choice: Choice | None) -> None:
        self._choice = choice
        self._show_choice()
        self._ask()

    def show_output(self, wanted: Wanted, seen: Seen) -> None:
        """The answer; dropped where something else is wanted by now."""
        if wanted != self._asked:
            return
        self._slow.stop()
        self._shown = wanted
        self.body.setEnabled(True)
        self.body.show_output(seen)
        self._show_numbers(seen)
        self._show_answers(seen)
        of = tr("item '{item}' of {data}", item=seen.item, data=self._data)
        what = tr("'{name}'", name=seen.item) if wanted.choice.file is not None else of
        ran = seen.runtime or tr("nothing was run: it is the prepared item itself")
        how = tr("preparation: {name}", name=self._prepared()[0])
        self._about.setText(tr("Measured for {what}; {how}; {runtime}.", what=what, how=how, runtime=ran))

    def show_failure(self, wanted: Wanted, sentence: str) -> None:
        if wanted == self._asked:
            self._slow.stop()
            self._shown = wanted
            self._clear()
            self.body.say(sentence, failed=True)

    def show_edited(self, wanted: Wanted) -> None:
        """The graph was edited since the last revision: it is run when the user says so."""
        if wanted == self._asked:
            self._slow.stop()
            self._clear()
            self.body.setEnabled(True)
            self.body.say(tr("The graph has edits that no revision holds yet."), button=tr("Keep them and run"))

    def show_waiting(self, wanted: Wanted, reason: str) -> None:
        """Why it takes longer than the run itself."""
        if wanted == self._asked and self._shown != wanted:
            self._waits_for = reason
            if not self._slow.isActive():
                self._say_running()

    # what it asks -------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        QTimer.singleShot(0, self, self._forget_if_hidden)  # it may only be moving to another page

    def _forget_if_hidden(self) -> None:
        if not self.isVisible() and self._asked is not None and self._asked != self._shown:
            self._asked = None
            self.wanted.emit(None)

    def _ask(self) -> None:
        if not self.isVisible() or not self._names:
            return
        name = self.which.currentText() if len(self._names) > 1 else self._names[0]
        wanted = Wanted(name, self._choice) if self._choice is not None else None
        if wanted is not None and wanted == self._asked:
            return
        self._asked = wanted
        if wanted is None:
            self._say_nothing()
        else:
            self._waits_for = ""
            for widget in (self.body, self._numbers):
                widget.show()
            self.body.setEnabled(False)
            self._slow.start()
        self.wanted.emit(wanted)

    def _run_anyway(self) -> None:
        self._say_running()
        self.run_anyway.emit()

    def choose(self) -> None:
        """Open the chooser below its button."""
        dialog = PictureChooser(self._offered, self._data, self._choice, self)
        dialog.chosen.connect(self.set_choice)
        dialog.file_wanted.connect(self.file_wanted)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        button = self._bar.choose
        corner = button.mapToGlobal(button.rect().bottomRight())
        dialog.adjustSize()
        dialog.move(corner.x() - dialog.width(), corner.y() + 2)
        dialog.show()

    def _step(self, by: int) -> None:
        keys = [o.choice.key for o in self._offered]
        if keys:
            at = keys.index(self._choice.key) + by if self._choice and self._choice.key in keys else 0
            self.set_choice(self._offered[at % len(keys)].choice)

    # what it shows ------------------------------------------------------------------------------------------------

    def _say_nothing(self) -> None:
        self._slow.stop()
        self._clear()
        for widget in (self.body, self._numbers):
            widget.hide()
        self._about.setText(tr("Choose a picture to see what this layer makes of it, or drop one here."))

    def _say_running(self) -> None:
        self._clear()
        self.body.setEnabled(True)
        self.body.say(self._waits_for or tr("Running…"))

    def _clear(self) -> None:
        for key, label in self._rows.items():
            say(label, key, " ")
        self._about.setText(" ")
        self._answers.hide()

    def _show_choice(self) -> None:
        bar, choice = self._bar, self._choice
        for button in (bar.back, bar.on):
            button.setVisible(len(self._offered) > 1)
        image = self._image()
        bar.thumb.setPixmap(thumbnail(image, _THUMB)) if image is not None else bar.thumb.clear()
        bar.thumb.setVisible(image is not None)
        if choice is None:
            bar.name.set_full(tr("No picture chosen"))
            bar.below.set_full(self._data)
        else:
            bar.name.set_full(f"{choice.label}  {choice.name}".strip(), choice.name)
            bar.below.set_full(*self._prepared())

    def _prepared(self) -> tuple[str, str]:
        """How the picture becomes an input: in a word, and step by step."""
        from gui.inspector.model_page import preprocessing_name, preprocessing_steps

        spec = next((s for s in self._inputs if s.preprocessing is not None), None)
        if spec is None or spec.preprocessing is None:
            unknown = any(s.layout for s in self._inputs)
            said = tr("not set") if unknown else tr("as it is stored")
            return said, tr("The model does not say how its inputs are prepared.")
        return preprocessing_name(spec.preprocessing), preprocessing_steps(spec.preprocessing)

    def _image(self) -> QImage | None:
        if self._choice is None:
            return None
        if self._choice.file is not None:
            image = QImage(str(self._choice.file))
            return None if image.isNull() else image
        return next((o.image for o in self._offered if o.choice.key == self._choice.key), None)

    def _show_numbers(self, seen: Seen) -> None:
        found, (shape, low_high, mean, zeros, ends) = seen.values, _keys()
        times = "×".join(str(d) for d in seen.shape) or tr("scalar")
        say(self._rows[shape], shape, f"{times}  {seen.dtype}")
        say(self._rows[low_high], low_high, f"{number(found.low)} … {number(found.high)}")
        spread = tr("Mean and standard deviation.")
        say(self._rows[mean], mean, f"{number(found.mean)}  ± {number(found.deviation)}", spread)
        bad = tr("  NaN or Inf {share}", share=percent(found.bad)) if found.bad else ""
        say(self._rows[zeros], zeros, percent(found.zeros) + bad, tr("Share of values that are exactly zero."))
        if seen.saturation is None:
            say(self._rows[ends], ends, tr("not quantized"))
            return
        tip = tr("Values at or beyond the ends of the integers they are quantized to; zeros do not count.")
        scale = tr(", scale {s}", s=number(seen.saturation.scale)) if seen.saturation.scale is not None else ""
        said = f"{percent(seen.saturation.share)}  {seen.saturation.dtype}{scale}"
        say(self._rows[ends], ends, said, tip)

    def _show_answers(self, seen: Seen) -> None:
        old, self._answers = self._answers, Rows()
        self._column.replaceWidget(old, self._answers)
        old.hide()
        old.deleteLater()
        for k, (name, share) in enumerate(seen.answers[:_CLASSES]):
            key = tr("top {n}", n=len(seen.answers[:_CLASSES])) if not k else ""
            self._answers.beside(key, Elided(f"{percent(share)}  {name}", "", name))
            bar = ShareBar(share)
            bar.setAccessibleName(f"{name}: {percent(share)}")
            self._answers.beside("", bar)
        self._answers.setVisible(bool(seen.answers))


def _keys() -> tuple[str, str, str, str, str]:
    return tr("shape"), tr("range"), tr("mean"), tr("zeros"), tr("saturated")


def _bar() -> _Bar:
    thumb = QLabel()
    thumb.setFixedSize(_THUMB, _THUMB)
    thumb.setAlignment(Qt.AlignmentFlag.AlignCenter)
    back, on, choose = QToolButton(), QToolButton(), QToolButton()
    choose.setText(tr("Choose…"))
    for button, arrow, spoken in (
        (back, Qt.ArrowType.LeftArrow, tr("The picture before")),
        (on, Qt.ArrowType.RightArrow, tr("The next picture")),
    ):
        button.setArrowType(arrow)
        button.setFixedWidth(20)
        button.setIconSize(QSize(10, 10))
        button.setAccessibleName(spoken)
        button.setToolTip(spoken)
    for button in (back, on, choose):
        button.setObjectName("Small")
    choose.setToolTip(tr("Choose an item of the data, or open a picture"))
    return _Bar(thumb, Elided("", ""), Elided(""), back, on, choose)
