"""4-bit weights before and after quantization-aware training: python -m benchmarks.quantization_training --json OUT

The bundled sample, ResNet-20 on CIFAR-10 images, and a CIFAR-10 MobileNetV2, made here: the ImageNet network at 96
pixels, its last layer fitted to CIFAR by logistic regression on features of training images, then all of it tuned on
them. So it is as awkward to quantize as MobileNetV2 is. Each is quantized by quantize.static (4-bit weights, 8-bit
activations, GPTQ, corrected biases) and trained by quantize.train toward the float network's answers; beside it
stands the float network trained equally. Judged on items that neither calibrated nor trained; differences are paired by
item. About 40 minutes of one core.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from benchmarks import record
from core import params as parameters
from core.data.dataset import DataSet
from core.data.feed import batches
from core.data.open import open_data
from core.data.sample import sample_data
from core.data.splits import divide, take
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.jobs import Job, Progress
from core.methods.method import Context, Outcome, load_methods
from core.model.model import Model
from core.model.preprocessing import presets
from tests.conftest import network_path, shared

PIXELS, FEATURES, CLASSES = 96, "/Flatten_output_0", 10


@dataclasses.dataclass(frozen=True)
class Case:
    """One network: its data, items to train on, and what of the training is not by default."""

    network: str
    items: int | None
    params: Mapping[str, Any]
    tune: int = 0  # epochs that the float network is tuned before


CASES = (
    Case("sample", None, {"epochs": 2, "rounding": "gptq"}),
    Case("resnet20", 10_000, {"epochs": 2, "flip": True, "rounding": "gptq"}),
    # its last layer has seen the items that would choose an epoch
    Case(
        "mobilenetv2", 4_000, {"epochs": 4, "flip": True, "batch_size": 32, "keep": "last", "rounding": "gptq"}, tune=2
    ),
)


def network(case: Case, ctx: Context, epochs: int | None) -> Model:
    """The float network."""
    model = open_model(network_path(case.network))
    if case.network == "sample":
        return model
    if case.network == "resnet20":
        return model.with_preprocessing(presets(32, 32)["cifar10"])
    assert ctx.data is not None, "main gives it"
    fitted = with_own_classes(model, divide(ctx.data, ctx.seed, training=True).train)
    known = {k: v for k, v in case.params.items() if k != "rounding"}
    values = {**known, "epochs": case.tune if epochs is None else epochs, "learning_rate": 0.002}
    start = time.perf_counter()
    done = _apply("tune.finetune", fitted, values, ctx)
    _row(case, "float, made", done, time.perf_counter() - start, values)
    assert done.model is not None, "a training gives a model"
    return done.model


def with_own_classes(model: Model, data: DataSet) -> Model:
    """MobileNetV2 at fewer pixels, its last layer fitted to the classes of ``data``."""
    new = model.clone()
    new.graph.graph.inputs[0].shape = ir.Shape(["batch", 3, PIXELS, PIXELS])
    for node in new.nodes():
        for value in node.outputs:
            value.shape = None
    small = new.with_graph(new.graph).with_preprocessing(presets(PIXELS, PIXELS)["imagenet"])
    weight, bias = logistic(*features_of(small, data))
    graph = small.graph.graph
    last = next(n for n in graph if n.op_type == "Gemm")
    for value, array in zip(last.inputs[1:], (weight, bias), strict=True):
        assert value is not None, "the last layer has weight and bias"
        value.shape, value.const_value = ir.Shape(array.shape), ir.tensor(array, name=value.name)
    graph.outputs[0].shape = ir.Shape(["batch", CLASSES])
    return small


def features_of(model: Model, data: DataSet) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """What the last layer reads [N, C], and labels [N]."""
    session = onnx_session(model, taps=(FEATURES,))
    found, labels = [], []
    for batch in batches(data, model, 32):
        found.append(session.run(batch.feed)[FEATURES][: batch.count])
        labels.append(batch.labels[: batch.count])
    return np.concatenate(found), np.concatenate(labels)


def logistic(
    features: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Weight [classes, C] and bias of multinomial logistic regression with a little decay."""
    import torch

    x, y = torch.from_numpy(features), torch.from_numpy(labels)
    weight = torch.zeros(CLASSES, x.shape[1], requires_grad=True)
    bias = torch.zeros(CLASSES, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(x @ weight.T + bias, y) + 1e-3 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach().numpy(), bias.detach().numpy()


def run(case: Case, epochs: int | None, items: int | None, test_items: int | None) -> Iterator[dict[str, Any]]:
    """The rows of one network, each when it is there: 4 bits, and float trained as long."""
    train, test = sample_data(), None
    if case.network != "sample":
        files = (shared(f"data/cifar10_jpeg/{n}.zip") for n in ("train_20000", "test_dev_2000"))
        train, test = (open_data(f) for f in files)
    some = take(train, items or case.items, seed=0)
    judge = None if test is None else take(test, test_items, seed=0)
    values = {"precision": "int4", **case.params, **({} if epochs is None else {"epochs": epochs})}
    ctx = Context(Job(_tell), data=some, test=judge, seed=0)
    model = network(case, ctx, epochs)
    start = time.perf_counter()
    done = _apply("quantize.train", model, values, ctx)
    yield _row(case, "4 bits, trained", done, time.perf_counter() - start, values)
    start = time.perf_counter()
    shared_values = {k: v for k, v in values.items() if k not in ("precision", "rounding")}
    tuned = _apply("tune.finetune", model, shared_values, dataclasses.replace(ctx, teacher=model))
    yield _row(case, "float, trained equally", tuned, time.perf_counter() - start, shared_values)


def _apply(key: str, model: Model, values: Mapping[str, Any], ctx: Context) -> Outcome:
    method = load_methods().get(key)
    return method.run(model, parameters.from_json(method.params, dict(values)), ctx)


def _row(case: Case, what: str, done: Outcome, seconds: float, values: Mapping[str, Any]) -> dict[str, Any]:
    figures = {k: m.to_json() for k, m in done.report.measures.items()}
    shown = {k: round(m.value, 2) for k, m in done.report.measures.items() if k.startswith(("top1", "diff", "sqnr"))}
    print(f"{case.network}: {what}: {shown}, {seconds:.0f} s", flush=True)
    row = {"network": case.network, "what": what, "params": dict(values), "seconds": round(seconds, 1)}
    return {**row, "measures": figures, "notes": list(done.report.notes)}


_last = [0.0]


def _tell(event: object) -> None:
    """A line a minute, so that a long run is seen to live."""
    if isinstance(event, Progress) and time.monotonic() - _last[0] > 60:
        _last[0] = time.monotonic()
        print(f"  {event.done:.0%} {event.message}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--networks", nargs="*", default=[c.network for c in CASES])
    parser.add_argument("--epochs", type=int, help="instead of each network's own")
    parser.add_argument("--items", type=int, help="train on so many items only")
    parser.add_argument("--test-items", type=int, help="judge on so many CIFAR images only")
    args = parser.parse_args()
    rows = []
    for case in CASES:
        if case.network in args.networks:
            for row in run(case, args.epochs, args.items, args.test_items):
                rows.append(row)
                record.save(args.json, rows)


if __name__ == "__main__":
    main()
