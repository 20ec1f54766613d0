"""Edits that are refused, unfinished graphs, random edits taken back, and the time one takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from core.formats.onnx_file import graph_to_proto
from core.model.editing import EDITS, Edit, WorkingCopy, from_json
from core.model.editing.edit import labels
from core.model.editing.ends import AddInput, AddOutput, RemoveInput, RemoveOutput, SetBatch, SetInputShape
from core.model.editing.layers import Bypass, Connect, Delete, Insert, RemoveIdentities, Replace
from core.model.editing.names import RemoveAttribute, RenameLayer, RenameTensor, SetAttribute, attribute_values
from core.model.editing.several import BypassSeveral, CutOutLayers, DeleteSeveral
from core.model.editing.weights import LoadWeights, SetWeights
from core.model.editing.whole import CutOut, FoldBatchNorm, FoldConstants
from core.model.editing.working_copy import problems
from core.model.model import Model, layer_name
from tests.core.edit_graphs import long_chain, run, small, written
from tests.core.random_networks import BLOCKS, HEADS, Network
from tests.timing import processor_seconds


class TestRefusals:
    @pytest.mark.parametrize(
        ("act", "sentence"),
        [
            (RenameLayer("nobody", "n"), "There is no layer 'nobody'."),
            (RenameLayer("a", "b"), "Layer 'a' cannot be renamed to 'b': something else has that name."),
            (RenameTensor("x", ""), "Tensor 'x' cannot be renamed to ''"),
            (RenameTensor("ra", "low"), "Tensor 'ra' cannot be renamed to 'low'"),
            (SetAttribute("d", "beta", 1.0), "Layer 'd' (LeakyRelu) has no attribute 'beta'. It can have: alpha."),
            (SetAttribute("d", "alpha", "x"), "Layer 'd' (LeakyRelu): the attribute 'alpha' must be a number"),
            (SetAttribute("flat", "allowzero", 2), "There"),
            (RemoveAttribute("d", "beta"), "Layer 'd' (LeakyRelu) has no attribute 'beta' set."),
            (
                Replace("a", "HardSwish"),
                "opset 13 has no operator 'HardSwish'. HardSwish came with opset 14",
            ),
            (Replace("a", "Where"), "Layer 'a' (Relu) cannot become Where: it has 1 inputs, and Where takes 3."),
            (Replace("a", "TopK"), "Layer 'a' (Relu) cannot become TopK"),
            (Replace("a", "Clip", {}, {"top": 6}), "Clip has no input 'top'. It reads: input, min, max."),
            (Replace("a", "Clip", {}, {"min": "x"}), "The value of 'min' for Clip must be numbers, not 'x'."),
            (Replace("flat", "Add", {}, {"A": 0}), "its input 'A' is the tensor 'rb' already"),
            (Insert("ra", "Reshape", constants={"shape": [1.5]}), "'shape' for Reshape must be whole numbers"),
            (Insert("ra", "GRU"), "GRU cannot be put behind 'ra': it has 1 inputs, and GRU takes 3 to 6."),
            (DeleteSeveral(("a", "d")), "Layer 'd' makes the graph output 'w'."),
            (BypassSeveral(()), "No layer is given."),
            (CutOutLayers(("a", "nobody")), "There is no layer 'nobody'."),
            (Replace("a", "Cast"), "Layer 'a' (Cast) needs the attribute 'to'."),
            (Insert("ra", "Conv"), "Conv cannot be put behind 'ra': it needs an input of at least 3 axes"),
            (Insert("ra", "Tanh", reader="d"), "Layer 'd' does not read the tensor 'ra'."),
            (Bypass("d"), "graph output 'w' would be 'x' itself"),
            (Delete("d"), "Layer 'd' makes the graph output 'w'."),
            (Connect("a", 0, "z"), "Layer 'a' cannot read 'z', which is made after it."),
            (AddOutput("y"), "'y' is a graph output already."),
            (RemoveOutput("q"), "There is no graph output 'q'."),
            (RemoveInput("x"), "The input 'x' cannot be removed: layer 'a' reads it."),
            (SetInputShape("x", (1,)), "Input 'x' has 2 axes; the new shape has 1."),
            (SetBatch(0), "Input 'x' cannot have the size 0 on axis 0."),
            (SetWeights("low", (1.0, 2.0)), "'low' holds 1 values"),
            (SetWeights("ra", (1.0,)), "'ra' is computed, not stored"),
            (CutOut((), ("y",)), "The part needs the graph input 'x'"),
        ],
        ids=lambda v: v.key if isinstance(v, Edit) else None,
    )
    def test_one_sentence_and_nothing_changes(self, act: Edit, sentence: str) -> None:
        if act == SetAttribute("flat", "allowzero", 2):
            sentence = "Layer 'flat' (Reshape) has no attribute 'allowzero'."  # it came with opset 14
        copy = WorkingCopy(small())
        before = written(copy.model)
        with pytest.raises(UserError) as caught:
            copy.do(act)
        assert sentence in str(caught.value)
        assert written(copy.model) == before
        assert copy.edits == ()

    def test_files_that_do_not_fit(self, tmp_path: Path) -> None:
        copy, file = WorkingCopy(small()), tmp_path / "v.npy"
        for array, sentence in (
            (np.zeros(3, np.float32), "has the shape 3; 'low' has ()."),
            (np.array(1.0), "holds float64; 'low' is float32. Convert it with array.astype('float32')."),
        ):
            np.save(file, array)
            with pytest.raises(UserError, match=r"v\.npy") as caught:
                copy.do(LoadWeights("low", str(file)))
            assert sentence in str(caught.value)
        np.save(file, np.array([{"a": 1}]), allow_pickle=True)
        with pytest.raises(UserError, match=r"no \.npy file of plain"):
            copy.do(LoadWeights("low", str(file)))
        with pytest.raises(UserError, match="cannot be read"):
            copy.do(LoadWeights("low", str(tmp_path / "none.npy")))

    def test_every_edit_says_what_its_fields_are(self) -> None:
        assert len(EDITS) == 32
        for kind in EDITS.values():
            assert all(labels(kind).values())

    def test_wrong_json_is_refused(self) -> None:
        for data in ({"edit": "none"}, {"edit": "layer.bypass"}, {"edit": "layer.bypass", "layer": 3},
                     {"edit": "layer.bypass", "layer": "a", "b": 1}, {"edit": "cut.out", "inputs": "a"}):  # fmt: skip
            with pytest.raises(UserError):
                from_json(data)


class TestUnfinished:
    def test_deleted_layer_leaves_a_mark_that_connecting_takes_away(self) -> None:
        copy = WorkingCopy(small())
        copy.do(Delete("b"))
        assert [(p.layer, p.sentence) for p in copy.problems] == [
            ("flat", "Layer 'flat' (Reshape) lacks its input 'data'.")
        ]
        copy.do(Connect("flat", 0, "ra"))
        assert copy.problems == ()
        x = np.array([[-1, 2, -3, 4]], np.float32)
        assert run(copy.model, {"x": x})["y"].ravel().tolist() == [0, 2, 0, 4]

    def test_values_that_a_shape_depends_on(self) -> None:
        copy = WorkingCopy(small())
        copy.do(SetWeights("target", (1, 3, 3)))
        assert copy.problems[0].layer == "flat"
        copy.do(SetWeights("target", (1, 4, 1)))
        assert copy.problems == ()
        assert copy.model.graph.graph.outputs[0].shape == ir.Shape([1, 4, 1])


NAMES = st.sampled_from(["one", "two", "three"])


@st.composite
def random_edit(draw: Any, model: Model) -> Edit:
    layers = [layer_name(n) for n in model.nodes()] or ["none"]
    tensors = [v.name for n in model.nodes() for v in (*n.inputs, *n.outputs) if v is not None and v.name] or ["none"]
    layer, tensor, other = (draw(st.sampled_from(x)) for x in (layers, tensors, tensors))
    node = next((n for n in model.nodes() if layer_name(n) == layer), None)
    values = list((attribute_values(node) if node is not None else {}).items()) or [("axis", 1)]
    key, value = draw(st.sampled_from(values))
    index = draw(st.integers(0, 2))
    choices: list[Edit] = [
        RenameLayer(layer, draw(NAMES)), RenameTensor(tensor, draw(NAMES)), SetAttribute(layer, key, value),
        RemoveAttribute(layer, key), Replace(layer, draw(st.sampled_from(["Tanh", "Add", "Relu", "Softmax"]))),
        Insert(tensor, draw(st.sampled_from(["Sigmoid", "Identity"]))), Insert(tensor, "Mul", inputs=(other,)),
        Bypass(layer), Bypass(layer, other), Delete(layer), Connect(layer, index, tensor), AddOutput(tensor),
        RemoveOutput(tensor), AddInput(draw(NAMES), ("batch", 3), tensor=draw(st.sampled_from(["", tensor]))),
        RemoveInput(draw(NAMES)), SetInputShape("input", ("n", 3, 8, index + 6)), SetBatch(index or "batch"),
        RemoveIdentities(), FoldBatchNorm(), FoldConstants(), SetWeights(tensor, (1.0,)), CutOut((tensor,), (other,)),
    ]  # fmt: skip
    return draw(st.sampled_from(choices))


@settings(max_examples=40)
@given(st.data())
def test_random_edits_and_undos_restore_the_bytes(data: Any) -> None:
    network = Network(data.draw(st.integers(0, 99)), opset=18)
    for key in data.draw(st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=2)):
        BLOCKS[key](network)
    model = network.model(data.draw(st.sampled_from(sorted(HEADS))))
    copy = WorkingCopy(model)
    states = [written(copy.model)]
    for _ in range(data.draw(st.integers(1, 8))):
        move = data.draw(st.sampled_from(["do", "do", "do", "undo", "redo"]))
        if move == "do":
            try:
                copy.do(data.draw(random_edit(copy.model)))
            except UserError:
                assert written(copy.model) == states[len(copy.edits)]
                continue
            states[len(copy.edits) :] = [written(copy.model)]
            anew = problems(copy.model)  # what is inferred step by step is what is inferred at once
            assert set(anew) <= set(copy.problems)
            assert anew or not copy.problems
            if not copy.problems:
                onnx.checker.check_model(graph_to_proto(copy.model.graph))
        elif move == "undo":
            copy.undo()
        else:
            copy.redo()
        assert written(copy.model) == states[len(copy.edits)]
    while copy.undo():
        assert written(copy.model) == states[len(copy.edits)]
    assert written(copy.model) == states[0] == written(model)


def test_an_edit_of_ten_thousand_layers_takes_less_than_30_ms() -> None:
    copy = WorkingCopy(long_chain(10_000))
    taken: dict[str, float] = {}
    for act in (RenameLayer("conv2500", "n1"), RenameTensor("w2500", "n2"), SetAttribute("conv9", "strides", [1, 1]),
                Replace("relu2500", "Tanh"), Bypass("relu2600"), Insert("r2700", "Sigmoid"), Delete("relu2800"),
                Connect("conv2801", 0, "c2800"), AddOutput("c5"), RemoveOutput("c5"),
                SetWeights("w77", (1, 2, 3, 4)))*3:  # fmt: skip
        try:
            took = processor_seconds(lambda act=act: copy.do(act))
        except UserError:  # the second time round a name is gone
            continue
        copy.undo()
        again = processor_seconds(copy.redo)
        for key, seconds in ((act.key, took), (f"{act.key} again", again)):
            taken[key] = min(taken.get(key, 9.0), seconds)
    assert len(taken) == 22
    assert max(taken.values()) < 0.03, taken
