"""Showing what steps and analyses found out, and using it."""

from __future__ import annotations

from core.methods.analyse.sensitivity_report import RATIO, settings_for
from core.methods.method import Method, load_methods
from core.methods.scope import Override
from core.project.analyses import Analysis
from gui.act.per_layer import PerLayer
from gui.desk import Desk
from gui.operations import act, quantizing
from gui.quantization.origin import float_parent
from gui.report_dialog import ReportDialog
from gui.words import tr


def show_report(desk: Desk, revision: int) -> None:
    """What the step that made a revision found out."""
    if desk.state.project is not None:
        found = desk.state.project.revision(revision)
        ReportDialog(act.revision_name(found), found.report, desk.window).open()


def show_analysis(desk: Desk, revision: int) -> None:
    """The newest analysis of a revision."""
    found = desk.state.analyses(revision)
    if found:
        make_dialog(desk, revision, found[-1]).open()


def show_last(desk: Desk) -> None:
    """The newest analysis of the revision that is shown."""
    if desk.state.revision is not None:
        show_analysis(desk, desk.state.revision.id)


def make_dialog(desk: Desk, revision: int, analysis: Analysis) -> ReportDialog:
    """Its report; a click on a curve selects the layer, and ratios can be used where a method takes them."""
    title = tr("{act} of revision {id}", act=act.title_of(analysis.step), id=revision)
    tolerance = analysis.step.params.get("tolerance")
    start = float(tolerance) if isinstance(tolerance, int | float) else 1.0
    dialog = ReportDialog(title, analysis.report, desk.window, start)
    dialog.layer_chosen.connect(lambda layer: _select(desk, layer))
    if dialog.cures is not None:
        parent = float_parent(desk.state, revision)
        dialog.offer_cures(
            "" if parent else tr("The float model that this one was quantized from is not in this project.")
        )
        dialog.cure_wanted.connect(lambda step: quantizing.apply_cure(desk, revision, step))
    if cutter() is not None:
        dialog.offer_ratios()
        dialog.ratios_wanted.connect(lambda overrides: use_ratios(desk, overrides))
    return dialog


def use_ratios(desk: Desk, overrides: tuple[Override, ...]) -> None:
    """Open the form of the method that takes a ratio per layer, with these."""
    method = cutter()
    if method is not None:
        act.choose(desk, method, PerLayer(overrides, tr("from sensitivity"), settings_for(method)))


def cutter() -> Method | None:
    """The first method in a menu whose ratio may differ from layer to layer; None where there is none."""
    return next((m for m in load_methods() if m.menu and RATIO in m.overridable), None)


def _select(desk: Desk, layer: str) -> None:
    """As if it was clicked in the graph."""
    desk.state.select([layer])
    desk.window.graphs.view.reveal(layer)
