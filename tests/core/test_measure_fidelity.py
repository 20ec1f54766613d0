"""Fidelity against the definitions computed from whole outputs, and against a disturbance of known size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx_ir as ir
import pytest

from core.data.feed import batches
from core.data.sample import sample_data, sample_model
from core.data.splits import part, take
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.measure.fidelity import FLOAT32_DB, closeness, fidelity
from core.model.model import Model
from tests.conftest import network_path


def sample() -> Model:
    return Model.from_ir(ir.load(sample_model()))


def disturbed(size: float) -> Model:
    """The sample with relative noise on its largest weight."""
    model = sample().clone()
    graph = model.graph.graph
    value = max(graph.initializers.values(), key=lambda v: v.const_value.size if v.const_value is not None else 0)
    assert value.const_value is not None
    weight = value.const_value.numpy()
    noise = np.random.default_rng(0).standard_normal(weight.shape) * weight.std() * size
    value.const_value = ir.tensor((weight + noise).astype(np.float32), name=value.name)
    return model


def test_a_model_is_equal_to_itself() -> None:
    found = fidelity(sample(), sample(), part(sample_data()), limit=40)
    assert found.sqnr.value == FLOAT32_DB
    assert found.cosine.value == pytest.approx(1)
    assert found.agreement is not None
    assert found.agreement.value == 100
    assert "identical" in found.sqnr.note
    assert set(found.to_json()) == {"sqnr", "cosine", "agreement"}


def test_the_definitions() -> None:
    data, other = take(part(sample_data()), 50), disturbed(0.5)
    (batch,) = batches(data, sample(), 64)
    a = next(iter(onnx_session(sample()).run(batch.feed).values())).astype(np.float64)
    b = next(iter(onnx_session(other).run(batch.feed).values())).astype(np.float64)
    found = fidelity(sample(), other, data)
    assert found.sqnr.value == pytest.approx(10 * np.log10((a**2).sum() / ((a - b) ** 2).sum()), rel=1e-3)
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert found.cosine.value == pytest.approx(cosines.mean(), rel=1e-5)
    assert found.agreement is not None
    assert found.agreement.value == pytest.approx(100 * (a.argmax(1) == b.argmax(1)).mean())
    assert (found.sqnr.n, found.sqnr.on) == (50, data.name)


def test_more_noise_is_less_faithful() -> None:
    levels = [fidelity(sample(), disturbed(s), part(sample_data()), limit=32).sqnr.value for s in (0.01, 0.1, 1.0)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] - levels[1] == pytest.approx(20, abs=3)  # ten times the noise is 20 dB


def test_without_data_it_says_noise() -> None:
    found = fidelity(sample(), disturbed(0.1), limit=20)
    for measure in found.measures().values():
        assert measure.on == "noise"
        assert "not real data" in measure.note
        assert measure.n == 20


def test_what_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="cannot be compared"):
        fidelity(sample(), Model.from_ir(ir.load(network_path("resnet20"))))
    broken = disturbed(float("nan"))
    with pytest.raises(UserError, match="compared model's outputs are not finite"):
        fidelity(sample(), broken, part(sample_data()), limit=8)


def test_the_first_item_with_nan_is_named() -> None:
    def batches_until(bad: int) -> Iterator[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
        for start in range(0, 12, 4):
            fine = np.ones((4, 3), np.float32)
            wrong = fine.copy()
            if start <= bad < start + 4:
                wrong[bad - start, 1] = np.inf
            yield {"y": wrong}, {"y": fine}

    with pytest.raises(
        UserError, match="reference model's outputs are not finite numbers, first for item 7 of"
    ) as seen:
        closeness(batches_until(6), "these")
    assert "in the data" in seen.value.hint
