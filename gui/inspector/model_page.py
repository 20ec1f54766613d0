"""The page of the whole model, shown where nothing is selected."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import onnx_ir as ir

from core.model.model import Model
from core.model.preprocessing import Preprocessing
from gui import figures
from gui.graph_view.known import Known, dtype_of, shape_of, times
from gui.inspector.context import Context
from gui.inspector.costs import how, operator_table, peak_tip
from gui.inspector.page import Column
from gui.inspector.rows import Rows
from gui.new.origin import origin
from gui.words import counted, thousands, tr


def model_page(page: Column, context: Context) -> None:
    whole = context.whole
    page.title(*_name(whole.model))
    page.section("cost", tr("Cost"), partial(_cost, whole=whole))
    page.section("inputs", tr("Inputs"), partial(_inputs, model=whole.model))
    page.section("outputs", tr("Outputs"), partial(_outputs, whole=whole))
    page.section("operators", tr("Operators"), partial(operator_table, layers=whole.layers.values()))
    page.section("file", tr("File"), partial(_file, model=whole.model))
    page.hint(tr("Select a layer to see its attributes and weights. Ctrl+click adds another, arrow keys walk on."))


def _name(model: Model) -> tuple[str, str]:
    """What the model is called, and where it comes from."""
    made = origin(model) if not Path(model.source).is_file() else None
    if made is not None:
        return made.title, made.sentence()
    title = Path(model.source).name or model.graph.graph.name or tr("Model")
    return title, model.source and str(Path(model.source).parent)


def _cost(rows: Rows, whole: Known) -> None:
    cost = whole.cost
    rows.row(tr("params"), thousands(cost.params), how())
    macs = figures.MISSING if cost.macs is None else figures.count(cost.macs)
    rows.row(tr("MACs"), macs, cost.note or f"{thousands(cost.macs or 0)}. {how()}")
    bytes_tip = tr("{n} bytes of stored tensors.", n=thousands(cost.weight_bytes))
    rows.row(tr("weights"), figures.size(cost.weight_bytes), f"{bytes_tip} {how()}")
    peak = cost.peak_memory
    rows.row(tr("peak memory"), figures.MISSING if peak.bytes is None else figures.size(peak.bytes), peak_tip(peak))
    tip = tr("Without constants, which belong to the layers that use them.")
    rows.row(tr("layers"), thousands(len(whole.layers)), tip)
    marked = sum(1 for name in whole.marks if name)
    if marked:
        said = counted(marked, "{n} layer is unusual", "{n} layers are unusual")
        rows.row(tr("marked"), said, tr("Each says why when it is selected."))


def _inputs(rows: Rows, model: Model) -> None:
    for spec in model.inputs:
        shape = "×".join("?" if d is None else str(d) for d in spec.shape)
        rows.row(spec.name, f"{shape}  {spec.dtype}", spec.layout, role="inputs")
        if spec.preprocessing is not None:
            rows.row("", preprocessing_name(spec.preprocessing), preprocessing_steps(spec.preprocessing), muted=True)


def _outputs(rows: Rows, whole: Known) -> None:
    for value in whole.model.graph.graph.outputs:
        said = f"{times(_open_sizes(value, whole)) or tr('unknown shape')}  {dtype_of(value, whole.facts)}"
        rows.row(value.name or "", said.rstrip(), role="outputs")
    labels = whole.model.labels
    if labels:
        first = ", ".join(labels[:12]) + (" …" if len(labels) > 12 else "")
        rows.row(tr("classes"), counted(len(labels), "{n} name", "{n} names"), first)


def _file(rows: Rows, model: Model) -> None:
    graph = model.graph
    rows.row(tr("opset"), ", ".join(f"{v} {d}".strip() for d, v in graph.opset_imports.items()))
    if graph.producer_name:
        rows.row(tr("producer"), f"{graph.producer_name} {graph.producer_version or ''}".strip())
    rows.row(tr("IR version"), str(graph.ir_version))
    if graph.functions:
        rows.row(tr("functions"), thousands(len(graph.functions)), tr("Layers that are graphs of their own."))


def preprocessing_name(found: Preprocessing) -> str:
    return found.name or tr("own preprocessing")


def preprocessing_steps(found: Preprocessing) -> str:
    """The steps with their numbers, in order."""

    def text(value: float | tuple[float, ...]) -> str:
        values = value if isinstance(value, tuple) else (value,)
        return " × ".join(f"{v:.4g}".replace("-", "−") for v in values)

    steps = [f"{s.name.replace('_', ' ')} ({', '.join(text(v) for _, v in s.args)})" for s in found.steps]
    return tr("Preprocessing: {steps}.", steps=", ".join(steps)) if steps else tr("No preprocessing steps.")


def _open_sizes(value: ir.Value, whole: Known) -> tuple[int | str, ...] | None:
    """The shape with the names that the file gives to open sizes, as the inputs are shown."""
    shape = shape_of(value, whole.facts)
    noted = value.shape
    if shape is None or noted is None or len(noted) != len(shape):
        return shape
    return tuple(n if isinstance(d, int) or not d.value else d.value for d, n in zip(noted, shape, strict=True))
