"""Edits on real graphs, proven in onnxruntime: the edited model computes what the edit says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper

from core.cli import main
from core.errors import UserError
from core.formats.onnx_file import graph_to_proto
from core.formats.open import open_model
from core.model.editing import Edit, WorkingCopy, from_json, to_json
from core.model.editing.ends import AddInput, AddOutput, RemoveOutput, SetBatch, SetInputShape
from core.model.editing.layers import Bypass, Insert, RemoveIdentities, Replace
from core.model.editing.names import RenameLayer, RenameTensor
from core.model.editing.weights import LoadWeights
from core.model.editing.whole import CutOut, FoldBatchNorm, FoldConstants
from core.model.model import Model, layer_name
from tests.conftest import SAMPLE, network_path
from tests.core.edit_graphs import close, name_of, noise, run, small, written
from tests.core.light_networks import light_network, logits

REAL = ("sample", "mobilenetv2", "resnet20", "light_squeezenet", "light_shufflenet")


@pytest.fixture(scope="module", params=REAL)
def real(request: pytest.FixtureRequest) -> Model:
    name: str = request.param
    return light_network(name[6:]) if name.startswith("light_") else open_model(network_path(name))


def edited(model: Model, *edits: Edit) -> Model:
    """Edited, stored and read as JSON on the way; the model given is untouched and undo is exact."""
    before, copy = written(model), WorkingCopy(model)
    for one in edits:
        copy.do(from_json(json.loads(json.dumps(to_json(one)))))
    assert copy.edits == edits
    assert copy.problems == ()
    after = copy.model.clone()
    again = written(copy.model)
    while copy.undo():
        pass
    assert written(copy.model) == before == written(model)
    while copy.redo():
        pass
    assert written(copy.model) == again
    onnx.checker.check_model(graph_to_proto(after.graph))
    return after


def activation(model: Model) -> ir.Node:
    """The third layer that cuts negative values off: past the stem, before the end."""
    found = [n for n in model.nodes() if n.op_type in ("Relu", "Clip")]
    return found[2]


class TestRealGraphs:
    def test_names_change_and_figures_do_not(self, real: Model) -> None:
        node = next(n for n in real.nodes() if n.op_type == "Conv")
        new = edited(
            real,
            RenameLayer(layer_name(node), "renamed layer"),
            RenameTensor(name_of(node.outputs[0]), "inner"),
            RenameTensor(name_of(node.inputs[1]), "weight!"),
            RenameTensor(real.inputs[0].name, "picture"),
            RenameTensor(real.output_names[0], "answer"),
        )
        assert new.inputs[0].name == "picture"
        assert new.inputs[0].preprocessing == real.inputs[0].preprocessing
        assert list(new.graph.graph.initializers).index("weight!") == list(real.graph.graph.initializers).index(
            name_of(node.inputs[1])
        )
        feed = noise(real)
        got = run(new, {"picture": feed[real.inputs[0].name]})
        assert np.array_equal(got["answer"], run(real, feed)[real.output_names[0]])

    def test_bypass_gives_the_readers_the_layers_input(self, real: Model) -> None:
        node = activation(real)
        new = edited(real, Bypass(layer_name(node)))
        same = edited(real, Replace(layer_name(node), "Identity"))
        assert layer_name(node) not in {layer_name(n) for n in new.nodes()}
        end = logits(real)  # a Softmax behind it may saturate
        found, before = (run(m, taps=(end,))[end] for m in (new, real))
        close(found, run(same, taps=(end,))[end])
        assert np.abs(found - before).max() > 0

    def test_replaced_operator_computes(self, real: Model) -> None:
        node = activation(real)
        source, result = name_of(node.inputs[0]), name_of(node.outputs[0])
        new = edited(real, Replace(layer_name(node), "LeakyRelu", {"alpha": 0.25}))
        x = run(real, taps=(source,))[source]
        close(run(new, taps=(result,))[result], np.where(x < 0, x * np.float32(0.25), x))

    def test_inserted_layer_computes(self, real: Model) -> None:
        tensor = name_of(activation(real).outputs[0])
        new = edited(real, Insert(tensor, "Tanh", "squash"))
        out = name_of(next(n for n in new.nodes() if n.name == "squash").outputs[0])
        found = run(new, taps=(tensor, out))
        close(found[out], np.tanh(found[tensor]))

    def test_inserted_at_the_end_keeps_the_outputs_name(self, real: Model) -> None:
        name = real.output_names[0]
        new = edited(real, Insert(name, "Neg", "minus"))
        assert new.output_names == real.output_names
        close(run(new)[name], -run(real)[name])

    def test_outputs_are_added_and_removed(self, real: Model) -> None:
        tensor, last = name_of(activation(real).outputs[0]), real.output_names[0]
        new = edited(real, AddOutput(tensor), RemoveOutput(last))
        assert new.output_names == (tensor,)
        assert np.array_equal(run(new)[tensor], run(real, taps=(tensor,))[tensor])

    def test_input_takes_the_place_of_a_tensor(self, real: Model) -> None:
        name = name_of(activation(real).outputs[0])
        x = run(real, taps=(name,))
        new = edited(real, AddInput("fed", x[name].shape, "float32", name))
        close(run(new, {**noise(real), "fed": x[name]})[real.output_names[0]], x[real.output_names[0]])

    def test_part_cut_out_computes_the_same(self, real: Model) -> None:
        last = [n for n in real.nodes() if n.op_type in ("Relu", "Clip")][-1]
        start, end = name_of(last.inputs[0]), logits(real)
        x = run(real, taps=(start, end))
        new = edited(real, CutOut((start,), (end,)))
        close(run(new, {start: x[start]})[end], x[end])

    def test_weights_from_a_file(self, real: Model, tmp_path: Path) -> None:
        node = next(n for n in real.nodes() if n.op_type == "Conv")
        name, result = name_of(node.inputs[1]), name_of(node.outputs[0])
        bias = node.inputs[2] if len(node.inputs) > 2 else None
        zeros = np.zeros(tuple(node.inputs[1].const_value.shape), np.float32)
        np.save(tmp_path / "zeros.npy", zeros)
        new = edited(real, LoadWeights(name, str(tmp_path / "zeros.npy")))
        found = run(new, taps=(result,))[result]
        expected = 0.0 if bias is None else bias.const_value.numpy()[None, :, None, None]
        close(found, np.broadcast_to(expected, found.shape).astype(np.float32))

    def test_folding_keeps_what_is_computed(self, real: Model) -> None:
        new = edited(real, FoldBatchNorm(), FoldConstants(), RemoveIdentities())
        assert not {n.op_type for n in new.nodes()} & {"Identity", "Dropout", "Constant"}
        close(run(new)[real.output_names[0]], run(real)[real.output_names[0]])


class TestBatchAndShape:
    def test_batch_of_three_and_back(self) -> None:
        real = open_model(SAMPLE)
        fixed = edited(real, SetBatch(3))
        assert fixed.inputs[0].shape[0] == 3
        assert fixed.graph.graph.outputs[0].shape[0] == 3
        assert all(
            o.shape[0] == 3 for n in fixed.nodes() for o in n.outputs if o.shape is not None and len(o.shape) > 1
        )
        free = edited(fixed, SetBatch("n"))
        feed = noise(real, 5)
        assert np.array_equal(run(free, feed)["logits" if "logits" in free.output_names else free.output_names[0]],
                              run(real, feed)[real.output_names[0]])  # fmt: skip

    def test_fixed_reshape_keeps_the_batch(self) -> None:
        with pytest.raises(UserError, match=r"The batch cannot be dynamic: layer 'flat' \(Reshape\)"):
            WorkingCopy(small()).do(SetBatch("batch"))

    def test_larger_pictures(self) -> None:
        real = open_model(network_path("mobilenetv2"))
        new = edited(real, SetInputShape(real.inputs[0].name, (1, 3, 160, 192)))
        assert run(new)[real.output_names[0]].shape == (1, 1000)

    def test_too_many_channels_are_marked_and_undone(self) -> None:
        copy = WorkingCopy(open_model(SAMPLE))
        before = written(copy.model)
        copy.do(SetInputShape("image", ("batch", 3, 32, 32)))
        assert "(Conv) gets 3 channels; its weight is made for 1." in copy.problems[0].sentence
        copy.undo()
        assert (copy.problems, written(copy.model)) == ((), before)


def test_folding_leaves_what_depends_on_a_dynamic_size() -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], name="shape"),
        helper.make_node("Add", ["one", "one"], ["two"], name="sum"),
        helper.make_node("Cast", ["s"], ["f"], name="cast", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f", "two"], ["y"], name="product"),
    ]
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "sequence"]),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])]  # fmt: skip
    one = onnx.numpy_helper.from_array(np.array(1, np.float32), "one")
    graph = helper.make_graph(nodes, "sizes", ends[:1], ends[1:], [one])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    new = edited(Model.from_ir(ir.from_proto(proto)), FoldConstants())
    assert [n.name for n in new.nodes()] == ["shape", "cast", "product"]
    assert run(new, {"x": np.zeros((3, 7), np.float32)})["y"].tolist() == [6, 14]


class TestCommand:
    def run(self, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
        code = main([str(w) for w in words])
        return (code, *capsys.readouterr())

    def test_edits_in_order(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        out = tmp_path / "o.onnx"
        code, text, err = self.run(
            capsys, "edit", SAMPLE, "-o", out, "--rename", "features.0.2/Clip=act", "--replace", "act=Relu",
            "--fix-batch", "2", "--fold-batchnorm", "--add-output", "hardtanh", "--json",
        )  # fmt: skip
        assert code == 0, err
        found = json.loads(text)
        assert [e["edit"] for e in found["edits"]] == [
            "rename.layer", "layer.replace", "input.batch", "fold.batchnorm", "output.add"]  # fmt: skip
        new = open_model(out)
        got = run(new, noise(open_model(SAMPLE), 2))
        assert got["hardtanh"].min() == 0
        assert got["hardtanh"].shape[0] == 2

    def test_new_layers_blocks_and_values(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        out, values = tmp_path / "o.onnx", tmp_path / "v.npy"
        model = open_model(network_path("resnet20"))
        convs = [layer_name(n) for n in model.nodes() if n.op_type == "Conv"]
        relu = next(n for n in model.nodes() if n.op_type == "Relu")
        words = (
            "edit", network_path("resnet20"), "-o", out, "--block", f"{convs[3]}=ghost(ratio=2)",
            "--block", f"{convs[5]}=depthwise_separable", "--replace", f"{layer_name(relu)}=Clip(min=0, max=6)",
            "--insert", f"{relu.outputs[0].name}=Conv(kernel_shape=[1,1])", "--save-weights", f"conv1.weight={values}",
        )  # fmt: skip
        code, text, err = self.run(capsys, *words)
        assert code == 0, err
        assert "parameters 2,304 -> 1,224, MACs 2,359,296 -> 1,253,376" in text
        assert "kernels are kept as they are" in text
        code, text, err = self.run(capsys, *words, "--json")
        found = json.loads(text)
        assert [bool(s) for s in found["savings"]] == [True, True, False, False]
        assert [bool(n) for n in found["notes"]] == [True, True, False, False]
        (tmp_path / "edits.json").write_text(text)
        code, text, err = self.run(capsys, "edit", network_path("resnet20"), "-o", tmp_path / "again.onnx",
                                   "--edits", tmp_path / "edits.json", "--json")  # fmt: skip
        assert json.loads(text)["edits"] == found["edits"]
        assert (tmp_path / "again.onnx").read_bytes() == out.read_bytes()
        assert np.array_equal(np.load(values), model.graph.graph.initializers["conv1.weight"].const_value.numpy())

    def test_unfinished_graphs_tell_a_repair(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        out = tmp_path / "o.onnx"
        words = ("edit", SAMPLE, "-o", out, "--delete", "features.0.2/Clip")
        code, _, err = self.run(capsys, *words)
        assert (code, out.exists()) == (2, False)
        assert "A repair: connect" in err
        code, text, _ = self.run(capsys, *words, "--unfinished", "--json")
        repairs = [p["repairs"][0]["edits"] for p in json.loads(text)["problems"]]
        (tmp_path / "repair.json").write_text(json.dumps([one for edits in repairs for one in edits]))
        code, _, err = self.run(capsys, *words, "--edits", tmp_path / "repair.json")
        assert code == 0, err

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (("--block", "features.1.0/Conv=fire(squeeze"), "has no closing bracket"),
            (("--block", "features.1.0/Conv=fire(deep=1)"), "has no field 'deep'"),
            (("--replace", "features.0.2/Clip=Clip(6)"), "'6' in 'Clip(6)' is not of the form NAME=VALUE."),
            (("--connect", "conv=x"), "does not name a layer and the number of an input"),
            (("--values", "w=a,b"), "'a,b' is not a list of numbers."),
            (("--fit", "conv.0=none"), "The number of channels 'none' is not a whole number above 0."),
            (("--edits", "nowhere.json"), "'nowhere.json' cannot be read"),
            (("--save-weights", "w"), "'w' is not of the form NAME=FILE."),
        ],
    )
    def test_forms(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], sentence: str
    ) -> None:
        code, _, err = self.run(capsys, "edit", SAMPLE, "-o", tmp_path / "o.onnx", *words)
        assert (code, sentence in err) == (2, True), err

    def test_files_of_edits_that_are_none(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        file = tmp_path / "e.json"
        for text, sentence in (
            ("{", "is no JSON file"), ("3", "does not hold a list of edits"), ("[1]", "a list of edits"),
            ('[{"edit": "x"}]', "There is no edit called 'x'."),
        ):  # fmt: skip
            file.write_text(text)
            code, _, err = self.run(capsys, "edit", SAMPLE, "-o", tmp_path / "o.onnx", "--edits", file)
            assert (code, sentence in err) == (2, True), err

    def test_refusals_write_nothing(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        out = tmp_path / "o.onnx"
        for words, sentence in (
            (("--bypass", "nobody"), "There is no layer 'nobody'."),
            (("--rename", "a"), "'a' is not of the form --rename A=B."),
            (("--input-shape", "image=1,3,32,32"), "gets 3 channels; its weight is made for 1."),
            ((), "No edit is given."),
        ):
            code, _, err = self.run(capsys, "edit", SAMPLE, "-o", out, *words)
            assert (code, sentence in err, out.exists()) == (2, True, False), err
