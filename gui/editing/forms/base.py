"""What every form of an edit shares: a title, rows, one sentence, Apply; Enter applies, Esc closes."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import UserError
from core.model.editing import Edit
from gui import theme
from gui.button_box import ButtonBox
from gui.editing.session import Editing
from gui.inspector.parts import Chip, Elided
from gui.words import tr

_PAUSE_MS = 120  # after the last key, before the edit is tried out
WIDTH = 440


class EditForm(QDialog):
    """Made for one edit and gone with it. ``message`` holds the one sentence; red where the edit cannot be done.

    A form lays out its fields with :meth:`row` and :meth:`widget`, connects their changes to :meth:`changed` and makes
    the edit in :meth:`edit`, which raises UserError where the fields do not say one.
    """

    def __init__(self, editing: Editing, parent: QWidget, title: str, about: str = "", category: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(WIDTH)
        self._editing = editing
        editing.prepare()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2 * theme.UNIT, 2 * theme.UNIT, 2 * theme.UNIT, 2 * theme.UNIT)
        self._column.setSpacing(theme.UNIT)
        self._head(title, about, category)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * theme.UNIT)
        self._grid.setVerticalSpacing(theme.UNIT)
        self._grid.setColumnStretch(1, 1)
        self._column.addSpacing(theme.UNIT // 2)
        self._column.addLayout(self._grid, 1)
        self.message = QLabel(wordWrap=True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setMinimumHeight(self.message.fontMetrics().lineSpacing() + 4)
        self.message.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(self.message)
        self.buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self.apply_button = QPushButton(tr("&Apply"))
        self.apply_button.setDefault(True)
        self.buttons.addButton(self.apply_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._column.addWidget(self.buttons)
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.check)
        self._fitting = QTimer(self, interval=0, singleShot=True)
        self._fitting.timeout.connect(self._fit)

    def fit(self) -> None:
        """Grow, where what is shown now needs more room: a window with wrapped words does not by itself."""
        self._fitting.start()

    def _fit(self) -> None:
        layout = self.layout()
        needed = layout.totalHeightForWidth(self.width()) if layout is not None else 0
        if needed > self.height():
            self.resize(self.width(), needed)

    # for the forms ----------------------------------------------------------------------------------------------

    @abstractmethod
    def edit(self) -> Edit:
        """What is to be done; raises UserError where the fields do not say."""

    def row(self, label: str, editor: QWidget, help_text: str = "") -> QLabel:
        """A labelled field; the help stands below it."""
        at = self._grid.rowCount()
        name = QLabel(label)
        name.setBuddy(editor)
        name.setMinimumHeight(editor.sizeHint().height())
        name.setMinimumWidth(name.sizeHint().width() + 4)  # underlining a letter takes its kerning away
        editor.setAccessibleName(label.replace("&", ""))
        editor.setAccessibleDescription(help_text)
        self._grid.addWidget(name, at, 0, Qt.AlignmentFlag.AlignTop)
        if not help_text:
            self._grid.addWidget(editor, at, 1)
            return name
        both = QVBoxLayout()
        both.setSpacing(2)
        both.addWidget(editor)
        both.addWidget(hint(help_text))
        self._grid.addLayout(both, at, 1)
        return name

    def option(self, button: QRadioButton, help_text: str) -> None:
        """One of several ways, with what it means below it."""
        box = QWidget()
        both = QVBoxLayout(box)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(2)
        both.addWidget(button)
        inset = QHBoxLayout()
        inset.setContentsMargins(3 * theme.UNIT, 0, 0, 0)
        inset.addWidget(hint(help_text))
        both.addLayout(inset)
        button.setAccessibleDescription(help_text)
        self.widget(box)

    def widget(self, widget: QWidget, stretch: int = 0) -> None:
        """Something over the whole width."""
        at = self._grid.rowCount()
        self._grid.addWidget(widget, at, 0, 1, 2)
        self._grid.setRowStretch(at, stretch)

    def changed(self, *_: object) -> None:
        """A field changed: the edit is tried out a moment later, or with Enter at once."""
        self.apply_button.setEnabled(True)
        self._pause.start()

    def check(self) -> bool:
        """Try the edit out and say how it would end; False where it cannot be done."""
        self._pause.stop()
        try:
            wrong = self._editing.try_out(self.edit())
        except UserError as error:
            self._say(error, True)
            return False
        self._say(UserError(tr("Afterwards: {sentence}", sentence=wrong)) if wrong else None, False)
        return True

    # Qt ---------------------------------------------------------------------------------------------------------

    def accept(self) -> None:
        """Apply, if the fields make an edit that can be done; the form stays open where it cannot."""
        if not self.check():
            return
        if self._editing.do(self.edit()):
            super().accept()

    def done(self, result: int) -> None:
        super().done(result)
        above = self.parentWidget()
        if above is not None:
            above.activateWindow()

    def _head(self, title: str, about: str, category: str) -> None:
        name = QLabel(title)
        name.setObjectName("Title")
        self._column.addWidget(name)
        if not about:
            return
        line = QHBoxLayout()
        line.setSpacing(theme.UNIT)
        if category:
            line.addWidget(Chip(category))
        line.addWidget(Elided(about), 1)
        self._column.addLayout(line)

    def _say(self, error: UserError | None, cannot: bool) -> None:
        self.message.setText(f"{error.message} {error.hint}".strip() if error is not None else "")
        self.message.setObjectName("FieldError" if cannot else "FieldWarning")
        self.message.style().unpolish(self.message)
        self.message.style().polish(self.message)
        self.message.setAccessibleName(self.message.text())
        self.apply_button.setEnabled(not cannot)
        self.fit()


def hint(text: str) -> QLabel:
    """A muted line of explanation."""
    label = QLabel(text, wordWrap=True)
    label.setObjectName("Hint")
    return label
