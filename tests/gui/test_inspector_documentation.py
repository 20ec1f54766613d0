"""What the onnx package says of operators, readable and without anything that leads elsewhere."""

from __future__ import annotations

import re

import onnx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from core.data.sample import sample_model
from core.formats.open import open_model
from gui.graph_view.known import known
from gui.inspector import Inspector
from gui.inspector.documentation import inline, meaning, operator_documentation, pieces
from gui.inspector.operator_text import attribute_meaning, parameter_meaning, type_names

SCHEMAS = onnx.defs.get_all_schemas_with_history()
LEFT = (
    r"https?:",
    r"\]\(",
    "```",
    r"\*\*[A-Za-z]",
    r"\\[a-z]+\b",
    r"\$",
    r"\.md\b",
    "\0",
    r"<a\b",
    r"&lt;(br|p|b)&gt;",
)


def test_nothing_of_markdown_tex_or_addresses_is_left_in_any_operator() -> None:
    for schema in SCHEMAS:
        found = operator_documentation(schema.name, schema.domain, schema.since_version)
        assert found is not None, schema.name
        assert found.first or found.rest
        held = [*schema.attributes.values(), *schema.inputs, *schema.outputs]
        text = found.first + found.rest + "".join(meaning(h.description) for h in held)
        plain = re.sub(r"<pre.*?</pre>|<code>.*?</code>", "", text, flags=re.S)
        for pattern in LEFT:
            assert not re.search(pattern, plain), f"{schema.name} {schema.since_version}: {pattern}"


def test_the_first_sentence_stands_alone_and_the_rest_follows() -> None:
    found = operator_documentation("BatchNormalization", "", 15)
    assert found is not None
    assert found.first == "Carries out batch normalization as described in the paper arXiv 1502.03167."
    assert "<pre" in found.rest
    assert "running_mean = input_mean * momentum" in found.rest
    assert "optional</b> inputs" not in found.rest  # a sentence that only points elsewhere
    gemm = operator_documentation("Gemm", "", 13)
    assert gemm is not None
    assert gemm.first == "General Matrix multiplication."


@pytest.mark.parametrize(
    ("text", "rich"),
    [
        ("`pads` is **not** *used*", "<code>pads</code> is <b>not</b> <i>used</i>"),
        ("a < b & c", "a &lt; b &amp; c"),
        (r"$\frac{k n}{N}$", "<i>(k n)/N</i>"),
        (r"$\sum_{n=0}^{N-1} x^2$", "<i>Σ<sub>n=0</sub><sup>N-1</sup> x<sup>2</sup></i>"),
        (r"input \in [0, 1]", "input ∈ [0, 1]"),
        ("alpha**T and 2 * a * b", "alpha**T and 2 * a * b"),
    ],
)
def test_markup_inside_a_line(text: str, rich: str) -> None:
    assert inline(text) == rich


def test_lists_fences_and_links_are_told_apart() -> None:
    text = "See [the paper](https://x.org/a).\n\n* one\n  more\n* two\n\n```\ny = x\n```\nend<br>of it"
    assert [(p.kind, p.text) for p in pieces(text)] == [
        ("text", "See the paper."),
        ("item", "one more"),
        ("item", "two"),
        ("code", "y = x"),
        ("text", "end of it"),
    ]


def test_types_are_called_as_elsewhere_and_optional_inputs_say_so() -> None:
    schema = onnx.defs.get_schema("Conv", 18)
    assert type_names(schema.inputs[0].types) == "float16, float32, float64"
    assert "Optional." in parameter_meaning(schema.inputs[2])
    assert "number of groups" in attribute_meaning(schema, "group")
    assert attribute_meaning(schema, "no_such") == ""
    assert attribute_meaning(None, "group") == ""


@pytest.fixture
def conv(qtbot: QtBot) -> Inspector:
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.resize(320, 900)
    inspector.show()
    model = open_model(sample_model())
    inspector.set_model(model)
    inspector.set_selection([next(k for k, (n, _) in known(model).layers.items() if n.op_type == "Conv")])
    return inspector


def shown(inspector: Inspector) -> str:
    labels = [w for part in inspector.page.shown for w in part.findChildren(QLabel) if w.isVisible()]
    return "\n".join(label.text() for label in labels)


def test_a_layer_explains_itself_to_whoever_uses_only_the_keyboard(conv: Inspector, qtbot: QtBot) -> None:
    assert "The convolution operator consumes an input tensor" in shown(conv)
    assert "opset 11" not in shown(conv)
    section = conv.page.sections["documentation"]
    qtbot.keyClick(section.head, Qt.Key.Key_Space)
    assert "opset 11" in shown(conv)
    assert "number of groups" not in shown(conv)
    explain = next(b for b in conv.findChildren(QToolButton) if b.accessibleName() == "Explain the attributes")
    assert explain.focusPolicy() & Qt.FocusPolicy.TabFocus
    qtbot.keyClick(explain, Qt.Key.Key_Space)
    assert "number of groups" in shown(conv)
    explain = next(b for b in conv.findChildren(QToolButton) if b.accessibleName() == "Explain the inputs")
    qtbot.keyClick(explain, Qt.Key.Key_Space)
    assert "Types (T): float16, float32, float64" in shown(conv)
    assert "The weight tensor that will be used in the convolutions" in shown(conv)


def test_what_is_open_stays_open_for_the_next_layer(conv: Inspector, qtbot: QtBot) -> None:
    qtbot.mouseClick(conv.page.sections["documentation"].head, Qt.MouseButton.LeftButton)
    qtbot.keyClick(conv.page.sections["cost"].head, Qt.Key.Key_Space)
    model = conv._whole.model
    conv.set_selection([next(k for k, (n, _) in known(model).layers.items() if n.op_type == "Gemm")])
    assert "opset 13" in shown(conv)
    assert "MACs" not in shown(conv)
    assert conv.folds.to_json() == {"documentation": True, "cost": False}


def test_an_operator_nobody_describes_says_so(qtbot: QtBot) -> None:
    from onnx import helper

    from tests.gui.small_networks import small

    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.show()
    inspector.set_model(small(helper.make_node("Own", ["x"], ["y"], "own", domain="com.example")))
    inspector.set_selection(["own"])
    assert "No description of this operator of 'com.example' is at hand." in shown(inspector)
