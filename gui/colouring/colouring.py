"""Which figure colours the graph: computed for the model that is shown, painted on its cards, explained by a legend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QColor

from gui import theme
from gui.app_state import AppState
from gui.background import Background
from gui.colouring import channel_spread, found, sparsity
from gui.colouring.layer_figures import BUILT_IN, SPARSITY, SPREAD, LayerFigure, built_in, title_of
from gui.colouring.legend import Legend
from gui.colouring.ramp import ramp, step
from gui.colouring.scale import scale_of
from gui.graph_view.known import known, layer_keys
from gui.graph_view.model_work import ModelWork
from gui.graph_view.picture import Picture
from gui.graph_view.view import GraphView
from gui.words import tr

Weights = TypeVar("Weights")
CHOSEN, LATENCIES = "colour_by", "layer_latency"  # kept with the project


@dataclass(frozen=True, slots=True)
class Choice:
    """A figure that can be chosen; ``reason`` says why it cannot now, '' where it can."""

    key: str
    title: str
    reason: str = ""


class Colouring(QObject):
    """``changed`` follows every change of the figure or its values; ``figure`` is then None or has all of them."""

    changed = Signal()

    def __init__(
        self, state: AppState, view: GraphView, background: Background, failed: Callable[[Exception], None]
    ) -> None:
        super().__init__(view)
        self._state, self._view, self._background, self._failed = state, view, background, failed
        self.chosen = ""
        self.figure: LayerFigure | None = None
        self.legend = Legend(view)
        self._asked = 0
        self._work = ModelWork(self)
        self._late = QTimer(self, interval=0, singleShot=True)
        self._late.timeout.connect(self._find_out)
        state.opened.connect(self._opened)
        state.moved.connect(self._late.start)
        state.edited.connect(lambda _: self._late.start())
        state.analysed.connect(self._analysed)
        state.selection_changed.connect(lambda _: self._point())
        view.picture_changed.connect(self._paint)
        view.installEventFilter(self)

    # choosing ---------------------------------------------------------------------------------------------------

    def choices(self) -> list[Choice]:
        """Everything that can colour the graph, '' (nothing) first."""
        out = [Choice("", tr("Nothing")), *(Choice(key, title_of(key)) for key in BUILT_IN)]
        out += [Choice(SPARSITY, tr("Sparsity")), Choice(SPREAD, tr("Spread of channel ranges"))]
        measured = self._latencies()
        missing = "" if measured else tr("Measure it first: Analyse > Latency per layer.")
        out += [Choice(key, found.latency_title(key), missing) for key in (found.OPTIMIZED, found.WRITTEN)]
        return out + [Choice(f.key, f.title) for f in self._reported()]

    def choose(self, key: str) -> None:
        """Colour by a figure; '' for the colours of the operators again."""
        self.chosen = key
        if self._state.project is not None:
            self._state.project.set_view_state(CHOSEN, key)
        self._find_out()

    def keep_latency(self, revision: int, result: Mapping[str, Any]) -> None:
        """Remember what task 'layer_latency' measured of a revision, with the project."""
        project = self._state.project
        if project is not None:
            kept = {**(project.view_state(LATENCIES) or {}), str(revision): dict(result)}
            project.set_view_state(LATENCIES, kept)

    def _latencies(self) -> Mapping[str, Any] | None:
        project, revision = self._state.project, self._state.revision
        if project is None or revision is None:
            return None
        kept: Mapping[str, Any] = project.view_state(LATENCIES) or {}
        return kept.get(str(revision.id))

    def _reported(self) -> list[LayerFigure]:
        model, revision = self._state.model, self._state.revision
        if model is None or revision is None:
            return []
        analyses = [a for a in self._state.analyses(revision.id) if a.report.tables]
        if not analyses and not revision.report.tables:
            return []
        layers, number = frozenset(layer_keys(model)), revision.id
        how = tr("From the report of revision {id}", id=number)
        figures = list(found.of_tables(revision.report.tables, layers, f"report.{number}", how))
        how = tr("From an analysis of revision {id}", id=number)
        for analysis in analyses:
            source = f"analysis.{number}.{analysis.step.method}"
            figures += found.of_tables(analysis.report.tables, layers, source, how)
        return figures

    def _analysed(self, revision: int) -> None:
        """The first figure that a new analysis has for every layer colours the graph."""
        here = self._state.revision
        if here is None or here.id != revision:
            return
        source = f"analysis.{revision}.{self._state.analyses(revision)[-1].step.method}."
        first = next((f.key for f in self._reported() if f.key.startswith(source)), "")
        if first:
            self.choose(first)

    def _opened(self) -> None:
        project = self._state.project
        self.chosen = str(project.view_state(CHOSEN) or "") if project is not None else ""

    # values -----------------------------------------------------------------------------------------------------

    def _find_out(self) -> None:
        self._late.stop()
        self._asked += 1
        model, key = self._state.model, self.chosen
        if model is None or not key:
            self._work.forget()
            self._show(None)
        elif key in BUILT_IN:
            self._work.run(model, known, lambda whole: self._show(built_in(key, whole)))
        elif key == SPARSITY:
            self._work.run(model, known, lambda whole: self._measure(sparsity.measure, sparsity.weights_of(whole)))
        elif key == SPREAD:
            found_of = channel_spread.weights_of
            self._work.run(model, known, lambda whole: self._measure(channel_spread.measure, found_of(whole)))
        elif key in (found.OPTIMIZED, found.WRITTEN):
            measured = self._latencies()
            self._show(found.of_latency(key, measured, measured["keys"]) if measured else None)
        else:
            self._show(next((f for f in self._reported() if f.key == key), None))

    def _measure(self, measure: Callable[[Weights], LayerFigure], weights: Weights) -> None:
        """A figure that is measured on stored numbers, beside the window's thread."""
        mine = self._asked

        def done(figure: LayerFigure) -> None:
            if mine == self._asked:
                self._show(figure)

        self._background.run(lambda: measure(weights), done, self._failed)

    def _show(self, figure: LayerFigure | None) -> None:
        self.figure = figure
        self._paint()
        self.changed.emit()

    # on the graph -----------------------------------------------------------------------------------------------

    def _paint(self) -> None:
        """The colours of all cards, from the values of the layers that each stands for."""
        figure, picture = self.figure, self._view.picture
        if figure is None or picture is None:
            self._view.set_heat(None)
            self.legend.hide()
            return
        values = _by_card(figure, picture)
        scale = scale_of(values.values())
        colours = [QColor(c) for c in ramp(theme.current().name == "dark")]
        self._view.set_heat({k: colours[step(scale.share(v))] for k, v in values.items()} if scale is not None else {})
        self.legend.show_figure(figure, scale, bool(picture.blocks))
        self._point()

    def _point(self) -> None:
        """Where the selected layers stand on the legend."""
        figure = self.figure
        if figure is not None:
            self.legend.point_at(figure.over(self._state.selected))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange and self.figure is not None:
            self._late.start()
        return super().eventFilter(watched, event)


def _by_card(figure: LayerFigure, picture: Picture) -> dict[int, float]:
    """The value of every card that has one; most cards stand for a single layer."""
    one = figure.values
    out = {}
    for k, keys in enumerate(picture.layers()):
        value = one.get(keys[0]) if len(keys) == 1 else figure.over(keys) if keys else None
        if value is not None:
            out[k] = value
    return out
