"""A float model made ready for its integers: which layers, which values, in which forms, and with which scales."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import onnx_ir as ir

from core.methods.method import Context
from core.methods.quantize.calibrate import Observed
from core.methods.quantize.choices import Choices, choices
from core.methods.quantize.ready import ready
from core.methods.quantize.static_report import said_of_tables
from core.methods.quantize.value_choices import ValueChoices, ValueForms
from core.model.facts import Facts, infer
from core.model.model import Model
from core.model.qdq import (
    ActivationForm,
    Int8Plan,
    Scales,
    WeightForm,
    opset_of,
    plan_int8,
    solve_scales,
    unlike_final_concats,
    value_ranges,
)

if TYPE_CHECKING:
    from core.methods.quantize.static import Params


@dataclass(frozen=True)
class Prepared:
    """The float model in the form that can be quantized, and what is planned for each of its layers."""

    model: Model
    facts: Facts
    plan: Int8Plan
    forms: dict[ir.Node, WeightForm]
    choices: Choices
    results: ValueChoices
    values: ValueForms
    notes: tuple[str, ...]


def prepared(model: Model, params: Params, ctx: Context) -> Prepared:
    """A clone that is ready to be quantized, and the plan for it; the opset is raised only where a form needs it."""
    chosen = choices(model, params, ctx)
    results = ValueChoices(model, ActivationForm(params.activations.value, params.symmetric), ctx)
    done = _prepared(*ready(model, of_rows=chosen.quantizes), chosen, results)
    needed = opset_of(done.forms, done.values.widest)
    if done.model.opset >= needed:
        return done
    return _prepared(*ready(model, needed, chosen.quantizes), chosen, results)


def _prepared(new: Model, notes: tuple[str, ...], chosen: Choices, results: ValueChoices) -> Prepared:
    facts = infer(new)
    plan = plan_int8(new, facts, chosen.wanted, chosen.refused(new))
    values = results.forms(plan, new)
    notes = (*notes, *said_of_tables(plan), *chosen.notes(plan, facts), *values.notes)
    return Prepared(new, facts, plan, chosen.forms(plan, facts), chosen, results, values, notes)


def scales_of(start: Prepared, seen: Observed, params: Params) -> tuple[Int8Plan, Scales, Observed, tuple[str, ...]]:
    """Scales of every pair, what was observed with typed ranges in its place, and sentences on these.

    A final Concat of unlike heads is taken out of the plan first.
    """
    plan, facts, values = start.plan, start.facts, start.values
    refused = start.choices.refused(start.model)
    ranges = value_ranges(plan, facts, values.ranges(seen.ranges))
    while unlike := unlike_final_concats(plan, ranges):
        refused.update(unlike)
        plan = plan_int8(start.model, facts, start.choices.wanted, refused)
        values = start.results.forms(plan, start.model)
        ranges = value_ranges(plan, facts, values.ranges(seen.ranges))
    scales = solve_scales(plan, ranges, params.activations.value, values.forms)
    observed = replace(seen, ranges=values.ranges(seen.ranges))
    return plan, scales, observed, tuple(values.widened(plan, ranges))
