"""TorchGraph: an ONNX graph as a torch module, with gradients. The graph stays the model; torch only runs it.

One call per node; one ``nn.Parameter`` per float initializer, found under the initializer's own name; running
statistics of BatchNormalization are buffers. Compiling and folding happen on the module's own copy, and numbers go
back into a clone of the model by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
import onnx_ir as ir
import torch
from torch import Tensor, nn

from core.errors import UnsupportedOperator, UserError
from core.execute.torch_ops import Layer, Operator, Run, operators, reason_against, to_array, to_tensor
from core.model.model import Model, layer_name, real_inputs
from core.model.prepare import check_wiring

_BIG = 1024  # elements: larger initializers are not copied for the checker
_STATISTICS = (3, 4)  # inputs of BatchNormalization
_NEVER_FOLDED = ("Dropout",)


@dataclass(frozen=True, slots=True)
class _Call:
    """One node as it will be run. '' among the names stands for an input not given or an output not used."""

    layer: Layer
    run: Run
    trains: bool
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    last_use_of: tuple[str, ...] = ()


class TorchGraph(nn.Module):
    """Runs a Model's graph in torch.

    Trainable are the float initializers of rank 1 and more that no operator uses as a setting (such as the bounds of
    a Clip); scalars are arithmetic of the graph. Initializers named in ``frozen`` keep their numbers, and a
    BatchNormalization whose statistics are frozen normalizes by them in training too.

    ``between_layers``, where set, is called before every layer, forward and backward: what it raises ends the pass.
    One step of a large network takes longer than a user who cancels should wait.

    Raises UnsupportedOperator naming the first layer torch cannot run, UserError where the graph is not valid ONNX.
    """

    between_layers: Callable[[], None] | None = None

    def __init__(self, model: Model, frozen: Collection[str] = ()) -> None:
        super().__init__()
        check(model)
        graph = model.graph.graph
        table = operators()
        self.input_names = tuple(v.name or "" for v in real_inputs(model.graph))
        self.output_names = model.output_names
        self._places: dict[str, int] = {}
        self._weights = nn.ParameterList()
        self._buffer_of: dict[str, str] = {}
        self._constants: dict[str, Tensor] = {}
        self._load(graph, table, frozen)
        calls = [_compile(node, model.opset, table, frozen) for node in graph]
        calls = self._fold(calls)
        self._forget_unused(calls)
        self._calls = _with_last_uses(calls, {*self.output_names, *self._places, *self._buffer_of, *self._constants})

    def _load(self, graph: ir.Graph, table: Mapping[str, Operator], frozen: Collection[str]) -> None:
        statistics = {_behind_identity(v) for v in _inputs_at(graph, _is_statistic)}
        settings = {v.name for v in graph.initializers.values() if v.uses() and _only_setting(v, table)}
        for name, value in graph.initializers.items():
            if value.const_value is None:
                raise UserError(f"Initializer '{name}' has no data.", "The file is incomplete.")
            tensor = _loaded(value.const_value, name)
            if name in statistics:
                self._buffer_of[name] = f"_statistic{len(self._buffer_of)}"
                self.register_buffer(self._buffer_of[name], tensor)
            elif tensor.is_floating_point() and tensor.dim() > 0 and name not in settings:
                self._places[name] = len(self._weights)
                self._weights.append(nn.Parameter(tensor, requires_grad=name not in frozen))
            else:
                self._constants[name] = tensor

    def _fold(self, calls: Sequence[_Call]) -> list[_Call]:
        """Run once, now, what depends on no input and on no weight; the rest is left to do."""
        left = []
        for call in calls:
            fixed = call.layer.operator not in _NEVER_FOLDED and all(n in self._constants for n in call.inputs if n)
            if not fixed:
                left.append(call)
                continue
            with torch.no_grad():
                self._constants.update(_perform(call, self._constants, False))
        return left

    def _forget_unused(self, calls: Sequence[_Call]) -> None:
        used = {n for c in calls for n in c.inputs} | set(self.output_names)
        self._constants = {n: t for n, t in self._constants.items() if n in used}

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> TorchGraph:
        """Float constants follow the module to another device or type; integer ones (shapes, indices) stay."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._constants = {n: fn(t) if t.is_floating_point() else t for n, t in self._constants.items()}
        return self

    def initializer(self, name: str) -> nn.Parameter:
        """The parameter of an initializer; raises KeyError for one that is not trainable."""
        weight: nn.Parameter = self._weights[self._places[name]]
        return weight

    def named_initializers(self) -> Iterator[tuple[str, nn.Parameter]]:
        """(initializer name, parameter), in the file's order."""
        return zip(self._places, self._weights, strict=True)

    def named_statistics(self) -> Iterator[tuple[str, Tensor]]:
        """(initializer name, buffer) of the BatchNormalization statistics."""
        for name, buffer in self._buffer_of.items():
            yield name, self.get_buffer(buffer)

    def forward(
        self,
        feed: Mapping[str, Tensor] | Tensor,
        *,
        keep: Collection[str] = (),
        swap: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Output name -> tensor, and every inner value named in ``keep``.

        ``feed``: input name -> tensor in the file's own layout, or the tensor of the only input.
        ``swap``: initializer name -> tensor to use instead of it, which gradients flow into.
        Raises UserError naming a missing input, or the layer that the fed shapes do not fit.
        """
        env = dict(self._constants)
        env.update(self.named_initializers())
        env.update(self.named_statistics())
        if swap:
            if unknown := set(swap) - env.keys():
                raise ValueError(f"not initializers: {sorted(unknown)}")
            env.update(swap)
        env.update(self._fed(feed))
        kept: dict[str, Tensor] = {n: env[n] for n in keep if n in env}
        for call in self._calls:
            if self.between_layers is not None:
                self.between_layers()
            results = _perform(call, env, self.training)
            if self.between_layers is not None:
                _call_in_backward(results.values(), self.between_layers)
            env.update(results)
            if keep:
                kept.update((n, t) for n, t in results.items() if n in keep)
            for name in call.last_use_of:
                env.pop(name, None)
        if missing := set(keep) - kept.keys():
            raise ValueError(f"not values of the graph: {sorted(missing)}")
        return {**kept, **{n: env[n] for n in self.output_names}}

    def _fed(self, feed: Mapping[str, Tensor] | Tensor) -> dict[str, Tensor]:
        if isinstance(feed, Tensor):
            if len(self.input_names) != 1:
                raise UserError(f"The model has {len(self.input_names)} inputs: {', '.join(self.input_names)}.")
            return {self.input_names[0]: feed}
        if missing := [n for n in self.input_names if n not in feed]:
            raise UserError(f"The model's input '{missing[0]}' was not given.")
        return {n: feed[n] for n in self.input_names}

    def write_back(self, model: Model) -> Model:
        """A new Model with this module's numbers in the initializers of the same names.

        Nodes, names, types and sizes stay; a tensor whose numbers did not change is shared with ``model``.
        Raises ValueError where ``model`` has no such initializer or one of another size.
        """
        new = model.clone()
        for name, tensor in (*self.named_initializers(), *self.named_statistics()):
            value = new.graph.graph.initializers.get(name)
            old = None if value is None else value.const_value
            if value is None or old is None or tuple(old.shape.numpy()) != tuple(tensor.shape):
                raise ValueError(f"initializer '{name}' of size {tuple(tensor.shape)} has no place in the model")
            array = to_array(tensor)
            if array.tobytes() != old.tobytes():
                value.const_value = ir.tensor(array, dtype=old.dtype, name=name)
        return new


def check(model: Model) -> None:
    """ONNX's own checker; an executor that is laxer than the runtime would hide invalid graphs.

    Big initializers take part as typed inputs, so nothing large is copied. Raises UserError with its first line.
    """
    check_wiring(model)
    bare = model.graph.clone()
    graph = bare.graph
    for name, value in list(graph.initializers.items()):
        tensor = value.const_value
        if tensor is not None and tensor.size > _BIG:
            value.shape, value.dtype, value.const_value = ir.Shape(tensor.shape.numpy()), tensor.dtype, None
            del graph.initializers[name]
            if value not in graph.inputs:
                graph.inputs.append(value)
    for value in (*graph.inputs, *graph.outputs):
        if value.shape is None:  # onnxruntime takes files that leave it out, the checker does not
            value.shape = ir.Shape([])
    try:
        onnx.checker.check_model(ir.to_proto(bare))
    except onnx.checker.ValidationError as error:
        lines = str(error).strip().splitlines()
        raise UserError(
            f"The graph is not valid ONNX: {lines[0].rstrip('.') if lines else 'no reason given'}."
        ) from error


def _loaded(tensor: ir.TensorProtocol, name: str) -> Tensor:
    try:
        return to_tensor(tensor.numpy())
    except TypeError as error:
        raise UserError(f"Initializer '{name}' is {tensor.dtype.name}; torch has no such numbers.") from error


def _compile(node: ir.Node, opset: int, table: Mapping[str, Operator], frozen: Collection[str]) -> _Call:
    layer = _layer(node, opset)
    op = table.get(node.op_type)
    reason = reason_against(op, layer, node.domain)
    if reason or op is None:
        raise UnsupportedOperator(node.op_type, layer.name, reason)
    names = ["" if v is None else v.name or "" for v in node.inputs]
    while names and not names[-1]:
        names.pop()
    still = _is_batch_norm(node) and any(_behind_identity(node.inputs[k]) in frozen for k in _STATISTICS)
    run = _in_evaluation(op.run) if still else op.run
    return _Call(layer, run, op.trains, tuple(names), tuple(o.name or "" for o in node.outputs))


def _layer(node: ir.Node, opset: int) -> Layer:
    types = tuple("" if v is None or v.dtype is None else v.dtype.name for v in node.inputs)
    attributes = {a.name: _plain(a) for a in node.attributes.values() if not a.is_ref()}
    used = max((k + 1 for k, o in enumerate(node.outputs) if o.name), default=0)
    return Layer(layer_name(node), node.op_type, node.version or opset, attributes, types, used)


def _plain(attribute: ir.Attr) -> Any:
    value = attribute.value
    if attribute.type == ir.AttributeType.TENSOR:
        return to_tensor(value.numpy())
    return list(value) if isinstance(value, tuple) else value


def _in_evaluation(run: Run) -> Run:
    def fixed(layer: Layer, /, *inputs: Any, **state: Any) -> Tensor | tuple[Tensor, ...]:
        return run(layer, *inputs, training=False)

    return fixed


def _perform(call: _Call, env: Mapping[str, Tensor], training: bool) -> dict[str, Tensor]:
    """The node's outputs by name; a failure inside torch becomes a sentence that names the layer."""
    inputs = [env[n] if n else None for n in call.inputs]
    try:
        y = call.run(call.layer, *inputs, training=training) if call.trains else call.run(call.layer, *inputs)
    except (RuntimeError, ValueError, IndexError) as error:
        shapes = ", ".join("x".join(map(str, t.shape)) or "scalar" for t in inputs if t is not None)
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise UserError(
            f"Layer '{call.layer.name}' ({call.layer.operator}) cannot be run on inputs of size {shapes}: {reason}."
        ) from error
    outputs = y if isinstance(y, tuple) else (y,)
    return {n: t for n, t in zip(call.outputs, outputs, strict=False) if n}


def _call_in_backward(tensors: Iterable[Tensor], function: Callable[[], None]) -> None:
    """Once the gradient of one of the tensors is known, call ``function``."""
    for tensor in tensors:
        if tensor.requires_grad:
            tensor.register_hook(lambda _gradient: function())  # type: ignore[no-untyped-call]


def _with_last_uses(calls: Sequence[_Call], lasting: Collection[str]) -> list[_Call]:
    """Each call with the values that nothing reads after it, so that they can be freed."""
    seen: set[str] = set(lasting) | {""}
    out = []
    for call in reversed(calls):
        names = dict.fromkeys((*call.inputs, *call.outputs))
        done = tuple(n for n in names if n not in seen)
        seen.update(names)
        out.append(_Call(call.layer, call.run, call.trains, call.inputs, call.outputs, done))
    return out[::-1]


def _is_batch_norm(node: ir.Node) -> bool:
    return node.op_type == "BatchNormalization" and node.domain in ("", "ai.onnx")


def _is_statistic(node: ir.Node, index: int) -> bool:
    return _is_batch_norm(node) and index in _STATISTICS


def _inputs_at(graph: ir.Graph, chosen: Callable[[ir.Node, int], bool]) -> Iterator[ir.Value]:
    for node in graph:
        for index, value in enumerate(node.inputs):
            if value is not None and chosen(node, index):
                yield value


def _behind_identity(value: ir.Value | None) -> str:
    """Older exporters merge equal statistics and put Identity nodes before the consumers."""
    while value is not None and (node := value.producer()) is not None and node.op_type == "Identity":
        value = node.inputs[0]
    return "" if value is None else value.name or ""


def _only_setting(value: ir.Value, table: Mapping[str, Operator]) -> bool:
    """Whether every use of an initializer only configures its operator."""
    return all(u.node.op_type in table and u.idx in table[u.node.op_type].settings for u in value.uses())
