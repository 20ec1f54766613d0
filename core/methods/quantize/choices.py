"""What the weight of every layer is to become: the method's parameters, and what overrides say of single layers.

Layers are known by name: one in scope may have another operator by the time it is quantized (MatMul became Gemm).
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

import onnx_ir as ir

from core.methods.method import Context
from core.methods.quantize.calibrators import calibrator_names
from core.methods.quantize.value_choices import FORM, RANGE, LayerParams
from core.methods.scope import overridden
from core.model.facts import Facts
from core.model.model import Model
from core.model.qdq import Int8Plan, WeightForm, Wish, form_of, why_no_blocks
from core.model.qdq_plan import Wanted
from core.params import Field

STAYS_FLOAT = "it was chosen to stay float"


class Precision(enum.Enum):
    """How a layer's weights are stored; a layer that stays float has float activations as well."""

    INT8 = "int8"
    INT4 = "int4"
    FLOAT = "float"


class Granularity(enum.Enum):
    """How many weights share one scale."""

    TENSOR = "tensor"
    CHANNEL = "channel"
    GROUP = "group"


class WeightParams(Protocol):
    """The parameters that a layer can have for itself."""

    @property
    def precision(self) -> Precision: ...
    @property
    def granularity(self) -> Granularity: ...
    @property
    def group_size(self) -> int: ...


OF_WEIGHTS = ("precision", "granularity", "group_size")
OVERRIDABLE = (*OF_WEIGHTS, *FORM, *RANGE)  # what a layer can have for itself: of its weight, and of its result


@dataclass(frozen=True, slots=True)
class AllLayerParams(LayerParams):
    """For methods that do not have some of these for the whole network."""

    precision: Annotated[
        Precision | None, Field("Weights", "How many bits each weight has; a layer can also stay float")
    ] = None
    group_size: Annotated[
        int | None,
        Field("Input channels of a group", "Layers that have no more get a scale for each output channel",
              low=2, high=65_536, unit="channels"),
    ] = None  # fmt: skip
    symmetric: Annotated[
        bool | None, Field("Symmetric activations", "Zero is the middle integer, as some accelerators want it")
    ] = None
    calibrator: Annotated[
        str | None, Field("Ranges", "How the range of the layer's result is found", choices=calibrator_names)
    ] = None


@dataclass(frozen=True)
class Choices:
    """``usual``: for layers that nothing else is said of; ``single``: by name; None: the layer stays float.

    ``inside``: names of the layers in scope, None for all.
    """

    usual: Wish | None
    single: Mapping[str, Wish | None]
    inside: frozenset[str] | None

    def of(self, node: ir.Node) -> Wish | None:
        """What a layer is to become, None: it stays float."""
        return self.single.get(node.name or "", self.usual)

    @property
    def wanted(self) -> Wanted:
        """Whether a layer is in scope."""
        inside = self.inside
        return (lambda node: True) if inside is None else (lambda node: node.name in inside)

    def quantizes(self, node: ir.Node) -> bool:
        """Whether a layer is in scope and was not chosen to stay float."""
        return self.wanted(node) and self.of(node) is not None

    def refused(self, model: Model) -> dict[ir.Node, str]:
        """The layers of the graph that were chosen to stay float."""
        return {n: STAYS_FLOAT for n in model.nodes() if self.of(n) is None}

    def forms(self, plan: Int8Plan, facts: Facts) -> dict[ir.Node, WeightForm]:
        """How the weight of every layer is stored."""
        found = {}
        for node in plan.weighted():
            wish, weight = self.of(node), facts.array(node.inputs[1])
            assert wish is not None, "a layer that stays float is not in the plan"
            assert weight is not None, "the plan only holds layers with a stored weight"
            found[node] = form_of(node, weight.shape, wish)
        return found

    def notes(self, plan: Int8Plan, facts: Facts) -> tuple[str, ...]:
        """Where a layer gets another form than was wished for, in sentences."""
        reasons: Counter[str] = Counter()
        for node in plan.weighted():
            wish, weight = self.of(node), facts.array(node.inputs[1])
            if wish is not None and weight is not None and wish.granularity == "group":
                reasons[why_no_blocks(node, weight.shape, wish)] += 1
        return tuple(
            f"{count} {'layer has' if count == 1 else 'layers have'} a scale for each output channel and none for each "
            f"group: {reason}."
            for reason, count in reasons.items()
            if reason
        )


def choices(model: Model, params: WeightParams, ctx: Context) -> Choices:
    """What the parameters and the overrides of ``ctx`` say of each layer of the model as it was given."""
    single = {}
    for node in model.nodes() if ctx.overrides else ():
        said = [overridden(ctx.overrides, (node,), name) for name in OF_WEIGHTS]
        if any(value is not None for value in said):
            precision, granularity, group_size = said
            single[node.name or ""] = _wish(
                precision or params.precision, granularity or params.granularity, group_size or params.group_size
            )
    everything = ctx.scope.everything
    inside = None if everything else frozenset(n.name or "" for n in model.nodes() if ctx.scope.contains(n))
    return Choices(_wish(params.precision, params.granularity, params.group_size), single, inside)


def _wish(precision: Precision | str, granularity: Granularity | str, group_size: int) -> Wish | None:
    """Overrides hold the values of enumerations."""
    precision = Precision(precision)
    if precision is Precision.FLOAT:
        return None
    return Wish(4 if precision is Precision.INT4 else 8, Granularity(granularity).value, int(group_size))
