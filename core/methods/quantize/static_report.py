"""What quantization found out: sizes, closeness to the float model, layers left float and why, corrected biases."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import onnx_ir as ir

from core.data.dataset import DataSet
from core.methods.method import Context
from core.methods.quantize.bias_correction import Shift
from core.methods.quantize.calibrate import Observed
from core.methods.quantize.result import Quantized
from core.model.model import Model
from core.model.qdq import ActivationForm, Int8Plan, WeightForm, activation_pairs, check_rules
from core.model.qdq_plan import OUTSIDE
from core.report import Measure, Report, Table

_JUDGED = 64
_FEW = 10  # calibration items
_WORRYING = 97.0  # % of answers that are the same
DETECTIVE = "analyse.quantization_loss"
FINDS_OUT = f"'Where quantization loses accuracy' ({DETECTIVE}) names the layers, causes and cures."


def static_report(
    model: Model, done: Quantized, ctx: Context, judged: DataSet | None, notes: tuple[str, ...], seconds: float
) -> Report:
    """``seconds``: what quantization itself took. At most 64 items of ``judged`` are compared with the float model;
    noise, where it is None."""
    from core.measure.arithmetic import arithmetic
    from core.measure.host import cpu_name

    plan, observed = done.plan, done.observed
    measures = {
        "weight_bytes_before": estimate(weight_bytes(model), "bytes"),
        "weight_bytes_after": estimate(weight_bytes(done.model), "bytes"),
        "int8_layers": estimate(len(plan.weighted()), "layers"),
        "float_layers": estimate(len(plan.kept), "layers"),
        "seconds": Measure(seconds, "s", "measured", cpu_name(), note=f"{ctx.threads} threads"),
        **_fidelity(model, done.model, judged, ctx),
    }
    said = [*beside_float(measures), *notes, *_ranges(observed)]
    if judged is not None and not judged.items:
        said.append("No item is left to judge by, so that closeness to the float model was not measured.")
    if done.shifts:
        items = sum(c.count for c in observed.kept)
        said.append(f"The biases of {len(done.shifts)} layers were corrected in sequence on {items} of them.")
    if plan.kept:
        said.append(f"{len(plan.kept)} layers stay float; the table says why.")
    said += filter(None, [arithmetic(done.model)])
    said += _float_kernels(done)
    said += [f"Rule {v.rule} of quantization is not held. {v.sentence}" for v in check_rules(done.model)]
    tables = (*kept_table(plan), *_chosen_table(done), *_shift_table(done.shifts), *done.tables, _forms_table(done))
    return Report(measures, tables, done.curves, tuple(said))


def beside_float(measures: Mapping[str, Measure], causes: bool = True) -> list[str]:
    """The first that a user must know: what it cost in answers, and where to look if it cost some (``causes``)."""
    sqnr, agreement = measures.get("sqnr"), measures.get("agreement")
    if sqnr is None or not sqnr.n:
        return []
    words = f"Beside the float model on {sqnr.n} items of {sqnr.on}: "
    if agreement is None or not agreement.n:
        return [f"{words}SQNR {sqnr.value:.1f} dB."]
    same = round(agreement.n * agreement.value / 100)
    said = [f"{words}{same} of {agreement.n} answers are the same, SQNR {sqnr.value:.1f} dB."]
    if causes and loses_answers(measures):
        said.append(FINDS_OUT)
    return said


def loses_answers(measures: Mapping[str, Measure]) -> bool:
    """Whether so many answers are no longer those of the float model that somebody must know."""
    agreement = measures.get("agreement")
    return agreement is not None and bool(agreement.n) and agreement.value < _WORRYING


def _float_kernels(done: Quantized) -> list[str]:
    """Forms that onnxruntime computes in float32: smaller, and no faster."""
    rows = [n for n, form in done.forms.items() if form.bits != 8 or form.block]
    said = []
    if rows:
        said.append(
            "onnxruntime has no integer kernels for weights in 4 bits or in groups: "
            f"{len(rows)} layers are smaller and not faster, they compute in float32 behind DequantizeLinear."
        )
    if any(p.params.bits == 16 for p in activation_pairs(done.model.graph.graph).values()):
        said.append(
            "onnxruntime computes layers with 16-bit activations in float32, LiteRT without XNNPACK: closer to float "
            "than 8 bits, and slower."
        )
    return said


def _chosen_table(done: Quantized) -> tuple[Table, ...]:
    columns = ("layer", "type", "lowest", "highest", "range from")
    return (Table("Results with a choice of their own", columns, done.chosen),) if done.chosen else ()


def _forms_table(done: Quantized) -> Table:
    counts = Counter(form.words() for form in done.forms.values())
    return Table("How weights are stored", ("form", "layers"), tuple(counts.most_common()))


def weight_bytes(model: Model) -> int:
    """Bytes of all initializers."""
    return sum(v.const_value.nbytes for v in model.graph.graph.initializers.values() if v.const_value is not None)


def growth(
    plan: Int8Plan, forms: Mapping[ir.Node, WeightForm], values: Mapping[str, ActivationForm], add_bias: bool
) -> int:
    """Bytes that quantization adds to the weights (far below zero): what integers save, and scales beside them."""
    added = sum(4 + values[v].bits // 8 for v in plan.values)  # a scale and a zero point for each pair
    for node in plan.weighted():
        weight = node.inputs[1].const_value if node.inputs[1] is not None else None
        if weight is None:
            continue
        form, shape = forms[node], weight.shape.numpy()
        channels = shape[form.channels]
        rows = 1 if form.axis is None else channels
        scales = rows
        if form.block and form.axis is not None:
            scales = math.prod(shape) // shape[form.axis] * -(-shape[form.axis] // form.block)
        stored = -(-math.prod(shape) * form.bits // 8) + -(-scales * form.bits // 8)  # integers and zero points
        added += 4 * scales + stored - weight.nbytes
        has_bias = len(node.inputs) > 2 and node.inputs[2] is not None
        if has_bias or (add_bias and node.op_type != "MatMul"):
            added += 8 * rows + (0 if has_bias else 4 * channels)
    tables = (n.inputs[0].const_value for n in plan.tables if n.inputs[0] is not None)
    return added + sum(t.size + 2 * (4 + 1) - t.nbytes for t in tables if t is not None)


def estimate(value: float, unit: str) -> Measure:
    """A figure counted on the graph."""
    return Measure(value, unit, "estimated", "the graph")


def kept_table(plan: Int8Plan) -> tuple[Table, ...]:
    """The layers that stay float, with reasons; nothing where there are none."""
    rows = tuple((k.layer, k.operator, k.reason) for k in plan.kept)
    return (Table("Layers that stay float", ("layer", "operator", "because"), rows),) if rows else ()


def _shift_table(shifts: tuple[Shift, ...]) -> tuple[Table, ...]:
    rows = tuple((s.layer, float(abs(s.shift).mean()), float(abs(s.shift).max())) for s in shifts)
    title = "Mean output moved by quantization, taken out of the bias"
    return (Table(title, ("layer", "mean of channels", "largest channel"), rows),) if rows else ()


def _ranges(observed: Observed) -> list[str]:
    """How ranges came about, and on how many values they leave something out."""
    extremes = observed.extremes
    cut = sum(low > extremes[v][0] or high < extremes[v][1] for v, (low, high) in observed.ranges.items())
    items = "1 calibration item" if observed.items == 1 else f"{observed.items} calibration items"
    few = ["So few items may leave out what others reach: calibrate with more."] if observed.items < _FEW else []
    if not cut:
        return [f"Ranges are the lowest and highest values on {items}.", *few]
    return [f"Ranges of {cut} of {len(extremes)} values cut off some of what {items} had.", *few]


def _fidelity(model: Model, quantized: Model, judged: DataSet | None, ctx: Context) -> dict[str, Measure]:
    from core.measure.fidelity import fidelity

    if judged is not None and not judged.items:
        return {}
    return fidelity(model, quantized, judged, limit=_JUDGED, threads=ctx.threads, seed=ctx.seed, job=ctx.job).measures()


def nothing_to_do(plan: Int8Plan) -> str:
    """Why there is no layer to quantize, for an error."""
    if not plan.kept:
        return "The model has no layer with weights that could run in int8."
    first = min(plan.kept, key=lambda k: k.reason == OUTSIDE)
    return f"No layer with weights can run in int8: '{first.layer}' ({first.operator}) stays float, {first.reason}."


def said_of_tables(plan: Int8Plan) -> tuple[str, ...]:
    """A sentence on embedding tables, where there are any."""
    if not plan.tables:
        return ()
    count = len(plan.tables)
    which = "1 embedding table is" if count == 1 else f"{count} embedding tables are"
    return (f"{which} stored in 8 bits, with one scale; what is looked up is float again for the layer that reads it.",)
