"""``thimble info`` and ``thimble methods``."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.output import allowed, in_form_order, print_json, settings_table, size, table

if TYPE_CHECKING:
    from core.measure.cost import Cost
    from core.measure.memory import PeakMemory
    from core.methods.method import Method
    from core.model.model import Model
    from core.model.qdq_tensors import StoredTensor


def info(args: argparse.Namespace) -> int:
    """Layers, params, macs, weight_bytes and peak memory of a model file (a symbolic batch counts as 1)."""
    from core.cli.blocks import blocks_json, blocks_table
    from core.data.feed import fixed_batch
    from core.formats.open import open_model
    from core.measure.cost import cost
    from core.model.marks import marks
    from core.model.qdq_tensors import stored_tensors

    model = open_model(args.model)
    figures = cost(model)
    found: dict[str, Any] = {
        "file": args.model,
        "bytes": Path(args.model).stat().st_size,
        "layers": len(figures.layers),
        "params": figures.params,
        "macs": figures.macs,
        "weight_bytes": figures.weight_bytes,
        "peak_memory": {**figures.peak_memory.to_json(), "how": "estimated"},
        "opset": model.opset,
        "inputs": [{"name": s.name, "shape": list(s.shape), "dtype": s.dtype} for s in model.inputs],
        "outputs": list(model.output_names),
        "preprocessing": {s.name: s.preprocessing.to_json() for s in model.inputs if s.preprocessing},
        "marks": [{"layer": m.layer, "sentence": m.sentence} for m in marks(model)],
    }
    if args.json:
        layers = [{"name": c.name, "operator": c.operator, "params": c.params, "macs": c.macs,
                 "weight_bytes": c.weight_bytes, "output_shape": c.output_shape} for c in figures.layers]  # fmt: skip
        more: dict[str, Any] = {"blocks": blocks_json(model, figures)} if args.blocks else {}
        if args.tensors:
            more["tensors"] = [dataclasses.asdict(t) for t in stored_tensors(model)]
        print_json({**found, **more, "per_layer": layers})
        return 0
    if args.tensors:
        print(_stored(model))
    else:
        print(blocks_table(model, figures, args.blocks) if args.blocks else _layers(figures))
    macs = "unknown" if figures.macs is None else f"{figures.macs:,}"
    print(
        f"\n{found['layers']} layers, {figures.params:,} parameters, {macs} MACs, "
        f"{size(figures.weight_bytes)} of weights"
    )
    print(_memory(figures.peak_memory))
    fixed = fixed_batch(model.inputs) or 1
    print(f"{size(found['bytes'])} on disk, opset {model.opset}; counted on the graph with a batch of {fixed}")
    for mark in found["marks"]:
        print("! " + ": ".join(filter(None, (mark["layer"], mark["sentence"]))))
    return 0


def _layers(figures: Cost) -> str:
    rows = [(c.name, c.operator, c.params, c.macs, c.weight_bytes, _shape(c.output_shape)) for c in figures.layers]
    return table(("layer", "operator", "params", "macs", "weight bytes", "output"), rows)


def _stored(model: Model) -> str:
    """Every tensor that is stored in fewer bits than float32, or as int32."""
    from core.model.qdq_tensors import stored_tensors

    rows = [
        (t.layer, t.role, t.type, t.symmetric, _scales(t), _ends(t.scale), _ends(t.zero_point), _ends(t.range),
         t.came_from)
        for t in stored_tensors(model)
    ]  # fmt: skip
    if not rows:
        return "Every tensor is stored in float32: nothing is quantized."
    columns = ("layer", "tensor", "type", "symmetric", "scales", "scale", "zero point", "range", "range from")
    return table(columns, rows)


def _scales(tensor: StoredTensor) -> str:
    if not tensor.scales:
        return "–"
    return f"{tensor.scales} of {tensor.block}" if tensor.block else str(tensor.scales)


def _ends(pair: tuple[float, float] | None) -> str | None:
    if pair is None:
        return None
    low, high = (f"{x:.4g}" for x in pair)
    return low if low == high else f"{low} … {high}"


def _memory(peak: PeakMemory) -> str:
    if peak.bytes is None:
        return f"peak activation memory unknown: {peak.note}"
    return f"{size(peak.bytes)} of peak activation memory at {peak.where()} (estimated, batch of {peak.batch})"


def _shape(shape: tuple[int, ...] | None) -> str:
    return "?" if shape is None else "×".join(str(d) for d in shape)


def methods(args: argparse.Namespace) -> int:
    """Every method with its parameters, types, bounds and defaults; or one of them, with what each parameter means."""
    from core.methods.method import load_methods
    from core.params import specs

    known = load_methods()
    if args.key:
        chosen = known.get(args.key)
        if args.json:
            print_json(chosen.to_json())
        else:
            print(f"{chosen.key}{_needs(chosen)}\n{chosen.help}\n\n{settings_table(specs(chosen.params))}")
            print(_for_layers(chosen), _presets(chosen), sep="", end="")
        return 0
    if args.json:
        print_json([m.to_json() for m in known])
        return 0
    for m in known:
        print(f"{m.key}{_needs(m)}\n    {m.help}")
        for s in in_form_order(specs(m.params)):
            print(f"    {s.name}={s.default}  {s.field.label} ({allowed(s)})")
        print()
    print("What each parameter means: thimble methods KEY.")
    return 0


def _for_layers(method: Method) -> str:
    """What --override can say, and what only it can."""
    from core.params import specs

    if not method.overridable:
        return ""
    inputs = " or inputs" if method.for_inputs else ""
    said = f"\n--override PATTERN K=V, for single layers{inputs}: {', '.join(method.overridable)}\n"
    own = specs(method.layer_params)
    return said + (f"{settings_table(own)}\n" if own else "")


def _presets(method: Method) -> str:
    """What each target asks for, and where that is written."""
    lines = []
    for p in method.presets:
        special = [f"{scope.words()}: {_pairs(part)}" for scope, part in p.overrides]
        lines += [f"--preset {p.key}  {p.title}: {'; '.join([_pairs(p.values), *special])}", f"    {p.demands}"]
        lines += [f"    Assumed: {p.assumed}"] * bool(p.assumed) + [f"    Source: {p.source}"] * bool(p.source)
    return "\n".join(["", *lines, ""]) if lines else ""


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _needs(method: Method) -> str:
    return f"  (needs {', '.join(method.needs)})" if method.needs else ""
