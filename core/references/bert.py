"""BERT, small: a transformer's encoder over word pieces, with a classifier on its first token.

The sizes are those of Turc et al. 2019 (arxiv.org/abs/1908.08962).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from core.params import Field
from core.references.blocks.attention import head_width, join_heads, split_heads
from core.references.cited import Citation, Source
from core.references.reference import Classes, Port, reference

PAPER = Source(
    "Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding, NAACL",
    2019,
    "arxiv.org/abs/1810.04805",
)
KERAS = Source("KerasHub, bert_tiny_en_uncased", 2024, "github.com/keras-team/keras-hub, bert_presets.py")

_SEGMENTS = 2
_EPSILON = 1e-12
_HIDDEN = -10_000.0  # added to the scores of tokens that are padding

_Depth = Annotated[int, Field("Depth", "Encoder layers.", low=1, high=24)]
_Dim = Annotated[int, Field("Width", "Channels of each token.", low=8, high=1024)]
_Heads = Annotated[int, Field("Heads", "Of attention; they share the channels evenly.", low=1, high=16)]


@dataclass(frozen=True, slots=True)
class Params:
    """What the family defines; the defaults are BERT-Tiny."""

    dim: _Dim = 128
    depth: _Depth = 2
    heads: _Heads = 2
    vocab: Annotated[int, Field("Vocabulary", "Word pieces that are told apart.", low=2, high=200_000)] = 30_522
    sequence: Annotated[int, Field("Sequence", "Tokens of one input.", low=1, high=512)] = 128
    positions: Annotated[
        int, Field("Positions", "Tokens for which positions are learned.", low=1, high=4096, advanced=True)
    ] = 512
    classes: Classes = 2


@dataclass(frozen=True, slots=True)
class MiniParams(Params):
    """BERT-Mini."""

    dim: _Dim = 256
    depth: _Depth = 4
    heads: _Heads = 4


def _ports(p: Params) -> tuple[Port, ...]:
    tokens = Port("input_ids", (p.sequence,), "int64", p.vocab)
    return (tokens, Port("attention_mask", (p.sequence,), "int64", 2))


class Embeddings(nn.Module):
    """Token numbers [N, T] -> [N, T, dim]: word, position and segment added. All tokens belong to the first segment."""

    places: Tensor
    segment: Tensor

    def __init__(self, p: Params) -> None:
        super().__init__()
        if p.sequence > p.positions:
            raise ValueError(f"a sequence of {p.sequence} tokens needs as many positions, there are {p.positions}")
        self.word_embeddings = nn.Embedding(p.vocab, p.dim)
        self.position_embeddings = nn.Embedding(p.positions, p.dim)
        self.token_type_embeddings = nn.Embedding(_SEGMENTS, p.dim)
        self.LayerNorm = nn.LayerNorm(p.dim, _EPSILON)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("places", torch.arange(p.sequence), persistent=False)
        self.register_buffer("segment", torch.zeros(1, dtype=torch.int64), persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        position = self.position_embeddings(self.places)
        added = self.word_embeddings(tokens) + self.token_type_embeddings(self.segment) + position
        y: Tensor = self.dropout(self.LayerNorm(added))
        return y


class Attention(nn.Module):
    """[N, T, dim] -> [N, T, dim]: every token reads from all tokens that are no padding."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, head_width(dim, heads)
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        q = split_heads(self.query(x), self.heads, self.width)
        k = split_heads(self.key(x), self.heads, self.width)
        v = split_heads(self.value(x), self.heads, self.width)
        scores = torch.matmul(q, k.transpose(-2, -1)) * self.width**-0.5 + hidden
        return join_heads(torch.matmul(self.dropout(scores.softmax(-1)), v), self.heads, self.width)


class Output(nn.Module):
    """[N, T, inputs] -> [N, T, dim], added to ``kept`` and normalized."""

    def __init__(self, inputs: int, dim: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, dim)
        self.LayerNorm = nn.LayerNorm(dim, _EPSILON)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor, kept: Tensor) -> Tensor:
        y: Tensor = self.LayerNorm(self.dropout(self.dense(x)) + kept)
        return y


class Layer(nn.Module):
    """One encoder layer. Parts are called as in the published state dicts ("attention.self.query.weight")."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({"self": Attention(dim, heads), "output": Output(dim, dim)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(dim, 4 * dim), "activation": nn.GELU()})
        self.output = Output(4 * dim, dim)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        x = self.attention["output"](self.attention["self"](x, hidden), x)
        wide = self.intermediate["activation"](self.intermediate["dense"](x))
        y: Tensor = self.output(wide, x)
        return y


class Encoder(nn.Module):
    """The layers, all reading the same mask."""

    def __init__(self, dim: int, heads: int, depth: int) -> None:
        super().__init__()
        self.layer = nn.ModuleList([Layer(dim, heads) for _ in range(depth)])

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        for layer in self.layer:
            x = layer(x, hidden)
        return x


class Pooler(nn.Module):
    """The first token [N, dim], once more transformed."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dense = nn.Linear(dim, dim)
        self.activation = nn.Tanh()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.activation(self.dense(x[:, 0]))
        return y


class Bert(nn.Module):
    """Token numbers [N, T] and a mask [N, T] (1 for a token, 0 for padding) -> [N, dim]."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        self.embeddings = Embeddings(p)
        self.encoder = Encoder(p.dim, p.heads, p.depth)
        self.pooler = Pooler(p.dim)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        padding = 1.0 - attention_mask.float()
        hidden = (padding * _HIDDEN).unsqueeze(1).unsqueeze(1)
        y: Tensor = self.pooler(self.encoder(self.embeddings(input_ids), hidden))
        return y


class BertClassifier(nn.Module):
    """Token numbers and mask, both int64 [N, T] -> scores [N, classes]."""

    def __init__(self, p: Params) -> None:
        super().__init__()
        self.bert = Bert(p)
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(p.dim, p.classes)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.dropout(self.bert(input_ids, attention_mask)))
        return scores


@reference(
    "bert_tiny",
    title="BERT-Tiny",
    family="BERT",
    paper=PAPER,
    params=Params,
    ports=_ports,
    preprocess="",
    cited=(Citation("params", "4,385,920", KERAS, "without a classifier"),),
)
def bert_tiny(p: Params) -> nn.Module:
    """Two layers of the text encoder BERT, with a classifier; takes token numbers and a mask."""
    return BertClassifier(p)


@reference(
    "bert_mini",
    title="BERT-Mini",
    family="BERT",
    paper=PAPER,
    params=MiniParams,
    ports=_ports,
    preprocess="",
)
def bert_mini(p: MiniParams) -> nn.Module:
    """Four layers of the text encoder BERT, with a classifier; takes token numbers and a mask."""
    return BertClassifier(p)
