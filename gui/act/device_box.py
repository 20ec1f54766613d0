"""The processor that trains: those this machine lacks are greyed, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from gui.words import mark, tr

_NAMES = {"cpu": "CPU", "cuda": "NVIDIA GPU (CUDA)", "mps": "Apple GPU (MPS)"}
_ASKING = mark("Whether this machine has it is being found out.")


class DeviceBox(QComboBox):
    """Only the CPU can be chosen until :meth:`show_devices` has said what there is."""

    def __init__(self, wanted: str = "cpu", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = wanted
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setAccessibleName(tr("Device"))
        self.setToolTip(tr("The processor that trains."))
        self.activated.connect(lambda _: self._choose())
        self.show_devices({"cpu": "", "cuda": _ASKING, "mps": _ASKING})

    def show_devices(self, reasons: Mapping[str, str]) -> None:
        """Why a device cannot be used, '' where it can, by its name."""
        self._items.clear()
        for name, why in reasons.items():
            title = _NAMES.get(name, name)
            item = QStandardItem(
                title if not why or why == _ASKING else tr("{title}: not on this machine", title=title)
            )
            item.setData(name, Qt.ItemDataRole.UserRole)
            item.setToolTip(tr(why))
            item.setEnabled(not why)
            self._items.appendRow(item)
        row = self.findData(self._wanted)
        usable = row >= 0 and not reasons.get(self._wanted, "")
        self.setCurrentIndex(row if usable else max(self.findData("cpu"), 0))

    def chosen(self) -> str:
        return str(self.currentData())

    def _choose(self) -> None:
        self._wanted = self.chosen()
