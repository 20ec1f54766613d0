"""The work of quantize.static on one model: observe and search ranges, solve scales, insert nodes, round, correct.

Ranges that were searched are checked against those that were seen before they are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import onnx_ir as ir

from core.data.dataset import DataSet
from core.errors import UserError
from core.methods.checkpoint import CheckpointPlace
from core.methods.method import Context
from core.methods.quantize.bias_correction import Shift
from core.methods.quantize.calibrate import Array64, Observed, Ranging, elements, first_chunks, keeps_memory, observe
from core.methods.quantize.calibrators import Range, maker
from core.methods.quantize.clipping import clipped, means_of
from core.methods.quantize.prepared import Prepared, prepared, scales_of
from core.methods.quantize.range_check import CHECKED_ITEMS, RangeCheck
from core.methods.quantize.range_memory import Needs, RangeMemory
from core.methods.quantize.range_search import NOT_SEARCHED, SEARCHED_ITEMS, Narrowed, narrowed
from core.methods.quantize.ready import refuse_broken_weights
from core.methods.quantize.result import Quantized
from core.methods.quantize.rounding.in_sequence import Refinement, looks_at, refine
from core.methods.quantize.rounding.rounder import Rounder, RoundingSettings, load_rounders
from core.methods.quantize.static_report import nothing_to_do
from core.model.model import Model
from core.model.qdq import Int8Plan, insert_qdq

if TYPE_CHECKING:
    from core.methods.quantize.static import Params

_WALK_BYTES = 512 << 20  # quantized values of all correction items that are alive at once
_NEAREST = "nearest"  # the rounder that looks at no data


@dataclass(frozen=True)
class StaticWork:
    """Quantizes ``model`` once, with ``params`` and the scope, overrides, seed, threads and job of ``ctx``.

    ``memory``: what earlier work on the same model has seen.
    """

    model: Model
    params: Params
    ctx: Context
    memory: RangeMemory

    def run(self, data: DataSet, checkpoint: CheckpointPlace | None) -> Quantized:
        """With all items of ``data``. Raises UserError where no layer can be quantized or a range is not finite."""
        start = prepared(self.model, self.params, self.ctx)
        if not start.plan.weighted():
            raise UserError(nothing_to_do(start.plan), "Choose layers with constant float32 weights.")
        refuse_broken_weights(start.model.nodes(), start.facts)
        seen = 0.5 if self._rounder is None else 0.2
        with self.ctx.job.stage(0.0, seen):
            observed, found = self._seen(start, data, checkpoint)
        with self.ctx.job.stage(seen, 1.0):
            return self._checked(start, observed, found)

    # what is known of activations -------------------------------------------------------------------------------------

    def _seen(
        self, start: Prepared, data: DataSet, checkpoint: CheckpointPlace | None
    ) -> tuple[Observed, Narrowed | None]:
        """What is to be known of activations, and the ranges that were searched."""
        params, memory, job = self.params, self.memory, self.ctx.job
        means = [n.inputs[0].name or "" for n in _with_bias(start.plan) if n.inputs[0] is not None]
        corrected = params.bias_correction and bool(means)
        walking = walking_items(replace(params, bias_correction=corrected))
        kept = min(max(walking, memory.items), _room(start))
        needs = Needs(start.plan.rescaled(), means, kept, corrected)

        def see() -> Observed:
            return observe(
                start.model, start.facts, data, ranges_of=needs.ranges, means_of=means, keep=kept,
                threads=self.ctx.threads, job=job, ranging=_ranging(start, params), checkpoint=checkpoint,
            )  # fmt: skip

        with job.stage(0.0, 0.5 if params.search_ranges else 1.0):
            observed = memory.observed(self._key, needs, see)
        if not params.search_ranges:
            return observed, None
        with job.stage(0.5, 1.0):
            return observed, self._searched(start, observed)

    def _searched(self, start: Prepared, observed: Observed) -> Narrowed | None:
        values = start.values
        return narrowed(
            start.model, start.plan, observed, values.forms, {*values.ends, *values.calibrators}, self.ctx.threads,
            self.ctx.job, start.facts, self.memory.costs[self._key],
        )  # fmt: skip

    @cached_property
    def _key(self) -> str:
        """What is seen depends on it; how weights are rounded is not part of it."""
        usual = RoundingSettings()
        rounding = {f.name: getattr(usual, f.name) for f in fields(RoundingSettings)}
        return str(replace(self.params, rounding=_NEAREST, bias_correction=True, **rounding))

    @cached_property
    def _rounder(self) -> Rounder | None:
        return rounder_of(self.params)

    # the quantized network --------------------------------------------------------------------------------------------

    def _checked(self, start: Prepared, observed: Observed, found: Narrowed | None) -> Quantized:
        """With the ranges that were searched, unless those that were seen do better on items that have not chosen."""
        others = () if found is None else observed.kept[len(first_chunks(observed.kept, found.items)) :]
        if found is None or not found.changed or not others or self.memory.trusted:
            said = () if not self.params.search_ranges else (NOT_SEARCHED if found is None else found.said(),)
            return self._made(start, observed, found, said)
        job, checks, rounds = self.ctx.job, self.memory.checked, self._rounder is not None
        drafts: dict[bool, Quantized] = {}
        if self._key not in checks:
            check = RangeCheck(start.model, others, self.ctx.threads, job)
            with job.stage(0.0, 0.2 if rounds else 0.8):
                drafts = self._drafts(start, observed, found)
            checks[self._key] = check.of(drafts[False].model, drafts[True].model)
        checked = checks[self._key]
        said = (*((found.said(),) if checked.taken else ()), checked.said())
        if drafts and not rounds:
            return replace(drafts[checked.taken], notes=(*drafts[checked.taken].notes, *said))
        if drafts:
            start = prepared(self.model, self.params, self.ctx)  # its model has become a draft
        with job.stage(0.2, 1.0):
            return self._made(start, observed, found if checked.taken else None, said)

    def _drafts(self, start: Prepared, observed: Observed, found: Narrowed) -> dict[bool, Quantized]:
        """With the ranges that were searched (True) and those that were seen (False), weights to the nearest."""
        plain = replace(self, params=replace(self.params, rounding=_NEAREST))
        with self.ctx.job.stage(0.0, 0.5):
            searched = plain._made(start, observed, found)
        with self.ctx.job.stage(0.5, 1.0):
            seen = plain._made(prepared(self.model, self.params, self.ctx), observed, None)
        return {True: searched, False: seen}

    def _made(
        self, start: Prepared, observed: Observed, found: Narrowed | None, said: tuple[str, ...] = ()
    ) -> Quantized:
        """The quantized network; the model of ``start`` becomes it."""
        params, ctx = self.params, self.ctx
        searched = () if found is None else found.moved(observed)
        observed = observed if found is None else replace(observed, ranges=found.ranges)
        plan, scales, observed, widened = scales_of(start, observed, params)
        with ctx.job.stage(0.0, 0.1):
            cut = {} if found is None else {v: scales.values[v].range for v in found.cut if v in scales.values}
            parent, means = self._wanted(start, observed, cut)
        new = start.model
        origins = start.values.origins(plan, params.calibrator, searched)
        layers = insert_qdq(
            new.graph.graph, start.facts, plan, scales,
            forms=start.forms, add_bias=params.bias_correction, origins=origins,
        )  # fmt: skip
        shifts: tuple[Shift, ...] = ()
        if observed.kept and (self._rounder is not None or means is not None):
            with ctx.job.stage(0.1, 1.0):
                how = Refinement(self._rounder, params, means, ctx.seed, ctx.threads)
                shifts = refine(new, parent, layers, observed.kept, how, ctx.job)
        rounding = () if self._rounder is None else (_rounded(sum(map(looks_at, layers)), self._rounder),)
        notes = (*start.notes, *widened, *rounding, *said)
        forms = {layer.name: layer.form for layer in layers}
        chosen = start.values.chosen(scales, origins)
        return Quantized(new.with_graph(new.graph), plan, observed, shifts, notes, forms, chosen)

    def _wanted(
        self, start: Prepared, observed: Observed, cut: Mapping[str, Range]
    ) -> tuple[Model, Mapping[str, Array64] | None]:
        """What quantization is to come close to: a float network without the numbers that are ``cut``, and means in
        front of its layers; None where no bias is corrected.
        """
        model, ctx = start.model, self.ctx
        corrected, rounded = self.params.bias_correction and bool(observed.kept), self._rounder is not None
        if not cut or not (corrected or rounded):
            return model.clone() if rounded else model, observed.means if corrected else None
        parent = clipped(model, cut)
        if not corrected:
            return parent, None
        arena = keeps_memory(start.facts, observed.means, len(next(iter(observed.kept[0].feed.values()))))
        return parent, self.memory.averaged(
            f"{self._key} {sorted(cut.items())}",
            observed.means,
            lambda: means_of(parent, observed.kept, observed.means, cut, ctx.threads, ctx.job, arena),
        )


def rounder_of(params: Params) -> Rounder | None:
    """Who rounds the weights once they are in the graph; None where they stay rounded to the nearest."""
    found = load_rounders().get(params.rounding)
    return found if found.looks else None


def walking_items(params: Params) -> int:
    """How many items walk through the network once more: to search ranges, round weights and correct biases."""
    corrected = params.correction_items if params.bias_correction else 0
    rounded = params.rounding_items if rounder_of(params) is not None else 0
    return max(corrected, rounded, SEARCHED_ITEMS + CHECKED_ITEMS if params.search_ranges else 0)


def _ranging(start: Prepared, params: Params) -> Ranging:
    """Who finds the range of each value, and for how many steps."""
    usual = maker(params.calibrator, params)
    single = {v: maker(key, params) for v, key in start.values.calibrators.items()}
    return Ranging(usual, 255, single, {v: form.levels for v, form in start.values.forms.items()})


def _with_bias(plan: Int8Plan) -> list[ir.Node]:
    """The layers whose bias can be corrected: a MatMul has none, and its items may lie along any axis."""
    return [n for n in plan.weighted() if n.op_type != "MatMul"]


def _rounded(count: int, rounder: Rounder) -> str:
    return f"The weights of {count} layers were rounded in sequence: {rounder.said}."


def _room(start: Prepared) -> int:
    """How many items can walk through the network at once."""
    facts = start.facts
    feeds = sum(4 * elements(facts, s.name) for s in start.model.inputs)
    width = 1 if start.values.widest == "uint8" else 2
    # a layer's input, its output, a shortcut
    each = feeds + 3 * width * max(elements(facts, v) for v in start.plan.values)
    return max(_WALK_BYTES // max(each, 1), 1)
