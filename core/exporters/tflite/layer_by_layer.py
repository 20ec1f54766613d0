"""A proof for networks that make more of a rounding: every layer alone, on the inputs that it has in the file.

Where a float layer stands between integers (LayerNormalization, Softmax) its sums differ in the last bit, and a few of
a hundred thousand values round the other way behind it; where 16 bits become 8, a few of a thousand do. Some networks
make more of that with every layer behind: MobileNetV2 in both widths 16 output steps, deep networks with drawn weights
3 to 9. The file is no worse for it, but its outputs prove nothing. So the revision's layers are given the very integers
that the file's layers were given, and their results are compared; so are the outputs, whatever lies behind the last.
Of a layer is asked what is asked of outputs, and that 95 % of its values are equal, for steps that all take add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import onnx_ir as ir

from core.execute.runtimes import OnnxSession, onnx_session
from core.exporters.proof import MOST_STEPS, ONE_STEP_SHARE, Array, Difference, Inputs
from core.exporters.tflite.candidate import STEPS_OF_16_BITS, litert_candidate
from core.exporters.tflite.convert import Converted, convert
from core.exporters.tflite.where import layer_of, visible, with_outputs
from core.jobs import Job
from core.model.model import Model
from core.model.qdq_numbers import QuantParams
from core.model.qdq_pairs import read_params

_ITEMS = 4
_EQUAL_SHARE = 0.95
_GIVEN = "_as_in_the_file"


@dataclass
class LayerSteps:
    """How far a layer's results are from the revision's on the same inputs; 32 steps of 16 bits count as one."""

    layer: str
    most: int = 0
    close: int = 0
    equal: int = 0
    values: int = 0

    @property
    def passed(self) -> bool:
        shares = self.close >= ONE_STEP_SHARE * self.values and self.equal >= _EQUAL_SHARE * self.values
        return self.most <= MOST_STEPS and shares


@dataclass(frozen=True, slots=True)
class ByLayers:
    """``layers`` in graph order, compared on ``n`` items. ``outputs``: the same for the revision's outputs, computed
    from the file's inner integers. ``same``: the file that showed inner values gave what the written one gives.
    ``both_widths``: some values have 8 bits, others 16.
    """

    layers: tuple[LayerSteps, ...]
    outputs: Mapping[str, Difference]
    n: int
    same: bool
    both_widths: bool

    @property
    def passed(self) -> bool:
        layers = bool(self.layers) and all(layer.passed for layer in self.layers)
        return self.same and layers and all(output.passed for output in self.outputs.values())

    @property
    def worst(self) -> LayerSteps:
        return max(self.layers, key=lambda layer: (not layer.passed, layer.most))

    @property
    def most(self) -> int:
        """The steps that any layer or output is off at most."""
        return max([self.worst.most, *(output.most_steps for output in self.outputs.values())])

    @property
    def equal(self) -> float:
        """The share of all layers' values that are the same, 0..1."""
        return sum(layer.equal for layer in self.layers) / sum(layer.values for layer in self.layers)

    def note(self) -> str:
        """What was compared, and why outputs differ by more than that."""
        away = 100 * (1 - self.equal)
        sixteen = (
            f" In 16 bits {STEPS_OF_16_BITS} steps count as one, an eighth of a step of 8 bits."
            if self.both_widths
            else ""
        )
        return (
            f"Each of {len(self.layers)} layers was compared on the inputs that it has in the file, on {self.n} items: "
            f"{away:.2g} % of the values are off by a step or more.{sixteen} The outputs were compared so too. "
            f"Single values that round the other way grow in the layers behind them, so that outputs differ by more."
        )


def by_layers(model: Model, converted: Converted, inputs: Inputs, job: Job) -> ByLayers:
    """Compare every layer whose result lives in the file, and the outputs, on at most 4 of the inputs."""
    names = visible(model, converted)
    taps = with_outputs(model, names)
    seen = convert(taps, converted.options)
    candidate = litert_candidate(seen.data, seen)
    makers = {o.name or "": n for n in model.nodes() for o in n.outputs}
    params = {name: p for name in names if (p := read_params(makers[name])) is not None}
    session, written = _given_inputs(model, params), litert_candidate(converted.data, converted)
    found = {name: LayerSteps(layer_of(makers[name])) for name in params}
    outputs = {name: Difference(candidate.steps.get(name)) for name in model.output_names}
    integers = {name: p for name in outputs if name in makers and (p := read_params(makers[name])) is not None}
    count, same = 0, True
    for feed in job.track(islice(inputs.feeds(), _ITEMS), min(_ITEMS, inputs.calls), "Comparing layer by layer"):
        count += 1
        shown = candidate.run(feed)
        same &= all(np.array_equal(y, shown[name]) for name, y in written.run(feed).items())
        given = {name: p.quantize(shown[name]) for name, p in params.items()}
        wanted = session.run({**feed, **{f"{name}{_GIVEN}": q for name, q in given.items()}})
        for name, q in given.items():
            _add(found[name], wanted[name], q, params[name])
        for name, difference in outputs.items():
            y = wanted[name]
            real = integers[name].dequantize(y) if name in integers and y.dtype.kind in "iu" else y
            difference.add(name, real, shown[name])
    widths = {p.bits for p in params.values()}
    return ByLayers(tuple(found.values()), outputs, count, same, widths == {8, 16})


def _add(found: LayerSteps, wanted: Array, given: Array, params: QuantParams) -> None:
    away = np.abs(wanted.astype(np.int64) - given.astype(np.int64))
    if params.bits == 16:
        away = np.rint(away / STEPS_OF_16_BITS).astype(np.int64)
    found.most = max(found.most, int(away.max(initial=0)))
    found.close += int(np.count_nonzero(away <= 1))
    found.equal += int(np.count_nonzero(away == 0))
    found.values += away.size


def _given_inputs(model: Model, params: Mapping[str, QuantParams]) -> OnnxSession:
    """The revision with inputs in place of what its QuantizeLinear nodes give, which are outputs now."""
    graph = model.graph.clone()
    for value in list(_made(graph.graph, params)):
        name = value.name or ""
        inner = ir.Value(name=f"{name}{_GIVEN}", shape=value.shape, type=value.type)
        inner.dtype = ir.DataType[params[name].storage.upper()]
        for use in list(value.uses()):
            use.node.replace_input_with(use.idx, inner)
        graph.graph.inputs.append(inner)
        if not value.is_graph_output():
            graph.graph.outputs.append(value)
    return onnx_session(model.with_graph(graph), exact=True)


def _made(graph: ir.Graph, params: Mapping[str, QuantParams]) -> Iterator[ir.Value]:
    yield from (o for node in graph for o in node.outputs if o.name in params)
