"""A torch module as an ONNX graph, layer by layer: names are module paths, Dropout and BatchNormalization stay.

``torch.fx`` records what the module calls, and a table says what each call is in ONNX. That is for modules whose code
we know (the reference networks): a graph comes out in a tenth of a second, as a person would draw it. torch's own
exporter takes any module, but seconds each; it drops Dropout and surrounds convolutions with nodes to be folded again.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir
import torch
from torch import fx, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.execute.from_torch_table import FUNCTIONS, METHODS, MODULES, Emitter, Traced, of_shape

OPSET, IR_VERSION = 20, 10
BATCH = "batch"
_FAMILIES = ("from_torch_layers", "from_torch_functions", "from_torch_moves")
_TRACED_BATCH = 2


@dataclass(frozen=True, slots=True)
class TracedInput:
    """One input of the module: its name in the graph, its shape without the batch axis, its type."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32

    def example(self, batch: int) -> torch.Tensor:
        return torch.zeros((batch, *self.shape), dtype=self.dtype)


def graph_from_module(
    module: nn.Module, inputs: Sequence[TracedInput], outputs: Sequence[str], name: str = ""
) -> ir.Model:
    """The graph of ``module``, which takes ``inputs`` in order and returns one tensor per name in ``outputs``.

    The batch axis is symbolic. Node names are module paths, initializers have the names of the module's state dict
    (the weight of a Linear that becomes a MatMul is transposed). Raises NotImplementedError for a call without a rule.
    """
    for family in _FAMILIES:
        importlib.import_module(f"core.execute.{family}")
    traced = _Tracer().trace(module)
    _record_shapes(module, traced, inputs)
    values = [_input(spec) for spec in inputs]
    emitter = Emitter(dict(module.named_parameters()) | dict(module.named_buffers()))
    results = _emit(traced, module, emitter, values)
    if len(results) != len(outputs):
        raise ValueError(f"the module gives {len(results)} outputs, {len(outputs)} names were given")
    for key, (value, example) in zip(outputs, results, strict=True):
        value.name, value.type = key, ir.TensorType(ir.DataType[_ONNX_TYPES[example.dtype]])
        value.shape = ir.Shape([BATCH, *example.shape[1:]])
    graph = ir.Graph(
        values,
        [value for value, _ in results],
        nodes=emitter.nodes,
        initializers=list(emitter.initializers.values()),
        opset_imports={"": OPSET},
        name=name or type(module).__name__,
    )
    return ir.Model(graph, ir_version=IR_VERSION, producer_name="thimble")


_ONNX_TYPES = {torch.float32: "FLOAT", torch.int64: "INT64", torch.bool: "BOOL"}


class _Tracer(fx.Tracer):
    """Enters every module but those the table knows, and records on every call which module it stands in."""

    proxy_buffer_attributes = True  # what is computed from a buffer is a layer too, not a number of its own

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m) in MODULES


# what each gives is like what it takes, in evaluation; torch has a dozen calls of its own to find that out
_ALIKE = (_BatchNorm, nn.LayerNorm, nn.Dropout, nn.ReLU, nn.ReLU6, nn.GELU, nn.SiLU, nn.Hardswish, nn.Sigmoid)


class _Shapes(fx.Interpreter):
    """Runs a traced module on tensors without data and leaves what each call gives in its ``meta["val"]``."""

    def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
        if args and isinstance(self.fetch_attr(target), _ALIKE):
            return torch.empty_like(args[0])
        return super().call_module(target, args, kwargs)

    def run_node(self, n: fx.Node) -> Any:
        n.meta["val"] = super().run_node(n)
        return n.meta["val"]

    def get_attr(self, target: Any, args: Any, kwargs: Any) -> Any:
        found = super().get_attr(target, args, kwargs)
        return found.to("meta") if isinstance(found, torch.Tensor) else found


class _Ran(nn.Module):
    """A traced module that runs through :class:`_Shapes`, so that torch can call it with other parameters."""

    def __init__(self, traced: fx.GraphModule) -> None:
        super().__init__()
        self.traced = traced

    def forward(self, *inputs: torch.Tensor) -> Any:
        return _Shapes(self.traced).run(*inputs)


def _record_shapes(module: nn.Module, traced: fx.Graph, inputs: Sequence[TracedInput]) -> None:
    """Leave in every call's ``meta["val"]`` a tensor without data that tells shape and type.

    On the device "meta", with the module's parameters replaced for this one call: torch's FakeTensorProp says the same
    and takes four times as long.
    """
    was = module.training
    module.eval()
    runner = _Ran(fx.GraphModule(module, traced))
    stored = [*runner.named_parameters(), *runner.named_buffers()]
    with torch.device("meta"), torch.no_grad():
        examples = tuple(spec.example(_TRACED_BATCH) for spec in inputs)
        torch.func.functional_call(runner, {name: t.to("meta") for name, t in stored}, examples, strict=False)
    module.train(was)


def _input(spec: TracedInput) -> ir.Value:
    kind = ir.TensorType(ir.DataType[_ONNX_TYPES[spec.dtype]])
    return ir.Value(name=spec.name, type=kind, shape=ir.Shape([BATCH, *spec.shape]))


def _emit(
    traced: fx.Graph, module: nn.Module, emitter: Emitter, inputs: Sequence[ir.Value]
) -> list[tuple[ir.Value, torch.Tensor]]:
    """Fill ``emitter``; gives each output with the tensor that tells its shape."""
    env: dict[fx.Node, Any] = {}
    left = list(inputs)
    for node in traced.nodes:
        if node.op == "placeholder":
            env[node] = Traced(left.pop(0), node.meta["val"])
        elif node.op == "get_attr":
            env[node] = Traced(emitter.weight(str(node.target)), node.meta["val"])
        elif node.op == "output":
            found = fx.node.map_arg(node.args[0], env.__getitem__)
            several = found if isinstance(found, (tuple, list)) else (found,)
            return [(t.value, t.example) for t in several]
        else:
            env[node] = _call(node, module, emitter, env)
    raise ValueError("the module returns nothing")


def _call(node: fx.Node, module: nn.Module, emitter: Emitter, env: dict[fx.Node, Any]) -> Any:
    args = fx.node.map_arg(node.args, env.__getitem__)
    kwargs = fx.node.map_arg(node.kwargs, env.__getitem__)
    read = of_shape(node, args)  # x.shape and what is read from it are numbers, not layers
    if read is not None:
        return read
    place = list(node.meta.get("nn_module_stack", {}))
    emitter.enter(place[-1] if place else "")
    result: Any
    if node.op == "call_module":
        layer = module.get_submodule(str(node.target))
        emitter.enter(str(node.target), whole=True)
        result = MODULES[type(layer)](emitter, layer, *args)
    else:
        rule = METHODS.get(node.target) if isinstance(node.target, str) else FUNCTIONS.get(node.target)
        if rule is None:
            raise NotImplementedError(f"no rule for {node.op} {node.target} in '{emitter.scope}'")
        result = rule(emitter, *args, **kwargs)
    example = node.meta["val"]
    if isinstance(result, (tuple, list)):
        return tuple(Traced(v, e) for v, e in zip(result, example, strict=True))
    return result if result is None else Traced(result, example)
