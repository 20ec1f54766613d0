"""What every method owes, checked over the registry on the bundled sample: a new method gets all of it for nothing."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core import params as parameters
from core.data.sample import sample_data
from core.data.splits import take
from core.errors import Cancelled, UserError
from core.execute.runtimes import onnx_session
from core.exporters.exporter import load_exporters
from core.formats.open import open_model
from core.jobs import Job
from core.methods.method import Context, Method, Outcome, load_methods
from core.model.model import Model
from core.report import Report
from tests.conftest import SAMPLE
from tests.contracts.quick import QUICK, RENAMED

METHODS = {m.key: m for m in load_methods()}
EXPORTED: set[bytes] = set()  # digests of models whose files were proven


@functools.cache
def sample() -> Model:
    return open_model(SAMPLE)


@functools.cache
def few() -> Any:
    return take(sample_data(), 48, seed=1)


def context(job: Job | None = None) -> Context:
    return Context(job=job or Job(), data=few(), teacher=sample(), seed=3)


def quick(method: Method) -> Any:
    return parameters.from_json(method.params, QUICK.get(method.key, {}))


def subject(key: str) -> Model:
    """What a method is tried on: the sample, quantized where only that will do."""
    if "float" in METHODS[key].accepts:
        return open_model(SAMPLE)
    quantized = applied("quantize.static")
    assert isinstance(quantized, Outcome)
    assert quantized.model is not None
    return quantized.model


@functools.cache
def applied(*keys: str) -> Outcome | UserError:
    """The outcome of a chain of methods on the sample, or the refusal of its last one; an analysis changes nothing."""
    if len(keys) > 1 and METHODS[keys[-2]].analysis and not isinstance(applied(*keys[:-1]), UserError):
        assert again(keys[-2]).untouched
        return applied(*keys[:-2], keys[-1])
    before = applied(*keys[:-1]) if len(keys) > 1 else Outcome(subject(keys[0]), None)  # type: ignore[arg-type]
    if isinstance(before, UserError):
        return before
    assert before.model is not None
    try:
        return METHODS[keys[-1]].run(before.model, quick(METHODS[keys[-1]]), context())
    except UserError as refusal:
        return refusal


@dataclasses.dataclass(frozen=True)
class Again:
    """A second run of a method on the sample, and whether it left what it was given as it was."""

    outcome: Outcome
    untouched: bool


@functools.cache
def again(key: str) -> Again:
    model = subject(key)
    before = fingerprint(model)
    outcome = METHODS[key].run(model, quick(METHODS[key]), context())
    return Again(outcome, fingerprint(model) == before)


def fingerprint(model: Model) -> bytes:
    return ir.to_proto(model.graph).SerializeToString(deterministic=True)


def run(model: Model, exact: bool = False) -> np.ndarray:
    """Answers to noise; ``exact`` in the session that proofs of exports make, so that it is made once."""
    x = np.random.default_rng(0).standard_normal((2, 1, 32, 32)).astype(np.float32)
    return next(iter(onnx_session(model, exact=exact).run({model.inputs[0].name: x}).values()))


@pytest.mark.parametrize("key", METHODS)
class TestEachMethod:
    def test_input_is_untouched(self, key: str) -> None:
        assert again(key).untouched

    def test_parameters_survive_json(self, key: str) -> None:
        values = METHODS[key].params()
        text = json.dumps(parameters.to_json(values))
        assert parameters.from_json(METHODS[key].params, json.loads(text)) == values

    def test_bad_values_are_refused_by_name(self, key: str) -> None:
        for spec in parameters.specs(METHODS[key].params):
            for bad in bad_values(spec):
                with pytest.raises(UserError) as refused:
                    parameters.from_json(METHODS[key].params, {spec.name: bad})
                assert spec.field.label in refused.value.message
        with pytest.raises(UserError, match="no parameter 'nonsense'"):
            parameters.from_json(METHODS[key].params, {"nonsense": 1})

    def test_cancel_works(self, key: str) -> None:
        seen: list[Any] = []
        job = Job(lambda event: (seen.append(event), job.cancel()))  # cancels at its first sign of life
        with pytest.raises(Cancelled):
            METHODS[key].run(subject(key), quick(METHODS[key]), context(job))
        assert seen, "the method reported no progress"

    def test_output_is_valid_and_runs(self, key: str) -> None:
        outcome = applied(key)
        assert isinstance(outcome, Outcome)
        if outcome.model is not None:
            onnx.checker.check_model(ir.to_proto(outcome.model.graph), full_check=True)
            assert np.isfinite(run(outcome.model)).all()

    def test_layer_names_are_kept(self, key: str) -> None:
        outcome = applied(key)
        assert isinstance(outcome, Outcome)
        if outcome.model is None:
            return
        after = {n.name for n in outcome.model.nodes()}
        folded = {"BatchNormalization"} if key.startswith("quantize.") else set()
        lost = [n.name for n in sample().nodes() if n.name not in after and n.op_type not in folded]
        plan = METHODS[key].plan
        going = plan(sample(), quick(METHODS[key]), context()).layers if key == "prune.depth" and plan else ()
        assert set(lost) == set(going), "only layers that the plan names may go"

    def test_same_seed_gives_the_same_bytes(self, key: str) -> None:
        first, second = applied(key), again(key).outcome
        assert isinstance(first, Outcome)
        if first.model is not None and second.model is not None:
            assert fingerprint(first.model) == fingerprint(second.model)

    def test_every_figure_has_provenance(self, key: str) -> None:
        outcome = applied(key)
        assert isinstance(outcome, Outcome)
        for name, measure in outcome.report.measures.items():
            assert measure.how in ("measured", "estimated", "cited"), name
            assert measure.on or measure.how == "estimated", f"{name} does not say what it was measured on"
        assert Report.from_json(json.loads(json.dumps(outcome.report.to_json()))) == outcome.report


def bad_values(spec: parameters.Spec) -> list[Any]:
    bad: list[Any] = []
    if spec.choices:
        bad.append("no-such-choice")
    elif spec.type is bool:
        bad.append("perhaps")
    elif spec.type in (int, float):
        bad += ["much", float("nan")]
        bad += [] if spec.field.high is None else [spec.field.high + 1]
        bad += [] if spec.field.low is None else [spec.field.low - 1]
    return bad


@pytest.mark.parametrize("old", RENAMED)
def test_a_renamed_method_does_what_the_new_one_does(old: str) -> None:
    before, now = applied(old), applied(RENAMED[old])
    assert isinstance(before, Outcome)
    assert isinstance(now, Outcome)
    assert fingerprint(before.model or sample()) == fingerprint(now.model or sample())
    assert before.report.measures.keys() == now.report.measures.keys()


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.product(sorted(METHODS.keys() - RENAMED.keys()), repeat=2))
)
def test_every_ordered_pair_works_and_exports_or_refuses(first: str, second: str, tmp_path: Path) -> None:
    """The test the design stands on."""
    outcome = applied(first, second)
    if isinstance(outcome, UserError):
        assert outcome.message.endswith(".")
        assert outcome.message.count("\n") == 0
        return
    if outcome.model is None:
        return
    same = hashlib.sha256(fingerprint(outcome.model)).digest()
    if same in EXPORTED:  # to the byte what another pair gave
        return
    assert np.isfinite(run(outcome.model, exact=True)).all()
    for target in load_exporters():
        exported = target.write(outcome.model, tmp_path / f"out{target.suffix}", few(), Job())
        assert exported.proof.passed
        assert exported.proof.proven
        assert exported.file.stat().st_size == exported.bytes
    EXPORTED.add(same)


@pytest.mark.parametrize(
    "pair",
    [
        ("prune.magnitude", "tune.finetune"),
        ("prune.magnitude", "quantize.static"),
        ("tune.finetune", "prune.magnitude"),
        ("tune.finetune", "quantize.static"),
    ],
    ids="-".join,
)
def test_the_pairs_of_the_main_job_do_not_refuse(pair: tuple[str, str]) -> None:
    """Else a bug that makes every second act refuse would pass the test above."""
    assert isinstance(applied(*pair), Outcome)


def test_no_method_is_missing_from_the_registry() -> None:
    """Plug-in discovery that is silently empty is the classic failure of frozen programs."""
    assert {"prune.magnitude", "tune.finetune", "quantize.static"} <= set(METHODS)
    for method in METHODS.values():
        assert method.help, f"{method.key} has no help line"
        assert dataclasses.is_dataclass(method.params)
        assert all(s.field.label for s in parameters.specs(method.params))
