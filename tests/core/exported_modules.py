"""Small torch modules that make torch's exporters write most operators they know; each combines several layers."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

Inputs = tuple[Tensor, ...]


class Recurrent(nn.Module):
    """LSTM of two layers, GRU, RNN, and tokens through an embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(10, 4, batch_first=True)
        self.rnn = nn.RNN(4, 3, nonlinearity="relu", batch_first=True)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        x, (h, _) = self.lstm(self.embedding(tokens))
        x, _ = self.gru(x)
        x, _ = self.rnn(x)
        return x, h


class Attending(nn.Module):
    """Self-attention, a mask, layer normalization, the RMS written out as models do, einsum, GELU of both kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm, self.scale = nn.LayerNorm(8), nn.Parameter(torch.rand(8) + 0.5)
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)
        self.mix = nn.Parameter(torch.randn(2, 4, 4))

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.attention(x, x, x, need_weights=False)
        x = self.norm(x + y)
        q = x.reshape(*x.shape[:2], 2, 4)
        scores = torch.einsum("bihd,hde,bjhe->bhij", q, self.mix, q)
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        x = x + torch.einsum("bhij,bjhd->bihd", scores, q).flatten(2)
        x = x + F.scaled_dot_product_attention(x[:, None], x[:, None], x[:, None], is_causal=True)[:, 0]
        x = self.down(F.gelu(self.up(x)) + F.gelu(self.up(x), approximate="tanh"))
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.scale


class Picture(nn.Module):
    """Transposed convolutions, group and instance normalization, resampling, pixel shuffle, grid sample."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect")
        self.group, self.instance = nn.GroupNorm(4, 8), nn.InstanceNorm2d(8, affine=True)
        self.transposed = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1, groups=2)
        self.shuffle, self.unshuffle = nn.PixelShuffle(2), nn.PixelUnshuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.instance(F.mish(self.group(self.conv(x))))
        y = self.transposed(x)
        up = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        up = up + F.interpolate(x, scale_factor=2, mode="nearest")
        up = up + F.interpolate(x, size=(16, 16), mode="bilinear", align_corners=True)
        up = up + F.interpolate(x, size=(16, 16), mode="bicubic", align_corners=False)
        y = torch.cat((y, up[:, :4]), 1)
        y = self.unshuffle(self.shuffle(y))
        line = torch.linspace(-0.9, 0.9, 5)
        rows, columns = torch.meshgrid(line, line, indexing="ij")
        grid = torch.stack((columns, rows), -1).expand(x.shape[0], 5, 5, 2)
        sampled = F.grid_sample(y, grid, align_corners=False)
        return sampled + F.adaptive_avg_pool2d(y, 1) + F.avg_pool2d(y, 3, 2, 1).amax((2, 3), keepdim=True)


class Moving(nn.Module):
    """Indexing, scattering, ordering and statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(6, 5))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        rolled = torch.roll(x, (1, -2), (1, 2))
        values, index = torch.topk(x, 3, dim=-1)
        onto = torch.zeros_like(x).scatter(-1, index, values)
        added = torch.zeros_like(x).scatter_add(-1, index, values)
        gathered = x.gather(2, index)
        summed = torch.cumsum(x, 1) + torch.flip(x, (1,))
        marked = F.one_hot(x.argmax(-1), 5).to(x.dtype)
        corner = torch.tril(x) + torch.triu(x, 1) * 2 + torch.where(x > 0, x, -x)
        spread = x.std(-1, keepdim=True) + x.var((1, 2), keepdim=True, unbiased=False) + x.norm(dim=-1, keepdim=True)
        picked = self.table[:, [0, 2, 4]][index[..., 0] % 6] + x.select(1, 2)[:, None, :3]
        parts = torch.stack(x.chunk(2, 1), -1).sum(-1) + torch.cat(x.split([1, 3], 1)[::-1], 1)[:, :2]
        rows = torch.tensor([0, 1, 1]), torch.tensor([1, 3, 0])
        copied = x.index_put(rows, torch.full((3, 5), 0.5))
        return rolled + onto + added, gathered, summed + marked, corner + spread, picked, parts, copied


class Activations(nn.Module):
    """Every activation in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.prelu = nn.PReLU(4)

    def forward(self, x: Tensor) -> Tensor:
        functions: list[Callable[[Tensor], Tensor]] = [
            F.mish,
            F.hardswish,
            F.hardsigmoid,
            F.celu,
            F.selu,
            F.elu,
            F.silu,
            F.softplus,
            F.softsign,
            F.relu6,
            F.hardtanh,
            F.logsigmoid,
            F.tanhshrink,
            F.softshrink,
            F.hardshrink,
            F.leaky_relu,
        ]
        y = self.prelu(x) + F.glu(x, 1).repeat(1, 2) + F.softmin(x, -1) + x.log_softmax(-1)
        for function in functions:
            y = y + function(x)
        return y + torch.erf(x) + torch.atan(x) + x.abs().sqrt().clamp(0.2, 0.9) + torch.remainder(x, 0.7) + x.sign()


def modules() -> dict[str, tuple[nn.Module, Inputs]]:
    """Name -> module in evaluation with seeded weights, and inputs of batch 2."""
    torch.manual_seed(0)
    made: dict[str, tuple[nn.Module, Inputs]] = {
        "recurrent": (Recurrent(), (torch.randint(0, 11, (2, 7)),)),
        "attending": (Attending(), (torch.randn(2, 6, 8),)),
        "picture": (Picture(), (torch.randn(2, 3, 8, 8),)),
        "moving": (Moving(), (torch.randn(2, 4, 5),)),
        "activations": (Activations(), (torch.randn(2, 4),)),
    }
    return {name: (module.eval(), inputs) for name, (module, inputs) in made.items()}
