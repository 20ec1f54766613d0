"""The bottom panel: jobs on the left, curves and log of the chosen one on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSplitter,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.charts.curves import Curves
from gui.empty_hint import EmptyHint
from gui.jobs.job_row import JobRow
from gui.jobs.running_job import RunningJob

_KEPT = 50


class JobPanel(QWidget):
    """Newest job on top; the newest is chosen unless the user chose another that still runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setAccessibleName("Jobs")
        self.list.setObjectName("Jobs")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(lambda item, _=None: self._show(item))
        self.curves = Curves()
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setPlaceholderText("This job has written nothing.")
        self.log.setAccessibleName("Log of the chosen job")
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.curves, "Curves")
        self.tabs.addTab(self.log, "Log")
        self._job: RunningJob | None = None
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.list)
        splitter.addWidget(self.tabs)
        splitter.setSizes([380, 620])
        splitter.setChildrenCollapsible(False)
        self._stack = QStackedLayout()
        self._stack.addWidget(EmptyHint("No jobs yet.", "Choose an act from the Prune, Quantize or Distil menu."))
        self._stack.addWidget(splitter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._stack)
        stop = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.list)
        stop.setContext(Qt.ShortcutContext.WidgetShortcut)
        stop.activated.connect(self.cancel_current)

    def add(self, job: RunningJob) -> None:
        row = JobRow(job)
        item = QListWidgetItem()
        item.setSizeHint(row.sizeHint())
        item.setData(Qt.ItemDataRole.UserRole, job)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, job.title)
        self.list.insertItem(0, item)
        self.list.setItemWidget(item, row)
        self._stack.setCurrentIndex(1)
        if self._job is None or not self._job.running:
            self.list.setCurrentItem(item)
        while self.list.count() > _KEPT and not self._job_at(self.list.count() - 1).running:
            self.list.takeItem(self.list.count() - 1)

    def forget_ended(self) -> None:
        """Another project is opened: what ended belongs to the one before."""
        for row in reversed(range(self.list.count())):
            if not self._job_at(row).running:
                self.list.takeItem(row)
        self._stack.setCurrentIndex(1 if self.list.count() else 0)

    def cancel_current(self) -> None:
        if self._job is not None:
            self._job.cancel()

    @property
    def current(self) -> RunningJob | None:
        return self._job

    def _job_at(self, row: int) -> RunningJob:
        job = self.list.item(row).data(Qt.ItemDataRole.UserRole)
        assert isinstance(job, RunningJob)
        return job

    def _show(self, item: QListWidgetItem | None) -> None:
        if self._job is not None:
            self._job.pointed.disconnect(self._point)
            self._job.logged.disconnect(self.log.appendPlainText)
        self._job = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        self.curves.clear()
        self.log.clear()
        if self._job is None:
            return
        for series, x, y in self._job.points:
            self.curves.add(series, x, y)
        self.log.setPlainText("\n".join(self._job.log))
        self.tabs.setCurrentIndex(0 if self._job.points else 1)
        self._job.pointed.connect(self._point)
        self._job.logged.connect(self.log.appendPlainText)

    def _point(self, series: str, x: float, y: float) -> None:
        if not self.curves.charts:
            self.tabs.setCurrentIndex(0)
        self.curves.add(series, x, y)
