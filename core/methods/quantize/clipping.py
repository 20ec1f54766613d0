"""The float network with the numbers cut off that quantized ranges cut off.

It is what biases are corrected and weights are rounded toward where ranges were narrowed on purpose
(:mod:`core.methods.quantize.range_search`): outliers that the output hardly reads are given up for finer steps. Beside
the float network itself their loss looks like a shift of means, and a bias that makes it good shifts every other number
instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import onnx_ir as ir

from core.jobs import Job
from core.methods.quantize.calibrate import Array64, Chunk, Mean
from core.methods.quantize.calibrators import Range
from core.model.constants import add_initializer
from core.model.model import Model

_SUFFIX = "_unclipped"


def clipped(model: Model, cut: Mapping[str, Range]) -> Model:
    """A clone with a Clip behind what makes each value of ``cut``; the value keeps its name. Inputs stay as fed."""
    new = model.clone()
    graph = new.graph.graph
    makers = {o.name: n for n in graph for o in n.outputs if o.name in cut}
    for name, bounds in cut.items():
        maker = makers.get(name)
        if maker is not None:
            _clip(graph, maker, next(o for o in maker.outputs if o.name == name), bounds)
    return new.with_graph(new.graph)


def _clip(graph: ir.Graph, maker: ir.Node, value: ir.Value, bounds: Range) -> None:
    name = value.name or ""
    words = ("lowest", "highest")
    ends = [add_initializer(graph, f"{name}_{w}", np.float32(b)) for w, b in zip(words, bounds, strict=True)]
    value.name = name + _SUFFIX
    result = ir.Value(name=name, type=value.type, shape=value.shape)
    ir.convenience.replace_all_uses_with(value, result, replace_graph_outputs=True)
    node = ir.Node("", "Clip", [value, *ends], outputs=[result], name=f"{name}_clip")
    graph.insert_after(maker, node)


def means_of(
    model: Model,
    chunks: Sequence[Chunk],
    values: Iterable[str],
    cut: Mapping[str, Range],
    threads: int,
    job: Job,
    arena: bool = True,
) -> dict[str, Array64]:
    """Value -> its mean over the first axis on real items, in a network from :func:`clipped`.

    ``arena``: see OnnxSession.
    """
    from core.execute.runtimes import onnx_session

    means = {v: Mean() for v in values}
    inputs = {s.name for s in model.inputs}
    session = onnx_session(model, threads, taps=[v for v in means if v not in inputs], arena=arena)
    for chunk in job.track(chunks, len(chunks), "Averaging"):
        fed = {n: np.clip(x, *cut[n]) if n in cut else x for n, x in chunk.feed.items()}
        made = {**fed, **session.run(chunk.feed)}
        for value, mean in means.items():
            mean.add(chunk.real(made.pop(value)))
        made.clear()
    return {value: means.pop(value).value() for value in list(means)}
