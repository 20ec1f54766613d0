"""The page of one tensor: an edge of the graph, an input of the model, or a stored one."""

from __future__ import annotations

from functools import partial
from math import prod

import onnx_ir as ir

from gui import figures
from gui.graph_view.known import Known, dtype_of, shape_of, stored_tensor
from gui.inspector.context import Context
from gui.inspector.describe import short
from gui.inspector.layer_page import kind, reader_links
from gui.inspector.page import Column
from gui.inspector.parts import Link
from gui.inspector.rows import Rows
from gui.inspector.stored import stored_value
from gui.inspector.weights_section import fill_tensor
from gui.words import thousands, tr


def tensor_page(page: Column, context: Context, value: ir.Value) -> list[str]:
    """Everything known of a tensor. Returns its name where it is computed, and can be looked at for a picture."""
    name = value.name or ""
    stored = stored_value(value, context.whole, context.wiring) if not context.wiring.maker(value) else None
    page.title(tr("Tensor"), name)
    page.section("tensor", tr("Tensor"), partial(_about, context=context, value=value))
    page.section("ends", tr("From and to"), partial(_ends, context=context, value=value))
    if stored is not None:
        fill = partial(fill_tensor, stored=stored, examiner=context.examiner, go_to=context.go_to)
        page.section("weights:", tr("Values"), fill)
    return [name] if stored is None else []


def _about(rows: Rows, context: Context, value: ir.Value) -> None:
    whole = context.whole
    rows.row(tr("name"), value.name or "")
    rows.row(tr("shape, type"), kind(value, whole))
    size = _bytes(value, whole)
    if size is not None:
        tip = tr("{n} bytes for a batch of 1, from its inferred shape.", n=thousands(size))
        rows.row(tr("bytes"), figures.size(size), tip)


def _bytes(value: ir.Value, whole: Known) -> int | None:
    stored = stored_tensor(value)
    if stored is not None:
        return int(stored.nbytes)
    shape = shape_of(value, whole.facts)
    kinds = whole.facts.dtypes.get(value.name or "") or value.dtype
    if shape is None or kinds is None or not dtype_of(value, whole.facts):
        return None
    sizes = [d for d in shape if isinstance(d, int)]
    return int(prod(sizes) * kinds.bitwidth / 8) if len(sizes) == len(shape) and kinds.name != "STRING" else None


def _ends(rows: Rows, context: Context, value: ir.Value) -> None:
    maker = context.wiring.maker(value)
    if maker:
        node = context.whole.layers[maker][0]
        link = Link(f"← {node.op_type}  {short(node, maker)}", tr("made by {layer}", layer=maker), maker)
        link.clicked.connect(lambda: context.go_to(maker))
        rows.beside(tr("made by"), link, role="inputs")
    else:
        said = tr("the model's input") if value.is_graph_input() else tr("stored in the file")
        rows.row(tr("made by"), said, muted=True, role="inputs")
    rows.row(tr("read by"), str(len(context.wiring.readers(value))), role="outputs")
    reader_links(rows, context, value)
