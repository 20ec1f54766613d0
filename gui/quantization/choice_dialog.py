"""The form in which some layers of a quantized network get another choice: bits, float, how many share a scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from core.methods.quantize.value_choices import RANGE, Ends, no_range
from core.params import Scalar, Spec
from gui.button_box import ButtonBox
from gui.param_form import ParamForm
from gui.room import make_room
from gui.words import counted, tr

_MARGIN, _WIDTH, _NAMED = 16, 480, 3


class ChoiceDialog(QDialog):
    """``specs`` may differ from layer to layer; ``values`` are what each of ``layers`` has now, as far as it is about
    that layer; ``about`` says what the choice does.

    Where layers differ the form shows no value, and each keeps its own until somebody chooses one for all.
    """

    def __init__(
        self,
        layers: Sequence[str],
        specs: Sequence[Spec],
        values: Sequence[Mapping[str, Scalar]],
        about: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.layers = tuple(layers)
        self._now = tuple(values)
        self.setWindowTitle(counted(len(layers), "Quantize {n} layer otherwise", "Quantize {n} layers otherwise"))
        found = {spec.name: [one[spec.name] for one in values if spec.name in one] for spec in specs}
        first = {name: several[0] for name, several in found.items() if several}
        differing = [name for name, value in first.items() if any(other != value for other in found[name])]
        self.form = ParamForm(specs, first, differing=differing)
        self._begun = self.form.values()
        named = ", ".join(layers[:_NAMED])
        rest = len(layers) - _NAMED
        self.named = QLabel(named if rest <= 0 else tr("{names} and {n} more", names=named, n=rest), wordWrap=True)
        self.problem = QLabel(wordWrap=True)
        self.problem.setObjectName("FieldError")
        hint = QLabel(about, wordWrap=True)
        hint.setObjectName("Hint")
        self.buttons = ButtonBox(ButtonBox.StandardButton.Cancel)
        self.apply_button = QPushButton(tr("&Apply"))
        self.apply_button.setDefault(True)
        self.buttons.addButton(self.apply_button, ButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(_MARGIN)
        column.addWidget(self.named)
        column.addWidget(self.form)
        column.addWidget(self.problem)
        column.addWidget(hint)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.form.changed.connect(self._changed)
        self._changed()
        next(iter(self.form.rows.values())).editor.setFocus()
        self.resize(_WIDTH, self.heightForWidth(_WIDTH) if self.hasHeightForWidth() else self.sizeHint().height())

    def values(self) -> dict[str, Scalar]:
        return self.form.values()

    def changed_values(self) -> dict[str, Scalar]:
        """Those that are not as the form came, and those chosen where layers differ."""
        begun = self._begun
        return {name: value for name, value in self.values().items() if name not in begun or value != begun[name]}

    def _no_range(self) -> str:
        """What is wrong with the range that a layer would have, by its name where the others' are not the same."""
        ends = {n: _ends({**now, **self.values()}) for n, now in zip(self.layers, self._now, strict=True)}
        one = len(set(ends.values())) == 1
        return next((why for name, own in ends.items() if (why := no_range(*own, "" if one else name))), "")

    def _changed(self) -> None:
        self.problem.setText(self._no_range())
        self.problem.setVisible(bool(self.problem.text()))
        make_room(self)
        problem = next(iter(self.form.errors().values()), self.problem.text())
        self.apply_button.setEnabled(not problem)
        self.apply_button.setToolTip(problem)


def _ends(values: Mapping[str, Scalar]) -> Ends:
    low, high = (values.get(name) for name in RANGE[1:])
    return None if low is None else float(low), None if high is None else float(high)
