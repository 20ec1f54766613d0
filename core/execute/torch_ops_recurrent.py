"""LSTM, GRU and RNN: torch's own kernels for the usual forms, a loop over time for all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.execute.torch_ops import Layer, operator

# the gates of a cell: in ONNX's order, and where torch's kernels want them
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
_TORCH_ORDER = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}  # iofc -> ifco, zrh -> rzh
_DEFAULTS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}
Activation = Callable[[Tensor], Tensor]
_ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softsign": torch.nn.functional.softsign,
    "softplus": torch.nn.functional.softplus,
}


def _runs(layer: Layer) -> str:
    names = [str(n) for n in layer.get("activations") or ()]
    if odd := [n for n in names if n.lower() not in _ACTIVATIONS]:
        return f"the activation {odd[0]} is not supported"
    if layer.get("activation_alpha") or layer.get("activation_beta"):
        return "activations with parameters are not supported"
    direction = layer.get("direction", "forward")
    return "" if direction in ("forward", "reverse", "bidirectional") else f"direction {direction!r} is not supported"


@dataclass(frozen=True, slots=True)
class _Direction:
    """What one direction of a layer runs with: x (time, batch, in), weights in ONNX's gate order, biases or None."""

    layer: Layer
    x: Tensor
    w: Tensor
    r: Tensor
    bias: Tensor | None
    hidden: Tensor
    lengths: Tensor | None
    activations: tuple[str, ...]
    cell: Tensor | None = None
    peepholes: Tensor | None = None

    @property
    def plain(self) -> bool:
        """Whether torch's kernels compute the same."""
        kind, given = self.layer.operator, tuple(a.lower() for a in self.activations)
        usual = given == tuple(a.lower() for a in _DEFAULTS[kind]) or (kind == "RNN" and given == ("relu",))
        odd = self.layer.get("clip") or self.layer.get("input_forget", 0) or self.peepholes is not None
        if kind == "GRU" and not self.layer.get("linear_before_reset", 0):
            return False
        return usual and not odd and self.lengths is None

    def function(self, index: int) -> Activation:
        return _ACTIVATIONS[self.activations[index].lower()]

    def clipped(self, t: Tensor) -> Tensor:
        limit = self.layer.get("clip")
        return t.clamp(-limit, limit) if limit else t


@operator("LSTM", check=_runs, settings=(4,))
def lstm(
    layer: Layer,
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    lengths: Tensor | None = None,
    h: Tensor | None = None,
    c: Tensor | None = None,
    p: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """x (time, batch, in), w (directions, 4 hidden, in) -> y (time, directions, batch, hidden), last h, last c.

    With ``layout=1`` the batch comes first everywhere. Hochreiter and Schmidhuber 1997; peepholes Gers et al. 2002.
    """
    return _recurrent(layer, x, w, r, b, lengths, h, c, p)


@operator("GRU", "RNN", check=_runs, settings=(4,))
def gru(
    layer: Layer,
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    lengths: Tensor | None = None,
    h: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Sizes as for LSTM, with 3 gates (Cho et al. 2014) or 1; -> y, last h."""
    return _recurrent(layer, x, w, r, b, lengths, h)


def _recurrent(layer: Layer, x: Tensor, w: Tensor, r: Tensor, *rest: Tensor | None) -> tuple[Tensor, ...]:
    b, lengths, h, c, p = (*rest, None, None)[:5]
    first = bool(layer.get("layout", 0))
    if first:
        x = x.transpose(0, 1)
        h, c = (t if t is None else t.transpose(0, 1) for t in (h, c))
    lengths = _uneven(lengths, x)
    outputs = []
    for k in range(w.shape[0]):
        zeros = x.new_zeros(x.shape[1], r.shape[-1])
        run = _Direction(
            layer,
            x,
            w[k],
            r[k],
            None if b is None else b[k],
            zeros if h is None else h[k],
            lengths,
            _activations(layer, k),
            (zeros if c is None else c[k]) if layer.operator == "LSTM" else None,
            None if p is None else p[k],
        )
        outputs.append(_one_way(run, k == 1 or layer.get("direction") == "reverse"))
    y, *last = (torch.stack(parts, 1 if place == 0 else 0) for place, parts in enumerate(zip(*outputs, strict=True)))
    if first:
        y, last = y.permute(2, 0, 1, 3), [t.transpose(0, 1) for t in last]
    return (y, *last)


def _uneven(lengths: Tensor | None, x: Tensor) -> Tensor | None:
    """The lengths of the sequences, None where all fill the time axis."""
    if lengths is None or bool((lengths >= x.shape[0]).all()):
        return None
    return lengths.to(x.device, torch.int64)


def _activations(layer: Layer, direction: int) -> tuple[str, ...]:
    defaults = _DEFAULTS[layer.operator]
    names = layer.get("activations")
    return tuple(names[direction * len(defaults) : (direction + 1) * len(defaults)]) if names else defaults


def _one_way(run: _Direction, backwards: bool) -> tuple[Tensor, ...]:
    """One direction: y (time, batch, hidden), last h and, of an LSTM, last c."""
    x = _turned(run.x, run.lengths) if backwards else run.x
    y, *last = _kernel(run, x) if run.plain else _loop(run, x)
    return (_turned(y, run.lengths) if backwards else y, *last)


def _turned(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Each sequence last element first; what lies behind its end stays."""
    if lengths is None:
        return x.flip(0)
    time = torch.arange(x.shape[0], device=x.device)[:, None]
    places = torch.where(time < lengths, lengths - 1 - time, time)
    return x.gather(0, places[..., None].expand(x.shape))


def _kernel(run: _Direction, x: Tensor) -> tuple[Tensor, ...]:
    kind = run.layer.operator
    weights = [_in_torch_order(kind, run.w), _in_torch_order(kind, run.r)]
    if run.bias is not None:
        weights += [_in_torch_order(kind, part) for part in run.bias.chunk(2)]
    fixed: tuple[Any, ...] = (weights, run.bias is not None, 1, 0.0, torch.is_grad_enabled(), False, False)
    if run.cell is not None:
        y, h, c = torch.lstm(x, [run.hidden[None].contiguous(), run.cell[None].contiguous()], *fixed)
        return y, h[0], c[0]
    function = torch.gru
    if kind == "RNN":
        function = torch.rnn_relu if run.activations[0].lower() == "relu" else torch.rnn_tanh
    y, h = function(x, run.hidden[None].contiguous(), *fixed)
    return y, h[0]


def _in_torch_order(kind: str, t: Tensor) -> Tensor:
    order = _TORCH_ORDER[kind]
    if len(order) == 1:
        return t
    parts = t.chunk(len(order))
    return torch.cat([parts[k] for k in order])


def _loop(run: _Direction, x: Tensor) -> tuple[Tensor, ...]:
    """Step by step; a sequence that has ended keeps its state and gives zeros."""
    step = {"LSTM": _lstm_step, "GRU": _gru_step, "RNN": _rnn_step}[run.layer.operator]
    state: Sequence[Tensor] = (run.hidden,) if run.cell is None else (run.hidden, run.cell)
    of_input = x @ run.w.t()
    if run.bias is not None:
        of_input = of_input + run.bias.chunk(2)[0]
    rows = []
    for time in range(x.shape[0]):
        new = step(run, of_input[time], state)
        row = new[0]
        if run.lengths is not None:
            goes_on = (time < run.lengths)[:, None]
            row = torch.where(goes_on, row, 0)
            new = tuple(torch.where(goes_on, n, o) for n, o in zip(new, state, strict=True))
        rows.append(row)
        state = new
    y = torch.stack(rows) if rows else x.new_zeros(0, *run.hidden.shape)
    return (y, *state)


def _of_state(run: _Direction, h: Tensor) -> Tensor:
    y = h @ run.r.t()
    return y if run.bias is None else y + run.bias.chunk(2)[1]


def _lstm_step(run: _Direction, of_input: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
    h, c = state
    i, o, f, g = (of_input + _of_state(run, h)).chunk(4, -1)
    pi, po, pf = (0.0, 0.0, 0.0) if run.peepholes is None else run.peepholes.chunk(3)
    gate = run.function(0)
    i = gate(run.clipped(i + pi * c))
    f = 1 - i if run.layer.get("input_forget", 0) else gate(run.clipped(f + pf * c))
    c = f * c + i * run.function(1)(run.clipped(g))
    o = gate(run.clipped(o + po * c))
    return o * run.function(2)(c), c


def _gru_step(run: _Direction, of_input: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
    (h,) = state
    xz, xr, xg = of_input.chunk(3, -1)
    gate = run.function(0)
    if run.layer.get("linear_before_reset", 0):
        hz, hr, hg = _of_state(run, h).chunk(3, -1)
        r = gate(run.clipped(xr + hr))
        inner = r * hg
    else:
        wz, wr, wg = run.r.chunk(3)
        bz, br, bg = (0.0, 0.0, 0.0) if run.bias is None else run.bias.chunk(2)[1].chunk(3)
        hz = h @ wz.t() + bz
        r = gate(run.clipped(xr + h @ wr.t() + br))
        inner = (r * h) @ wg.t() + bg
    z = gate(run.clipped(xz + hz))
    g = run.function(1)(run.clipped(xg + inner))
    return ((1 - z) * g + z * h,)


def _rnn_step(run: _Direction, of_input: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return (run.function(0)(run.clipped(of_input + _of_state(run, state[0]))),)
