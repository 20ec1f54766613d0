"""Layers that are to be treated differently: one row of a method's dialog, which says how many and lets them go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from core.methods.scope import Override
from core.params import Scalar
from gui import theme
from gui.number_edit import number_text
from gui.words import counted, tr

_LISTED = 20


@dataclass(frozen=True, slots=True)
class PerLayer:
    """``overrides`` as a step holds them; ``source`` says where they come from, such as 'from sensitivity'.

    ``settings`` are the parameters that the form begins with, so that these hold.
    """

    overrides: tuple[Override, ...] = ()
    source: str = ""
    settings: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def layers(self) -> int:
        """How many layers are named."""
        return sum(len(scope.layers) for scope, _ in self.overrides)


class PerLayerRow(QWidget):
    """Says what holds for some layers only; ``Remove`` treats all alike again."""

    changed = Signal()

    def __init__(self, given: PerLayer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._given = given
        self.text = QLabel(_words(given), wordWrap=True)
        self.text.setToolTip(_listed(given.overrides))
        self.label = QLabel(tr("Ratios per layer"))
        self.text.setAccessibleName(self.label.text())
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.remove = QPushButton(tr("&Remove"))
        self.remove.setAutoDefault(False)
        self.remove.setToolTip(tr("Treat all layers alike again."))
        self.remove.clicked.connect(self._remove)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.UNIT)  # as between the columns of a form
        row.addWidget(self.label)
        row.addWidget(self.text, 1)
        row.addWidget(self.remove)

    def overrides(self) -> tuple[Override, ...]:
        return self._given.overrides

    def _remove(self) -> None:
        self._given = PerLayer()
        self.text.setText(tr("the same for all layers"))
        self.text.setToolTip("")
        self.remove.setEnabled(False)
        self.changed.emit()


def _words(given: PerLayer) -> str:
    layers = counted(given.layers, "{n} layer", "{n} layers")
    return f"{given.source}, {layers}" if given.source else layers


def _listed(overrides: Sequence[Override]) -> str:
    """The first layers with what holds for them, a line each."""
    lines = [f"{', '.join(scope.layers[:1]) or scope.words()}: {_values(part.values())}" for scope, part in overrides]
    rest = len(lines) - _LISTED
    return "\n".join([*lines[:_LISTED], *([tr("and {count} more", count=rest)] if rest > 0 else [])])


def _values(values: Iterable[Scalar]) -> str:
    return ", ".join(number_text(v) for v in values)
