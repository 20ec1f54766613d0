"""Weights matched by order are said to be: tensors of equal size in another order would go unnoticed."""

from __future__ import annotations

import torch
from torch import nn

from core.references.weights import put_weights


def test_matching_by_order_is_said_and_matching_by_name_is_not() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    named = {n: torch.full_like(t, 3) for n, t in net.state_dict().items()}
    assert put_weights(net, named, "'a'") == ""
    renamed = {f"other.{k}": t for k, t in enumerate(named.values())}
    assert "matched by order and size" in put_weights(net, renamed, "'b'")
