"""Edited real networks against the same edit made by onnx's own tools, and what was not edited against the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import helper, numpy_helper

from core.formats.onnx_file import graph_to_proto, save_onnx
from core.formats.open import open_model
from core.model.editing import Edit, WorkingCopy
from core.model.editing.layers import Bypass, Insert, Replace
from core.model.editing.names import RenameLayer, RenameTensor, SetAttribute
from core.model.editing.weights import SetWeights
from core.model.model import Model, layer_name
from tests.conftest import network_path
from tests.core.edit_graphs import noise, run
from tests.core.light_networks import light_network, logits

REAL = ("mobilenetv2", "resnet20", "light_squeezenet", "light_shufflenet")
Change = Callable[[onnx.ModelProto, onnx.NodeProto], None]


@pytest.fixture(scope="module", params=REAL)
def real(request: pytest.FixtureRequest) -> Model:
    name: str = request.param
    return light_network(name[6:]) if name.startswith("light_") else open_model(network_path(name))


def chosen(model: Model) -> ir.Node:
    """An activation past the stem."""
    return [n for n in model.nodes() if n.op_type in ("Relu", "Clip")][3]


def bypass(proto: onnx.ModelProto, node: onnx.NodeProto) -> None:
    for other in proto.graph.node:
        other.input[:] = [node.input[0] if i == node.output[0] else i for i in other.input]
    proto.graph.node.remove(node)


def leaky(proto: onnx.ModelProto, node: onnx.NodeProto) -> None:
    node.op_type = "LeakyRelu"
    del node.input[1:]
    node.ClearField("attribute")
    node.attribute.append(helper.make_attribute("alpha", 0.25))


def inserted(proto: onnx.ModelProto, node: onnx.NodeProto) -> None:
    made = node.output[0]
    for other in proto.graph.node:
        other.input[:] = ["scaled" if i == made else i for i in other.input]
    place = list(proto.graph.node).index(node)
    proto.graph.node.insert(place + 1, helper.make_node("Mul", [made, "half"], ["scaled"], name="scale"))
    proto.graph.initializer.append(numpy_helper.from_array(np.array([0.5], np.float32), "half"))
    if proto.ir_version < 4:
        proto.graph.input.append(helper.make_tensor_value_info("half", onnx.TensorProto.FLOAT, [1]))


@pytest.mark.parametrize(
    ("change", "edit"),
    [
        (bypass, lambda n: Bypass(layer_name(n))),
        (leaky, lambda n: Replace(layer_name(n), "LeakyRelu", {"alpha": 0.25})),
        (inserted, lambda n: Insert(n.outputs[0].name, "Mul", "scale", constants={"B": [0.5]})),
    ],
    ids=["bypass", "replace", "insert"],
)
def test_computes_what_the_same_edit_by_hand_computes(
    real: Model, change: Change, edit: Callable[[ir.Node], Edit]
) -> None:
    node, end = chosen(real), logits(real)
    proto = graph_to_proto(real.graph)
    change(proto, next(n for n in proto.graph.node if n.output[0] == node.outputs[0].name))
    del proto.graph.value_info[:]
    copy = WorkingCopy(real)
    copy.do(edit(node))
    onnx.checker.check_model(graph_to_proto(copy.model.graph))
    feed = noise(real)
    by_hand = run(Model.from_ir(ir.from_proto(proto)), feed, taps=(end,))[end]
    assert np.array_equal(run(copy.model, feed, taps=(end,))[end], by_hand)
    assert not np.array_equal(run(real, feed, taps=(end,))[end], by_hand)


class TestWhatWasNotEdited:
    def test_is_written_back_equal(self, real: Model) -> None:
        """A layer is replaced, renamed and given an attribute, tensors renamed: set back, and nothing differs."""
        node = chosen(real)
        before = graph_to_proto(real.graph)
        copy = WorkingCopy(real)
        conv = next(n for n in real.nodes() if n.op_type == "Conv")
        weight, tensor = conv.inputs[1].name or "", conv.outputs[0].name or ""
        copy.do(Replace(layer_name(node), "Elu", {"alpha": 0.5}))
        copy.do(RenameLayer(layer_name(node), "renamed"))
        copy.do(RenameTensor(weight, "a weight"))
        copy.do(RenameTensor(tensor, "a tensor"))
        copy.do(SetAttribute("renamed", "alpha", 0.75))
        after = graph_to_proto(copy.model.graph)
        changed = next(n for n in after.graph.node if n.name == "renamed")
        assert (changed.op_type, changed.name, changed.attribute[0].f) == ("Elu", "renamed", 0.75)
        old = next(n for n in before.graph.node if n.output[0] == node.outputs[0].name)
        for name in old.input[1:]:  # the bounds of a Clip went, where no other layer reads them
            if all(name not in n.input for n in after.graph.node):
                lost = next((t for t in before.graph.initializer if t.name == name), None)
                if lost is not None:
                    before.graph.initializer.remove(lost)
                else:
                    before.graph.node.remove(next(n for n in before.graph.node if name in n.output))
        changed.CopyFrom(old)
        back = {"a weight": weight, "a tensor": tensor}
        for n in after.graph.node:
            n.input[:] = [back.get(i, i) for i in n.input]
            n.output[:] = [back.get(o, o) for o in n.output]
        for named in (*after.graph.initializer, *after.graph.value_info, *after.graph.input):
            named.name = back.get(named.name, named.name)
        info = {v.name: v for v in before.graph.value_info}
        assert {v.name: v for v in after.graph.value_info}.items() <= info.items()
        del before.graph.value_info[:], after.graph.value_info[:]
        assert after == before

    def test_external_data_stays_where_it_is_and_is_written_equal(self, tmp_path: Path) -> None:
        proto = onnx.load(network_path("resnet20"))
        proto.metadata_props.add(key="who", value="me")
        onnx.save_model(proto, tmp_path / "m.onnx", save_as_external_data=True, location="m.bin", size_threshold=0)
        proto = onnx.load(tmp_path / "m.onnx")
        model = open_model(tmp_path / "m.onnx")
        copy = WorkingCopy(model)
        names = [t.name for t in proto.graph.initializer]
        big = max(proto.graph.initializer, key=lambda t: int(np.prod(t.dims)))
        small = next(t for t in proto.graph.initializer if len(t.dims) == 1)
        copy.do(RenameTensor(big.name, "renamed"))
        copy.do(SetWeights(small.name, tuple(range(small.dims[0]))))
        held = copy.model.graph.graph.initializers
        shared = [n for n in held if n in names and n != small.name]
        assert all(held[n].const_value is model.graph.graph.initializers[n].const_value for n in shared)
        save_onnx(copy.model, tmp_path / "new.onnx")
        new = onnx.load(tmp_path / "new.onnx")
        assert [t.name for t in new.graph.initializer] == [{big.name: "renamed"}.get(n, n) for n in names]
        for old, now in zip(proto.graph.initializer, new.graph.initializer, strict=True):
            wanted = (
                np.arange(small.dims[0], dtype=np.float32) if old.name == small.name else numpy_helper.to_array(old)
            )
            assert np.array_equal(numpy_helper.to_array(now), wanted)
        assert [(p.key, p.value) for p in new.metadata_props] == [("who", "me")]
        assert [(o.domain, o.version) for o in new.opset_import] == [(o.domain, o.version) for o in proto.opset_import]
        assert [n.name for n in new.graph.node] == [n.name for n in proto.graph.node]
