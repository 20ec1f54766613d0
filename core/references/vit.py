"""Vision Transformer: a picture as a row of patches, read by a transformer's encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.params import Field
from core.references.blocks.attention import MLP, SelfAttention
from core.references.cited import Citation, Source
from core.references.reference import Channels, Classes, reference, resolution

PAPER = Source(
    "Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale, ICLR",
    2021,
    "arxiv.org/abs/2010.11929",
)
TORCHVISION = Source(
    "torchvision, ViT_B_16_Weights.IMAGENET1K_V1",
    2023,
    "pytorch.org/vision/stable/models/generated/torchvision.models.vit_b_16.html",
)
TINY = Source(
    "timm, vit_tiny_patch16_224.augreg_in21k_ft_in1k",
    2023,
    "huggingface.co/timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k",
)
DEIT = Source("timm, deit_tiny_patch16_224.fb_in1k", 2023, "huggingface.co/timm/deit_tiny_patch16_224.fb_in1k")
TIMM_RESULTS = Source(
    "timm, results-imagenet.csv",
    2023,
    "github.com/huggingface/pytorch-image-models/blob/main/results/results-imagenet.csv",
)

_MOST_PATCHES = 4096  # attention holds the square of them
_EPSILON = 1e-6

_Patch = Annotated[int, Field("Patch", "Side of the squares that the picture is cut into.", low=4, high=64, unit="px")]
_Depth = Annotated[int, Field("Depth", "Encoder blocks.", low=1, high=32)]
_Dim = Annotated[int, Field("Width", "Channels of each token.", low=8, high=1280)]
_Heads = Annotated[int, Field("Heads", "Of attention; they share the channels evenly.", low=1, high=32)]


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines."""

    dim: _Dim = 768
    depth: _Depth = 12
    heads: _Heads = 12
    patch: _Patch = 16
    classes: Classes = 1000
    channels: Channels = 3
    resolution: Annotated[int, resolution(16, 16)] = 224


@dataclass(frozen=True, slots=True)
class TinyParams(Params):
    """The same for the smallest network of the family."""

    dim: _Dim = 192
    heads: _Heads = 3


class EncoderBlock(nn.Module):
    """[N, T, dim] -> [N, T, dim]: attention, then two Linears, each normalized before and added to its input."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, _EPSILON)
        self.attn = SelfAttention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, _EPSILON)
        self.mlp = MLP(dim, 4 * dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        y: Tensor = x + self.mlp(self.norm2(x))
        return y


class PatchEmbedding(nn.Module):
    """[N, C, H, W] -> [N, H/patch * W/patch, dim]."""

    def __init__(self, channels: int, dim: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, patch, patch)

    def forward(self, x: Tensor) -> Tensor:
        patches: Tensor = self.proj(x)
        return patches.flatten(2).transpose(1, 2)


class VisionTransformer(nn.Module):
    """[N, C, H, W] -> scores [N, classes], read off the class token. Names are those of timm's state dicts."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        patches = _patches(p.resolution, p.patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, p.dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, patches + 1, p.dim))
        self.patch_embed = PatchEmbedding(p.channels, p.dim, p.patch)
        self.blocks = nn.Sequential(*(EncoderBlock(p.dim, p.heads) for _ in range(p.depth)))
        self.norm = nn.LayerNorm(p.dim, _EPSILON)
        self.head = nn.Linear(p.dim, p.classes)

    def draw_weights(self) -> None:
        """Tokens and positions start small, as the paper's code has them."""
        nn.init.normal_(self.cls_token, std=0.02)
        nn.init.normal_(self.pos_embed, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        token = self.cls_token.expand(x.shape[0], -1, -1)
        x = torch.cat([token, self.patch_embed(x)], 1) + self.pos_embed
        x = self.norm(self.blocks(x))
        scores: Tensor = self.head(x[:, 0])
        return scores


def _patches(side: int, patch: int) -> int:
    if side % patch:
        raise ValueError(f"a resolution of {side} is no multiple of the patch of {patch}")
    count: int = (side // patch) ** 2
    if count > _MOST_PATCHES:
        raise ValueError(f"{count} patches are more than the {_MOST_PATCHES} that attention can hold")
    return count


@reference(
    "vit_b16",
    title="ViT-B/16",
    family="ViT",
    paper=PAPER,
    params=Params,
    preprocess="minus1to1",  # of the weights that timm offers
    timm="vit_base_patch16_224",
    cited=(
        Citation("top1", "81.072 %", TORCHVISION, "ImageNet, trained on it alone"),
        Citation("top5", "95.318 %", TORCHVISION, "ImageNet, trained on it alone"),
        Citation("params", "86 M", PAPER, "table 1"),
        Citation("params", "86,567,656", TORCHVISION),
        Citation("macs", "17.56 G", TORCHVISION),
        Citation("bytes", "330.3 MiB", TORCHVISION, "float32 file; the page writes MB"),
    ),
)
def vit_b16(p: Params) -> nn.Module:
    """A transformer over patches of 16 x 16 pixels, base size."""
    return VisionTransformer(p)


@reference(
    "vit_tiny",
    title="ViT-Tiny",
    family="ViT",
    paper=PAPER,
    params=TinyParams,
    preprocess="minus1to1",
    timm="vit_tiny_patch16_224",
    cited=(
        Citation("top1", "75.454 %", TIMM_RESULTS, "ImageNet, trained on ImageNet-21k before"),
        Citation("top5", "92.844 %", TIMM_RESULTS, "ImageNet, trained on ImageNet-21k before"),
        Citation("params", "5.7 M", TINY),
        Citation("params", "5.72 M", TIMM_RESULTS),
        Citation("macs", "1.3 G", DEIT, "the same network"),
        Citation("macs", "1.1 G", TINY, differs="leaves out the products of attention"),
    ),
)
def vit_tiny(p: TinyParams) -> nn.Module:
    """The smallest of the family: a transformer over patches for small devices."""
    return VisionTransformer(p)
