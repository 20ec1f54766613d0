"""Small random networks out of named blocks, for property tests of the cut: every block is a trap of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnx
import onnx_ir as ir
from onnx import TensorProto, helper, numpy_helper

from core.model.model import Model

SIZE = 8  # height and width of the input


class Network:
    """A graph under construction; ``x`` is the current value, of ``channels`` channels and ``size`` x ``size``."""

    def __init__(self, seed: int, opset: int = 18, channels: int = 3) -> None:
        self.rng = np.random.default_rng(seed)
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.x, self.channels, self.size = "input", channels, SIZE

    def node(self, operator: str, *inputs: str, outputs: int = 1, **attributes: object) -> str:
        """Append a node; returns its (first) output, the others are called name_1, name_2, ..."""
        name = f"{operator}_{len(self.nodes)}"
        outs = [f"{name}_out"] + [f"{name}_out_{k}" for k in range(1, outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), outs, name=name, **attributes))
        return outs[0]

    def weight(self, *shape: int, scale: float | None = None, low: float | None = None) -> str:
        """A random float initializer; uniform in [low, low + 1] where ``low`` is given."""
        fan = int(np.prod(shape[1:])) or 1
        values = self.rng.standard_normal(shape) * (scale or 1.0 / np.sqrt(fan))
        if low is not None:
            values = self.rng.random(shape) + low
        return self.constant(values.astype(np.float32))

    def ints(self, *numbers: int) -> str:
        return self.constant(np.asarray(numbers, np.int64))

    def constant(self, values: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, x: str, inputs: int, outputs: int, kernel: int = 3, group: int = 1, bias: bool = True) -> str:
        names = [x, self.weight(outputs, inputs // group, kernel, kernel)]
        names += [self.weight(outputs, scale=0.5)] if bias else []
        return self.node("Conv", *names, group=group, pads=[kernel // 2] * 4)

    def norm(self, x: str, channels: int) -> str:
        rows = [self.weight(channels, low=0.5), self.weight(channels, scale=0.5), self.weight(channels, scale=0.5)]
        return self.node("BatchNormalization", x, *rows, self.weight(channels, low=0.5))

    def reduce(self, operator: str, x: str, axes: Sequence[int], keepdims: int) -> str:
        if self.opset >= 18:
            return self.node(operator, x, self.ints(*axes), keepdims=keepdims)
        return self.node(operator, x, axes=list(axes), keepdims=keepdims)

    def slice(self, x: str, start: int, end: int, axis: int) -> str:
        if self.opset < 10:
            return self.node("Slice", x, starts=[start], ends=[end], axes=[axis])
        return self.node("Slice", x, self.ints(start), self.ints(end), self.ints(axis))

    def pad(self, x: str, pads: Sequence[int], value: float = 0.0) -> str:
        if self.opset < 11:
            return self.node("Pad", x, pads=list(pads), value=value)
        return self.node("Pad", x, self.ints(*pads), self.constant(np.asarray(value, np.float32)))

    def split(self, x: str, sizes: Sequence[int]) -> list[str]:
        if self.opset < 13:
            first = self.node("Split", x, outputs=len(sizes), axis=1, split=list(sizes))
        else:
            first = self.node("Split", x, self.ints(*sizes), outputs=len(sizes), axis=1)
        return [first] + [f"{first}_{k}" for k in range(1, len(sizes))]

    def even(self) -> None:
        """Make the channel count a multiple of 4."""
        if self.channels % 4:
            wanted = 4 * int(self.rng.integers(2, 4))
            self.x, self.channels = self.conv(self.x, self.channels, wanted), wanted

    def model(self, head: str, classes: int = 5) -> Model:
        """Close the graph with one of HEADS; the batch is symbolic."""
        HEADS[head](self, classes)
        outputs = [helper.make_tensor_value_info(self.x, TensorProto.FLOAT, ["batch", classes])]
        inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])]
        graph = helper.make_graph(self.nodes, "random", inputs, outputs, self.weights)
        domains = sorted({n.domain for n in self.nodes} - {""})
        opsets = [helper.make_opsetid("", self.opset), *(helper.make_opsetid(d, 1) for d in domains)]
        proto = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        proto = onnx.shape_inference.infer_shapes(proto, strict_mode=not domains)
        return Model.from_ir(ir.from_proto(proto))


Block = Callable[[Network], None]
BLOCKS: dict[str, Block] = {}
HEADS: dict[str, Callable[[Network, int], None]] = {}


def block(function: Block) -> Block:
    BLOCKS[function.__name__] = function
    return function


@block
def conv_norm_relu(n: Network) -> None:
    outputs = int(n.rng.integers(2, 12))
    x = n.norm(n.conv(n.x, n.channels, outputs, bias=bool(n.rng.integers(2))), outputs)
    n.x, n.channels = n.node("Relu", x), outputs


@block
def depthwise(n: Network) -> None:
    n.even()
    times = int(n.rng.integers(1, 3))
    x = n.norm(n.conv(n.x, n.channels, n.channels * times, group=n.channels), n.channels * times)
    n.x, n.channels = n.node("HardSigmoid", x), n.channels * times


@block
def grouped(n: Network) -> None:
    n.even()
    outputs = 4 * int(n.rng.integers(1, 4))
    n.x, n.channels = n.node("Sigmoid", n.conv(n.x, n.channels, outputs, group=int(n.rng.choice([2, 4])))), outputs


@block
def residual(n: Network) -> None:
    y = n.norm(n.conv(n.x, n.channels, n.channels), n.channels)
    n.x = n.node("LeakyRelu", n.node("Add", n.x, y))


@block
def inception(n: Network) -> None:
    widths = [int(w) for w in n.rng.integers(2, 6, 2)]
    branches = [n.node("Tanh", n.conv(n.x, n.channels, w, kernel=k)) for w, k in zip(widths, (1, 3), strict=True)]
    n.x, n.channels = n.node("Concat", n.x, *branches, axis=1), n.channels + sum(widths)


@block
def split_and_swap(n: Network) -> None:
    n.even()
    cut = int(n.rng.integers(2, n.channels - 1))
    a, b = n.split(n.x, [cut, n.channels - cut])
    b = n.node("Relu", n.conv(b, n.channels - cut, n.channels - cut))
    n.x = n.node("Concat", b, a, axis=1)


@block
def shuffle(n: Network) -> None:
    n.even()
    groups = int(n.rng.choice([2, 4]))
    x = n.node("Reshape", n.x, n.ints(-1, groups, n.channels // groups, n.size, n.size))
    x = n.node("Transpose", x, perm=[0, 2, 1, 3, 4])
    n.x = n.node("Reshape", x, n.ints(0, n.channels, n.size, n.size))


@block
def computed_shuffle(n: Network) -> None:
    """The batch size in the target shapes comes out of Shape and Gather, as tracing exporters write it."""
    n.even()
    batch = n.node("Gather", n.node("Shape", n.x), n.ints(0))
    x = n.node("Reshape", n.x, n.node("Concat", batch, n.ints(2, n.channels // 2, n.size, n.size), axis=0))
    x = n.node("Transpose", x, perm=[0, 2, 1, 3, 4])
    n.x = n.node("Reshape", x, n.node("Concat", batch, n.ints(n.channels, n.size, n.size), axis=0))


@block
def grouped_shuffle(n: Network) -> None:
    """ShuffleNet v1: the groups of the second convolution do not end where the shuffle's rows do."""
    groups = int(n.rng.choice([2, 3]))
    wanted = groups * groups * 2 + groups
    n.x = n.conv(n.x, n.channels, wanted, kernel=1)
    y = n.node("Relu", n.conv(n.x, wanted, wanted, kernel=1, group=groups))
    y = n.conv(y, wanted, wanted, group=wanted)
    y = n.node("Reshape", y, n.ints(-1, wanted // groups, groups, n.size, n.size))
    y = n.node("Reshape", n.node("Transpose", y, perm=[0, 2, 1, 3, 4]), n.ints(-1, wanted, n.size, n.size))
    n.x, n.channels = n.node("Add", n.x, n.conv(y, wanted, wanted, kernel=1, group=groups)), wanted


@block
def grouped_after_concat(n: Network) -> None:
    """What is joined before a grouped convolution lies across its groups."""
    more = 2 + (-n.channels - 2) % 6
    x = n.node("Concat", n.x, n.node("Relu", n.conv(n.x, n.channels, more)), axis=1)
    n.channels += more
    n.x = n.node("Add", x, n.conv(x, n.channels, n.channels, group=int(n.rng.choice([2, 3]))))


@block
def attention(n: Network) -> None:
    """Query, key and value in one layer, heads split off and put back; a bias of its own for every head."""
    heads, width, tokens = int(n.rng.integers(2, 5)), int(n.rng.choice([2, 6])), n.size * n.size
    x = n.node("Transpose", n.node("Reshape", n.x, n.ints(-1, n.channels, tokens)), perm=[0, 2, 1])
    x = n.node("Add", n.node("MatMul", x, n.weight(n.channels, 3 * heads * width)), n.weight(3 * heads * width))
    parts = [n.slice(x, k * heads * width, (k + 1) * heads * width, 2) for k in range(3)]
    q, k, v = (
        n.node("Transpose", n.node("Reshape", p, n.ints(-1, tokens, heads, width)), perm=[0, 2, 1, 3]) for p in parts
    )
    distances = n.constant(n.rng.integers(0, 5, tokens * tokens))
    bias = n.node("Reshape", n.node("Gather", n.weight(5, heads), distances), n.ints(tokens, tokens, heads))
    bias = n.node("Transpose", bias, perm=[2, 0, 1]) if n.rng.integers(2) else n.weight(heads, 1, 1)
    scores = n.node("MatMul", q, n.node("Transpose", k, perm=[0, 1, 3, 2]))
    scores = n.node("Add", n.node("Mul", scores, n.constant(np.float32(width**-0.5))), bias)
    y = n.node("MatMul", n.node("Softmax", scores, axis=-1), v)
    y = n.node("Reshape", n.node("Transpose", y, perm=[0, 2, 1, 3]), n.ints(-1, tokens, heads * width))
    y = n.node("Transpose", n.node("MatMul", y, n.weight(heads * width, n.channels)), perm=[0, 2, 1])
    n.x = n.node("Add", n.x, n.node("Reshape", y, n.ints(-1, n.channels, n.size, n.size)))


@block
def channel_attention(n: Network) -> None:
    """Channels attend to channels: the product makes them both its rows and its columns, so they have to stay."""
    x = n.node("Reshape", n.x, n.ints(-1, n.channels, n.size * n.size))
    gram = n.node("Softmax", n.node("MatMul", x, n.node("Transpose", x, perm=[0, 2, 1])), axis=-1)
    n.x = n.node("Add", n.x, n.node("Reshape", n.node("MatMul", gram, x), n.ints(-1, n.channels, n.size, n.size)))


@block
def option_a(n: Network) -> None:
    """The padded shortcut of CIFAR ResNets, after a slice of the channels."""
    n.even()
    low = int(n.rng.integers(0, 3))
    kept = n.channels - low
    x = n.slice(n.x, low, int(np.iinfo(np.int64).max), 1)
    pads = [int(p) for p in n.rng.integers(0, 4, 2)]
    x = n.pad(x, [0, pads[0], 0, 0, 0, pads[1], 0, 0])
    outputs = kept + sum(pads)
    y = n.conv(n.x, n.channels, outputs)
    n.x, n.channels = n.node("Relu", n.node("Add", x, y)), outputs


@block
def squeeze_excite(n: Network) -> None:
    x = n.node("GlobalAveragePool", n.x)
    x = n.node("Relu", n.conv(x, n.channels, 4, kernel=1))
    n.x = n.node("Mul", n.x, n.node("Sigmoid", n.conv(x, 4, n.channels, kernel=1)))


@block
def constants_per_channel(n: Network) -> None:
    x = n.node("Mul", n.weight(n.channels, 1, 1, low=0.5), n.x)
    x = n.node("Div", x, n.weight(1, n.channels, 1, 1, low=0.5))
    n.x = n.node("PRelu", x, n.weight(n.channels, 1, 1, low=0.0))


@block
def reordered(n: Network) -> None:
    order = n.rng.permutation(n.channels)[: max(2, n.channels - 1)]
    n.x, n.channels = n.node("Gather", n.x, n.ints(*order.tolist()), axis=1), len(order)


@block
def channels_last(n: Network) -> None:
    x = n.node("Transpose", n.x, perm=[0, 2, 3, 1])
    x = n.node("Add", n.node("MatMul", x, n.weight(n.channels, 6)), n.weight(6))
    n.x, n.channels = n.node("Transpose", n.node("Relu", x), perm=[0, 3, 1, 2]), 6


@block
def pooled(n: Network) -> None:
    kind = "MaxPool" if n.rng.integers(2) else "AveragePool"
    if n.size >= 4:
        n.x, n.size = n.node(kind, n.x, kernel_shape=[2, 2], strides=[2, 2]), n.size // 2


@block
def upsampled(n: Network) -> None:
    outputs = int(n.rng.integers(2, 8))
    if n.size <= SIZE:
        x = n.node("ConvTranspose", n.x, n.weight(n.channels, outputs, 2, 2), n.weight(outputs), strides=[2, 2])
        x = n.node("ConvTranspose", x, n.weight(outputs, 1, 1, 1), n.weight(outputs), group=outputs)
        n.x, n.channels, n.size = x, outputs, 2 * n.size


@block
def resized(n: Network) -> None:
    if n.size <= SIZE and n.opset >= 13:
        scales = n.constant(np.asarray([1, 1, 2, 2], np.float32))
        n.x, n.size = n.node("Resize", n.x, "", scales, mode="nearest"), 2 * n.size


@block
def instance_norm(n: Network) -> None:
    n.x = n.node("InstanceNormalization", n.x, n.weight(n.channels, low=0.5), n.weight(n.channels))


@block
def spatial_gate(n: Network) -> None:
    """A mean over the channels mixes them: they have to stay."""
    gate = n.node("Sigmoid", n.reduce("ReduceMean", n.x, [1], 1))
    n.x = n.node("Mul", n.x, gate)


@block
def response_norm(n: Network) -> None:
    n.x = n.node("LRN", n.x, size=3, alpha=3.0)


@block
def without_rule(n: Network) -> None:
    n.even()
    n.x, n.channels, n.size = n.node("DepthToSpace", n.x, blocksize=2), n.channels // 4, 2 * n.size


@block
def joined_with_input(n: Network) -> None:
    """A concatenation with channels that no layer made."""
    if n.size == SIZE:
        n.x, n.channels = n.node("Concat", n.x, "input", axis=1), n.channels + 3


def head(function: Callable[[Network, int], None]) -> Callable[[Network, int], None]:
    HEADS[function.__name__] = function
    return function


@head
def pool_flatten_gemm(n: Network, classes: int) -> None:
    x = n.node("Flatten", n.node("GlobalAveragePool", n.x))
    n.x = n.node("Gemm", x, n.weight(classes, n.channels), n.weight(classes), transB=1)


@head
def flatten_gemm(n: Network, classes: int) -> None:
    rows = n.channels * n.size * n.size
    x = n.node("Gemm", n.node("Flatten", n.x), n.weight(rows, 12), n.weight(1, 12))
    n.x = n.node("Gemm", n.node("Relu", x), n.weight(12, classes), n.weight(classes))


@head
def mean_matmul(n: Network, classes: int) -> None:
    x = n.node("MatMul", n.reduce("ReduceMean", n.x, [2, 3], 0), n.weight(n.channels, classes))
    n.x = n.node("Softmax", n.node("Add", x, n.weight(classes)))


def random_network(blocks: Sequence[str], head_name: str, seed: int, opset: int = 18) -> Model:
    """A network of these blocks behind a first convolution."""
    net = Network(seed, opset)
    for name in ("conv_norm_relu", *blocks):
        BLOCKS[name](net)
    return net.model(head_name)
