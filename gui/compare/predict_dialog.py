"""One picture, two answers: what the original and the current revision say about it, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImageReader, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.button_box import ButtonBox
from gui.sharp import fitted
from gui.words import tr

_ROW = 24
_SIDE = 220
_PERCENT = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's first answers: (class, share of certainty in 0..1), best first."""

    model: str
    classes: Sequence[tuple[str, float]]


class AnswerBars(QWidget):
    """Answers as bars with their certainty."""

    def __init__(self, answer: Answer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer = answer
        self.setMinimumSize(QSize(230, _ROW * max(len(answer.classes), 1)))
        self.setAccessibleName(tr("Answers of {model}", model=answer.model))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleDescription(", ".join(f"{name} {100 * p:.1f} %" for name, p in answer.classes))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = self.palette()
        for row, (name, share) in enumerate(self.answer.classes):
            box = QRectF(0, row * _ROW + 2, self.width(), _ROW - 4)
            bar = QRectF(box)
            bar.setWidth(max((box.width() - _PERCENT) * share, 2.0))  # the figure stands beside the longest bar
            painter.fillRect(box, palette.alternateBase())
            painter.fillRect(bar, palette.highlight())
            painter.setPen(palette.text().color())
            inner = box.adjusted(6, 0, -6, 0)
            metrics = painter.fontMetrics()
            label = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(inner.width()) - _PERCENT)
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
            percent = f"{100 * share:.1f} %"
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, percent)
        if self.hasFocus():
            theme.paint_focus(painter, self.rect())


class PredictDialog(QDialog):
    def __init__(self, picture: Path, answers: Sequence[Answer], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Answers for {name}", name=picture.name))
        self.answers = list(answers)
        image = QLabel()
        image.setAccessibleName(tr("The picture {name}", name=picture.name))
        image.setPixmap(_pixmap(picture, self.devicePixelRatioF()))
        image.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addWidget(image)
        for answer in self.answers:
            column = QVBoxLayout()
            title = QLabel(answer.model, wordWrap=True)
            title.setObjectName("Section")
            column.addWidget(title)
            column.addWidget(AnswerBars(answer))
            column.addStretch(1)
            row.addLayout(column, 1)
        self.verdict = QLabel(verdict(self.answers), wordWrap=True)
        buttons = ButtonBox(ButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 16, 16, 16)
        outer.setSpacing(16)
        outer.addLayout(row)
        outer.addWidget(self.verdict)
        outer.addWidget(buttons)


def verdict(answers: Sequence[Answer]) -> str:
    """One sentence on whether the models agree."""
    firsts = [a.classes[0][0] for a in answers if a.classes]
    if len(firsts) < 2:
        return tr("One model only: apply an act, and the result answers beside the original.")
    if len(set(firsts)) == 1:
        return tr("Both answer '{answer}'.", answer=firsts[0])
    return tr("They differ: '{before}' became '{after}'.", before=firsts[0], after=firsts[-1])


def _pixmap(picture: Path, ratio: float) -> QPixmap:
    reader = QImageReader(str(picture))
    reader.setAutoTransform(True)
    return fitted(reader.read(), _SIDE, ratio)
