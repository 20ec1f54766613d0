"""The inspector: all that is known of the selected layers, of a block, of a tensor, or of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from core.data.images import is_image
from core.model.model import Model
from gui.graph_view.known import Known, known, known_already
from gui.graph_view.model_work import ModelWork
from gui.inspector.block_tree import Alike, chosen_block, layers_in
from gui.inspector.context import Context
from gui.inspector.layer_page import layer_page
from gui.inspector.model_page import model_page
from gui.inspector.output_panel import OutputPanel
from gui.inspector.page import Column, Page
from gui.inspector.sections import Folds, Section
from gui.inspector.several_page import block_page, several_page
from gui.inspector.tensor_page import tensor_page
from gui.inspector.weights_section import Examiner
from gui.inspector.wiring import Wiring
from gui.pruning.couplings import Couplings
from gui.words import tr


class Inspector(QScrollArea):
    """Shows one model's selection. The setters may come in any order.

    ``go_to`` asks to select and reveal a layer (its key) or a block (its path); ``tensor_chosen`` a tensor;
    ``edit_requested`` to edit: ("attributes", "repair", "quantization", "lock" or "unlock", key of a layer) or
    ("weights", name of a stored tensor). ``alike``, where it is set, gives the paths of the blocks built like one,
    ``couplings`` the channel groups, ``before`` the float weights of quantized layers.
    """

    go_to = Signal(str)
    tensor_chosen = Signal(str)
    edit_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(264)
        self.setAcceptDrops(True)
        self.setAccessibleName(tr("Inspector"))
        self.folds = Folds(self)
        self.output = OutputPanel()
        kept = Section(self, self.folds, "output", tr("Output for a picture"), lambda rows: rows.widget(self.output))
        self.page = Page(self.folds, kept)
        self.setWidget(self.page)
        self.page.setAutoFillBackground(False)
        self._examiner = Examiner(self)
        self._work = ModelWork(self)
        self._whole: Known | None = None
        self._wiring: Wiring | None = None
        self._message = tr("No model is open.")
        self._names: list[str] = []
        self._block = ""
        self.alike: Alike | None = None
        self.couplings: Callable[[], Couplings | None] | None = None
        self.before: Callable[[str, Callable[[Any], None]], None] | None = None
        self._awaited = False
        self._tensor = ""
        self._editable = False
        self._late = QTimer(self, interval=0, singleShot=True)
        self._late.timeout.connect(self._rebuild)
        self._rebuild()

    def hold(self) -> None:
        """What is set from now until the event loop turns is shown all at once: a page takes 10 ms to make."""
        self._late.start()

    def set_model(self, model: Model | None) -> None:
        """Show another model, or none; the selection is kept as far as its layers exist."""
        if model is None:
            self._work.forget()
            self._show(None)
        elif (whole := known_already(model)) is not None:
            self._work.forget()
            self._show(whole)
        elif not self._work.run(model, known, self._show):
            self._show(None, tr("Reading the graph…"))

    def set_selection(self, names: Iterable[str], block: str = "") -> None:
        """Show these layers (keys as in GraphView); none: the model. ``block`` is the path of the block whose layers
        they are, '' where they were chosen one by one; the path of a block may also stand for a key.
        """
        names = list(names)
        if (names, block) != (self._names, self._block) or (names and self._tensor):
            self._names, self._block = names, block
            self._tensor = "" if names else self._tensor
            self._rebuild()

    def set_tensor(self, name: str) -> None:
        """Show a tensor; '' goes back to the selection."""
        if name != self._tensor:
            self._tensor = name
            self._rebuild()

    def set_editable(self, editable: bool) -> None:
        """Whether ``edit_requested`` leads somewhere: only then are there buttons for it."""
        if editable != self._editable:
            self._editable = editable
            self._rebuild()

    def _show(self, whole: Known | None, message: str = "") -> None:
        self._whole, self._message = whole, message or tr("No model is open.")
        self._wiring = Wiring(whole) if whole is not None else None
        self.output.set_inputs(whole.model.inputs if whole is not None else ())
        self._rebuild()

    # the page -----------------------------------------------------------------------------------------------------

    def _rebuild(self) -> None:
        """A new page where the old one stood: what the eye rests on stays in its place as far as it can."""
        if self._late.isActive():
            return
        anchor = self._anchor()
        self.setUpdatesEnabled(False)
        above = self.page.begin()
        names = self._fill(above, self.page.below)
        self.output.show_for(names)
        self.page.end(bool(names))
        self._settle(*anchor)
        self.setUpdatesEnabled(True)

    def _fill(self, above: Column, below: Column) -> list[str]:
        """The columns for what is selected; returns the tensors whose values can be looked at."""
        whole, wiring = self._whole, self._wiring
        if whole is None or wiring is None:
            above.hint(self._message)
            return []
        edit = self.edit_requested.emit if self._editable else None
        self._awaited = False
        context = Context(
            whole, wiring, self._examiner, self.go_to.emit, self._choose_tensor, edit, self._ask_couplings, self.before
        )
        value = wiring.value(self._tensor) if self._tensor else None
        if value is not None:
            return tensor_page(above, context, value)
        layers = layers_in(whole, self._names)
        path = self._block or (self._names[0] if layers and layers[:1] != self._names[:1] else "")
        if path and layers and (self._block or len(self._names) == 1):
            block_page(above, context, chosen_block(whole, path, self.alike), layers)
        elif len(layers) == 1:
            return layer_page(above, below, context, layers[0])
        elif layers:
            several_page(above, context, layers)
        else:
            model_page(above, context)
        return []

    def _ask_couplings(self) -> Couplings | None:
        found = self.couplings() if self.couplings is not None else None
        self._awaited = self._awaited or found is None
        return found

    def look_at_channels(self) -> None:
        """Channel groups have been found, or are others now: they go where they were missed."""
        if self._awaited and self.couplings is not None:
            self._rebuild()

    def _choose_tensor(self, name: str) -> None:
        self.set_tensor(name)
        self.tensor_chosen.emit(name)

    def _anchor(self) -> tuple[str, int]:
        """The section at the top of what is seen, and where its heading stands in the viewport; ('', 0) at the top."""
        top = self.verticalScrollBar().value()
        if not top:
            return "", 0
        for key, section in self.page.sections.items():
            at = section.mapTo(self.page, QPoint(0, 0)).y()
            if at + section.height() > top:
                return key, at - top
        return "", 0

    def _settle(self, key: str, offset: int) -> None:
        """Scroll so that a section stands where it, or its like, stood before."""
        bar, page = self.verticalScrollBar(), self.page
        section = page.sections.get(key)
        if section is None:
            bar.setValue(0)
            return
        width = self.viewport().width()
        page.resize(width, max(page.heightForWidth(width), self.viewport().height()))
        for layout in (page.layout(), *(part.layout() for part in page.shown)):
            if layout is not None:
                layout.activate()
        bar.setRange(0, max(page.height() - self.viewport().height(), 0))
        bar.setValue(section.mapTo(page, QPoint(0, 0)).y() - offset)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "page"):
            self.page.update()

    # a picture dropped here ---------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._whole is not None and _picture(event) is not None:
            event.acceptProposedAction()
        else:
            event.ignore()  # the window takes it

    def dropEvent(self, event: QDropEvent) -> None:
        path = _picture(event)
        if path is not None:
            event.acceptProposedAction()
            self.output.set_file(path)


def _picture(event: QDropEvent) -> Path | None:
    """The one picture file that is dragged, if that is what is dragged."""
    urls = event.mimeData().urls()
    path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
    return path if path is not None and is_image(path.name) else None
