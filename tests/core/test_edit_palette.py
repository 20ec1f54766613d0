"""What the palette offers can be done: every offer is put in, checked and run."""

from __future__ import annotations

import onnx
import pytest

from core.formats.onnx_file import graph_to_proto
from core.formats.open import open_model
from core.model.editing import WorkingCopy
from core.model.editing.layers import Insert, Replace
from core.model.editing.operators import CATEGORY, operator_info, sentence
from core.model.editing.palette import candidates, palette
from core.model.inline import constant_tensor
from core.model.model import layer_name
from tests.conftest import SAMPLE, network_path
from tests.core.edit_graphs import run, small
from tests.core.test_edit_new_layers import chain


@pytest.mark.parametrize("opset", [9, 13, 21])
def test_every_offer_can_be_put_in_and_runs(opset: int) -> None:
    copy = WorkingCopy(chain(opset))
    tensor = next(copy.model.nodes()).outputs[0]
    offers = palette(copy, tensor)
    assert {o.operator.name for o in offers} >= {
        "Conv",
        "Relu",
        "Clip",
        "MaxPool",
        "BatchNormalization",
        "Add",
        "Reshape",
    }
    for offer in offers:
        name = offer.operator.name
        copy.do(Insert("r", name, "new", attributes=dict(offer.attributes), constants=dict(offer.constants)))
        node = next(n for n in copy.model.nodes() if n.name == "new")
        assert copy.shape_of(node.outputs[0]) == offer.shape
        if not copy.problems and name not in ("Mean", "Not") and opset > 9:
            onnx.checker.check_model(graph_to_proto(copy.model.graph))
            if copy.dtype_of(node.outputs[0]) == 1:
                run(copy.model)
        copy.undo()


def test_those_that_keep_the_shape_come_first_in_their_category() -> None:
    copy = WorkingCopy(chain(18))
    offers = palette(copy, next(copy.model.nodes()).outputs[0])
    order = [(list(dict.fromkeys(CATEGORY.values())).index(o.operator.category), not o.keeps_shape) for o in offers]
    assert order == sorted(order)
    conv = next(o for o in offers if o.operator.name == "Conv")
    assert (conv.attributes, conv.constants, conv.shape) == (
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, {}, ("batch", 4, 8, 8))  # fmt: skip
    clip = next(o for o in offers if o.operator.name == "Clip")
    assert clip.constants == {"min": 0, "max": 6}
    assert "HardSwish" not in {
        o.operator.name for o in palette(WorkingCopy(chain(13)), copy.model.graph.graph.inputs[0])
    }


def test_what_a_vector_and_integers_cannot_have_is_not_offered() -> None:
    copy = WorkingCopy(small())
    names = {o.operator.name for o in palette(copy, next(copy.model.nodes()).outputs[0])}
    assert not names & {"Conv", "MaxPool", "DepthToSpace"}


@pytest.mark.parametrize("network", ["sample", "resnet20"])
def test_every_candidate_can_take_the_layers_place(network: str) -> None:
    model = open_model(SAMPLE if network == "sample" else network_path(network))
    copy = WorkingCopy(model)
    kinds = {n.op_type: n for n in copy.model.nodes()}
    for node in kinds.values():
        name, made = layer_name(node), node.outputs[0]
        shape, flowing = copy.shape_of(made), [v for v in node.inputs if v and constant_tensor(v) is None]
        for offer in candidates(copy, node):
            assert offer.operator.name != node.op_type
            copy.do(Replace(name, offer.operator.name, dict(offer.attributes), dict(offer.constants)))
            now = next(n for n in copy.model.nodes() if layer_name(n) == name)
            if offer.shape is not None or not now.outputs[0].is_graph_output():  # an output must say some shape
                assert copy.shape_of(now.outputs[0]) == offer.shape
            assert [v for v in now.inputs if v in flowing] == flowing
            if offer.shape == shape:
                assert not [p for p in copy.problems if p.layer == name]
            copy.undo()


class TestWords:
    def test_every_operator_has_a_sentence(self) -> None:
        for operator in CATEGORY:
            info = operator_info(operator, onnx.defs.onnx_opset_version())
            assert info is not None, operator
            assert info.summary, operator
            for text in (info.summary, *(a.meaning for a in info.attributes), *(i.meaning for i in info.inputs)):
                assert not {"`", "\n", "$", "http", "](", "<T>"} & {
                    c for c in ("`", "\n", "$", "http", "](", "<T>") if c in text
                }
                assert len(text) <= 250

    @pytest.mark.parametrize(
        ("markdown", "plain"),
        [
            (
                "\nRelu takes one input data (Tensor<T>), see\nhttps://x.org/a_b. More.",
                "Relu takes one input data, see.",
            ),
            ("`a` is [the b](http://c.d), e.g. E. Next", "A is the b, e.g. E."),
            ("General:\n\n* A\n* B", "General."),
            ("Code ```x = 1. y```", "Code."),
            ("", ""),
        ],
    )
    def test_sentences(self, markdown: str, plain: str) -> None:
        assert sentence(markdown) == plain

    def test_attributes_say_what_they_can_be(self) -> None:
        info = operator_info("Conv", 18)
        assert info is not None
        auto_pad = next(a for a in info.attributes if a.name == "auto_pad")
        assert (auto_pad.kind, auto_pad.required, auto_pad.default) == ("text", False, "NOTSET")
        assert all(meaning for _, meaning in auto_pad.choices)
        group = next(a for a in info.attributes if a.name == "group")
        assert (group.kind, group.default, group.choices) == ("whole number", 1, ())
        assert operator_info("HardSwish", 13) is None
        assert operator_info("Upsample", 18) is None
