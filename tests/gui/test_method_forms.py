"""The forms of all methods: nothing is cut off at the side, whatever the model is called."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from core.methods.method import load_methods
from gui.act.dialog import MethodDialog, Setting
from gui.act.request import TeacherChoice

LONG = TeacherChoice("The original (mobilenetv2_1.0_torchvision_imagenet_folded_from_somewhere_far_away)", revision=1)


@pytest.mark.parametrize("key", [m.key for m in load_methods() if m.menu])
def test_a_form_is_as_wide_as_its_dialog(key: str, qtbot: QtBot) -> None:
    dialog = MethodDialog(load_methods().get(key), Setting(["conv"], ["conv"], "", [LONG]))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    area = dialog.findChild(QScrollArea)
    assert area is not None
    assert area.horizontalScrollBar().maximum() == 0, f"{area.horizontalScrollBar().maximum()} px are out of sight"
