"""File > New from reference network: a table to choose from, the chosen one's figures and parameters, Create."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.params import Scalar
from core.references.catalogue import Entry
from gui.empty_hint import EmptyHint
from gui.focus import follow
from gui.jobs.running_job import RunningJob
from gui.new.details import Details
from gui.new.request import NewRequest, title_of
from gui.new.table import NetworkTable
from gui.new.table_model import CatalogueModel, FilteredCatalogue
from gui.new.weights_box import WeightsBox
from gui.param_form import ParamForm
from gui.words import counted, tr

_MARGIN = 16
_NARROWEST = 360  # pixels, of the right half
_SIZE = QSize(1264, 768)
_KEPT = ("classes", "channels")  # facts of the user's task: they stay when another network is looked at
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class NewDialog(QDialog):
    """Stays open while the network is made; ``create_requested`` starts it, :meth:`watch` follows the job."""

    create_requested = Signal(object)

    def __init__(self, entries: Sequence[Entry], chosen: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New from reference network"))
        self.entry: Entry | None = None
        self.form: ParamForm | None = None
        self._job: RunningJob | None = None
        self._kept: dict[str, Scalar] = {}
        self.model = CatalogueModel(entries, self)
        self.shown = FilteredCatalogue(self.model, self)
        self.filter = QLineEdit(placeholderText=tr("Filter by name or family"), clearButtonEnabled=True)
        self.filter.setAccessibleName(tr("Filter"))
        self.family = QComboBox()
        self.family.setAccessibleName(tr("Family"))
        self.family.addItem(tr("All families"), "")
        for name in sorted({e.family for e in entries}, key=str.lower):
            self.family.addItem(name, name)
        self.found = QLabel()
        self.found.setObjectName("Hint")
        self.table = NetworkTable(self.shown)
        self.details = Details()
        self.weights = WeightsBox()
        self._lay_out()
        self._connect()
        self.filter.setFocus()
        self._filter_changed()
        if chosen:
            self.select(chosen)

    # what the outside calls -------------------------------------------------------------------------------------

    def select(self, key: str) -> None:
        """Choose a network that is shown."""
        row = self.shown.row_of(key)
        if row >= 0:
            self._go_to_row(row)

    def request(self) -> NewRequest | None:
        """What is asked for; None while nothing can be made."""
        if self.entry is None or self.form is None or self._problem():
            return None
        seed, path, fetch = self.weights.chosen()
        values = self.form.values()
        title = title_of(self.entry.title, self.entry.params, values)
        return NewRequest(self.entry.key, title, values, seed, path, fetch)

    def watch(self, job: RunningJob) -> None:
        """Show the job's progress until it ends."""
        self._job = job
        self.problem.clear()
        self._set_busy(True)
        job.changed.connect(self._progress)
        self._progress()

    def show_failure(self, sentence: str) -> None:
        """Back to the form with everything as it was chosen; '' after a cancel."""
        self._job = None
        self._set_busy(False)
        self._check()
        if sentence:
            self.problem.setText(sentence)

    def finish(self) -> None:
        """The network is open: the dialog has done its work."""
        self._job = None
        self.accept()

    def reject(self) -> None:
        """Escape stops what is being made; where nothing is, it closes."""
        if self._job is not None:
            self._job.cancel()
            return
        super().reject()

    # layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._left())
        splitter.addWidget(self._right())
        splitter.setSizes([800, 408])
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(_MARGIN)
        column.addWidget(splitter, 1)
        column.addLayout(self._bottom())
        self.resize(_SIZE.boundedTo(_room(self)))

    def _left(self) -> QWidget:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.filter, 1)
        line.addWidget(self.family)
        line.addWidget(self.found)
        self.nothing = EmptyHint("", tr("Try fewer letters, or all families."), tr("Show &all"))
        self.nothing.button.setAutoDefault(False)
        self.list = QStackedWidget()
        self.list.addWidget(self.table)
        self.list.addWidget(self.nothing)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, _MARGIN, 0)
        column.setSpacing(8)
        column.addLayout(line)
        column.addWidget(self.list, 1)
        return page

    def _right(self) -> QWidget:
        self._inner = QWidget()
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(_MARGIN, 0, 8, 0)
        column.setSpacing(_MARGIN)
        self._form_place = QVBoxLayout()
        column.addWidget(self.details)
        column.addWidget(_section(tr("Parameters")))
        column.addLayout(self._form_place)
        column.addWidget(self.weights)
        column.addSpacing(8)
        column.addWidget(_section(tr("Published figures")))
        column.addWidget(self.details.cited)
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its editors take the keyboard
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._inner)
        self._pages = QStackedWidget()
        self._pages.setMinimumWidth(_NARROWEST)
        self._scroll = scroll
        self._pages.addWidget(scroll)
        self._pages.addWidget(EmptyHint(tr("No network is chosen."), tr("Choose one in the table.")))
        return self._pages

    def _bottom(self) -> QHBoxLayout:
        self.problem = QLabel(wordWrap=True)
        self.problem.setObjectName("FieldError")
        self.bar = QProgressBar(maximum=1000, textVisible=False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(tr("Progress"))
        self.bar_text = QLabel()
        self.bar_text.setObjectName("Hint")
        waiting = QWidget()
        row = QHBoxLayout(waiting)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_MARGIN)
        row.addWidget(self.bar, 1)
        row.addWidget(self.bar_text, 1)
        self._strip = QStackedWidget()
        self._strip.addWidget(self.problem)
        self._strip.addWidget(waiting)
        self.create_button = QPushButton(tr("&Create"))
        self.create_button.setDefault(True)
        self.close_button = QPushButton(tr("Cancel"))
        self.close_button.setAutoDefault(False)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._strip, 1)
        line.addWidget(self.close_button)
        line.addWidget(self.create_button)
        return line

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._filter_changed)
        self.family.currentIndexChanged.connect(self._filter_changed)
        self.nothing.clicked.connect(self._show_all)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        self.table.doubleClicked.connect(lambda _: self._create())
        self.weights.changed.connect(self._check)
        self.create_button.clicked.connect(self._create)
        self.close_button.clicked.connect(self.reject)
        self.filter.installEventFilter(self)
        self.table.installEventFilter(self)

    # choosing ---------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows in the filter move in the table, letters typed in the table filter it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if watched is self.filter and event.key() in _MOVES:
                self.table.keyPressEvent(event)
                return True
            if watched is self.table and event.text().isprintable() and event.text().strip():
                self.filter.setFocus()
                self.filter.insert(event.text())
                return True
        return super().eventFilter(watched, event)

    def _filter_changed(self, *_: object) -> None:
        text, family = self.filter.text(), str(self.family.currentData() or "")
        self.shown.set_filter(text, family)
        count, total = self.shown.rowCount(), self.model.rowCount()
        self.found.setText(
            tr("{count} of {total}", count=count, total=total)
            if count != total
            else counted(total, "{n} network", "{n} networks")
        )
        asked = text.strip()
        if family:
            nothing = tr("No network matches '{text}' in {family}.", text=asked, family=family)
        else:
            nothing = tr("No network matches '{text}'.", text=asked)
        self.nothing.title.setText(nothing)
        self.list.setCurrentIndex(0 if count else 1)
        row = self.shown.row_of(self.entry.key) if self.entry is not None else -1
        if count:
            self._go_to_row(max(row, 0))
        else:
            self._show(None)

    def _show_all(self) -> None:
        self.family.setCurrentIndex(0)
        self.filter.clear()
        self.filter.setFocus()

    def _go_to_row(self, row: int) -> None:
        flags = QItemSelectionModel.SelectionFlag
        index = self.shown.index(row, 0)
        self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(index)
        self._show(self.shown.entry(row))

    def _row_changed(self, index: QModelIndex, _: QModelIndex) -> None:
        if index.isValid():
            self._show(self.shown.entry(index.row()))

    def _show(self, entry: Entry | None) -> None:
        self._pages.setCurrentIndex(1 if entry is None else 0)
        if entry is not None and entry is not self.entry:
            self.details.show_entry(entry)
            self.weights.offer_pretrained(entry.title, entry.pretrained)
            self._show_form(entry)
        self.entry = entry
        self._check()

    def _show_form(self, entry: Entry) -> None:
        if self.form is not None and self.entry is not None:
            values, usual = self.form.values(), {s.name: s.default for s in self.entry.params}
            self._kept |= {n: values[n] for n in _KEPT if n in values and values[n] != usual[n]}
            self._form_place.removeWidget(self.form)
            self.form.hide()  # it lives until the next event
            self.form.deleteLater()
        defaults = {s.name: s.default for s in entry.params}
        kept = {n: v for n, v in self._kept.items() if n in defaults}
        self.form = ParamForm(entry.params, kept)
        self.form.changed.connect(self._check)
        self._form_place.addWidget(self.form)
        follow(self.details.counts, self.form)
        self._fit_right()

    def _fit_right(self) -> None:
        """Never narrower than the form: a cut editor cannot be used."""
        layout = self._inner.layout()
        assert layout is not None
        layout.activate()
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        self._pages.setMinimumWidth(max(layout.minimumSize().width() + bar, _NARROWEST))

    # making -----------------------------------------------------------------------------------------------------

    def _problem(self) -> str:
        if self.entry is None or self.form is None:
            return tr("Choose a network first.")
        return next(iter(self.form.errors().values()), "") or self.weights.problem()

    def _check(self) -> None:
        why = self._problem()
        if self.entry is not None and self.form is not None:
            usual = {s.name: s.default for s in self.entry.params}
            self.details.set_changed(self.form.values() != usual)
        self.create_button.setEnabled(not why and self._job is None)
        self.create_button.setToolTip(why)
        self.problem.setText(why if self.entry is not None else "")

    def _create(self) -> None:
        request = self.request()
        if request is not None and self._job is None:
            self.create_requested.emit(request)

    def _set_busy(self, busy: bool) -> None:
        for widget in (self.filter, self.family, self.table, self.form, self.weights):
            if widget is not None:
                widget.setEnabled(not busy)
        self._strip.setCurrentIndex(1 if busy else 0)
        self.create_button.setEnabled(not busy)
        if not busy:
            self.filter.setFocus()

    def _progress(self) -> None:
        if self._job is not None:
            self.bar.setValue(round(1000 * self._job.done))
            opening = self._job.state == "done"
            self.bar_text.setText(tr("Opening") if opening else self._job.message or tr("Starting"))


def _section(title: str) -> QLabel:
    label = QLabel(title)
    label.setObjectName("Section")
    return label


def _room(dialog: QDialog) -> QSize:
    """The window that the dialog stands on, or the screen where that is smaller or there is none."""
    parent, screen = dialog.parentWidget(), dialog.screen().availableSize()
    return (parent.window().size() - QSize(64, 64)).boundedTo(screen) if parent is not None else screen
