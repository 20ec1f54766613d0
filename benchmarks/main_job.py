"""The main job on two real networks, by the command line alone: python -m benchmarks.main_job --json OUT

ResNet-20 (CIFAR-10) cut to about half its MACs and tuned on train_20000, judged on test_dev_2000 beside an equally
tuned unpruned one; MobileNetV2 quantized to int8 on a fifth of the ImageNet samples, judged on the rest. All are
exported as ONNX and TFLite and proven. About half an hour on two cores; --epochs 1 --limit 200 for a quick look.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import record

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("THIMBLE_SHARED") or ROOT.parent / "shared")
RESNET = SHARED / "models/resnet20_cifar10/resnet20_cifar10_bn.onnx"
MOBILENET = SHARED / "models/mobilenetv2_1.0_torchvision_imagenet/mobilenetv2_1.0_torchvision_imagenet_folded.onnx"
TRAIN, TEST = SHARED / "data/cifar10_jpeg/train_20000.zip", SHARED / "data/cifar10_jpeg/test_dev_2000.zip"
IMAGES = SHARED / "data/imagenet_samples"


def thimble(*words: object) -> dict[str, Any]:
    """One command with --json; its answer and its seconds."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "core.cli", *(str(w) for w in words), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return {**answer, "seconds": round(time.perf_counter() - start, 1)}


def row(name: str, file: Path, data: Path, preprocess: str, export_to: Path, *judging: object) -> dict[str, Any]:
    """Cost, accuracy and both exports of one model; ``judging`` are options of ``thimble evaluate``."""
    prepared = ("--preprocess", preprocess)
    info = thimble("info", file)
    judged = thimble("evaluate", file, "--data", data, *prepared, *judging)
    out = {"network": name, "params": info["params"], "macs": info["macs"]}
    out.update({k: judged[k] for k in ("top1", "top5", "n", "interval")})
    for target in ("onnx", "tflite"):
        written = export_to / f"{file.stem}.{target}"
        proof = thimble("export", file, "--to", target, "-o", written, "--check", data, *prepared)
        again = thimble("evaluate", written, "--data", data, *prepared, *judging)
        keep = ("bytes", "max_abs_diff", "max_steps", "checked_on", "passed", "proven")
        out[target] = {**{k: proof[k] for k in keep}, "top1": again["top1"], "n": again["n"]}
    print(f"{name}: {out['macs'] / 1e6:.1f} M MACs, top-1 {out['top1']:.2f} % (n={out['n']})", flush=True)
    return out


def resnet(folder: Path, epochs: int, ratio: float, limit: list[object]) -> list[dict[str, Any]]:
    """Pruned and tuned beside equally tuned."""
    tune = ["--data", TRAIN, "--test", TEST, "--preprocess", "cifar10", "--teacher", RESNET]
    tune += ["--set", f"epochs={epochs}", "flip=true"]
    exports = folder / "exports"
    exports.mkdir(exist_ok=True)
    pruned, tuned, control = folder / "pruned.onnx", folder / "pruned_tuned.onnx", folder / "control_tuned.onnx"
    pairs = ((pruned, tuned), (RESNET, control))
    thimble("apply", "prune.magnitude", RESNET, "-o", pruned, "--set", f"ratio={ratio}", "multiple=1")
    with ThreadPoolExecutor() as both:  # one thread each: steadier than two threads one after the other
        runs = [both.submit(thimble, "apply", "tune.finetune", m, "-o", o, *tune, "--threads", 1) for m, o in pairs]
        seconds = [r.result()["seconds"] for r in runs]
    quantized = folder / "pruned_tuned_int8.onnx"
    thimble("apply", "quantize.static", tuned, "-o", quantized, "--data", TRAIN, "--preprocess", "cifar10")
    files = {"ResNet-20": RESNET, "pruned": pruned, "pruned, tuned": tuned, "unpruned, tuned alike": control,
             "pruned, tuned, int8": quantized}  # fmt: skip
    judging = ("--split", "all", *limit)
    rows = [row(n, f, TEST, "cifar10", exports, *judging) for n, f in files.items()]
    for r, s in zip((rows[2], rows[3]), seconds, strict=True):
        r["tuning_seconds"] = s
    return rows


def mobilenet(folder: Path) -> list[dict[str, Any]]:
    """Float and int8, judged on the items that did not calibrate."""
    quantized = folder / "mobilenetv2_int8.onnx"
    done = thimble("apply", "quantize.static", MOBILENET, "-o", quantized, "--data", IMAGES, "--preprocess", "imagenet")
    exports = folder / "exports"
    exports.mkdir(exist_ok=True)
    files = {"MobileNetV2": MOBILENET, "MobileNetV2, int8": quantized}
    rows = [row(n, f, IMAGES, "imagenet", exports) for n, f in files.items()]
    rows[1]["quantizing_seconds"] = done["seconds"]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--ratio", type=float, default=0.3)
    parser.add_argument("--limit", type=int, help="judge on so many CIFAR images only")
    args = parser.parse_args()
    limit: list[object] = [] if args.limit is None else ["--limit", args.limit]
    with tempfile.TemporaryDirectory() as name:
        rows = resnet(Path(name), args.epochs, args.ratio, limit) + mobilenet(Path(name))
    head = f"{'network':<24}{'M MACs':>8}{'params':>11}{'top-1':>8}{'n':>6}"
    head += f"{'ONNX B':>12}{'TFLite B':>12}{'TFLite top-1':>14}"
    print("\n" + head)
    for r in rows:
        print(
            f"{r['network']:<24}{r['macs'] / 1e6:>8.1f}{r['params']:>11,}{r['top1']:>8.2f}{r['n']:>6}"
            f"{r['onnx']['bytes']:>12,}{r['tflite']['bytes']:>12,}{r['tflite']['top1']:>14.2f}"
        )
    record.save(args.json, rows)


if __name__ == "__main__":
    main()
