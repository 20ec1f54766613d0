"""Random sequences of edits, undos, redos and jumps between revisions; after each step all that must hold is checked.

    .venv/bin/python -m benchmarks.random_edits --sequences 1000

Prints the seed of every sequence in which something does not hold, and exits with 1 if there is one. ``--seed S
--sequences 1`` plays that one again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from pathlib import Path

from benchmarks import record
from tests.core.random_edits import Found, play, random_model


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=14, help="of a sequence")
    parser.add_argument("--seed", type=int, default=0, help="of the first sequence")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    total, wrong, start = Found(), [], time.perf_counter()
    for seed in range(options.seed, options.seed + options.sequences):
        rng = random.Random(seed)
        try:
            total += play(random_model(rng), rng, options.steps)
        except Exception as error:  # noqa: BLE001  every way to fail is a finding here, and the run goes on
            wrong.append(seed)
            print(f"seed {seed}: {type(error).__name__} {str(error)[:300]}", flush=True)
            if options.sequences == 1:
                traceback.print_exc()
    took = time.perf_counter() - start
    steps = sum(total.steps.values())
    print(f"{options.sequences} sequences of {options.steps} steps in {took:.0f} s: {len(wrong)} wrong {wrong or ''}")
    print(f"{steps} steps: {dict(total.steps)}")
    print(f"{total.marked} left a mark; onnxruntime loaded {total.loaded} graphs without one, and lacks a kernel "
          f"for {total.unsupported}")  # fmt: skip
    keys = sorted({*total.edits, *total.refused})
    rows = [{"edit": k, "done": total.edits[k], "refused": total.refused[k]} for k in keys]
    for row in rows:
        print(f"{row['edit']:<24}{row['done']:>6} done {row['refused']:>6} refused")
    record.save(
        options.json, rows, sequences=options.sequences, steps=dict(total.steps), marked=total.marked,
        loaded=total.loaded, unsupported=total.unsupported, wrong_seeds=wrong, seconds=round(took),
    )  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
