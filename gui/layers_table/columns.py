"""The columns of the layers table: what each says of a layer, in brief, exactly, and for sorting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import onnx_ir as ir

from core.measure.cost import LayerCost
from core.model.blocks_names import scope
from gui import figures
from gui.colouring.layer_figures import LayerFigure
from gui.graph_view.known import Known, dtype_of, times
from gui.words import mark, thousands, tr


@dataclass(frozen=True, slots=True)
class Layer:
    """A row: the layer's key, its node and what it costs."""

    key: str
    node: ir.Node
    cost: LayerCost
    whole: Known


@dataclass(frozen=True, slots=True)
class Column:
    """``sort`` gives the value rows are ordered by; ``text`` what is shown; ``exact`` the tooltip.

    ``figure`` is the key of the figure per layer that the column shows, '' for none. ``optional`` columns are hidden
    until they are asked for.
    """

    key: str
    title: str
    sort: Callable[[Layer], Any]
    text: Callable[[Layer], str]
    exact: Callable[[Layer], str]
    tip: str
    number: bool = False
    optional: bool = False
    figure: str = ""
    width: int = 72


def _macs(layer: Layer) -> str:
    macs = layer.cost.macs
    return figures.MISSING if macs is None else figures.count(macs) if macs else ""


def _exact_macs(layer: Layer) -> str:
    if layer.cost.macs is None:
        return layer.cost.note or tr("Unknown.")
    return tr("{count} MACs for one item, estimated from the graph", count=thousands(layer.cost.macs))


def _exact_params(layer: Layer) -> str:
    text = tr("{count} parameters, estimated from the graph.", count=thousands(layer.cost.params))
    return f"{text} {layer.cost.note}".rstrip()


def _shape(layer: Layer) -> str:
    return times(layer.cost.output_shape) or figures.MISSING


def _exact_shape(layer: Layer) -> str:
    return times(layer.cost.output_shape) or tr("The shape cannot be known without running the model.")


def _block(layer: Layer) -> str:
    return " › ".join(scope(layer.node))


def _type(layer: Layer) -> str:
    return dtype_of(layer.node.outputs[0], layer.whole.facts) if layer.node.outputs else ""


def _name(layer: Layer) -> str:
    return layer.cost.name


def _operator(layer: Layer) -> str:
    return layer.cost.operator


COLUMNS = (
    Column("name", mark("Layer"), _name, _name, _name, mark("Name of the layer in the file"), width=0),
    Column("operator", mark("Operator"), _operator, _operator, _operator, mark("ONNX operator"), width=152),
    Column(
        "output",
        mark("Output"),
        lambda r: prod(r.cost.output_shape) if r.cost.output_shape else -1,
        _shape,
        _exact_shape,
        mark("Shape of the first output, a symbolic batch counted as 1; estimated from the graph"),
        width=112,
    ),
    Column(
        "params",
        mark("Params"),
        lambda r: r.cost.params,
        lambda r: thousands(r.cost.params) if r.cost.params else "",
        _exact_params,
        mark("Trained numbers: weights, biases, scales and shifts; estimated from the graph"),
        number=True,
        figure="params",
    ),
    Column(
        "macs",
        mark("MACs"),
        lambda r: -1 if r.cost.macs is None else r.cost.macs,
        _macs,
        _exact_macs,
        mark("Multiplications with addition for one item; estimated from the graph"),
        number=True,
        figure="macs",
    ),
    Column(
        "weights",
        mark("Weights"),
        lambda r: r.cost.weight_bytes,
        lambda r: figures.size(r.cost.weight_bytes) if r.cost.weight_bytes else "",
        lambda r: tr("{count} bytes of stored tensors, estimated from the graph", count=thousands(r.cost.weight_bytes)),
        mark("Bytes of the tensors stored for the layer; estimated from the graph"),
        number=True,
        figure="weight_bytes",
    ),
    Column(
        "block",
        mark("Block"),
        _block,
        _block,
        _block,
        mark("The blocks around the layer, outermost first, as the names say"),
        optional=True,
        width=160,
    ),
    Column("type", mark("Type"), _type, _type, _type, mark("Type of the first output"), optional=True),
)


def figure_column(figure: LayerFigure) -> Column:
    """A column for a figure that the table has none for."""

    def sort(layer: Layer) -> float:
        return figure.values.get(layer.key, -1.0)

    def text(layer: Layer) -> str:
        value = figure.values.get(layer.key)
        return "" if value is None else figures.short(value, figure.unit)

    def exact(layer: Layer) -> str:
        value = figure.values.get(layer.key)
        if value is None:
            return tr("This layer does not have the figure.")
        unit = "%" if figure.unit == "share" else figure.unit
        number = 100 * value if figure.unit == "share" else value
        return f"{number:.6g} {unit}. {figure.how}. {figure.note}".strip()

    return Column(
        "figure", figure.title, sort, text, exact, f"{figure.how}. {figure.note}".strip(), True, False, "", 104
    )
