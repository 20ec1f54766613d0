"""Every operator of the torch executor against onnxruntime, over random shapes, attributes and opsets.

Sizes: 12 examples an operator, tensors of at most some hundred elements.
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
from tests.core import operator_cases_layers, operator_cases_math, operator_cases_shape
from tests.core.operator_cases import CASES, Case, Draw, model_of, runs_alike

EXAMPLES = 12
FAMILIES = (operator_cases_layers, operator_cases_math, operator_cases_shape)  # importing them fills CASES


def test_every_operator_is_compared() -> None:
    assert set(CASES) == set(operators())


@pytest.mark.parametrize("name", list(CASES))
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_operator_equals_onnxruntime(name: str, data: st.DataObject) -> None:
    runs_alike(name, CASES[name](Draw(data)))


@pytest.mark.parametrize(
    ("name", "unsupported"),
    [
        ("MaxPool", Case([np.zeros((1, 1, 4, 4), np.float32)], {"kernel_shape": [2, 2]}, 12, outputs=2)),
        ("AveragePool", Case([np.zeros((1, 1, 9), np.float32)], {"kernel_shape": [2], "dilations": [2]}, 19)),
        ("Resize", Case([np.zeros((1, 1, 4, 4), np.float32), None, np.ones(4, np.float32)], {"mode": "cubic"}, 13)),
        ("TopK", Case([np.zeros((1, 4), np.float32), np.array([2])], {}, 11, (1,), outputs=2)),
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
