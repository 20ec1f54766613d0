"""Multi-head attention (Vaswani et al. 2017), written out, so that heads can be seen and cut."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def head_width(dim: int, heads: int) -> int:
    """Channels of one head; raises ValueError where the heads do not divide ``dim``."""
    if dim % heads:
        raise ValueError(f"{heads} heads do not divide {dim} channels")
    return dim // heads


def split_heads(x: Tensor, heads: int, width: int) -> Tensor:
    """[N, T, heads * width] -> [N, heads, T, width]."""
    return x.reshape(-1, x.shape[1], heads, width).transpose(1, 2)


def join_heads(x: Tensor, heads: int, width: int) -> Tensor:
    """[N, heads, T, width] -> [N, T, heads * width]."""
    return x.transpose(1, 2).reshape(-1, x.shape[2], heads * width)


class SelfAttention(nn.Module):
    """[N, T, dim] -> [N, T, dim]; every token reads from all tokens. Query, key and value come from one Linear."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, head_width(dim, heads)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x).chunk(3, -1)
        q = split_heads(query, self.heads, self.width)
        k = split_heads(key, self.heads, self.width)
        v = split_heads(value, self.heads, self.width)
        scores = torch.matmul(q * self.width**-0.5, k.transpose(-2, -1))
        read = torch.matmul(scores.softmax(-1), v)
        y: Tensor = self.proj(join_heads(read, self.heads, self.width))
        return y


class MLP(nn.Module):
    """Two Linears with GELU between them, for each token alone."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc2(self.act(self.fc1(x)))
        return y
