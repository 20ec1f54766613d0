"""Operators that train: their gradients equal finite differences in float64, over the cases compared with onnxruntime.

What is quantized has its own rule (test_torch_quantized.py), recurrent layers have their own tests.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.execute.torch_graph import TorchGraph
from core.execute.torch_ops import operators
from tests.core import test_torch_ops
from tests.core.operator_cases import CASES, Case, Draw, model_of

pytestmark = pytest.mark.usefixtures("one_torch_thread")

assert test_torch_ops.FAMILIES  # importing it fills CASES
SMOOTH = (
    "Add",
    "Attention",
    "AveragePool",
    "Celu",
    "CenterCropPad",
    "Col2Im",
    "Concat",
    "Conv",
    "ConvTranspose",
    "CumSum",
    "DepthToSpace",
    "Einsum",
    "Elu",
    "Erf",
    "Expand",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GroupNormalization",
    "InstanceNormalization",
    "LRN",
    "LayerNormalization",
    "LeakyRelu",
    "LogSoftmax",
    "LpPool",
    "MatMul",
    "MeanVarianceNormalization",
    "Mish",
    "Mul",
    "PRelu",
    "Pad",
    "RMSNormalization",
    "ReduceL2",
    "ReduceLogSumExp",
    "ReduceMean",
    "ReduceProd",
    "ReduceSum",
    "Reshape",
    "RotaryEmbedding",
    "ScatterElements",
    "Selu",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Softplus",
    "SpaceToDepth",
    "Split",
    "Swish",
    "Tanh",
    "Tile",
    "Transpose",
    "Trilu",
    "Where",
)


def in_float64(case: Case, name: str) -> tuple[Case, list[int]]:
    """The case with float64 data, no initializers but its settings, and the places of what a gradient is taken of."""
    kept = operators()[name].settings
    data = [k for k, a in enumerate(case.inputs) if a is not None and a.dtype == np.float32 and k not in kept]
    for k in data:
        case.inputs[k] = np.asarray(case.inputs[k]).astype(np.float64)
    case.fixed = tuple(k for k in case.fixed if k not in data)
    return case, data


@pytest.mark.parametrize("name", SMOOTH)
@settings(max_examples=4)
@given(data=st.data())
def test_gradients_equal_finite_differences(name: str, data: st.DataObject) -> None:
    case, places = in_float64(CASES[name](Draw(data)), name)
    assume(places)  # some cases are of integers only
    model = model_of(name, case)
    net = TorchGraph(model).eval()
    fed = [int(s.name[1:]) for s in model.inputs]
    others = {f"x{k}": torch.from_numpy(np.asarray(case.inputs[k])) for k in fed if k not in places}

    def run(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        y = net({**others, **{f"x{k}": t for k, t in zip(places, tensors, strict=True)}})
        return tuple(t for t in y.values() if t.is_floating_point())

    given_ = [torch.from_numpy(np.asarray(case.inputs[k])).requires_grad_() for k in places]
    assert torch.autograd.gradcheck(run, given_, fast_mode=True, atol=1e-4, rtol=2e-3)


@pytest.mark.parametrize("name", ["Resize", "GridSample"])
@settings(max_examples=6)
@given(data=st.data())
def test_resampling_gradients_equal_finite_differences(name: str, data: st.DataObject) -> None:
    """Of the picture; where a grid's point lies is not smooth at the borders of the pixels."""
    case = CASES[name](Draw(data))
    picture = torch.from_numpy(np.asarray(case.inputs[0])).double().requires_grad_()
    net = TorchGraph(model_of(name, case)).eval()
    grid = {} if name == "Resize" else {"x1": torch.from_numpy(np.asarray(case.inputs[1])).double()}
    given_ = {s.name for s in model_of(name, case).inputs}
    assert torch.autograd.gradcheck(
        lambda x: tuple(net({k: v for k, v in {"x0": x, **grid}.items() if k in given_}).values()),
        (picture,),
        fast_mode=True,
    )
