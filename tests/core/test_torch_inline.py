"""Functions and constant Ifs: written out by prepare and by the executor, and the answers stay onnxruntime's."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch

from core.errors import UnsupportedOperator, UserError
from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.model.inline import inline_constant_ifs, inline_functions
from core.model.model import ORIGIN, Model
from core.model.prepare import prepare

HEAD = '<ir_version: 8, opset_import: ["" : 18, "loc" : 1]>'
FUNCTIONS = """
<domain: "loc", opset_import: ["" : 18]>
twice <alpha: float = 0.1> (x) => (y) { t = LeakyRelu <alpha: float = @alpha> (x)  y = Add(t, t) }
<domain: "loc", opset_import: ["" : 18, "loc" : 1]>
deep (x) => (z) { y = loc.twice <alpha = 0.7> (x)  z = Neg(y) }
"""
# branches whose inner names meet outer and each other's names, a captured value, a weight of a branch's own,
# a nested If, a condition computed from a size, an output that is an outer value
IFS = """
g (float[N, 4] x) => (float[N, 4] y, float[N, 4] z, float[N, 4] v)
<bool yes = {1}, bool no = {0}, float[4] w = {1, 2, 3, 4}>
{
  t = Relu(x)
  y = If (yes) <
    then_branch = g1 () => (float[N, 4] out) {
      u = Add(t, w)
      out = If (no) <
        then_branch = g3 () => (float[N, 4] o) { o = Neg(u) },
        else_branch = g4 () => (float[N, 4] o) <float[4] own = {3, 1, 4, 1}> { p = Mul(u, own)  o = Sub(p, x) }
      >
    },
    else_branch = g2 () => (float[N, 4] out) { out = Neg(t) }
  >
  s = Shape(x)
  i = Constant <value_int = 1> ()
  size = Gather(s, i)
  four = Constant <value_int = 4> ()
  c = Equal(size, four)
  z = If (c) <
    then_branch = h1 () => (float[N, 4] o) { o = Identity(y) },
    else_branch = h2 () => (float[N, 4] o) { u = Relu(t)  o = Neg(u) }
  >
  v = If (no) <
    then_branch = k1 () => (float[N, 4] o) { o = Identity(y) },
    else_branch = k2 () => (float[N, 4] o) { u = Abs(t)  q = Sqrt(u)  o = Neg(q) }
  >
}
"""
CALLS = """
g (float[N, 4] x) => (float[N, 4] y)
{
  a = loc.twice <alpha = 0.3> (x)
  t = loc.deep (a)
  y = loc.twice (t)
}
"""


def parsed(text: str) -> Model:
    return Model.from_ir(ir.from_proto(onnx.parser.parse_model(text)))


def same_answers(model: Model) -> None:
    """The original in onnxruntime; written out in onnxruntime and in torch."""
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    before = ir.to_proto(model.graph).SerializeToString()
    wanted = onnx_session(model, optimized=False).run({"x": x})
    flat, _ = inline_constant_ifs(inline_functions(model)[0])
    onnx.checker.check_model(ir.to_proto(flat.graph), full_check=True)
    given = onnx_session(flat, optimized=False).run({"x": x})
    with torch.no_grad():
        by_torch = TorchGraph(model)(torch.from_numpy(x))
    assert list(wanted) == list(given) == list(by_torch)
    for name, values in wanted.items():
        np.testing.assert_allclose(given[name], values, rtol=1e-6)
        np.testing.assert_allclose(by_torch[name].numpy(), values, rtol=1e-5, atol=1e-6)
    assert ir.to_proto(model.graph).SerializeToString() == before


def test_constant_ifs_become_the_branch_that_is_taken() -> None:
    model = parsed(HEAD + IFS)
    same_answers(model)
    flat, names = inline_constant_ifs(model)
    assert len(names) == 4
    assert "If" not in {n.op_type for n in flat.nodes()}
    assert [n.metadata_props.get(ORIGIN) for n in flat.nodes() if n.op_type == "Mul"] == ["y"]
    assert "own" in flat.graph.graph.initializers


def test_functions_become_plain_layers() -> None:
    model = parsed(HEAD + CALLS + FUNCTIONS)
    same_answers(model)
    flat, names = inline_functions(model)
    assert names[:3] == ("a", "t", "y")
    assert not flat.graph.functions
    assert [n.op_type for n in flat.nodes()] == ["LeakyRelu", "Add", "LeakyRelu", "Add", "Neg", "LeakyRelu", "Add"]
    assert [n.metadata_props[ORIGIN] for n in flat.nodes()][:2] == ["a", "a"]
    assert len({n.name for n in flat.nodes()}) == 7


def test_prepare_says_what_it_wrote_out() -> None:
    new, changes = prepare(parsed(HEAD + IFS))
    assert changes[0].startswith("4 Ifs became the branch that is always taken: y, ")
    assert prepare(new)[1] == ()
    _, changes = prepare(parsed(HEAD + CALLS + FUNCTIONS))
    assert changes[0].endswith("of the file's own functions became plain layers: a, t, y.")


def test_a_graph_without_either_stays_itself() -> None:
    model = parsed(HEAD + "g (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }")
    assert inline_functions(model)[0] is model
    assert inline_constant_ifs(model)[0] is model


OPEN = """
g (float[N, 4] x, bool c) => (float[N, 4] y)
{
  y = If (c) <
    then_branch = a () => (float[N, 4] o) { o = Neg(x) },
    else_branch = b () => (float[N, 4] p) { p = Abs(x) }
  >
}
"""
BY_BATCH = """
g (float[N, 4] x) => (float[N, 4] y)
{
  s = Shape(x)
  i = Constant <value_int = 0> ()
  n = Gather(s, i)
  two = Constant <value_int = 2> ()
  c = Equal(n, two)
  y = If (c) <
    then_branch = a () => (float[N, 4] o) { o = Neg(x) },
    else_branch = b () => (float[N, 4] p) { p = Abs(x) }
  >
}
"""


@pytest.mark.parametrize("text", [OPEN, BY_BATCH])
def test_an_if_that_depends_on_what_is_fed_is_refused_by_name(text: str) -> None:
    model = parsed(HEAD + text)
    for act in (TorchGraph, prepare):
        with pytest.raises(UnsupportedOperator, match=r"Layer 'y' \(If\): which branch is taken depends on"):
            act(model)


SEQUENCES = """
g (float[N, 6, 2] x) => (float[N, 2, 2] y, float[N, 4, 2] z, float[N, 6] v, float[N, 2, 2] again)
<int64 two = {2}, int64[2] uneven = {2, 4}>
{
  s = SplitToSequence <axis = 1> (x, two)
  i0 = Constant <value = int64 {0}> ()
  i1 = Constant <value = int64 {1}> ()
  last = Constant <value = int64 {-1}> ()
  a = SequenceAt(s, i0)
  y = SequenceAt(s, last)
  again = SequenceAt(s, last)
  t = SplitToSequence <axis = 1> (x, uneven)
  b = SequenceAt(t, i1)
  c = Concat <axis = 1> (a, a)
  z = Add(b, c)
  u = SplitToSequence <axis = -1, keepdims = 0> (x)
  v = SequenceAt(u, i1)
}
"""


@pytest.mark.parametrize("opset", [11, 18])
def test_cuts_read_at_fixed_places_become_splits(opset: int) -> None:
    model = parsed(HEAD.replace("18", str(opset)) + SEQUENCES)
    x = np.random.default_rng(0).standard_normal((3, 6, 2)).astype(np.float32)
    wanted = onnx_session(model, optimized=False).run({"x": x})
    new, changes = prepare(model)
    assert changes == ("3 cuts into a sequence became a Split: s, t, u.",)
    onnx.checker.check_model(ir.to_proto(new.graph), full_check=True)
    given = onnx_session(new, optimized=False).run({"x": x})
    by_torch = TorchGraph(model)(torch.from_numpy(x))
    for name, values in wanted.items():
        assert np.array_equal(given[name], values)
        assert np.array_equal(by_torch[name].numpy(), values)


def test_a_branch_that_returns_an_outer_value_is_refused_in_one_sentence() -> None:
    text = """g (float[4] x) => (float[4] y) <bool c = {1}> {
      t = Relu(x)
      y = If (c) <then_branch = a () => (float[4] t) { }, else_branch = b () => (float[4] p) { p = Abs(x) }>
    }"""
    for act in (TorchGraph, prepare):
        with pytest.raises(UserError, match=r"a branch of layer '' \(If\) returns 't', which it does not compute"):
            act(parsed(HEAD + text))


def test_sequences_and_loops_are_refused_by_name() -> None:
    text = "g (float[4] x) => (int64 y) { s = SequenceConstruct(x, x)  y = SequenceLength(s) }"
    with pytest.raises(UnsupportedOperator, match=r"'s' \(SequenceConstruct\)"):
        TorchGraph(parsed(HEAD + text))


def test_functions_of_another_opset_are_refused_in_one_sentence() -> None:
    text = CALLS + FUNCTIONS.replace('"" : 18', '"" : 17')
    with pytest.raises(UserError, match=r"The functions of the graph cannot be written out: .*version 1[78]"):
        TorchGraph(parsed(HEAD + text))
