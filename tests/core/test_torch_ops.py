"""Every operator of the torch executor against onnxruntime, over random shapes, attributes and opsets.

Sizes: 20 examples an operator, tensors of at most some hundred elements.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnsupportedOperator, UserError
from core.execute.torch_graph import TorchGraph
from core.execute.torch_ops import operators
from tests.core import (
    operator_cases_index,
    operator_cases_layers,
    operator_cases_math,
    operator_cases_quantized,
    operator_cases_recurrent,
    operator_cases_resize,
    operator_cases_shape,
)
from tests.core.operator_cases import CASES, Case, Draw, model_of, runs_alike

EXAMPLES = 20
FAMILIES = (  # importing them fills CASES
    operator_cases_index,
    operator_cases_layers,
    operator_cases_math,
    operator_cases_quantized,
    operator_cases_recurrent,
    operator_cases_resize,
    operator_cases_shape,
)


def test_every_operator_is_compared() -> None:
    missing = set(operators()) - set(CASES)
    assert not missing, f"operators without a case against onnxruntime: {sorted(missing)}"
    assert not set(CASES) - set(operators())


@pytest.mark.parametrize("name", list(CASES))
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_operator_equals_onnxruntime(name: str, data: st.DataObject) -> None:
    runs_alike(name, CASES[name](Draw(data)))


IMAGE = np.zeros((1, 1, 4, 4), np.float32)
ROWS = (np.zeros((1, 8, 3), np.float32), np.zeros((1, 8, 2), np.float32))


@pytest.mark.parametrize(
    ("name", "unsupported"),
    [
        ("MaxPool", Case([IMAGE], {"kernel_shape": [2, 2], "storage_order": 1}, 12, outputs=2)),
        ("LSTM", Case([np.zeros((2, 1, 3), np.float32), *ROWS], {"hidden_size": 2, "activations": ["Affine"] * 3}, 14)),
        ("Cast", Case([np.zeros(3, np.float32)], {"to": 8}, 13)),
        ("BatchNormalization", Case([IMAGE, *[np.ones(1, np.float32)] * 4], {"training_mode": 1}, 15)),
        ("QuantizeLinear", Case([np.zeros(3, np.float32), np.array(1, np.float32)], {"output_dtype": 17}, 21)),
        ("RandomNormalLike", Case([np.zeros(3, np.float32)], {}, 11)),
        ("Relu", Case([np.zeros(3, np.float32)], {}, 6)),
    ],
)
def test_what_cannot_be_run_is_refused_by_layer_before_running(name: str, unsupported: Case) -> None:
    with pytest.raises(UnsupportedOperator) as caught:
        TorchGraph(model_of(name, unsupported))
    assert "'it'" in caught.value.message
    assert f"({name})" in caught.value.message


def test_shapes_that_do_not_fit_are_reported_by_layer() -> None:
    model = model_of("MatMul", Case([np.zeros((2, 3), np.float32), np.zeros((3, 4), np.float32)], {}, 13, (1,)))
    with pytest.raises(UserError, match=r"Layer 'it' \(MatMul\) cannot be run on inputs of size 2x5, 3x4"):
        TorchGraph(model)(torch.zeros(2, 5))
