"""A training of this project that was interrupted: how far it came, a button to go on, one to drop it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.jobs.job_row import Row, framed_button
from gui.words import mark, moment, tr


@dataclass(frozen=True, slots=True)
class Interrupted:
    """``path`` is its checkpoint; ``steps`` of ``total`` were done at ``time`` (seconds since 1970)."""

    path: Path
    title: str
    steps: int
    total: int
    time: float


class UnfinishedRow(Row):
    resume = Signal(object)
    discard = Signal(object)

    def __init__(self, found: Interrupted, parent: QWidget | None = None) -> None:
        super().__init__(found.title, parent)
        self.found = found
        self.resume_button = framed_button(
            tr("Resume"), tr("Resume {title}", title=found.title), tr("Go on where this job was stopped.")
        )
        self.resume_button.clicked.connect(lambda: self.resume.emit(found.path))
        self.discard_button = framed_button(
            tr("Discard"),
            tr("Discard {title}", title=found.title),
            tr("Delete what was done so far; the revisions stay."),
        )
        self.discard_button.clicked.connect(lambda: self.discard.emit(found.path))
        self.buttons = (self.resume_button, self.discard_button)
        self.add_buttons_below(*self.buttons)
        self.show_status()

    def status(self) -> str:
        found = self.found
        share = 100 * found.steps / max(found.total, 1)
        when = moment(found.time, mark("d MMMM, HH:mm"))
        return tr(
            "Interrupted at {share:.0f} % · {when} · step {steps:,} of {total:,}",
            share=share,
            when=when,
            steps=found.steps,
            total=found.total,
        )
