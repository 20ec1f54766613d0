"""The page of one layer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import onnx
import onnx_ir as ir

from core.measure.cost import LayerCost
from core.model.blocks_names import scope
from gui.graph_view.captions import category
from gui.graph_view.known import Known, constant, dtype_of, shape_of, times
from gui.inspector.channels_section import channels_section
from gui.inspector.context import Context
from gui.inspector.costs import cost_rows, peak_row
from gui.inspector.describe import Attribute, attributes, formal_names, schema_of, short
from gui.inspector.documentation import operator_documentation
from gui.inspector.operator_text import attribute_meaning, formal, parameter_meaning
from gui.inspector.page import Column
from gui.inspector.parts import Link
from gui.inspector.quantization_section import quantization_section
from gui.inspector.rows import Rows
from gui.inspector.stored import stored_inputs
from gui.inspector.weights_section import weight_section
from gui.words import tr

Schema = onnx.defs.OpSchema
_MOST_READERS = 5


def layer_page(page: Column, below: Column, context: Context, key: str) -> list[str]:
    """Everything known of the layer ``key``; its weights stand ``below``. Returns the names of its outputs."""
    whole = context.whole
    node, counted = whole.layers[key]
    schema = schema_of(node, whole.model.opset)
    page.title(node.op_type, key, category(node))
    block_line(page, node)
    if key in whole.wrong:
        mend = partial(context.edit, "repair", key) if context.edit is not None else None
        page.warning(whole.wrong[key], tr("Repair…"), mend)
    for sentence in whole.marks.get(node.name or "", ()):
        page.warning(sentence)
    _documentation(page, node, schema)
    page.section("cost", tr("Cost"), partial(_cost, whole=whole, counted=counted))
    _attributes(page, context, key, node, schema)
    names = formal_names(schema.inputs if schema else (), node.inputs)
    explain = tr("Explain the inputs") if schema else ""
    fill = partial(_inputs, context=context, node=node, schema=schema, names=names)
    page.section("inputs", tr("Inputs"), fill, explain=explain)
    fill = partial(_outputs, context=context, node=node, schema=schema)
    page.section("outputs", tr("Outputs"), fill, explain=tr("Explain the outputs") if schema else "")
    quantization_section(page, context, key, names, formal_names(schema.outputs if schema else (), node.outputs))
    channels_section(page, context, key)
    for stored in stored_inputs(node, names, whole, context.wiring):
        section = weight_section(below, stored, context.examiner, context.go_to)
        if context.edit is not None and stored.name in whole.model.graph.graph.initializers:
            act = partial(context.edit, "weights", stored.name)
            section.add_button(tr("Edit…"), tr("Edit the values of {name}", name=stored.formal), act)
    return [o.name for o in node.outputs if o.name]


def block_line(page: Column, node: ir.Node) -> None:
    """The modules around the layer, outermost first, as its name tells them."""
    parts = scope(node)
    if parts:
        page.path(" › ".join(parts), tr("In the block {path}", path=".".join(parts)))


def _documentation(page: Column, node: ir.Node, schema: Schema | None) -> None:
    if schema is None:
        domain = tr(" of '{domain}'", domain=node.domain) if node.domain not in ("", "ai.onnx") else ""
        page.hint(tr("No description of this operator{domain} is at hand.", domain=domain))
        return
    found = operator_documentation(schema.name, schema.domain, schema.since_version)
    if found is None:
        return
    if found.first:
        page.hint(found.first, rich=True)

    def fill(rows: Rows) -> None:
        if found.rest:
            rows.rich(found.rest)
        rows.row(
            tr("defined in"), tr("opset {n}", n=schema.since_version) + (f"  {schema.domain}" if schema.domain else "")
        )

    page.section("documentation", tr("About {operator}", operator=node.op_type), fill, is_open=False)


def _cost(rows: Rows, whole: Known, counted: LayerCost) -> None:
    cost_rows(rows, whole, [counted])
    peak_row(rows, whole, counted)


def _attributes(page: Column, context: Context, key: str, node: ir.Node, schema: Schema | None) -> None:
    listed = attributes(node, schema)
    if not listed:
        return
    fill = partial(_attribute_rows, listed=listed, schema=schema)
    explain = tr("Explain the attributes") if schema else ""
    section = page.section("attributes", tr("Attributes"), fill, explain=explain)
    if context.edit is not None:
        act = partial(context.edit, "attributes", key)
        section.add_button(tr("Edit…"), tr("Edit the attributes"), act)


def _attribute_rows(rows: Rows, listed: list[Attribute], schema: Schema | None) -> None:
    for attribute in listed:
        value = tr("{value}  (default)", value=attribute.value) if attribute.default else attribute.value
        explained = attribute_meaning(schema, attribute.name)
        note = f"<p>{tr('Not in the file; the operator’s default.')}</p>" if attribute.default else ""
        rows.row(attribute.name, value, f"<qt>{explained}{note}</qt>" if explained or note else "", attribute.default)
        if rows.explaining and explained:
            rows.explain(explained)


def _inputs(rows: Rows, context: Context, node: ir.Node, schema: Schema | None, names: list[str]) -> None:
    whole, said = context.whole, False
    for position, (name, value) in enumerate(zip(names, node.inputs, strict=True)):
        if value is None or constant(value, whole.hidden):
            if rows.explaining and value is not None:
                _explained(rows, name, schema.inputs if schema else (), position)
            continue
        said = True
        maker = context.wiring.maker(value)
        explained = _tensor_row(rows, context, name, value, "inputs", schema.inputs if schema else (), position)
        if maker:
            made_by = whole.layers[maker][0]
            _layer_link(rows, context, maker, f"← {made_by.op_type}  {short(made_by, maker)}", tr("made by"))
        else:
            rows.row("", tr("the model's input"), muted=True)
        if rows.explaining and explained:
            rows.explain(explained)
    if not said:
        rows.hint(tr("Only stored tensors, which follow below."))


def _explained(rows: Rows, name: str, parameters: Sequence[Schema.FormalParameter], position: int) -> None:
    """A stored input has its own section; here only what it is for."""
    explained = parameter_meaning(formal(parameters, position))
    if explained:
        rows.row(name, tr("stored, below"), muted=True, role="inputs")
        rows.explain(explained)


def _outputs(rows: Rows, context: Context, node: ir.Node, schema: Schema | None) -> None:
    names = formal_names(schema.outputs if schema else (), node.outputs)
    for position, (name, value) in enumerate(zip(names, node.outputs, strict=True)):
        if not value.name:
            continue
        explained = _tensor_row(rows, context, name, value, "outputs", schema.outputs if schema else (), position)
        reader_links(rows, context, value)
        if rows.explaining and explained:
            rows.explain(explained)


def reader_links(rows: Rows, context: Context, value: ir.Value) -> None:
    """A line for every layer that reads a tensor."""
    readers = context.wiring.readers(value)
    for reader in readers[:_MOST_READERS]:
        read_by = context.whole.layers[reader][0]
        _layer_link(rows, context, reader, f"→ {read_by.op_type}  {short(read_by, reader)}", tr("read by"))
    rows.more_layers(len(readers) - _MOST_READERS)
    if value.is_graph_output():
        rows.row("", tr("the model's output"), muted=True)
    elif not readers:
        rows.row("", tr("read by nobody"), muted=True)


def _tensor_row(
    rows: Rows,
    context: Context,
    name: str,
    value: ir.Value,
    role: str,
    parameters: Sequence[Schema.FormalParameter],
    position: int,
) -> str:
    """Shape, type and name of a tensor; returns what the operator says of it."""
    explained = parameter_meaning(formal(parameters, position))
    rows.row(name, kind(value, context.whole), f"<qt>{explained}</qt>" if explained else "", role=role)
    link = Link(
        value.name or "", tr("tensor {name}", name=value.name), tr("Look at the tensor {name}", name=value.name)
    )
    link.setObjectName("QuietLink")
    link.clicked.connect(lambda: context.choose_tensor(value.name or ""))
    rows.beside("", link)
    return explained


def _layer_link(rows: Rows, context: Context, key: str, text: str, relation: str) -> None:
    link = Link(text, f"{relation} {key}", tr("Go to {layer}", layer=key))
    link.clicked.connect(lambda: context.go_to(key))
    rows.beside("", link)


def kind(value: ir.Value, whole: Known) -> str:
    """Shape and type as one line."""
    return f"{times(shape_of(value, whole.facts)) or tr('unknown shape')}  {dtype_of(value, whole.facts)}".rstrip()
