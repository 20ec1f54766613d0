"""Random recurrent layers and attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.core.operator_cases import Case, Draw, case

_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
_ACTIVATIONS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}


def recurrent(d: Draw, kind: str) -> Case:
    """All optional inputs come and go, in every direction."""
    time, batch, size, hidden = d.int(1, 5), d.int(1, 3), d.int(1, 4), d.int(1, 4)
    direction = d.one("forward", "reverse", "bidirectional")
    ways, gates = 2 if direction == "bidirectional" else 1, _GATES[kind]
    attributes: dict[str, Any] = {"direction": direction, "hidden_size": hidden}
    inputs: list[np.ndarray | None] = [
        d.floats(time, batch, size),
        d.floats(ways, gates * hidden, size),
        d.floats(ways, gates * hidden, hidden),
        d.one(None, d.floats(ways, 2 * gates * hidden)),
        d.one(None, np.array([d.int(1, time) for _ in range(batch)], np.int32)),
        d.one(None, d.floats(ways, batch, hidden)),
    ]
    if kind == "LSTM":
        peepholes = d.one(None, None, d.floats(ways, 3 * hidden))
        inputs += [d.one(None, d.floats(ways, batch, hidden)), peepholes]
    if kind == "GRU":
        attributes["linear_before_reset"] = d.int(0, 1)
    if d.int(0, 4) == 0:
        attributes["clip"] = 0.7
    if d.int(0, 3) == 0:
        names = d.one(_ACTIVATIONS[kind], ("Relu",) if kind == "RNN" else ("Sigmoid", *["Relu"] * (gates // 2)))
        attributes["activations"] = list(names) * ways
    while inputs[-1] is None:
        inputs.pop()
    fixed = tuple(k for k in (1, 2, 3) if k < len(inputs) and inputs[k] is not None)
    return Case(inputs, attributes, d.one(7, 14, 22), fixed, 3 if kind == "LSTM" else 2)


@case("LSTM")
def _lstm(d: Draw) -> Case:
    return recurrent(d, "LSTM")


@case("GRU")
def _gru(d: Draw) -> Case:
    return recurrent(d, "GRU")


@case("RNN")
def _rnn(d: Draw) -> Case:
    return recurrent(d, "RNN")


@case("Attention")
def _attention(d: Draw) -> Case:
    batch, keys, width, queries = d.int(1, 2), d.int(1, 4), d.int(1, 4), d.int(1, 4)
    kv_heads = d.int(1, 2)
    heads = kv_heads * d.int(1, 2)
    attributes: dict[str, Any] = d.one({}, {"scale": 0.3}, {"is_causal": 1}, {"softcap": 2.0})
    past = d.int(0, 2) if d.int(0, 1) else 0
    if past and "is_causal" in attributes:  # as caches are used; onnxruntime lets a single query see everything
        queries = keys = d.int(2, 4)
    if d.int(0, 1):
        inputs: list[np.ndarray | None] = [
            d.floats(batch, queries, heads * width),
            d.floats(batch, keys, kv_heads * width),
            d.floats(batch, keys, kv_heads * width),
        ]
        attributes = {**attributes, "q_num_heads": heads, "kv_num_heads": kv_heads}
    else:
        inputs = [d.floats(batch, n, s, width) for n, s in ((heads, queries), (kv_heads, keys), (kv_heads, keys))]
    boolean = d.rng.integers(0, 2, (queries, keys + past)) > 0
    boolean[:, 0] = True
    inputs.append(d.one(None, boolean, d.floats(queries, keys + past)))
    if past:
        inputs += [d.floats(batch, kv_heads, past, width) for _ in range(2)]
    while inputs[-1] is None:
        inputs.pop()
    return Case(inputs, attributes, 23, outputs=3 if past else 1)


@case("RotaryEmbedding")
def _rotary(d: Draw) -> Case:
    batch, heads, steps, half = d.int(1, 2), d.int(1, 3), d.int(1, 4), d.int(1, 3)
    attributes: dict[str, Any] = d.one({}, {"interleaved": 1})
    x = d.floats(batch, heads, steps, 2 * half)
    if d.int(0, 1):
        x, attributes = d.floats(batch, steps, heads * 2 * half), {**attributes, "num_heads": heads}
    if d.int(0, 1):
        return Case([x, d.floats(batch, steps, half), d.floats(batch, steps, half)], attributes, 23)
    positions = d.rng.integers(0, 7, (batch, steps))
    return Case([x, d.floats(7, half), d.floats(7, half), positions], attributes, 23)
