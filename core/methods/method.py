"""What an act on a model is: Method, its Context, its Outcome, and the registry all menus and commands come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from core import params as parameters
from core.data.dataset import DataSet
from core.errors import UserError
from core.jobs import Job
from core.methods.checkpoint import CheckpointPlace
from core.methods.memo import Memo
from core.methods.preset import Preset
from core.methods.scope import Named, Override, Scope, with_inputs
from core.model.model import Model
from core.model.stored_weights import kind_of, weights_words
from core.model.unfinished import refusal, unfinished
from core.registry import Registry, import_all
from core.report import Report

Kind = Literal["float", "qdq", "weights", "unfinished"]
Need = Literal["data", "labels", "teacher"]


@dataclass(frozen=True, slots=True)
class Context:
    """Everything an act may use besides the model and its parameters.

    ``data`` feeds calibration and training, ``test`` judging; where ``test`` is None the act divides ``data``.
    ``threads`` is for runtimes and torch, ``device`` for training ("cpu", "cuda", "mps"). ``checkpoint`` is where a
    training keeps its state, to go on after a crash or a cancel; None keeps none. ``overrides``: layers for which some
    parameters are others, see :func:`core.methods.scope.overridden`; only those in ``Method.overridable`` occur.
    ``memo`` holds what earlier plans of the same model have computed.
    """

    job: Job = field(default_factory=Job)
    data: DataSet | None = None
    test: DataSet | None = None
    teacher: Model | None = None
    scope: Scope = field(default_factory=Scope)
    overrides: tuple[Override, ...] = ()
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    checkpoint: CheckpointPlace | None = None
    memo: Memo = field(default_factory=Memo)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A new model (None for an analysis) and what the act found out.

    ``params`` are the parameters that give the same again, where they are not those that were given: a training that
    the user ended is replayed with the number of steps it did.
    """

    model: Model | None
    report: Report
    params: Any = None


class Apply(Protocol):
    def __call__(self, model: Model, params: Any, ctx: Context, /) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What an act would do, without doing it: figures for a preview.

    ``layers`` are those it would change. ``sizes``: layer -> (output channels before, after, why some of them stay or
    ''), of every layer that has channels, for the graph (core.model.channel_widths).
    """

    report: Report
    layers: tuple[str, ...] = ()
    sizes: Mapping[str, tuple[int, int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Method:
    """One act. ``menu`` is the menu it stands in ('': in none); ``accepts`` the kinds of graph; ``needs`` what ctx
    must carry.

    ``trains``: it can be stopped with the best so far as its result, and resumed from a checkpoint.
    ``learns``: it fits weights on the training part of the data without labels, so none of its items may judge.
    ``overridable``: names of the parameters that may differ from layer to layer (``Context.overrides``); they stand in
    ``params``, or in ``layer_params`` where they make sense for single layers only. ``for_inputs``: overrides may be
    about inputs of the graph as well.
    ``analysis``: it makes no model. ``resumable``: it keeps its state in ``Context.checkpoint``, as a training does.
    ``presets``: parameters under the names of targets.

    Calling :meth:`run` checks kind and needs first and raises a UserError that names the cure.
    """

    key: str
    title: str
    menu: str
    params: type
    apply: Apply
    accepts: tuple[Kind, ...] = ("float",)
    needs: tuple[Need, ...] = ()
    uses: tuple[Need, ...] = ()
    plan: Callable[[Model, Any, Context], Plan] | None = None
    help: str = ""
    trains: bool = False
    overridable: tuple[str, ...] = ()
    analysis: bool = False
    resumable: bool = False
    learns: bool = False
    presets: tuple[Preset, ...] = ()
    layer_params: type = parameters.NoParams
    for_inputs: bool = False

    def named(self, model: Model) -> tuple[Named, ...]:
        """What overrides may be about, in a model."""
        return with_inputs(model) if self.for_inputs else tuple(model.nodes())

    def layer_specs(self) -> tuple[parameters.Spec, ...]:
        """What an override may say of layers, in order."""
        known = {s.name: s for kind in (self.layer_params, self.params) for s in parameters.specs(kind)}
        return tuple(known[name] for name in self.overridable)

    def preset(self, key: str) -> Preset:
        """Raises UserError with the known ones for a key that this method does not have."""
        for preset in self.presets:
            if preset.key == key:
                return preset
        known = ", ".join(p.key for p in self.presets)
        raise UserError(f"{self.key} has no preset '{key}'.", f"Known: {known}." if known else "It has none at all.")

    @property
    def resumes(self) -> bool:
        """Whether it goes on from where a crash or a cancel left it."""
        return self.trains or self.resumable

    def refusal(
        self,
        model: Model,
        has_data: bool = True,
        has_labels: bool = True,
        has_teacher: bool = True,
        kind: Kind | None = None,
    ) -> str:
        """One sentence on why this act cannot be applied to the model, '' where it can.

        ``kind`` where it is known: finding it out means looking at every layer.
        """
        kind = kind or kind_of(model.nodes())
        name = self.title.rstrip("…")
        if unfinished(model) and "unfinished" not in self.accepts:
            return refusal(model, name)
        if kind not in self.accepts:
            return f"{name} cannot be applied: {_found(model, kind)}. {_instead(self.accepts[0])}"
        if ("data" in self.needs or "labels" in self.needs) and not has_data:
            return f"{name} needs data. Attach a data set (--data) first."
        if "labels" in self.needs and not has_labels:
            return f"{name} needs labelled data. Attach a data set whose items have classes."
        if "teacher" in self.needs and not has_teacher:
            return f"{name} needs a teacher model. Choose one (--teacher) first."
        return ""

    def run(self, model: Model, values: Any, ctx: Context) -> Outcome:
        """Check, then apply. ``values`` is an instance of ``params``."""
        labelled = ctx.data is not None and any(i.label is not None for i in ctx.data.items)
        why = self.refusal(model, ctx.data is not None, labelled, ctx.teacher is not None)
        if why:
            raise UserError(why)
        return self.apply(model, values, ctx)

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title.rstrip("…"),
            "menu": self.menu,
            "help": self.help,
            "accepts": list(self.accepts),
            "needs": list(self.needs),
            "trains": self.trains,
            "overridable": list(self.overridable),
            "analysis": self.analysis,
            "params": [s.to_json() for s in parameters.specs(self.params)],
            **({"layer_params": [s.to_json() for s in own]} if (own := parameters.specs(self.layer_params)) else {}),
            **({"presets": [p.to_json() for p in self.presets]} if self.presets else {}),
        }


def _found(model: Model, kind: Kind) -> str:
    if kind == "weights":
        return f"the model's weights are stored in another format ({weights_words(model)})"
    return f"the model is {'already' if kind == 'qdq' else 'not'} quantized"


def _instead(wanted: Kind) -> str:
    words = {"weights": "stored weights", "qdq": "quantized activations"}
    what = f"revision with {words[wanted]}" if wanted in words else "float revision"
    return f"Apply it to a {what} instead."


METHODS: Registry[Method] = Registry("method")


def method(
    key: str,
    *,
    title: str,
    menu: str,
    params: type = parameters.NoParams,
    accepts: tuple[Kind, ...] = ("float",),
    needs: tuple[Need, ...] = (),
    uses: tuple[Need, ...] = (),
    plan: Callable[[Model, Any, Context], Plan] | None = None,
    trains: bool = False,
    overridable: tuple[str, ...] = (),
    analysis: bool = False,
    resumable: bool = False,
    learns: bool = False,
    presets: tuple[Preset, ...] = (),
    layer_params: type = parameters.NoParams,
    for_inputs: bool = False,
) -> Callable[[Apply], Apply]:
    """Register a function as a method; its docstring's first line is the help text.

    ``needs`` must be there, ``uses`` may be: the form asks for both. For the others see :class:`Method`.
    """

    def register(apply: Apply) -> Apply:
        lines = (getattr(apply, "__doc__", "") or "").strip().splitlines()
        help_line = lines[0] if lines else ""
        rest = (accepts, needs, uses, plan, help_line, trains, overridable, analysis, resumable, learns, presets)
        METHODS.add(key, Method(key, title, menu, params, apply, *rest, layer_params, for_inputs))
        return apply

    return register


def training_method(
    key: str,
    *,
    title: str,
    menu: str,
    params: type,
    accepts: tuple[Kind, ...] = ("float",),
    teacher: bool = True,
    overridable: tuple[str, ...] = (),
    layer_params: type = parameters.NoParams,
    for_inputs: bool = False,
) -> Callable[[Apply], Apply]:
    """As :func:`method`, for acts on the training loop: they need labels, may have a teacher, and can end early."""
    return method(
        key,
        title=title,
        menu=menu,
        params=params,
        accepts=accepts,
        needs=("labels",),
        uses=("teacher",) if teacher else (),
        trains=True,
        overridable=overridable,
        layer_params=layer_params,
        for_inputs=for_inputs,
    )


def load_methods() -> Registry[Method]:
    """Import every module below ``core.methods`` (once) and give the filled registry.

    Method modules import torch and the runtimes inside their functions, so this is fast.
    """
    import_all("core.methods", deep=True)
    return METHODS
