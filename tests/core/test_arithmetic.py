"""Which arithmetic evaluates a quantized graph: told from what onnxruntime really runs."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

from core.errors import UserError
from core.measure import arithmetic as measuring
from core.measure import host
from core.measure.arithmetic import arithmetic
from core.measure.fidelity import fidelity
from core.methods.method import Context
from core.methods.quantize.static import Params, quantize_static
from core.methods.scope import Scope
from core.model.model import Model
from core.params import from_json
from tests.core.qdq_graphs import Arrays, network, node, run, weights

DATA = Arrays((3, 8, 8), 12)


def chain() -> Model:
    """Three convolutions in a row."""
    nodes = [node("Conv", "x w0", "a"), node("Relu", "a", "b"), node("Conv", "b w1", "c"), node("Conv", "c w2", "y")]
    shapes = {"w0": (8, 3, 3, 3), "w1": (8, 8, 3, 3), "w2": (4, 8, 1, 1)}
    return network(nodes, {name: weights(*shape, seed=k) for k, (name, shape) in enumerate(shapes.items())}, (3, 8, 8))


def made(overrides: tuple[str, ...] = (), **params: object) -> Model:
    context = Context(overrides=((Scope(layers=overrides), {"precision": "float"}),) if overrides else ())
    values: Params = from_json(Params, {"bias_correction": False, **params})
    return quantize_static(chain(), DATA, values, context).model


def test_integers_are_said_with_how_they_are_summed() -> None:
    assert arithmetic(made()) == host.int8_arithmetic()


def test_sixteen_bit_activations_run_in_float32_and_the_answers_prove_it() -> None:
    model = made(activations="int16")
    assert (
        arithmetic(model)
        == "onnxruntime computed all 3 convolutions and products in float32, not in integers as phones may."
    )
    plain, fast = (run(model, DATA.values, optimized=o)["y"] for o in (False, True))
    np.testing.assert_allclose(fast, plain, atol=2e-4 * np.abs(plain).max(), err_msg="what float32 nodes give")


def test_layers_in_float_are_counted() -> None:
    said = arithmetic(made(overrides=("/c",)))
    assert said.startswith(host.int8_arithmetic())
    assert said.endswith(
        " onnxruntime computed 1 of 3 convolutions and products in float32, not in integers as phones may."
    )


def test_what_was_not_looked_up_is_not_said_as_if_known(monkeypatch: pytest.MonkeyPatch) -> None:
    model, unknown = made(), "Which arithmetic onnxruntime used was not looked up."
    monkeypatch.setattr(measuring, "_KNOWN", OrderedDict())
    with monkeypatch.context() as patch:
        patch.setattr(measuring, "_LARGEST", 1)
        assert arithmetic(model) == unknown
    assert arithmetic(model) == host.int8_arithmetic()

    def fails(*_: object) -> list[str]:
        raise UserError("It cannot run.")

    with monkeypatch.context() as patch:
        patch.setattr(measuring, "_KNOWN", OrderedDict())
        patch.setattr(measuring, "ran_operators", fails)
        assert arithmetic(model) == unknown


def test_nothing_is_said_where_no_convolution_or_product_ran() -> None:
    model = network([node("MaxPool", "x", "y", kernel_shape=[2, 2])], {}, (3, 8, 8))
    assert arithmetic(model) == ""


@pytest.mark.parametrize("activations", ["uint8", "int16"])
def test_every_figure_says_it(activations: str) -> None:
    model = made(activations=activations)
    found = fidelity(chain(), model, DATA, limit=4)
    assert found.sqnr.note == arithmetic(model)
