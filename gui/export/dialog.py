"""The export dialog: target, file, inputs for the proof; then the proof itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.exporters.exporter import Exporter
from gui.button_box import ButtonBox
from gui.export.proof_view import ProofView, Shown
from gui.jobs.running_job import RunningJob
from gui.wording import method_title
from gui.words import tr


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """``check``: location of the data for the proof; '' means noise."""

    target: str
    path: Path
    check: str = ""


class ExportDialog(QDialog):
    """Stays open while the file is written; ``export_requested`` starts it, :meth:`watch` follows the job."""

    export_requested = Signal(object)

    def __init__(
        self,
        exporters: Sequence[Exporter],
        folder: Path,
        stem: str,
        data: tuple[str, str] = ("", ""),
        chosen: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """``data`` is (name, location) of the attached data, ('', '') where there is none."""
        super().__init__(parent)
        self.setWindowTitle(tr("Export"))
        self._exporters = {e.key: e for e in exporters}
        self._job: RunningJob | None = None
        self.target = QComboBox()
        self.target.setAccessibleName(tr("Target"))
        for exporter in exporters:
            self.target.addItem(method_title(exporter.title), exporter.key)
        self.path = QLineEdit()
        self.path.setAccessibleName(tr("File"))
        self.browse = QPushButton(tr("&Browse…"))
        self.check = QComboBox()
        self.check.setAccessibleName(tr("Inputs for the proof"))
        if data[1]:
            self.check.addItem(tr("the attached data ({name})", name=data[0]), data[1])
        self.check.addItem(tr("noise inside the input's range: checked, not proven"), "")
        self.problem = QLabel(wordWrap=True)
        self.problem.setObjectName("FieldError")
        self._lay_out()
        self.target.setCurrentIndex(max(self.target.findData(chosen), 0))
        self.path.setText(str(folder / (stem + self._suffix())))
        self.target.currentIndexChanged.connect(self._target_changed)
        self.path.textChanged.connect(self._check)
        self.browse.clicked.connect(self._browse)
        self._check()

    # what the outside calls -------------------------------------------------------------------------------------

    def watch(self, job: RunningJob) -> None:
        """Show the job's progress until it ends."""
        self._job = job
        self.problem.clear()
        self._turn_to(1)
        self.export_button.setEnabled(False)
        job.changed.connect(self._progress)
        self._progress()

    def show_proof(self, shown: Shown) -> None:
        self._job = None
        self.proof.show_proof(shown)
        self._turn_to(2)
        self.export_button.hide()
        self.again_button.show()
        self.close_button.setDefault(True)

    def show_failure(self, sentence: str) -> None:
        self._job = None
        self._turn_to(0)
        self.problem.setText(sentence)
        self.export_button.setEnabled(True)

    def request(self) -> ExportRequest:
        path = Path(self.path.text().strip()).expanduser()
        return ExportRequest(str(self.target.currentData()), path, str(self.check.currentData() or ""))

    def reject(self) -> None:
        if self._job is not None:
            self._job.cancel()
        super().reject()

    # inside -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        form_page = QWidget()
        form = QFormLayout(form_page)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.path, 1)
        line.addWidget(self.browse)
        form.addRow(_label(tr("&Target"), self.target), self.target)
        form.addRow(_label(tr("&File"), self.path), line)
        form.addRow(_label(tr("&Prove with"), self.check), self.check)
        form.addRow(self.problem)
        waiting = QWidget()
        wait = QVBoxLayout(waiting)
        self.progress = QProgressBar(maximum=1000, textVisible=False)
        self.progress_text = QLabel()
        self.progress_text.setObjectName("Hint")
        wait.addStretch(1)
        wait.addWidget(self.progress)
        wait.addWidget(self.progress_text)
        wait.addStretch(1)
        self.proof = ProofView()
        self.pages = QStackedWidget()
        self._pages: tuple[QWidget, ...] = (form_page, waiting, self.proof)
        for page in self._pages:
            self.pages.addWidget(page)
        buttons = ButtonBox()
        self.export_button = QPushButton(tr("&Export"))
        self.export_button.setDefault(True)
        self.export_button.clicked.connect(lambda: self.export_requested.emit(self.request()))
        self.again_button = QPushButton(tr("Export &another…"))
        self.again_button.clicked.connect(self._again)
        self.close_button = QPushButton(tr("&Close"))
        self.close_button.clicked.connect(self.reject)
        buttons.addButton(self.again_button, ButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.close_button, ButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.export_button, ButtonBox.ButtonRole.ActionRole)
        for button in (self.again_button, self.close_button, self.browse, self.proof.folder_button):
            button.setAutoDefault(False)
        self.again_button.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addWidget(QLabel(tr("The file is opened again in its own runtime and compared with this revision.")))
        column.addWidget(self.pages, 1)
        column.addWidget(buttons)
        self.setMinimumWidth(560)
        self._turn_to(0)

    def _suffix(self) -> str:
        exporter = self._exporters.get(str(self.target.currentData()))
        return exporter.suffix if exporter else ""

    def _target_changed(self) -> None:
        text = self.path.text().strip()
        if text:
            self.path.setText(str(Path(text).with_suffix(self._suffix())))

    def _browse(self) -> None:
        suffix = self._suffix()
        name, _ = QFileDialog.getSaveFileName(self, tr("Export to"), self.path.text(), f"{suffix} (*{suffix})")
        if name:
            self.path.setText(name if name.endswith(suffix) else name + suffix)

    def _check(self) -> None:
        text = self.path.text().strip()
        folder = Path(text).expanduser().parent
        why = "" if text else tr("Name the file to write.")
        if text and not folder.is_dir():
            why = tr("There is no folder '{folder}'.", folder=folder)
        elif text and Path(text).expanduser().is_dir():
            why = tr("'{path}' is a folder; name a file in it.", path=text)
        self.problem.setText(why)
        self.export_button.setEnabled(not why)

    def _progress(self) -> None:
        if self._job is not None:
            self.progress.setValue(round(1000 * self._job.done))
            self.progress_text.setText(self._job.message or tr("starting"))

    def _turn_to(self, page: int) -> None:
        """Show a page, and be only as high as it asks for: a proof is long, a form is short."""
        policy = QSizePolicy.Policy
        for k, widget in enumerate(self._pages):
            widget.setSizePolicy(policy.Preferred, policy.Preferred if k == page else policy.Ignored)
        self.pages.setCurrentIndex(page)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """adjustSize() knows no sentences that break into lines; the layout does, once its pages are up to date."""
        column = self.layout()
        assert column is not None
        for layout in (self._pages[self.pages.currentIndex()].layout(), column):
            if layout is not None:
                layout.invalidate()
                layout.activate()
        self.resize(self.width(), max(column.totalHeightForWidth(self.width()), column.totalMinimumSize().height()))

    def _again(self) -> None:
        self._turn_to(0)
        self.again_button.hide()
        self.export_button.show()
        self._check()


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    label.setMinimumWidth(label.sizeHint().width() + 4)  # an underlined letter breaks the kerning its width counts on
    return label
