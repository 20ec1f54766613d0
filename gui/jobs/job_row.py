"""One line of the job list: title, progress, remaining time, a button to stop."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.figures import seconds
from gui.jobs.running_job import RunningJob

_WORDS = {
    "waiting": "Waiting",
    "running": "Running",
    "cancelling": "Stopping…",
    "done": "✓ Done",
    "failed": "✕ Failed",
    "cancelled": "Cancelled",
}


class JobRow(QWidget):
    def __init__(self, job: RunningJob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.job = job
        self.title = QLabel(job.title)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.state = QLabel()
        self.state.setObjectName("Hint")
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar(maximum=1000, textVisible=False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(f"Progress of {job.title}")
        self.stop = QToolButton()
        self.stop.setObjectName("Framed")
        self.stop.setText("Cancel")
        self.stop.setToolTip("Stop this job (Del)")
        self.stop.setAccessibleName(f"Cancel {job.title}")
        self.stop.clicked.connect(job.cancel)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.bar)
        column.addWidget(self.state)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addLayout(column, 1)
        row.addWidget(self.stop)
        job.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        job = self.job
        self.bar.setValue(round(1000 * job.done))
        self.bar.setVisible(job.running)
        self.stop.setVisible(job.running)
        self.stop.setEnabled(job.state != "cancelling")
        self._show_status()
        self.setToolTip(f"{job.title}: {self.status()}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_status()

    def _show_status(self) -> None:
        room = max(self.state.width(), 40)
        self.state.setText(self.state.fontMetrics().elidedText(self.status(), Qt.TextElideMode.ElideRight, room))

    def status(self) -> str:
        job = self.job
        parts = [_WORDS[job.state]]
        if job.state == "running":
            parts = [f"{100 * job.done:.0f} %"] if job.done else [_WORDS["running"]]
        left = seconds(job.remaining) if job.state == "running" else ""
        if left:
            parts.append(f"{left} left")
        if job.message and job.state != "cancelling":
            parts.append(job.message)  # last, for it alone may be cut
        return " · ".join(parts)
