"""The Compare tab: the table, and what can be measured about its rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.compare.figure_delegate import FigureDelegate
from gui.compare.table_model import CompareModel, Subject
from gui.empty_hint import EmptyHint
from gui.words import tr

_MARGIN, _NARROW, _NAME = 8, 400, 104


class CompareView(QWidget):
    """Signals carry the chosen rows' refs (all rows where none is chosen)."""

    evaluate = Signal(list)
    measure_latency = Signal(list)
    measure_fidelity = Signal(list)
    add_file = Signal()
    remove = Signal(list)
    show_beside = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = CompareModel(self)
        self._wide: int = 0
        self._rows: QBoxLayout = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setObjectName("Comparison")
        self.table.setItemDelegate(FigureDelegate(self.table))
        self.table.setAccessibleName(tr("Comparison"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)  # a long name is cut before a figure is
        header.setMinimumSectionSize(48)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header.setHighlightSections(False)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
        self.table.doubleClicked.connect(lambda index: self.show_beside.emit(self.model.subjects[index.row()].ref))
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.addLayout(self._buttons())
        column.addWidget(self.table, 1)
        note = QLabel(
            tr("Below a figure: its change against the first row. Point at a figure to see how it was obtained.")
        )
        note.setObjectName("Hint")
        note.setWordWrap(True)
        column.addWidget(note)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(
            EmptyHint(tr("Nothing to compare yet."), tr("Open a model: each of its revisions becomes a row."))
        )
        self._stack.addWidget(filled)
        self.setMinimumWidth(_NARROW)  # below the width of its buttons, which then stand in two rows

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = (
            self._rows.sizeHint().width() if self._rows.direction() == QBoxLayout.Direction.LeftToRight else self._wide
        )
        self._wide = max(self._wide, wide)
        fits = self.width() >= self._wide + 2 * _MARGIN
        self._rows.setDirection(QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom)
        self._make_room()

    def _make_room(self) -> None:
        """The names take what the figures leave; where that is too little, the table scrolls."""
        header = self.table.horizontalHeader()
        figures = sum(header.sectionSizeHint(c) for c in range(1, header.count()))
        figures = max(figures, sum(self.table.columnWidth(c) for c in range(1, header.count())))
        if self.table.viewport().width() - figures >= _NAME:
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        else:
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(0, _NAME)

    def set_subjects(self, subjects: Sequence[Subject]) -> None:
        chosen = set(self._selected())
        self.model.set_subjects(subjects)
        for row, subject in enumerate(subjects):
            if subject.ref in chosen:
                self.table.selectRow(row)
        self._stack.setCurrentIndex(1 if subjects else 0)
        self._make_room()

    def set_reasons(self, evaluate: str, latency: str) -> None:
        """Grey a button out with the reason as its tooltip; '' lets it act."""
        for button, reason, tip in (
            (self.evaluate_button, evaluate, tr("Judge the chosen rows on the attached data.")),
            (self.latency_button, latency, tr("Run the chosen rows in turn, one thread; median and spread.")),
        ):
            button.setEnabled(not reason)
            button.setToolTip(reason or tip)

    def chosen(self) -> list[str]:
        """Refs of the chosen rows, or of all."""
        return self._selected() or [s.ref for s in self.model.subjects]

    def copy(self) -> None:
        """The table as tab-separated text, for a spreadsheet or a note."""
        rows = [[self.model.headerData(c, Qt.Orientation.Horizontal) for c in range(self.model.columnCount())]]
        columns = range(self.model.columnCount())
        cell = self.model.index
        for r in range(self.model.rowCount()):
            texts = [str(self.model.data(cell(r, c))) for c in columns]
            rows.append([t.partition("\n")[0] for t in texts])
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in rows))

    def _selected(self) -> list[str]:
        selection = self.table.selectionModel()
        rows = sorted(i.row() for i in selection.selectedRows()) if selection is not None else []
        return [self.model.subjects[r].ref for r in rows if r < len(self.model.subjects)]

    def _buttons(self) -> QBoxLayout:
        self.evaluate_button = QPushButton(tr("Evaluate acc&uracy"))
        self.latency_button = QPushButton(tr("Measure latenc&y"))
        self.fidelity_button = QPushButton(tr("Measure f&idelity"))
        self.fidelity_button.setToolTip(tr("How close the chosen rows' outputs are to the first row's."))
        self.add_button = QPushButton(tr("Add file…"))
        self.add_button.setToolTip(tr("Compare with an ONNX or TFLite file."))
        self.remove_button = QPushButton(tr("Rem&ove file"))
        self.remove_button.setToolTip(tr("Take the chosen files out of the table; revisions stay."))
        self.copy_button = QPushButton(tr("Copy ta&ble"))
        self.evaluate_button.clicked.connect(lambda: self.evaluate.emit(self.chosen()))
        self.latency_button.clicked.connect(lambda: self.measure_latency.emit(self.chosen()))
        self.fidelity_button.clicked.connect(lambda: self.measure_fidelity.emit(self.chosen()))
        self.add_button.clicked.connect(self.add_file)
        self.remove_button.clicked.connect(lambda: self.remove.emit(self._selected()))
        self.copy_button.clicked.connect(self.copy)
        measure, change = QHBoxLayout(), QHBoxLayout()
        for button in (self.evaluate_button, self.latency_button, self.fidelity_button):
            measure.addWidget(button)
        measure.addStretch(1)
        for button in (self.add_button, self.remove_button, self.copy_button):
            change.addWidget(button)
        change.addStretch(0)  # below the others they stand on the left, beside them on the right
        self._rows.addLayout(measure, 1)
        self._rows.addLayout(change)
        return self._rows
