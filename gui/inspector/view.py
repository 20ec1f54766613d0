"""The inspector: all that is known of the selected layers, or of the model where nothing is selected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import prod
from pathlib import Path

import onnx_ir as ir
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from core.measure.cost import LayerCost
from core.measure.memory import PeakMemory
from core.model.model import Model
from gui import figures
from gui.graph_view.captions import category
from gui.graph_view.known import Known, constant, dtype_of, known, shape_of, stored_tensor, times
from gui.graph_view.model_work import ModelWork
from gui.inspector.describe import attributes, formal_names, schema_of
from gui.inspector.parts import Histogram, Page, number
from gui.inspector.statistics import Statistics, statistics
from gui.new.origin import origin

_HOW = "Estimated from the graph, nothing was run."
_MOST_HISTOGRAMS = 4


class Inspector(QScrollArea):
    """Shows one model's selected layers. ``set_model`` and ``set_selection`` may come in any order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(264)
        self.setAccessibleName("Inspector")
        self._work = ModelWork(self)
        self._whole: Known | None = None
        self._message = "No model is open."
        self._names: list[str] = []
        self._rebuild()

    def set_model(self, model: Model | None) -> None:
        """Show another model, or none; the selection is kept as far as its layers exist."""
        if model is None:
            self._work.forget()
            self._show(None)
        elif not self._work.run(model, known, self._show):
            self._show(None, "Reading the graph…")

    def _show(self, whole: Known | None, message: str = "No model is open.") -> None:
        self._whole, self._message = whole, message
        self._rebuild()

    def set_selection(self, names: Iterable[str]) -> None:
        """Show these layers (keys as in GraphView); none: the model."""
        names = list(names)
        if names != self._names:
            self._names = names
            self._rebuild()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        page = self.widget()
        if event.type() == QEvent.Type.PaletteChange and page is not None:
            page.update()

    def _rebuild(self) -> None:
        page = Page()
        page.setObjectName("InspectorPage")
        whole = self._whole
        if whole is None:
            page.hint(self._message)
        else:
            chosen = [name for name in self._names if name in whole.layers]
            if not chosen:
                _model_page(page, whole)
            elif len(chosen) == 1:
                _layer_page(page, whole, chosen[0])
            else:
                _sum_page(page, whole, chosen)
        page.end()
        self.setWidget(page)
        page.setAutoFillBackground(False)


def _model_page(page: Page, whole: Known) -> None:
    model, cost = whole.model, whole.cost
    graph = model.graph
    page.title(*_name(model))
    page.section("Cost")
    page.row("params", f"{cost.params:,}", _HOW)
    page.row(
        "MACs",
        figures.MISSING if cost.macs is None else figures.count(cost.macs),
        cost.note or f"{cost.macs:,}. {_HOW}",
    )
    page.row("weights", figures.size(cost.weight_bytes), f"{cost.weight_bytes:,} bytes of stored tensors. {_HOW}")
    peak = cost.peak_memory
    page.row(
        "peak memory",
        figures.MISSING if peak.bytes is None else figures.size(peak.bytes),
        _peak_tip(peak),
    )
    page.row("layers", f"{len(whole.layers):,}", "Without constants, which belong to the layers that use them.")
    page.section("Inputs")
    for spec in model.inputs:
        shape = "×".join("?" if d is None else str(d) for d in spec.shape)
        page.row(spec.name, f"{shape}  {spec.dtype}", spec.layout)
        if spec.preprocessing is not None:
            page.row("", spec.preprocessing.name or "own preprocessing", "Preprocessing", muted=True)
    page.section("Outputs")
    for value in graph.graph.outputs:
        page.row(value.name or "", f"{times(shape_of(value, whole.facts))}  {dtype_of(value, whole.facts)}")
    page.section("File")
    page.row("opset", ", ".join(f"{v} {d}".strip() for d, v in graph.opset_imports.items()))
    if graph.producer_name:
        page.row("producer", f"{graph.producer_name} {graph.producer_version or ''}".strip())
    page.row("IR version", str(graph.ir_version))
    page.hint("Select a layer to see its attributes and weights. Ctrl+click adds another, arrow keys walk on.")


def _name(model: Model) -> tuple[str, str]:
    """What the model is called, and where it comes from."""
    made = origin(model) if not Path(model.source).is_file() else None
    if made is not None:
        return made.title, made.sentence()
    return Path(model.source).name or model.graph.graph.name or "Model", model.source and str(Path(model.source).parent)


def _layer_page(page: Page, whole: Known, key: str) -> None:
    node, counted = whole.layers[key]
    schema = schema_of(node, whole.model.opset)
    page.title(node.op_type, key, category(node))
    if node.domain not in ("", "ai.onnx"):
        page.row("domain", node.domain)
    for sentence in whole.marks.get(node.name or "", ()):
        page.warning(sentence)
    page.section("Cost")
    _cost_rows(page, whole, [counted])
    peak = whole.cost.peak_memory
    if counted.name in peak.layers and peak.bytes is not None:
        page.row("peak memory", f"{figures.size(peak.bytes)}  here", _peak_tip(peak))
    listed = attributes(node, schema)
    if listed:
        page.section("Attributes")
    for attribute in listed:
        value = f"{attribute.value}  (default)" if attribute.default else attribute.value
        page.row(
            attribute.name, value, "Not in the file; the operator's default." * attribute.default, attribute.default
        )
    inputs = list(zip(formal_names(schema.inputs if schema else (), node.inputs), node.inputs, strict=True))
    stored = [(name, value) for name, value in inputs if value is not None and constant(value, whole.hidden)]
    page.section("Inputs")
    for name, read in inputs:
        if read is not None and not constant(read, whole.hidden):
            page.row(name, _kind(read, whole), f"{read.name}", role="inputs")
    page.section("Outputs")
    for name, out in zip(formal_names(schema.outputs if schema else (), node.outputs), node.outputs, strict=True):
        if out.name:
            page.row(name, _kind(out, whole), out.name, role="outputs")
    drawn = 0
    for name, tensor in stored:
        drawn += _tensor(page, whole, name, tensor, drawn < _MOST_HISTOGRAMS)


def _sum_page(page: Page, whole: Known, keys: list[str]) -> None:
    layers = [whole.layers[key] for key in keys]
    kinds = Counter(node.op_type for node, _ in layers)
    page.title(f"{len(keys)} layers", " · ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
    page.section("Cost, added up")
    _cost_rows(page, whole, [counted for _, counted in layers])
    page.section("Layers")
    for key in keys[:12]:
        node, _ = whole.layers[key]
        page.row(node.op_type, "/".join(key.split("/")[-3:-1]) or key, key)
    if len(keys) > 12:
        page.row("", f"and {len(keys) - 12} more", muted=True)


def _cost_rows(page: Page, whole: Known, layers: list[LayerCost]) -> None:
    """Parameters, MACs and bytes with their share of the whole model."""
    macs = None if any(c.macs is None for c in layers) else sum(c.macs or 0 for c in layers)
    note = " ".join(c.note for c in layers[:3] if c.note)
    total = whole.cost
    for key, value, of, text in (
        ("params", sum(c.params for c in layers), total.params, "{:,}".format),
        ("MACs", macs, total.macs, figures.count),
        ("weights", sum(c.weight_bytes for c in layers), total.weight_bytes, figures.size),
    ):
        if value is None:
            page.row(key, figures.MISSING, note or "Unknown.")
            continue
        share = value / of if of else None
        part = f"  {_percent(share)}" if share is not None and value else ""
        tip = f"{value:,}" + (f", {100 * share:.2f} % of the model" if share is not None else "") + f". {_HOW} {note}"
        page.row(key, text(value) + part, tip.rstrip(), muted=not value)
        if share and value:
            page.bar(share, tip.rstrip())


def _peak_tip(peak: PeakMemory) -> str:
    if peak.bytes is None:
        return peak.note
    return (
        f"{peak.bytes:,} bytes of activations are alive at once at {peak.where()}, for a batch of {peak.batch}; "
        f"weights do not count. {_HOW}"
    )


def _percent(share: float) -> str:
    return "< 0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"


def _kind(value: ir.Value, whole: Known) -> str:
    return f"{times(shape_of(value, whole.facts)) or 'unknown shape'}  {dtype_of(value, whole.facts)}".rstrip()


def _tensor(page: Page, whole: Known, name: str, value: ir.Value, draw: bool) -> int:
    """One stored tensor; returns 1 where a histogram was drawn."""
    tensor = stored_tensor(value)
    array = None if tensor is not None else whole.facts.array(value)
    shape = shape_of(value, whole.facts)
    count = prod(d for d in shape if isinstance(d, int)) if shape is not None else 0
    page.section(f"Weights · {name}" if count > 1 else f"Constant · {name}")
    kind = tensor.dtype.name if tensor is not None else ""
    dtype = {"FLOAT": "float32"}.get(kind, kind.lower()) or dtype_of(value, whole.facts)
    page.row("tensor", f"{times(shape) or 'scalar'}  {dtype}", f"{value.name}")
    if count <= 8:
        small = tensor.numpy() if tensor is not None else array
        if small is not None:
            page.row("value", ", ".join(number(float(v)) for v in small.ravel()) or "empty")
        return 0
    found = statistics(tensor) if tensor is not None else None
    if found is None:
        return 0
    if draw and len(found.bins) > 1:
        page.widget(Histogram(found.bins, found.low, found.high))
    _numbers(page, found)
    return int(draw)


def _numbers(page: Page, found: Statistics) -> None:
    how = f"From a sample of {found.looked_at:,} of {found.count:,} values." if found.sampled else "From every value."
    page.row("range", f"{number(found.low)} … {number(found.high)}", how)
    page.row("mean", f"{number(found.mean)}  ± {number(found.deviation)}", f"Mean and standard deviation. {how}")
    page.row("zeros", f"{100 * found.zeros:.1f} %", f"Share of values that are exactly zero. {how}")
    if found.bad:
        page.row("NaN or Inf", f"{100 * found.bad:.2g} %", how)
    if found.sampled:
        page.row(
            "", f"sample of {figures.count(found.looked_at)} of {figures.count(found.count)} values", how, muted=True
        )
