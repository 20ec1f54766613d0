"""Attention and rotary embedding as single operators (opset 23)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.execute.torch_ops import Layer, ints, operator


def _usual(layer: Layer) -> str:
    if layer.outputs > 3:
        return "Attention with the products of queries and keys as an output is not supported"
    if any(layer.get(side, -1) >= 0 for side in ("left_window_size", "right_window_size")):
        return "Attention within a window of positions is not supported"
    return "Attention with lengths of padded keys is not supported" if layer.input_type(6) else ""


@operator("Attention", check=_usual)
def attention(
    layer: Layer,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    past_k: Tensor | None = None,
    past_v: Tensor | None = None,
) -> Tensor | tuple[Tensor, ...]:
    """Vaswani et al. 2017. (batch, heads, sequence, width), or (batch, sequence, heads * width) with head counts.

    Fewer heads of keys than of queries are repeated (Ainslie et al. 2023). -> y, keys and values with the past before.
    """
    flat = q.dim() == 3
    if flat:
        q = _heads(q, layer.get("q_num_heads"))
        k, v = (_heads(t, layer.get("kv_num_heads")) for t in (k, v))
    if past_k is not None and past_v is not None:
        k, v = torch.cat((past_k, k), 2), torch.cat((past_v, v), 2)
    repeat = q.shape[1] // k.shape[1]
    keys, values = (t.repeat_interleave(repeat, 1) if repeat > 1 else t for t in (k, v))
    root = math.sqrt(layer.get("scale") or 1 / math.sqrt(q.shape[-1]))
    scores = (q * root) @ (keys * root).transpose(-1, -2)
    before = 0 if past_k is None else past_k.shape[2]
    scores = _masked(layer, _softcapped(layer, scores), mask, before)
    blind = (scores == -math.inf).all(-1, keepdim=True)  # queries that may see nothing give zeros, not NaN
    y = torch.softmax(scores.masked_fill(blind, 0), -1).masked_fill(blind, 0) @ values
    if flat:
        y = y.transpose(1, 2).flatten(2)
    return y if layer.outputs == 1 else (y, k, v)


def _heads(t: Tensor, count: int) -> Tensor:
    return t.reshape(*t.shape[:-1], int(count), -1).transpose(1, 2)


def _masked(layer: Layer, scores: Tensor, mask: Tensor | None, before: int) -> Tensor:
    if mask is not None:
        scores = torch.where(mask, scores, -math.inf) if mask.dtype == torch.bool else scores + mask
    if layer.get("is_causal", 0):
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(before + 1)
        scores = scores.masked_fill(later, -math.inf)
    return scores


def _softcapped(layer: Layer, scores: Tensor) -> Tensor:
    cap = layer.get("softcap", 0.0)
    return torch.tanh(scores / cap) * cap if cap else scores


@operator("RotaryEmbedding")
def rotary_embedding(layer: Layer, x: Tensor, cos: Tensor, sin: Tensor, positions: Tensor | None = None) -> Tensor:
    """Su et al. 2021. x as for Attention; cos and sin (longest, width / 2), or one row a position already."""
    heads = layer.get("num_heads", 0)
    flat = x.dim() == 3
    y = _heads(x, heads) if flat else x
    if positions is not None:
        rows = torch.tensor(ints(positions), device=x.device).reshape(positions.shape)
        cos, sin = cos[rows], sin[rows]
    cos, sin = cos.unsqueeze(1), sin.unsqueeze(1)
    width = layer.get("rotary_embedding_dim", 0) or y.shape[-1]
    turned, rest = y[..., :width], y[..., width:]
    if layer.get("interleaved", 0):
        a, b = turned[..., 0::2], turned[..., 1::2]
        turned = torch.stack((a * cos - b * sin, b * cos + a * sin), -1).flatten(-2)
    else:
        a, b = turned.chunk(2, -1)
        turned = torch.cat((a * cos - b * sin, b * cos + a * sin), -1)
    y = torch.cat((turned, rest), -1)
    return y.transpose(1, 2).flatten(2) if flat else y
