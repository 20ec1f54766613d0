"""The nine networks of the onnx package (opset 9, IR version 3): torch equals onnxruntime before the softmax.

VGG-19 and ZFNet hold 575 and 350 MB of weights and no kind of layer that AlexNet has not: they run to EXPLORE only.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from tests.conftest import EXPLORE
from tests.core.light_networks import NAMES, light_network, logits

pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.mark.parametrize("name", [n for n in NAMES if EXPLORE or n not in ("vgg19", "zfnet512")])
def test_network_equals_onnxruntime(name: str) -> None:
    model = light_network(name)
    (spec,) = model.inputs
    x = np.random.default_rng(1).standard_normal(spec.bound(1)).astype(np.float32)
    tap = logits(model)
    wanted = onnx_session(model, optimized=False, taps=[tap]).run({spec.name: x})[tap]
    with torch.no_grad():
        given = TorchGraph(model).eval()(torch.from_numpy(x), keep=(tap,))[tap].numpy()
    assert given.shape == wanted.shape
    assert np.ptp(wanted) > 0.1  # an answer that says nothing would prove nothing
    assert np.abs(given - wanted).max() <= 1e-4 * np.abs(wanted).max()
