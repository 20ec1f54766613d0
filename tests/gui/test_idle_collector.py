"""Full garbage collections come when nobody waits, not in the middle of an edit."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from gui import idle_collector
from gui.idle_collector import IdleCollector


class Knot:
    """Refers to itself: only a collection frees it."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def collector(qapp: QObject, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdleCollector]:
    thresholds = gc.get_threshold()
    monkeypatch.setattr(idle_collector, "_REST_MS", 50)
    parent = QObject()
    yield IdleCollector(parent)
    parent.deleteLater()
    gc.set_threshold(*thresholds)


def old_knot() -> weakref.ref[Knot]:
    """Garbage that only a full collection finds."""
    knot = Knot()
    gc.collect(0)
    gc.collect(1)
    found = weakref.ref(knot)
    del knot
    for _ in range(8):  # enough of the middle generation for a full collection to be worth it
        gc.collect(1)
    return found


def test_what_was_left_is_collected_once_nothing_changes(collector: IdleCollector, qtbot: QtBot) -> None:
    gc.collect()
    knot = old_knot()
    assert knot() is not None
    collector.later()
    assert knot() is not None, "not at once"
    qtbot.waitUntil(lambda: knot() is None, timeout=3000)


def test_changes_put_it_off(collector: IdleCollector, qtbot: QtBot) -> None:
    gc.collect()
    knot = old_knot()
    for _ in range(6):
        collector.later()
        qtbot.wait(25)
        assert knot() is not None
    qtbot.waitUntil(lambda: knot() is None, timeout=3000)


def test_little_is_not_worth_a_look_and_a_resting_collector_is_left_alone(collector: IdleCollector) -> None:
    gc.collect()
    assert not collector.collect()
    old_knot()
    gc.disable()
    try:
        assert not collector.collect()
    finally:
        gc.enable()
    assert collector.collect()


def test_full_collections_are_rare_beside_it(collector: IdleCollector) -> None:
    assert gc.get_threshold()[2] >= 100
