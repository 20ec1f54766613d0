"""Where the weights of a new network come from: a seed, a file, or timm's hub."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from core import params as parameters
from gui.number_edit import NumberEdit
from gui.param_form import ParamRow
from gui.words import mark, tr

SUFFIXES = (".safetensors", ".pth", ".pt")
_SEED = parameters.Spec(
    "seed", int, 0, parameters.Field(mark("Seed"), mark("The same seed draws the same weights."), low=0, high=2**32 - 1)
)
_INDENT = 24  # pixels: a radio button's text begins there
_FETCH = mark("Downloads from the network, only when you press Create.")
_NO_TIMM = mark("timm is not installed here. Install it with: pip install timm")


class WeightsBox(QGroupBox):
    """Three ways, one chosen; :meth:`problem` is one sentence where what is chosen cannot work."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Weights"), parent)
        self.seeded = QRadioButton(tr("Drawn from the &seed"))
        self.seeded.setChecked(True)
        self._seed = ParamRow(_SEED, 0)
        self.file = QRadioButton(tr("From a &file"))
        self.path = QLineEdit(placeholderText=", ".join(SUFFIXES))
        self.path.setAccessibleName(tr("Weights file"))
        self.browse = QPushButton(tr("&Browse…"))
        self.browse.setAutoDefault(False)
        self.fetched = QRadioButton(tr("&Pretrained, through timm"))
        self.fetch_note = QLabel(tr(_FETCH), wordWrap=True)
        self.fetch_note.setObjectName("Hint")
        self._timm = importlib.util.find_spec("timm") is not None
        self._lay_out()
        self.browse.clicked.connect(self._browse)
        self.path.textEdited.connect(lambda _: self.file.setChecked(True))
        self.seed.line.textEdited.connect(lambda _: self.seeded.setChecked(True))
        self.seed.changed.connect(self.changed)
        self.path.textChanged.connect(self.changed)
        for button in (self.seeded, self.file, self.fetched):
            button.toggled.connect(self.changed)

    @property
    def seed(self) -> NumberEdit:
        assert isinstance(self._seed.editor, NumberEdit)
        return self._seed.editor

    def offer_pretrained(self, title: str, offered: bool) -> None:
        """Whether timm has weights of the chosen network."""
        why = "" if offered else tr("timm offers no weights of {title}.", title=title)
        why = why or ("" if self._timm else tr(_NO_TIMM))
        self.fetched.setEnabled(not why)
        self.fetched.setToolTip(why or tr(_FETCH))
        self.fetch_note.setText(why or tr(_FETCH))
        if why and self.fetched.isChecked():
            self.seeded.setChecked(True)

    def problem(self) -> str:
        """One sentence, or ''."""
        seed_problem = self._seed.verdict()[1]
        if self.seeded.isChecked():
            return seed_problem
        if not self.file.isChecked():
            return ""
        text = self.path.text().strip()
        if not text:
            return tr("Name the file with the weights.")
        path = Path(text).expanduser()
        if path.suffix.lower() not in SUFFIXES:
            return tr(
                "'{name}' is no weights file; it must end in {first} or {last}.",
                name=path.name,
                first=", ".join(SUFFIXES[:-1]),
                last=SUFFIXES[-1],
            )
        return "" if path.is_file() else tr("There is no file '{path}'.", path=path)

    def chosen(self) -> tuple[int, str, bool]:
        """(seed, path of the weights or '', whether to fetch them)."""
        path = str(Path(self.path.text().strip()).expanduser()) if self.file.isChecked() else ""
        value = self._seed.verdict()[0]
        return (value if isinstance(value, int) else 0), path, self.fetched.isChecked()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 8, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.seeded, 0, 0)
        grid.addWidget(self._seed.editor, 0, 1)
        grid.addWidget(self._seed.error, 1, 1)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.path, 1)
        line.addWidget(self.browse)
        grid.addWidget(self.file, 2, 0)
        grid.addLayout(line, 2, 1)
        grid.addWidget(self.fetched, 3, 0, 1, 2)
        self.fetch_note.setIndent(_INDENT)
        grid.addWidget(self.fetch_note, 4, 0, 1, 2)

    def _browse(self) -> None:
        pattern = " ".join(f"*{s}" for s in SUFFIXES)
        name, _ = QFileDialog.getOpenFileName(
            self, tr("Weights"), self.path.text(), tr("Weights ({pattern})", pattern=pattern)
        )
        if name:
            self.path.setText(name)
            self.file.setChecked(True)
