"""View > Colour by: the figures there are for the model that is shown."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from gui.colouring.colouring import Choice, Colouring
from gui.colouring.found import OPTIMIZED
from gui.words import tr


class ColourMenu(QObject):
    """Filled anew whenever it opens: what reports and measurements bring comes and goes with the revisions."""

    def __init__(self, colouring: Colouring, menu: QMenu, before: QAction | None = None) -> None:
        super().__init__(menu)
        self._colouring = colouring
        self.menu = QMenu(tr("Colour &by"), menu)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self.fill)
        if before is not None:
            menu.insertMenu(before, self.menu)
        else:
            menu.addMenu(self.menu)
        self.fill()

    def fill(self) -> None:
        self.menu.clear()
        group = QActionGroup(self.menu)
        group.setExclusive(True)
        choices = self._colouring.choices()
        for k, choice in enumerate(choices):
            if k == 1 or choice.key == OPTIMIZED or (k > 1 and _new_kind(choices[k - 1], choice)):
                self.menu.addSeparator()
            action = self.menu.addAction(choice.title.replace("&", "&&"))
            action.setActionGroup(group)
            action.setCheckable(True)
            action.setChecked(choice.key == self._colouring.chosen)
            action.setEnabled(not choice.reason)
            action.setToolTip(choice.reason or choice.title)
            action.triggered.connect(partial(self._choose, choice.key))

    def _choose(self, key: str, _checked: bool = False) -> None:
        self._colouring.choose(key)


def _new_kind(before: Choice, after: Choice) -> bool:
    return after.key.startswith("report.") and not before.key.startswith("report.")
