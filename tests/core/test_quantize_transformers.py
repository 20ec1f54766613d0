"""Transformers in 8 bits: layers over tokens as Gemm with a bias, ViT and BERT, and the detective on them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort
import pytest
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantType
from onnxruntime.quantization import quantize_static as ort_quantize_static

from core.data.dataset import Array, DataSet
from core.data.feed import real_rows
from core.data.splits import take
from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import convert
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.measure.fidelity import fidelity
from core.measure.quantized_parts import without
from core.methods.analyse.cures import cures_from
from core.methods.method import Context
from core.methods.quantize.prepared import prepared
from core.methods.quantize.ready import ready, ready_like
from core.methods.quantize.static import Params, quantize_static
from core.methods.scope import Scope
from core.model.fuse_gemm import fuse_gemm
from core.model.model import Model
from core.model.qdq import check_rules
from core.params import from_json
from core.project.recipe import Step, run_step
from core.references.create import create
from core.references.reference import load_references
from tests.core.qdq_graphs import Arrays, network, node, run, weights
from tests.core.test_smooth import Drawn

TOKENS, WIDTH = 5, 24
CASES = {
    "vit_tiny": {"resolution": 32, "patch": 8, "depth": 2, "classes": 10, "dim": 48, "heads": 3},
    "bert_tiny": {"vocab": 100, "sequence": 16, "positions": 16},
}


def two_layers() -> Model:
    """Two linear layers that read the same tokens, one of them with a bias of one row."""
    nodes = [
        node("MatMul", "x v", "p"), node("Add", "p b", "q"), node("MatMul", "x w", "r"), node("Add", "c r", "s"),
        node("Add", "q s", "y"),
    ]  # fmt: skip
    constants = {
        "v": weights(WIDTH, 7), "b": weights(7, seed=1), "w": weights(WIDTH, 7, seed=2), "c": weights(1, 7, seed=3),
    }  # fmt: skip
    return network(nodes, constants, [TOKENS, WIDTH])


def test_layers_over_tokens_become_gemm_with_their_bias_and_share_their_rows() -> None:
    model = two_layers()
    fused, names = fuse_gemm(model, lambda _: True)
    assert names == ("/p", "/r")
    assert [n.op_type for n in fused.nodes()].count("Reshape") == 3, "one in front of both, one behind each"
    assert {n.name: len(n.inputs) for n in fused.nodes() if n.op_type == "Gemm"} == {"/p": 3, "/r": 3}
    assert not [n for n in fused.nodes() if n.op_type == "MatMul"]
    onnx.checker.check_model(ir.to_proto(fused.graph), full_check=True)
    x = Arrays([TOKENS, WIDTH]).values
    for batch in (x[:1], x[:3]):
        np.testing.assert_allclose(run(fused, batch)["y"], run(model, batch)["y"], atol=1e-5)
    assert fuse_gemm(model) == (model, ()), "only where it is asked for"
    assert fuse_gemm(model, lambda n: n.name == "/r")[1] == ("/r",)


def test_tokens_in_front_of_the_batch_stay_a_product() -> None:
    """[T, N, C]: -1 could not stand for the tokens and the batch at once."""
    nodes = [node("Transpose", "x", "t", perm=[1, 0, 2]), node("MatMul", "t v", "y")]
    model = network(nodes, {"v": weights(WIDTH, 7)}, [TOKENS, WIDTH])
    assert fuse_gemm(model, lambda _: True) == (model, ())


def test_what_a_layer_over_tokens_is_shifted_by_goes_into_its_bias() -> None:
    """The mean output by channel, over items and tokens, is the float network's again; 4 bits make the shift large."""
    nodes = [node("MatMul", "x v", "p"), node("Add", "p b", "y")]
    model = network(nodes, {"v": weights(WIDTH, 7), "b": weights(7, seed=1)}, [TOKENS, WIDTH], opset=21)
    data = Arrays([TOKENS, WIDTH], 32)
    data.values += 2
    wanted = run(model, data.values)["y"].mean(axis=(0, 1))
    away = {}
    for corrected in (False, True):
        params = from_json(Params, {"precision": "int4", "bias_correction": corrected})
        done = quantize_static(model, data, params, Context())
        assert check_rules(done.model) == []
        away[corrected] = np.abs(run(done.model, data.values)["y"].mean(axis=(0, 1)) - wanted).max()
    assert away[False] > 10 * away[True]


def trunk(*end: onnx.NodeProto) -> Model:
    """Two layers that add to what they read, before ``end``, which reads "s" and gives "y"."""
    nodes = [
        node("MatMul", "x v", "p"), node("Add", "x p", "r"), node("MatMul", "r w", "q"), node("Add", "r q", "s"), *end,
    ]  # fmt: skip
    constants = {
        "v": weights(WIDTH, WIDTH), "w": weights(WIDTH, WIDTH, seed=1), "g": np.ones(WIDTH, np.float32),
        "size": np.array([-1, WIDTH]), "u": weights(WIDTH, 7), "half": np.array(0.5, np.float32),
    }  # fmt: skip
    used = {name for n in nodes for name in n.input}
    return network(nodes, {k: v for k, v in constants.items() if k in used}, [TOKENS, WIDTH])


def test_sums_that_only_float_layers_read_stay_float() -> None:
    normalized = node("LayerNormalization", "s g", "y")
    plan = prepared(trunk(normalized), Params(), Context()).plan
    assert [k.layer for k in plan.kept] == ["/s", "/y"], "the sum before it has an int8 reader"
    assert "only float layers read it" in plan.kept[0].reason
    moved = [node("Reshape", "s size", "t"), node("LayerNormalization", "t g", "y")]
    assert not {"/s", "/t"} & {n.name for n in prepared(trunk(*moved), Params(), Context()).plan.layers}
    attention = [node("Mul", "s half", "m"), node("Transpose", "s", "t", perm=[0, 2, 1]), node("MatMul", "m t", "y")]
    assert not {"/s", "/m"} & {n.name for n in prepared(trunk(*attention), Params(), Context()).plan.layers}
    for end in (node("MatMul", "s u", "y"), node("Relu", "s", "y")):
        assert "/s" in {n.name for n in prepared(trunk(end), Params(), Context()).plan.layers}
    output = prepared(trunk(node("LayerNormalization", "s g", "y")), Params(), Context()).model.clone()
    output.graph.graph.outputs.append(next(o for n in output.nodes() for o in n.outputs if o.name == "s"))
    assert "/s" in {n.name for n in prepared(output.with_graph(output.graph), Params(), Context()).plan.layers}


def test_leaving_a_layer_in_float_is_what_the_quantizer_does_beside_float_sums() -> None:
    """The pair behind a layer goes with it where a float sum is all that reads it."""
    model, data = trunk(node("LayerNormalization", "s g", "y")), Arrays([TOKENS, WIDTH])
    plain = from_json(Params, {"bias_correction": False})
    done = quantize_static(model, data, plain, Context()).model
    left = Context(overrides=((Scope(layers=("/q",)), {"precision": "float"}),))
    theirs = run(quantize_static(model, data, plain, left).model, data.values)["y"]
    ours = run(without(done, ready_like(model, done), ["/q"]), data.values)["y"]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_rows_of_real_items() -> None:
    feed = {"x": np.zeros((4, 2))}
    assert real_rows(np.arange(12), feed, 3).tolist() == list(range(9)), "three rows an item"
    assert len(real_rows(np.arange(12), feed, 4)) == 12
    assert real_rows(np.array(1.0), feed, 1).shape == ()


@pytest.fixture(scope="module", params=list(CASES))
def case(request: pytest.FixtureRequest) -> tuple[Model, Model, DataSet]:
    """(float, quantized, data) of a reference with random weights."""
    reference = load_references().get(request.param)
    made = create(reference, from_json(reference.params, CASES[request.param]))
    model = dataclasses.replace(made, inputs=tuple(dataclasses.replace(i, preprocessing=None) for i in made.inputs))
    data: DataSet = Drawn(model, 24, 1)
    done = run_step(model, Step("quantize.static", {"calibration_items": 8}), Context(data=data)).model
    assert done is not None
    return model, done, data


def test_a_transformer_in_8_bits(case: tuple[Model, Model, DataSet]) -> None:
    """Rules, checker, bias of every linear layer in the graph, and torch and onnxruntime give the same."""
    model, done, data = case
    assert check_rules(done) == []
    onnx.checker.check_model(ir.to_proto(done.graph), full_check=True)
    linear = {n.name for n in model.nodes() if n.op_type == "MatMul" and n.inputs[1] in _constants(model)}
    gemms = {n.name: n for n in done.nodes() if n.op_type == "Gemm"}
    assert linear
    assert linear <= set(gemms)
    assert all(len(n.inputs) == 3 for n in gemms.values()), "each has its bias inside"
    feed = {s.name: np.stack([data.load(k)[s.name] for k in range(4)]) for s in model.inputs}
    found = onnx_session(done, exact=True).run(feed)["scores"]
    assert np.isfinite(found).all()
    tensors = {name: torch.from_numpy(array) for name, array in feed.items()}
    by_torch = TorchGraph(done).eval()(tensors)["scores"].detach().numpy()
    step = next(n for n in reversed(list(done.nodes())) if n.op_type == "DequantizeLinear").inputs[1]
    assert step is not None
    assert step.const_value is not None
    assert np.abs(found - by_torch).max() <= 4 * float(step.const_value.numpy())


def test_the_detective_reads_a_transformer(case: tuple[Model, Model, DataSet]) -> None:
    """Every linear layer is looked into and tried alone, attention and normalizations where they store values."""
    model, done, data = case
    report = run_step(
        done, Step("analyse.quantization_loss", {"items": 4, "least_share": 1.0}), Context(data=data, teacher=model)
    ).report
    rows = {str(r[0]): r for r in next(t for t in report.tables if t.title == "Loss per layer").rows}
    gemms = {n.name for n in done.nodes() if n.op_type == "Gemm"}
    assert gemms <= set(rows)
    assert {"LayerNormalization", "MatMul", "Gemm"} <= {str(r[1]) for r in rows.values()}
    assert sum(float(r[2]) for r in rows.values()) == pytest.approx(100, abs=1), "shares of the loss"
    assert all(np.isfinite(float(r[3])) for r in rows.values())
    named = [r for r in rows.values() if r[6]]
    assert max(rows.values(), key=lambda r: float(r[2])) in named, "the loudest has a cause"
    linear = {str(r[0]): float(r[5]) for r in rows.values() if r[1] == "Gemm"}
    assert all(share > 0 for share in linear.values()), "the weights' part in each layer's error is known"


def test_a_foreign_graph_keeps_its_products() -> None:
    """The float parent is brought into the form of what is compared with it, whoever quantized it."""
    model = two_layers()
    like = ready_like(model, model)
    assert [n.op_type for n in like.nodes()].count("MatMul") == 2
    assert [n.op_type for n in ready_like(model, fuse_gemm(model, lambda _: True)[0]).nodes()].count("Gemm") == 2
    assert [n.op_type for n in ready(model)[0].nodes()].count("MatMul") == 2


def _constants(model: Model) -> set[ir.Value]:
    return set(model.graph.graph.initializers.values())


def test_what_is_chosen_for_a_normalization_holds_for_the_rows_that_layers_read() -> None:
    nodes = [node("LayerNormalization", "x g", "n"), node("Dropout", "n", "d"), node("MatMul", "d v", "y")]
    model = network(nodes, {"g": np.ones(WIDTH, np.float32), "v": weights(WIDTH, 7)}, [TOKENS, WIDTH])
    ctx = Context(overrides=((Scope(layers=("/n",)), {"activations": "int16"}),))
    done = prepared(model, Params(), ctx)
    gemm = next(n for n in done.model.nodes() if n.op_type == "Gemm")
    assert gemm.inputs[0] is not None
    assert done.values.forms[gemm.inputs[0].name or ""].storage == "int16"
    assert done.values.forms["y"].storage == "uint8"
    assert not done.values.notes


def test_an_embedding_table_is_stored_in_8_bits_and_looked_up_as_integers(tmp_path: Path) -> None:
    """A quarter of the table's bytes; onnxruntime looks up integers and decodes only the rows it found."""
    nodes = [node("Gather", "w i", "g"), node("Add", "g x", "s"), node("MatMul", "s v", "y")]
    table = weights(50, WIDTH)
    model = network(nodes, {"w": table, "i": np.array([3, 1, 4, 1, 5]), "v": weights(WIDTH, 7)}, [TOKENS, WIDTH])
    assert not prepared(model, Params(), Context()).plan.tables, "constant rows are no look-up"
    reference = load_references().get("bert_tiny")
    bert = create(reference, from_json(reference.params, CASES["bert_tiny"]))
    data: DataSet = Drawn(bert, 8, 1)
    done = quantize_static(bert, data, Params(), Context())
    (gather,) = done.plan.tables
    assert "1 embedding table is stored in 8 bits" in " ".join(done.notes)
    name = "bert.embeddings.word_embeddings.weight"
    stored = done.model.graph.graph.initializers[f"{name}_quantized"].const_value
    scale, zero = (done.model.graph.graph.initializers[f"{name}_{k}"].const_value for k in ("scale", "zero_point"))
    old = bert.graph.graph.initializers[name].const_value
    assert stored is not None
    assert scale is not None
    assert zero is not None
    assert old is not None
    assert 4 * stored.nbytes == old.nbytes
    read = (stored.numpy().astype(np.float32) - zero.numpy()) * scale.numpy()
    assert np.abs(read - old.numpy()).max() <= 0.5001 * float(scale.numpy())
    session, made = ort.SessionOptions(), tmp_path / "optimized.onnx"
    session.optimized_model_filepath = str(made)
    session.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    ort.InferenceSession(ir.to_proto(done.model.graph).SerializeToString(), session)
    found = next(n for n in onnx.load(made).graph.node if n.name == gather.name)
    assert found.input[0] == f"{name}_quantized"
    inside = Context(overrides=((Scope(layers=(gather.name or "",)), {"precision": "float"}),))
    assert not prepared(bert, Params(), inside).plan.tables


def test_the_detective_names_a_table_and_how_to_keep_it() -> None:
    """Rows of unlike size under one scale: the only cure there is keeps the table in float."""
    reference = load_references().get("bert_tiny")
    bert = create(reference, from_json(reference.params, CASES["bert_tiny"]))
    values = bert.graph.graph.initializers["bert.embeddings.word_embeddings.weight"]
    assert values.const_value is not None
    table = values.const_value.numpy().copy()
    table[0] *= 400  # a word that no item holds
    values.const_value = ir.tensor(table, name=values.name)
    drawn = Drawn(bert, 24, 1)
    data: DataSet = Shifted(drawn)
    done = run_step(bert, Step("quantize.static", {"calibration_items": 8}), Context(data=data)).model
    assert done is not None
    report = run_step(done, Step("analyse.quantization_loss", {"items": 4}), Context(data=data, teacher=bert)).report
    (offer, *_) = cures_from(report)
    assert offer.layers[0] == "bert.embeddings.word_embeddings"
    assert offer.step["overrides"][0]["params"] == {"precision": "float"}
    cured = run_step(bert, Step.from_json(dict(offer.step)), Context(data=data)).model
    assert cured is not None
    judged = take(data, 8, 3)
    assert fidelity(bert, cured, judged).sqnr.value > fidelity(bert, done, judged).sqnr.value + 2


class Shifted:
    """Items without the token 0."""

    name, location, classes = "shifted", "", ()

    def __init__(self, drawn: Drawn) -> None:
        self.items, self._drawn = drawn.items, drawn

    def load(self, index: int) -> dict[str, Array]:
        found = self._drawn.load(index)
        return {**found, "input_ids": np.maximum(found["input_ids"], 1)}


def test_the_detective_reads_what_onnxruntime_stored(tmp_path: Path) -> None:
    """Foreign graphs have a pair behind a table, and behind the scores to which the mask adds -10000 for padding."""
    reference = load_references().get("bert_tiny")
    bert = create(reference, from_json(reference.params, CASES["bert_tiny"]))
    data: DataSet = Drawn(bert, 24, 1)
    save_onnx(bert, tmp_path / "float.onnx")
    feeds = iter([{s.name: data.load(k)[s.name][None] for s in bert.inputs} for k in range(4)])

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, Array] | None:
            return next(feeds, None)

    kinds = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}
    ort_quantize_static(tmp_path / "float.onnx", tmp_path / "theirs.onnx", Reader(), **kinds)
    theirs = open_model(tmp_path / "theirs.onnx")
    step = Step("analyse.quantization_loss", {"items": 4})
    report = run_step(theirs, step, Context(data=data, teacher=bert)).report
    rows = sorted(next(t for t in report.tables if t.title == "Loss per layer").rows, key=lambda r: -float(r[2]))
    masked = [r for r in rows[:2] if str(r[0]).endswith("attention.self.add")]
    assert masked
    assert {str(r[8]) for r in masked} == {"keep in float"}
    assert "bert.embeddings.word_embeddings" in {str(r[0]) for r in rows}


def written_out() -> Model:
    """:func:`trunk` with its normalization and a Gelu behind it as torch's older exporter writes them."""
    plain = [
        node("ReduceMean", "s", "mean", axes=[-1]), node("Sub", "s mean", "d"), node("Pow", "d two", "e"),
        node("ReduceMean", "e", "var", axes=[-1]), node("Add", "var eps", "f"), node("Sqrt", "f", "h"),
        node("Div", "d h", "i"), node("Mul", "i g", "a"), node("Add", "a b", "n"), node("MatMul", "n u", "o"),
        node("Div", "o root", "j"), node("Erf", "j", "k"), node("Add", "k one", "l"), node("Mul", "o l", "m"),
        node("Mul", "m half", "y"),
    ]  # fmt: skip
    nodes = [node("MatMul", "x v", "p"), node("Add", "x p", "s"), *plain]
    numbers = {"two": 2, "eps": 1e-5, "root": 2**0.5, "one": 1, "half": 0.5}
    constants = {
        "v": weights(WIDTH, WIDTH), "g": weights(WIDTH, seed=2), "b": weights(WIDTH, seed=3), "u": weights(WIDTH, 7),
        **{k: np.array(v, np.float32) for k, v in numbers.items()},
    }  # fmt: skip
    return network(nodes, constants, [TOKENS, WIDTH], opset=13)


def test_normalization_and_gelu_in_plain_operators_stay_whole() -> None:
    """The same answers as with the operators that they stand for."""
    model, data = written_out(), Arrays([TOKENS, WIDTH], 32)
    nodes = [
        node("MatMul", "x v", "p"), node("Add", "x p", "s"), node("LayerNormalization", "s g b", "n"),
        node("MatMul", "n u", "o"), node("Gelu", "o", "y"),
    ]  # fmt: skip
    constants = {
        "v": weights(WIDTH, WIDTH), "g": weights(WIDTH, seed=2), "b": weights(WIDTH, seed=3), "u": weights(WIDTH, 7),
    }  # fmt: skip
    same = network(nodes, constants, [TOKENS, WIDTH], opset=20)
    wanted = run(same, data.values)["y"]
    np.testing.assert_allclose(run(model, data.values)["y"], wanted, atol=1e-5)
    done = quantize_static(model, data, Params(), Context())
    assert {n.op_type for n in done.plan.layers} == {"Gemm", "Reshape"}
    reasons = {k.layer: k.reason for k in done.plan.kept}
    assert reasons["/mean"] == reasons["/d"] == "it is a part of LayerNormalization, written in plain operators"
    assert reasons["/m"] == "it is a part of Gelu, written in plain operators"
    theirs = quantize_static(same, data, Params(), Context()).model
    np.testing.assert_allclose(run(done.model, data.values)["y"], run(theirs, data.values)["y"], atol=1e-4)


def test_means_and_sums_of_other_networks_are_no_normalization() -> None:
    nodes = [node("ReduceMean", "x last", "m", keepdims=1), node("Sub", "x m", "d"), node("MatMul", "d u", "y")]
    model = network(nodes, {"last": np.array([-1]), "u": weights(WIDTH, 7)}, [TOKENS, WIDTH])
    assert {"/m", "/d"} <= {n.name for n in prepared(model, Params(), Context()).plan.layers}


def test_a_vit_in_8_bits_is_a_tflite_file_that_answers_alike() -> None:
    """Normalizations in float between layers of integers: LiteRT beside optimised onnxruntime, to two output steps."""
    reference = load_references().get("vit_tiny")
    made = create(reference, from_json(reference.params, {**CASES["vit_tiny"], "depth": 1}))
    model = dataclasses.replace(made, inputs=tuple(dataclasses.replace(i, preprocessing=None) for i in made.inputs))
    data: DataSet = Drawn(model, 16, 1)
    done = quantize_static(model, data, Params(), Context()).model
    written = convert(done)
    assert {"FULLY_CONNECTED", "BATCH_MATMUL", "GELU", "MEAN"} <= set(written.ops)
    step = done.graph.graph.initializers["scores_scale"].const_value
    assert step is not None
    lite, session = litert_candidate(written.data, written), onnx_session(done, exact=True)
    for k in range(8):
        feed = {"input": data.load(k)["input"][None]}
        gap = np.abs(lite.run(feed)["scores"] - session.run(feed)["scores"]).max()
        assert gap <= 2.01 * float(step.numpy())


def test_bert_is_a_tflite_file_in_float_and_in_8_bits() -> None:
    """Token numbers look up rows of the table, as integers where it is stored so, and the mask is cast."""
    reference = load_references().get("bert_tiny")
    bert = create(reference, from_json(reference.params, {**CASES["bert_tiny"], "depth": 1}))
    data: DataSet = Drawn(bert, 16, 1)
    done = quantize_static(bert, data, Params(), Context()).model
    step = done.graph.graph.initializers["scores_scale"].const_value
    assert step is not None
    sizes = []
    for model, most in ((bert, 1e-5), (done, 2.01 * float(step.numpy()))):
        written = convert(model)
        assert {"GATHER", "CAST"} <= set(written.ops)
        sizes.append(len(written.data))
        lite, session = litert_candidate(written.data, written), onnx_session(model, exact=True)
        for k in range(8):
            feed = {name: array[None] for name, array in data.load(k).items()}
            assert np.abs(lite.run(feed)["scores"] - session.run(feed)["scores"]).max() <= most
    assert sizes[1] < 0.5 * sizes[0]
