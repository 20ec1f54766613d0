"""Sessions on small models are kept for who asks again, and never given for another model or other settings."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from core.data.sample import sample_model
from core.execute import runtimes
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.model.model import Model


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "_sessions", type(runtimes._sessions)())


def louder(model: Model) -> Model:
    """A clone whose first weight is doubled: the same structure, other answers."""
    new = model.clone()
    value = next(v for v in new.graph.graph.initializers.values() if v.const_value.size > 100)
    value.const_value = ir.tensor(2 * value.const_value.numpy(), name=value.name)
    return new


def answers(model: Model) -> np.ndarray:
    x = np.random.default_rng(0).standard_normal((2, 1, 32, 32)).astype(np.float32)
    return next(iter(onnx_session(model).run({model.inputs[0].name: x}).values()))


def test_the_same_model_gets_the_session_it_had_and_another_its_own() -> None:
    model = open_model(sample_model())
    first = onnx_session(model)
    assert onnx_session(model.clone()) is first
    assert onnx_session(open_model(sample_model())) is first
    inner = next(model.nodes()).outputs[0].name or ""
    for other in (
        onnx_session(model, threads=2),
        onnx_session(model, optimized=False),
        onnx_session(model, exact=True),
        onnx_session(model, taps=[inner]),
    ):
        assert other is not first
    before = answers(model)
    assert not np.allclose(answers(louder(model)), before)
    np.testing.assert_array_equal(answers(model), before)


def test_a_graph_changed_after_its_session_was_made_is_another_model() -> None:
    model = open_model(sample_model()).clone()
    before = answers(model)
    changed = louder(model)
    for name, value in changed.graph.graph.initializers.items():
        model.graph.graph.initializers[name].const_value = value.const_value
    np.testing.assert_array_equal(answers(model), answers(changed))
    assert not np.allclose(answers(model), before)


def test_few_and_small_ones_only(monkeypatch: pytest.MonkeyPatch) -> None:
    model = open_model(sample_model())
    others = [model.clone() for _ in range(13)]
    for k, other in enumerate(others):
        other.graph.graph.name = f"{k:10}"
    for other in others[:11]:
        onnx_session(other)
    assert len(runtimes._sessions) == runtimes._KEPT_SESSIONS
    assert onnx_session(others[10]) is onnx_session(others[10])
    size = len(ir.to_proto(others[0].graph).SerializeToString())
    monkeypatch.setattr(runtimes, "_KEPT_BYTES", 2 * size + 1)
    onnx_session(others[11])
    assert len(runtimes._sessions) == 2
    monkeypatch.setattr(runtimes, "_KEPT_BYTES", size - 1)
    assert onnx_session(others[12]) is not onnx_session(others[12])
