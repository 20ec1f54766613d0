"""Graphs taken apart: their memory is free without the collector, and what others share stays whole."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from typing import Any

import onnx_ir as ir

from core.data.sample import sample_model
from core.formats.onnx_file import graph_to_proto
from core.formats.open import open_model
from core.model.collector import resting_collector
from core.model.release import take_apart, taking_apart


def alive(*kinds: type[Any]) -> list[int]:
    """How many objects of each kind there are."""
    counts = Counter(map(type, gc.get_objects()))
    return [sum(n for found, n in counts.items() if issubclass(found, kind)) for kind in kinds]


def test_a_graph_taken_apart_is_freed_without_the_collector() -> None:
    model = open_model(sample_model())
    tensors = [v.const_value for v in model.graph.graph.initializers.values()]
    gc.collect()
    with resting_collector():
        before = alive(ir.Graph, ir.Node, ir.Value)
        twin = model.graph.clone()
        assert alive(ir.Node) == [before[1] + len(model.graph.graph)]
        take_apart(twin)
        del twin
        assert alive(ir.Graph, ir.Node, ir.Value) == before
    assert gc.collect() < 50, "nearly nothing is left for the collector"
    assert all(a is b.const_value for a, b in zip(tensors, model.graph.graph.initializers.values(), strict=True))


def test_what_a_clone_shares_with_it_stays_whole() -> None:
    model = open_model(sample_model())
    twin = model.clone()
    before = graph_to_proto(twin.graph).SerializeToString(deterministic=True)
    for _ in taking_apart(model.graph):
        pass
    assert graph_to_proto(twin.graph).SerializeToString(deterministic=True) == before


def test_a_graph_alone_holds_its_tensors() -> None:
    graph = open_model(sample_model()).graph
    tensor = weakref.ref(next(iter(graph.graph.initializers.values())).const_value)
    with resting_collector():
        take_apart(graph)
        del graph
        assert tensor() is None
