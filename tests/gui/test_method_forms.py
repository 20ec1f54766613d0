"""The forms of all methods: nothing is cut off at the side, whatever the model is called."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from core.methods.method import load_methods
from gui.act.dialog import MethodDialog, Setting
from gui.act.request import TeacherChoice
from gui.translations import choosing

LONG = TeacherChoice("The original (mobilenetv2_1.0_torchvision_imagenet_folded_from_somewhere_far_away)", revision=1)


@pytest.fixture
def spoken(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    choosing.install(qapp, request.param)
    yield
    choosing.remove(qapp)


@pytest.mark.parametrize("spoken", choosing.languages(), indirect=True)
@pytest.mark.parametrize("key", [m.key for m in load_methods() if m.menu])
@pytest.mark.usefixtures("spoken")
def test_a_form_is_as_wide_as_its_dialog(key: str, qtbot: QtBot) -> None:
    """With all that can be unfolded, and as narrow as it is where it stands beside the graph with a preview."""
    method = load_methods().get(key)
    setting = Setting(["conv"], ["conv"], "", [LONG], presets=method.presets)
    dialog = MethodDialog(method, setting, lambda *_: None)
    qtbot.addWidget(dialog)
    for fold in dialog.form.folds.values():
        fold.setChecked(True)
    dialog.show()
    qtbot.waitExposed(dialog)
    area = dialog.findChild(QScrollArea)
    assert area is not None
    assert area.horizontalScrollBar().maximum() == 0, f"{area.horizontalScrollBar().maximum()} px are out of sight"
