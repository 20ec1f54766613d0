"""TorchGraph: an ONNX graph as a torch module, with gradients. The graph stays the model; torch only runs it.

One call per node; one ``nn.Parameter`` per float initializer, found under the initializer's own name; running
statistics of BatchNormalization are buffers. Compiling and folding happen on the module's own copy, and numbers go
back into a clone of the model by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import onnx
import onnx_ir as ir
import torch
from torch import Tensor, nn

from core.errors import UserError
from core.execute.torch_calls import Call, compiled, join_quantization, names_read, perform, with_last_uses
from core.execute.torch_ops import Operator, operators, to_array, to_tensor
from core.model.inline import inline_constant_ifs, inline_functions, refuse_open_ifs
from core.model.model import Model, real_inputs
from core.model.prepare import check_wiring
from core.model.sequences import split_sequences

_BIG = 1024  # elements: larger initializers are not copied for the checker
_STATISTICS = (3, 4)  # inputs of BatchNormalization
_WITHDRAWN = ("GroupNormalization",)  # its first form: runtimes take it, the checker does not any more
_UNCHECKED = "thimble.unchecked"
_NEVER_FOLDED = ("Dropout",)


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
        model = _written_out(model)
        graph = model.graph.graph
        table = operators()
        self.input_names = tuple(v.name or "" for v in real_inputs(model.graph))
        self.output_names = model.output_names
        self._places: dict[str, int] = {}
        self._weights = nn.ParameterList()
        self._buffer_of: dict[str, str] = {}
        self._constants: dict[str, Tensor] = {}
        self._set: set[str] = set()
        self._load(graph, table, frozen)
        calls = [compiled(node, model.opset, table, _stands_still(node, frozen)) for node in graph]
        calls = join_quantization(self._fold(calls), self._constants, self.output_names)
        self._forget_unused(calls)
        self._calls = with_last_uses(calls, {*self.output_names, *self._places, *self._buffer_of, *self._constants})

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

    def _fold(self, calls: Sequence[Call]) -> list[Call]:
        """Run once, now, what depends on no input and on no weight; the rest is left to do."""
        left = []
        for call in calls:
            fixed = call.layer.operator not in _NEVER_FOLDED and all(n in self._constants for n in call.inputs if n)
            if not fixed:
                left.append(call)
                continue
            with torch.no_grad():
                self._constants.update(perform(call, self._constants, False))
        return left

    def _forget_unused(self, calls: Sequence[Call]) -> None:
        used = names_read(calls) | set(self.output_names)
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

    def setting(self, name: str) -> Tensor:
        """The tensor of an initializer that is no weight (a quantization scale); raises KeyError for others."""
        return self._constants[name]

    def set_setting(self, name: str, tensor: Tensor) -> None:
        """Give it other numbers of the same shape and type; :meth:`write_back` writes them too."""
        old = self._constants[name]
        self._constants[name] = tensor.detach().to(old).reshape(old.shape).clone()
        self._set.add(name)

    def named_initializers(self) -> Iterator[tuple[str, nn.Parameter]]:
        """(initializer name, parameter), in the file's order."""
        return zip(self._places, self._weights._parameters.values(), strict=True)  # type: ignore[arg-type]

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
            if call.spare and call.outputs[0] not in keep:
                continue
            if self.between_layers is not None:
                self.between_layers()
            results = perform(call, env, self.training)
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
        settings = ((n, self._constants[n]) for n in sorted(self._set))
        for name, tensor in (*self.named_initializers(), *self.named_statistics(), *settings):
            value = new.graph.graph.initializers.get(name)
            old = None if value is None else value.const_value
            if value is None or old is None or tuple(old.shape.numpy()) != tuple(tensor.shape):
                raise ValueError(f"initializer '{name}' of size {tuple(tensor.shape)} has no place in the model")
            array = to_array(tensor)
            if array.tobytes() != old.tobytes():
                value.const_value = ir.tensor(array, dtype=old.dtype, name=name)
        return new


def _written_out(model: Model) -> Model:
    """The model without functions and Ifs; raises UnsupportedOperator for an If that depends on what is fed."""
    flat, _ = inline_functions(model)
    flat, _ = inline_constant_ifs(flat)
    flat, _ = split_sequences(flat)
    refuse_open_ifs(flat)
    return flat


def check(model: Model) -> None:
    """ONNX's own checker; an executor that is laxer than the runtime would hide invalid graphs.

    Big initializers and those in files of their own take part as typed inputs, so nothing large is read. Raises
    UserError with its first line.
    """
    check_wiring(model)
    try:
        onnx.checker.check_model(_without_big_tensors(model))
    except onnx.checker.ValidationError as error:
        lines = str(error).strip().splitlines()
        raise UserError(
            f"The graph is not valid ONNX: {lines[0].rstrip('.') if lines else 'no reason given'}."
        ) from error


def _without_big_tensors(model: Model) -> onnx.ModelProto:
    """What the checker looks at, written from the graph itself: cloning it first would double the time."""
    graph, serde = model.graph.graph, ir.serde
    proto = onnx.ModelProto(ir_version=model.graph.ir_version or 0)
    proto.graph.name = graph.name or "graph"
    versions = dict(model.graph.opset_imports)
    for node in graph:
        serde.serialize_node_into(proto.graph.node.add(), node)
        if node.op_type in _WITHDRAWN and node.domain in ("", "ai.onnx"):
            proto.graph.node[-1].domain = _UNCHECKED
            versions[_UNCHECKED] = 1
    typed = {v.name: v for v in graph.inputs}
    for name, value in graph.initializers.items():
        tensor = value.const_value
        if tensor is None or tensor.size > _BIG or isinstance(tensor, ir.ExternalTensor):
            typed.setdefault(name, value)
        else:
            serde.serialize_tensor_into(proto.graph.initializer.add(), tensor)
    for place, values in ((proto.graph.input, typed.values()), (proto.graph.output, graph.outputs)):
        for value in values:
            serde.serialize_value_into(place.add(), value)
            tensor_like = value.type is None or isinstance(value.type, ir.TensorType)
            if value.shape is None and tensor_like:  # onnxruntime takes files that leave it out, the checker does not
                place[-1].type.tensor_type.shape.SetInParent()
    for function in model.graph.functions.values():
        serde.serialize_function_into(proto.functions.add(), function)
    for domain, version in versions.items():
        proto.opset_import.add(domain=domain, version=version)
    return proto


def _loaded(tensor: ir.TensorProtocol, name: str) -> Tensor:
    try:
        return to_tensor(tensor.numpy())
    except TypeError as error:
        raise UserError(f"Initializer '{name}' is {tensor.dtype.name}; torch has no such numbers.") from error


def _call_in_backward(tensors: Iterable[Tensor], function: Callable[[], None]) -> None:
    """Once the gradient of one of the tensors is known, call ``function``."""
    for tensor in tensors:
        if tensor.requires_grad:
            tensor.register_hook(lambda _gradient: function())  # type: ignore[no-untyped-call]


def _is_batch_norm(node: ir.Node) -> bool:
    return node.op_type == "BatchNormalization" and node.domain in ("", "ai.onnx")


def _stands_still(node: ir.Node, frozen: Collection[str]) -> bool:
    """Whether a node is a BatchNormalization with frozen statistics."""
    return _is_batch_norm(node) and any(_behind_identity(node.inputs[k]) in frozen for k in _STATISTICS)


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
