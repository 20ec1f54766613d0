"""Own statistics: the network computes what it computed, also the way it is trained."""

from __future__ import annotations

import numpy as np
import torch

from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.jobs import Job
from core.methods.method import Context
from core.methods.recover.items import divided, fed
from core.methods.recover.own_statistics import with_own_statistics
from core.methods.scope import Scope
from core.model.facts import infer
from core.model.model import Model
from tests.core.test_recover_batchnorm import shifted, two_norms
from tests.core.test_recover_refit import noise


def own(model: Model, scope: Scope) -> tuple[Model, np.ndarray]:
    parts = divided(noise(80), 64, 0)
    batches = [b for b in fed(model, model, parts, infer(model), Job()) if b.fits]
    x = np.stack([parts.fit.load(k)["input"] for k in range(len(parts.fit.items))])
    return with_own_statistics(model, batches, Context(scope=scope), Job()), x


def answers(model: Model, x: np.ndarray) -> np.ndarray:
    return next(iter(onnx_session(model).run({"input": x}).values()))


def test_the_function_stays_and_training_begins_at_it() -> None:
    """In training mode torch normalizes by the batch's statistics: on these items that is the same function now."""
    before = shifted(two_norms())
    after, x = own(before, Scope())
    expected = answers(before, x)
    np.testing.assert_allclose(answers(after, x), expected, rtol=1e-4, atol=1e-4)
    gaps = []
    for model in (before, after):
        net = TorchGraph(model).train()
        with torch.no_grad():
            given = next(iter(net({"input": torch.from_numpy(x)}).values())).numpy()
        gaps.append(np.abs(given - expected).max())
    assert gaps[1] < 1e-3 < gaps[0]


def test_layers_outside_the_scope_keep_their_statistics() -> None:
    before = shifted(two_norms())
    first = next(n for n in before.nodes() if n.op_type == "BatchNormalization")
    after, _ = own(before, Scope(layers=(first.name or "",)))
    changed = {
        name
        for name, value in after.graph.graph.initializers.items()
        if value.const_value is not before.graph.graph.initializers[name].const_value
    }
    assert changed == {v.name for v in first.inputs[1:] if v is not None}


def test_a_network_without_statistics_is_handed_back() -> None:
    model = two_norms()
    assert own(model, Scope(operators=("Conv",)))[0] is model
