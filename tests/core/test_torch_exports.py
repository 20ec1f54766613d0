"""What torch's exporters write, opened and run: equal to onnxruntime and to the module itself.

The dynamo exporter with and without its optimizer, and the older one; with a free batch where the exporter can.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch

from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.model.model import Model
from tests.core.exported_modules import modules

pytestmark = pytest.mark.usefixtures("one_torch_thread")

WAYS: dict[str, dict[str, Any]] = {
    "dynamo": {"dynamo": True, "optimize": False},
    "dynamo optimized": {"dynamo": True, "optimize": True},
    "legacy": {"dynamo": False, "opset_version": 17},
}


def exported(name: str, way: str) -> tuple[Model, tuple[torch.Tensor, ...], tuple[torch.Tensor, ...]]:
    """The graph, the inputs, and what the module answers."""
    module, inputs = modules()[name]
    with torch.no_grad():
        answer = module(*inputs)
    options = dict(WAYS[way])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporters' own deprecations
        if options["dynamo"]:
            program = torch.onnx.export(module, inputs, verbose=False, **options)
            graph = program.model
        else:
            file = io.BytesIO()
            batch = {"x": {0: "batch"}}
            torch.onnx.export(module, inputs, file, input_names=["x"], dynamic_axes=batch, **options)
            graph = ir.from_proto(onnx.load_from_string(file.getvalue()))
    return Model.from_ir(graph), inputs, answer if isinstance(answer, tuple) else (answer,)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["recurrent", "attending", "picture", "moving", "activations"])
def test_export_equals_onnxruntime_and_the_module(name: str, way: str) -> None:
    model, inputs, answers = exported(name, way)
    feed = dict(zip((s.name for s in model.inputs), inputs, strict=True))
    wanted = onnx_session(model, optimized=False).run({n: t.numpy() for n, t in feed.items()})
    with torch.no_grad():
        given = TorchGraph(model).eval()(feed)
    assert list(given) == list(wanted)
    for answer, (output, values) in zip(answers, wanted.items(), strict=True):
        scale = max(1e-3, float(np.abs(values).max()))
        assert np.abs(given[output].numpy() - values).max() <= 1e-4 * scale
        assert np.abs(given[output].numpy() - answer.numpy()).max() <= 1e-4 * scale
