"""Cost against published figures, torch's own counts, the files' sizes, and graphs small enough to count by hand."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.measure.cost import Cost, cost
from core.model.facts import infer
from core.model.model import Model, quantized
from tests.conftest import FIVE, network_path

Shape = list[int | str]


def network(key: str) -> Model:
    return Model.from_ir(ir.load(network_path(key)))


def graph(nodes: list[onnx.NodeProto], x: Shape, tensors: dict[str, np.ndarray], opset: int = 21) -> Model:  # type: ignore[type-arg]
    info = helper.make_tensor_value_info
    built = helper.make_graph(
        nodes,
        "g",
        [info("x", TensorProto.FLOAT, x)],
        [info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, k) for k, v in tensors.items()],
    )
    proto = helper.make_model(built, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("own", 1)])
    return Model.from_ir(ir.from_proto(proto))


def floats(*shape: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.ones(shape, np.float32)


# Parameters exactly: torchvision's MobileNetV2 (3,504,872) and SqueezeNet 1.1 (1,235,496), akamaster's ResNet-20
# (269,722), Keras's MobileNet 0.25 (475,544, of which 5,472 running statistics). The shared MobileNetV2 has
# BatchNorm folded: 34,112 scales and shifts became 17,056 biases. MACs: published millions, counted in FACTS.md.
@pytest.mark.parametrize(
    ("key", "params", "macs", "tolerance"),
    [
        ("mobilenetv2", 3_504_872 - 34_112 + 17_056, 300.8e6, 0.001),
        ("squeezenet", 1_235_496, 349e6, 0.001),
        ("resnet20", 269_722, 41e6, 0.015),
        ("mobilenetv1", 475_544 - 5_472, 41e6, 0.015),
    ],
)
def test_published_figures(key: str, params: int, macs: float, tolerance: float) -> None:
    found = cost(network(key))
    assert found.params == params
    assert found.macs == pytest.approx(macs, rel=tolerance)
    assert found.note == ""


# ONNX ships these without weights (ConstantOfShape makes them). Published: He 2015, Huang 2017, Simonyan 2014 and
# torchvision's table (25,557,032, 7,978,856 and 143,667,240 parameters; 4.09, 2.83 and 19.6 G MACs). Caffe's
# DenseNet has a Mul and an Add behind each BatchNormalization: 83,648 scales and shifts twice.
@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("resnet50", 25_557_032, 4.09e9),
        ("densenet121", 7_978_856 + 83_648, 2.83e9),
        ("vgg19", 143_667_240, 19.6e9),
        ("squeezenet", 1_235_496, 349e6),
    ],
)
def test_published_figures_of_graphs_by_others(name: str, params: int, macs: float) -> None:
    path = Path(onnx.__file__).parent / f"backend/test/data/light/light_{name}.onnx"
    found = cost(Model.from_ir(ir.load(path)))
    assert found.params == params
    assert found.macs == pytest.approx(macs, rel=0.01)


def test_weights_inside_constant_nodes() -> None:
    nodes = [
        helper.make_node("Constant", [], ["w"], "c1", value=numpy_helper.from_array(floats(4, 5))),
        helper.make_node("Constant", [], ["shape"], "c2", value=numpy_helper.from_array(np.asarray([10], np.int64))),
        helper.make_node("MatMul", ["x", "w"], ["a"], "matmul"),
        helper.make_node("Reshape", ["a", "shape"], ["y"], "reshape"),
    ]
    found = cost(graph(nodes, [2, 4], {}))
    assert (found.params, found.macs, found.weight_bytes) == (20, 40, 80)


@pytest.mark.parametrize("key", FIVE)
def test_bytes_are_those_of_the_file(key: str) -> None:
    model, size = network(key), network_path(key).stat().st_size
    found = cost(model)
    tensors = onnx.load(network_path(key)).graph.initializer
    assert found.weight_bytes == sum(numpy_helper.to_array(t).nbytes for t in tensors)
    assert found.weight_bytes < size < found.weight_bytes * 1.5 + 100_000
    assert sum(layer.params for layer in found.layers) == found.params
    assert sum(layer.macs or 0 for layer in found.layers) == found.macs
    assert [layer.name for layer in found.layers] == [n.name for n in model.nodes()]
    assert Cost.from_json(found.to_json()) == found


def test_torch_counts_the_same() -> None:
    """Parameters and floating-point operations (two per MAC) as torch's own counters see the same layers."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    layers = (
        torch.nn.Conv2d(3, 8, 3, stride=2),
        torch.nn.Conv2d(8, 8, 3, padding=1, groups=8),
        torch.nn.ConvTranspose2d(8, 4, 3, stride=2, groups=2),
    )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        torch.nn.Sequential(*layers)(torch.zeros(1, 3, 16, 16))
    nodes = [
        helper.make_node("Conv", ["x", "0.weight", "0.bias"], ["a"], "0", strides=[2, 2]),
        helper.make_node("Conv", ["a", "1.weight", "1.bias"], ["b"], "1", pads=[1, 1, 1, 1], group=8),
        helper.make_node("ConvTranspose", ["b", "2.weight", "2.bias"], ["y"], "2", strides=[2, 2], group=2),
    ]
    named = torch.nn.Sequential(*layers).named_parameters()
    found = cost(graph(nodes, ["batch", 3, 16, 16], {k: v.detach().numpy() for k, v in named}))
    assert found.params == sum(p.numel() for layer in layers for p in layer.parameters())
    assert found.macs == counter.get_total_flops() // 2


def test_gemm_matmul_and_biases_by_hand() -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["g"], "gemm", transA=1),
        helper.make_node("MatMul", ["g", "m"], ["p"], "matmul"),
        helper.make_node("Add", ["p", "c"], ["q"], "bias"),
        helper.make_node("Mul", ["q", "half"], ["y"], "scalar"),
    ]
    tensors = {"w": floats(4, 5), "b": floats(5), "m": floats(5, 2), "c": floats(2), "half": floats()}
    found = cost(graph(nodes, [4, 3], tensors))
    assert [(layer.params, layer.macs) for layer in found.layers] == [(25, 3 * 5 * 4), (10, 3 * 2 * 5), (2, 0), (0, 0)]
    assert found.weight_bytes == 4 * (25 + 10 + 2 + 1)
    assert found.layers[1].output_shape == (3, 2)


def test_attention_is_counted_without_weights() -> None:
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], "t", perm=[0, 2, 1]),
        helper.make_node("MatMul", ["x", "t"], ["y"], "scores"),
    ]
    found = cost(graph(nodes, ["batch", 6, 8], {}))
    assert (found.macs, found.params) == (6 * 6 * 8, 0)


def test_a_shared_tensor_counts_once_and_shape_constants_never() -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], "first"),
        helper.make_node("MatMul", ["a", "w"], ["b"], "second"),
        helper.make_node("Reshape", ["b", "shape"], ["y"], "reshape"),
    ]
    found = cost(graph(nodes, [2, 4], {"w": floats(4, 4), "shape": np.asarray([8], np.int64)}))
    assert [layer.params for layer in found.layers] == [16, 0, 0]
    assert found.layers[1].note == "'w' is shared with 'first'"
    assert found.weight_bytes == 64 + 8


def test_unknown_sizes_and_operators_are_said_not_guessed() -> None:
    conv = helper.make_node("Conv", ["x", "w"], ["y"], "conv")
    free = cost(graph([conv], ["batch", 3, "height", "width"], {"w": floats(8, 3, 3, 3)}))
    assert (free.macs, free.params) == (None, 216)
    assert "height" in free.note
    strange = helper.make_node("Swirl", ["h"], ["y"], "swirl", domain="own")
    first = helper.make_node("Conv", ["x", "w"], ["h"], "conv")
    found = cost(graph([first, strange], [1, 3, 8, 8], {"w": floats(8, 3, 3, 3)}))
    assert found.macs is None
    assert "'swirl' (Swirl)" in found.note
    assert found.layers[0].macs == 6 * 6 * 216


def test_onnxruntimes_quantized_graph_has_the_same_parameters(tmp_path: Path) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Zeros(CalibrationDataReader):  # type: ignore[misc]
        left = 1

        def get_next(self) -> dict[str, np.ndarray] | None:  # type: ignore[type-arg]
            self.left -= 1
            return {"input": np.ones((1, 3, 224, 224), np.float32)} if self.left >= 0 else None

    source, target = network_path("squeezenet"), tmp_path / "int8.onnx"
    quantize_static(source, target, Zeros(), QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8)
    model, plain = Model.from_ir(ir.load(target)), cost(network("squeezenet"))
    found = cost(model)
    assert quantized(model)
    assert (found.params, found.macs) == (plain.params, plain.macs)
    tensors = onnx.load(target).graph.initializer
    assert found.weight_bytes == sum(numpy_helper.to_array(t).nbytes for t in tensors)
    assert found.weight_bytes < plain.weight_bytes / 3.7
    assert sum(layer.weight_bytes for layer in found.layers) == found.weight_bytes


def test_four_bit_weights_are_counted_as_stored() -> None:
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "s"], ["wf"], "dq"),
        helper.make_node("MatMul", ["x", "wf"], ["y"], "matmul"),
    ]
    model = graph(nodes, [1, 8], {"s": np.asarray(0.5, np.float32)})
    proto = ir.to_proto(model.graph)
    proto.graph.initializer.append(helper.make_tensor("w", TensorProto.INT4, [8, 6], np.zeros(48, np.int8)))
    found = cost(Model.from_ir(ir.from_proto(proto)))
    assert (found.params, found.macs, found.weight_bytes) == (48, 48, 24 + 4)


def test_counting_is_fast() -> None:
    model = network("mobilenetv2")
    facts = infer(model)
    spent = []
    for _ in range(5):  # processor time and the best of five: other work on the machine is not ours
        start = time.process_time()
        cost(model, facts)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.1
