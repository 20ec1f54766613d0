"""Both themes are readable: contrast as the Web Content Accessibility Guidelines 2.2 define it."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.graph_view.captions import CATEGORY

THEMES = [theme.LIGHT, theme.DARK]


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("chosen", THEMES, ids=lambda t: t.name)
def test_text_is_readable_on_every_ground(chosen: theme.Theme) -> None:
    grounds = (chosen.window, chosen.surface, chosen.raised, chosen.canvas, chosen.card)
    for ground in grounds:
        assert contrast(chosen.text, ground) >= 7
        for role in ("muted", "accent", "warning", "error", "good"):
            assert contrast(getattr(chosen, role), ground) >= 4.5, (role, ground)
        for role in ("inputs", "outputs"):
            assert contrast(getattr(chosen, role), ground) >= 3, (role, ground)
    assert contrast(chosen.text, chosen.accent_soft) >= 4.5
    assert contrast(chosen.on_accent, chosen.accent) >= 4.5
    assert contrast(chosen.edge, chosen.canvas) >= 2


@pytest.mark.parametrize("chosen", THEMES, ids=lambda t: t.name)
def test_every_kind_of_operator_has_a_header_colour_that_white_text_stands_on(chosen: theme.Theme) -> None:
    assert {*CATEGORY.values(), "other", "terminal"} == set(chosen.categories)
    for kind, colour in chosen.categories.items():
        assert contrast(chosen.on_header, colour) >= 4.5, kind


def test_both_themes_have_the_same_roles_and_switching_reaches_the_palette(qapp: QApplication) -> None:
    assert theme.LIGHT.categories.keys() == theme.DARK.categories.keys()
    for name in ("dark", "light"):
        chosen = theme.apply_theme(qapp, name)  # type: ignore[arg-type]
        assert theme.current() is chosen
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == chosen.window
        assert chosen.surface in qapp.styleSheet()


@pytest.mark.parametrize("chosen", THEMES, ids=lambda t: t.name)
def test_every_picture_the_style_sheet_names_exists_and_can_be_read(chosen: theme.Theme, qapp: QApplication) -> None:
    named = re.findall(r'url\("([^"]+)"\)', theme.stylesheet(chosen))
    assert len(named) >= 4
    for path in named:
        assert not QIcon(path).pixmap(12, 12).isNull(), path
