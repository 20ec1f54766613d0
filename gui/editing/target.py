"""What an edit is about: the layers selected on the graph, the tensor that is followed, all by their core names."""

from __future__ import annotations

import onnx_ir as ir

from core.model.inline import constant_tensor
from core.model.model import Model, layer_name, real_inputs
from gui.desk import Desk
from gui.graph_view.known import known


def layers(desk: Desk) -> list[ir.Node]:
    """The selected layers, in the order in which they were chosen."""
    model = desk.state.model
    if model is None:
        return []
    shown = known(model).layers
    return [shown[key][0] for key in desk.state.selected if key in shown]


def layer(desk: Desk) -> ir.Node | None:
    """The one selected layer; None where none or several are selected."""
    found = layers(desk)
    return found[0] if len(found) == 1 else None


def tensor(desk: Desk) -> ir.Value | None:
    """The tensor that is followed on the graph, else the first result of the one selected layer."""
    model, name = desk.state.model, desk.window.graphs.view.selected_tensor()
    if model is not None and name:
        return value_called(model, name)
    node = layer(desk)
    return node.outputs[0] if node is not None and node.outputs else None


def followed(desk: Desk) -> ir.Value | None:
    """The tensor that is followed on the graph and no other."""
    name = desk.window.graphs.view.selected_tensor()
    return value_called(desk.state.model, name) if desk.state.model is not None and name else None


def value_called(model: Model, name: str) -> ir.Value | None:
    """The tensor of the graph with a name: an input, a layer's result or a stored one."""
    graph = model.graph.graph
    if name in graph.initializers:
        return graph.initializers[name]
    ends = next((v for v in graph.inputs if v.name == name), None)
    return ends or next((o for n in graph for o in n.outputs if o.name == name), None)


def flowing(model: Model) -> list[str]:
    """Names of what flows through the graph: inputs, then what layers make, in the file's order."""
    names = [v.name or "" for v in real_inputs(model.graph)]
    return [*names, *(o.name for n in model.nodes() for o in n.outputs if o.name)]


def readers(value: ir.Value) -> list[str]:
    """Names of the layers that read a tensor, each once."""
    return list(dict.fromkeys(layer_name(u.node) for u in value.uses()))


def stored(node: ir.Node) -> list[ir.Value]:
    """The stored tensors that a layer reads."""
    return [v for v in node.inputs if v is not None and v.is_initializer() and constant_tensor(v) is not None]
