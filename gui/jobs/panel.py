"""The bottom panel: jobs on the left, curves and log of the chosen one on the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFontDatabase, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.charts.curves import Curves
from gui.empty_hint import EmptyHint
from gui.jobs.job_row import JobRow, Row
from gui.jobs.running_job import RunningJob
from gui.jobs.unfinished_row import Interrupted, UnfinishedRow
from gui.words import mark, tr

_KEPT = 50
_INTERRUPTED = mark("This job was interrupted. Resume goes on where it was, with the same result as without a pause.")


class JobPanel(QWidget):
    """Newest job on top; the newest is chosen unless the user chose another that still runs.

    Interrupted trainings stand there too; ``resume`` and ``discard`` carry the path of a checkpoint. ``filled`` says
    whether there is anything to show; while there is not, the panel can be as low as its two lines of words.
    """

    resume = Signal(object)
    discard = Signal(object)
    filled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Jobs"))
        self.list.setObjectName("Jobs")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(lambda item, _=None: self._show(item))
        self.curves = Curves()
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setPlaceholderText(tr("This job has written nothing."))
        self.log.setAccessibleName(tr("Log of the chosen job"))
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("The chosen job"))
        self.tabs.addTab(self.curves, tr("Curves"))
        self.tabs.addTab(self.log, tr("Log"))
        self._job: RunningJob | None = None
        self.interrupted: tuple[Interrupted, ...] = ()
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.list)
        splitter.addWidget(self.tabs)
        splitter.setSizes([320, 760])
        splitter.setChildrenCollapsible(False)
        self._stack = QStackedLayout()
        self._stack.addWidget(
            EmptyHint(tr("No jobs yet."), tr("Choose an act from the Train, Prune or Quantize menu."))
        )
        self._stack.addWidget(splitter)
        self._splitter = splitter
        self._fill()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._stack)
        stop = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.list)
        stop.setContext(Qt.ShortcutContext.WidgetShortcut)
        stop.activated.connect(self.cancel_current)

    def _fill(self) -> None:
        """The words or the jobs, and as little height as the words need."""
        some = self.list.count() > 0
        policy = QSizePolicy.Policy.Preferred if some else QSizePolicy.Policy.Ignored
        self._splitter.setSizePolicy(policy, policy)
        changed = self._stack.currentIndex() != int(some)
        self._stack.setCurrentIndex(int(some))
        if changed:
            self.filled.emit(some)

    def add(self, job: RunningJob) -> None:
        row = JobRow(job)
        item = QListWidgetItem()
        item.setSizeHint(row.sizeHint())
        job.ended.connect(lambda: QTimer.singleShot(0, self, lambda: self._shrink(job)))  # after its layout
        item.setData(Qt.ItemDataRole.UserRole, job)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, job.title)
        self.list.insertItem(0, item)
        self.list.setItemWidget(item, row)
        self._order_buttons()
        self._fill()
        if self._job is None or not self._job.running:
            self.list.setCurrentItem(item)
        ended = [k for k in range(self.list.count()) if not self._runs(k)]
        for surplus in reversed(ended[_KEPT:]):
            self.list.takeItem(surplus)

    def forget_ended(self) -> None:
        """Another project is opened: what ended belongs to the one before."""
        for row in reversed(range(self.list.count())):
            job = self._job_at(row)
            if job is not None and not job.running:
                self.list.takeItem(row)
        self._fill()

    def set_interrupted(self, found: Sequence[Interrupted]) -> None:
        """The trainings that could be gone on with: below the jobs that run, above those that ended."""
        if tuple(found) == self.interrupted:
            return
        self.interrupted = tuple(found)
        for number in reversed(range(self.list.count())):
            if self._job_at(number) is None:
                self.list.takeItem(number)
        place = sum(self._runs(k) for k in range(self.list.count()))
        for number, one in enumerate(found, start=place):
            row = UnfinishedRow(one)
            row.resume.connect(self.resume)
            row.discard.connect(self.discard)
            item = QListWidgetItem()
            item.setSizeHint(row.sizeHint())
            item.setData(Qt.ItemDataRole.UserRole, one)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{one.title}: {row.status()}")
            self.list.insertItem(number, item)
            self.list.setItemWidget(item, row)
        self._order_buttons()
        self._fill()

    def cancel_current(self) -> None:
        if self._job is not None:
            self._job.cancel()

    @property
    def current(self) -> RunningJob | None:
        return self._job

    def _job_at(self, row: int) -> RunningJob | None:
        """None for an interrupted training."""
        job = self.list.item(row).data(Qt.ItemDataRole.UserRole)
        return job if isinstance(job, RunningJob) else None

    def _runs(self, row: int) -> bool:
        job = self._job_at(row)
        return job is None or job.running

    def _order_buttons(self) -> None:
        """The Tab key goes from the list through its buttons, from the top down; a new row's would come last of all."""
        before: QWidget = self.list
        for number in range(self.list.count()):
            row = self.list.itemWidget(self.list.item(number))
            for button in row.buttons if isinstance(row, Row) else ():
                QWidget.setTabOrder(before, button)
                before = button

    def _shrink(self, job: RunningJob) -> None:
        """A job that is over has neither bar nor buttons."""
        for number in range(self.list.count()):
            item = self.list.item(number)
            row = self.list.itemWidget(item)
            if self._job_at(number) is job and isinstance(row, JobRow):
                item.setSizeHint(row.sizeHint())
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{job.title}: {row.status()}")

    def _show(self, item: QListWidgetItem | None) -> None:
        if self._job is not None:
            self._job.pointed.disconnect(self._point)
            self._job.logged.disconnect(self.log.appendPlainText)
        chosen = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        self._job = chosen if isinstance(chosen, RunningJob) else None
        self.curves.clear()
        self.log.clear()
        if self._job is None:
            self.log.setPlainText("" if chosen is None else tr(_INTERRUPTED))
            self.tabs.setCurrentIndex(1)
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
