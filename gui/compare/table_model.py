"""The comparison table: one row a revision or file, one column a measure, provenance in the tooltip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from core.report import Measure
from gui.figures import MISSING, cell, change, spoken
from gui.words import mark, tr

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Column:
    """``keys``: names under which a measure may be filed. ``less`` says that smaller is better."""

    title: str
    keys: tuple[str, ...]
    help: str
    less: bool = True


COLUMNS = (
    Column(mark("Params"), ("params",), mark("Numbers the network learned.")),
    Column(mark("MACs"), ("macs",), mark("Multiply-accumulate operations for one input.")),
    Column(
        mark("Peak memory"),
        ("peak_memory",),
        mark("Most bytes of activations that are alive at once, without the weights. Estimated from the graph."),
    ),
    Column(mark("Weights"), ("weight_bytes",), mark("Bytes of all stored weights.")),
    Column(mark("File"), ("bytes", "file_bytes"), mark("Size of the file on disk.")),
    Column(mark("Top-1"), ("top1",), mark("Share of items whose first answer is right."), less=False),
    Column(mark("Top-5"), ("top5",), mark("Share of items whose class is among the first five answers."), less=False),
    Column("onnxruntime", ("latency_onnxruntime", "latency_ort", "latency"), mark("Median time of one run.")),
    Column("LiteRT", ("latency_litert",), mark("Median time of one run.")),
    Column("SQNR", ("sqnr",), mark("Signal to noise of the outputs, beside the parent revision."), less=False),
    Column(mark("Agrees"), ("agreement",), mark("Share of items with the parent's answer."), less=False),
)


@dataclass(frozen=True)
class Subject:
    """One row. ``ref`` is a revision's id or a file's path; ``base`` marks the row that others are compared with."""

    ref: str
    title: str
    note: str = ""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    current: bool = False
    busy: bool = False

    def measure(self, column: Column) -> Measure | None:
        return next((self.measures[k] for k in column.keys if k in self.measures), None)


class CompareModel(QAbstractTableModel):
    """Rows in the order given; the first is the base that changes are counted from."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.subjects: list[Subject] = []

    def set_subjects(self, subjects: Sequence[Subject]) -> None:
        self.beginResetModel()
        self.subjects = list(subjects)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self.subjects)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1 + len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr("Model") if section == 0 else tr(COLUMNS[section - 1].title)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole and section:
            return tr(COLUMNS[section - 1].help)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        subject = self.subjects[index.row()]
        if index.column() == 0:
            return _title(subject, role)
        return self._figure(subject, COLUMNS[index.column() - 1], role)

    def _figure(self, subject: Subject, column: Column, role: int) -> Any:
        measure = subject.measure(column)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(subject, column, measure)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            text = tr(
                "{column} of {model}: {figure}", column=tr(column.title), model=subject.title, figure=spoken(measure)
            )
            moved = subject.measures.get(f"{column.keys[0]}_change")
            return f"{text}\n{tr('Against the first row')}: {spoken(moved)}" if moved is not None else text
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _text(self, subject: Subject, column: Column, measure: Measure | None) -> str:
        if measure is None:
            return "…" if subject.busy else MISSING
        base = self.subjects[0].measure(column)
        if base is None or subject is self.subjects[0]:
            return cell(measure)
        moved = change(base.value, measure.value, measure.unit)
        paired = subject.measures.get(f"{column.keys[0]}_change")
        if paired is not None and paired.interval is not None:  # on the same items, so it says how sure it is
            moved = "{:+.1f} ({:+.1f} … {:+.1f})".format(paired.value, *paired.interval).replace("-", "−")
        return f"{cell(measure)}\n{moved}" if moved else cell(measure)


def _title(subject: Subject, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return subject.title
    if role == Qt.ItemDataRole.ToolTipRole:
        return subject.note
    if role == Qt.ItemDataRole.FontRole and subject.current:
        font = QFont()
        font.setBold(True)
        return font
    return None
