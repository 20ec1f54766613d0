"""Swin Transformer: attention inside windows, which are shifted from block to block, over maps that shrink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from core.params import Field
from core.references.blocks.attention import MLP, head_width, join_heads, split_heads
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source(
    "Liu et al., Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, ICCV",
    2021,
    "arxiv.org/abs/2103.14030",
)
TORCHVISION = Source(
    "torchvision, Swin_T_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.swin_t.html",
)
REPOSITORY = Source(
    "microsoft, Swin-Transformer", 2021, "github.com/microsoft/Swin-Transformer/blob/main/get_started.md"
)
TIMM_RESULTS = Source(
    "timm, results-imagenet.csv",
    2023,
    "github.com/huggingface/pytorch-image-models/blob/main/results/results-imagenet.csv",
)

_DEPTHS = (2, 2, 6, 2)
_PATCH = 4
_OUTSIDE = -100.0  # added to scores between parts of a window that were apart before the shift


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    dim: Annotated[
        int, Field("Width", "Channels of the first stage; each later one doubles them.", low=8, high=192)
    ] = 96
    head: Annotated[int, Field("Head width", "Channels of one attention head.", low=4, high=192)] = 32
    window: Annotated[int, Field("Window", "Side of the windows, in patches of 4 px.", low=2, high=16)] = 7
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(32, 32)] = 224


class WindowAttention(nn.Module):
    """[N * windows, T, dim] -> the same: attention among the T patches of a window, with a bias by their distance.

    ``mask`` [windows, T, T] is true where two patches of a window must not meet; None where all may.
    """

    relative_position_index: Tensor
    mask: Tensor

    def __init__(self, dim: int, heads: int, window: int, mask: Tensor | None) -> None:
        super().__init__()
        self.heads, self.width, self.patches = heads, head_width(dim, heads), window**2
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        self.register_buffer("relative_position_index", _distances(window), persistent=False)
        self.windows = 0 if mask is None else mask.shape[0]
        if mask is not None:
            self.register_buffer("mask", mask[None, :, None], persistent=False)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def draw_weights(self) -> None:
        """Small biases, as the paper's code has them."""
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x).chunk(3, -1)
        q = split_heads(query, self.heads, self.width)
        k = split_heads(key, self.heads, self.width)
        v = split_heads(value, self.heads, self.width)
        scores = torch.matmul(q * self.width**-0.5, k.transpose(-2, -1)) + self._bias()
        if self.windows:
            several = scores.reshape(-1, self.windows, self.heads, self.patches, self.patches)
            kept_apart = several + self.mask.float() * _OUTSIDE
            scores = kept_apart.reshape(-1, self.heads, self.patches, self.patches)
        read = torch.matmul(scores.softmax(-1), v)
        y: Tensor = self.proj(join_heads(read, self.heads, self.width))
        return y

    def _bias(self) -> Tensor:
        """[heads, T, T]"""
        chosen = torch.index_select(self.relative_position_bias_table, 0, self.relative_position_index)
        return chosen.reshape(self.patches, self.patches, self.heads).permute(2, 0, 1)


def _distances(window: int) -> Tensor:
    """For each pair of patches in a window, the row of the table that stands for their distance."""
    row, column = (c.flatten() for c in torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij"))
    down = row[:, None] - row[None, :] + window - 1
    right = column[:, None] - column[None, :] + window - 1
    return (down * (2 * window - 1) + right).flatten()


def _apart(side: int, window: int, shift: int) -> Tensor:
    """[windows, T, T]: whether two patches of a shifted window come from different ends of the map."""
    part = torch.zeros(side, dtype=torch.int64)
    part[side - window : side - shift] = 1
    part[side - shift :] = 2
    parts = part[:, None] * 3 + part[None, :]
    count = side // window
    windows = parts.reshape(count, window, count, window).transpose(1, 2).reshape(count**2, window**2)
    return windows[:, :, None] != windows[:, None, :]


class SwinBlock(nn.Module):
    """[N, side, side, dim] -> the same: attention in windows, then two Linears, each added to its input.

    A map no larger than the window is one window; else the map is padded to whole windows.
    """

    def __init__(self, dim: int, heads: int, side: int, window: int, shifted: bool) -> None:
        super().__init__()
        self.dim, self.side = dim, side
        self.window = min(window, side)
        self.shift = self.window // 2 if shifted and side > window else 0
        self.count = -(-side // self.window)
        self.padded = self.count * self.window
        mask = _apart(self.padded, self.window, self.shift) if self.shift else None
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, heads, self.window, mask)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = MLP(dim, 4 * dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self._attend(self.norm1(x))
        y: Tensor = x + self.mlp(self.norm2(x))
        return y

    def _attend(self, x: Tensor) -> Tensor:
        more = self.padded - self.side
        if more:
            x = pad(x, (0, 0, 0, more, 0, more))
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        windows = x.reshape(-1, self.count, self.window, self.count, self.window, self.dim).permute(0, 1, 3, 2, 4, 5)
        read = self.attn(windows.reshape(-1, self.window**2, self.dim))
        windows = read.reshape(-1, self.count, self.count, self.window, self.window, self.dim)
        x = windows.permute(0, 1, 3, 2, 4, 5).reshape(-1, self.padded, self.padded, self.dim)
        if self.shift:
            x = torch.roll(x, (self.shift, self.shift), (1, 2))
        return x[:, : self.side, : self.side] if more else x


class PatchMerging(nn.Module):
    """[N, side, side, dim] -> [N, side/2, side/2, 2 dim]: four neighbours become one."""

    def __init__(self, dim: int, side: int) -> None:
        super().__init__()
        self.odd = side % 2
        self.norm = nn.LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.odd:
            x = pad(x, (0, 0, 0, 1, 0, 1))
        corners = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
        y: Tensor = self.reduction(self.norm(torch.cat(corners, -1)))
        return y


class Stage(nn.Module):
    """Blocks on maps of one size, behind a merging of patches in all stages but the first."""

    def __init__(self, dim: int, head: int, side: int, window: int, depth: int, merges_from: int) -> None:
        super().__init__()
        self.downsample = PatchMerging(dim // 2, merges_from) if merges_from else nn.Identity()
        heads = dim // head
        self.blocks = nn.Sequential(*(SwinBlock(dim, heads, side, window, bool(k % 2)) for k in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.blocks(self.downsample(x))
        return y


class PatchEmbedding(nn.Module):
    """[N, C, H, W] -> [N, H/4, W/4, dim], normalized."""

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, _PATCH, _PATCH)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.proj(x).permute(0, 2, 3, 1))
        return y


class Head(nn.Module):
    """[N, side, side, dim] -> scores [N, classes], from the mean over the map."""

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(dim, classes)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.fc(x.mean((1, 2)))
        return scores


class SwinTransformer(nn.Module):
    """[N, C, H, W] -> scores [N, classes]. Names are those of timm's state dicts; no layer is dropped in training."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        if p.dim % p.head:
            raise ValueError(f"heads of {p.head} channels do not divide {p.dim} channels")
        dim, side = p.dim, p.resolution // _PATCH
        self.patch_embed = PatchEmbedding(p.channels, dim)
        stages: list[nn.Module] = []
        before = 0
        for depth in _DEPTHS:
            if stages:
                dim, before, side = 2 * dim, side, -(-side // 2)
            stages.append(Stage(dim, p.head, side, p.window, depth, before))
        self.layers = nn.Sequential(*stages)
        self.norm = nn.LayerNorm(dim)
        self.head = Head(dim, p.classes)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.norm(self.layers(self.patch_embed(x))))
        return scores


@reference(
    "swin_tiny",
    title="Swin-T",
    family="Swin",
    paper=PAPER,
    params=Params,
    timm="swin_tiny_patch4_window7_224",
    cited=(
        Citation("top1", "81.3 %", PAPER, "ImageNet, table 1"),
        Citation("macs", "4.5 G", PAPER, "table 1"),
        Citation("params", "28 M", REPOSITORY),
        Citation("top1", "81.376 %", TIMM_RESULTS, "ImageNet"),
        Citation("top5", "95.544 %", TIMM_RESULTS, "ImageNet"),
        Citation("top1", "81.474 %", TORCHVISION, "ImageNet"),
        Citation("top5", "95.776 %", TORCHVISION, "ImageNet"),
        Citation("params", "28,288,354", TORCHVISION),
        Citation("macs", "4.49 G", TORCHVISION),
        Citation("bytes", "108.2 MiB", TORCHVISION, "float32 file; the page writes MB"),
    ),
)
def swin_tiny(p: Params) -> nn.Module:
    """Attention inside shifted windows, over four stages of shrinking maps."""
    return SwinTransformer(p)
