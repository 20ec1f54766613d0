"""One line of the job list: title, progress, remaining time, buttons to end it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.figures import seconds
from gui.jobs.running_job import RunningJob
from gui.words import mark, tr

_WORDS = {
    "waiting": mark("Waiting"),
    "running": mark("Running"),
    "stopping": mark("Ending…"),
    "cancelling": mark("Stopping…"),
    "done": mark("✓ Done"),
    "failed": mark("✕ Failed"),
    "cancelled": mark("Cancelled"),
}


class Row(QWidget):
    """A title and a line of status, which is cut where there is no room, with buttons right and below."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel(title)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.state = QLabel()
        self.state.setObjectName("Hint")
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.texts = QVBoxLayout()
        self.texts.setSpacing(4)
        self.texts.addWidget(self.title)
        self.texts.addWidget(self.state)
        self.line = QHBoxLayout()
        self.line.setSpacing(8)
        self.line.addLayout(self.texts, 1)
        self.below = QVBoxLayout(self)
        self.below.setContentsMargins(8, 4, 8, 4)
        self.below.setSpacing(4)
        self.below.addLayout(self.line)
        self.buttons: tuple[QToolButton, ...] = ()

    def status(self) -> str:
        """The whole line of status."""
        raise NotImplementedError

    def add_buttons_below(self, *buttons: QToolButton) -> None:
        """Where there are several: beside them the status would be cut."""
        line = QHBoxLayout()
        line.setSpacing(8)
        for button in buttons:
            line.addWidget(button)
        line.addStretch(1)
        self.below.addLayout(line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_status()

    def show_status(self) -> None:
        room = max(self.state.width(), 40)
        self.state.setText(self.state.fontMetrics().elidedText(self.status(), Qt.TextElideMode.ElideRight, room))
        self.setToolTip(f"{self.title.text()}: {self.status()}")


class JobRow(Row):
    """A job while it runs and after."""

    def __init__(self, job: RunningJob, parent: QWidget | None = None) -> None:
        super().__init__(job.title, parent)
        self.job = job
        self.bar = QProgressBar(maximum=1000, textVisible=False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(tr("Progress of {title}", title=job.title))
        self.texts.insertWidget(1, self.bar)
        self.stop = framed_button(
            tr("Cancel"), tr("Cancel {title}", title=job.title), tr("Stop this job and drop what it did (Del)")
        )
        self.stop.clicked.connect(job.cancel)
        self.keep = framed_button(
            tr("Stop and keep the best"),
            tr("Stop {title} and keep the best so far", title=job.title),
            tr("End the training now; the best weights so far become a revision."),
        )
        self.keep.clicked.connect(job.stop)
        self.buttons = (self.keep, self.stop)
        if job.can_stop:
            self.add_buttons_below(self.keep, self.stop)
        else:
            self.line.addWidget(self.stop)
            self.line.addWidget(self.keep)
        job.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        job = self.job
        self.bar.setValue(round(1000 * job.done))
        self.bar.setVisible(job.running)
        self.stop.setVisible(job.running)
        self.stop.setEnabled(job.state != "cancelling")
        self.keep.setVisible(job.running and job.can_stop)
        self.keep.setEnabled(job.state == "running")
        self.show_status()

    def status(self) -> str:
        job = self.job
        parts = [tr(_WORDS[job.state])]
        if job.state == "running":
            parts = [f"{100 * job.done:.0f} %"] if job.done else [tr(_WORDS["running"])]
        left = seconds(job.remaining) if job.state == "running" else ""
        if left:
            parts.append(tr("{left} left", left=left))
        if job.message and job.state != "cancelling":
            parts.append(job.message)  # last, for it alone may be cut
        return " · ".join(parts)


def framed_button(text: str, name: str, tip: str) -> QToolButton:
    """A small button of a row; ``name`` says to the screen reader which row it belongs to."""
    button = QToolButton()
    button.setObjectName("Framed")
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(name)
    return button
