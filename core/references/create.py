"""From a reference to a Model: seeded weights of sensible scale, or the user's own, then the graph."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import params as parameters
from core.errors import UserError
from core.model.model import TASK, Model
from core.model.preprocessing import presets
from core.references.reference import Port, Reference

if TYPE_CHECKING:
    import torch
    from torch import nn

REFERENCE = "thimble.reference"  # metadata of a graph: which network it was made as
# small maps need more items, or the last layers would take their variance from a handful of numbers
_SETTLING_NUMBERS, _SETTLING_BATCH = 4 * 3 * 224 * 224, (4, 64)


def module_of(reference: Reference, params: Any = None, seed: int = 0) -> nn.Module:
    """The torch module with seeded weights, in evaluation mode. Raises UserError for parameters that do not fit.

    The weights are drawn as the layers' papers say (He et al. 2015 for convolutions); then one batch of noise sets the
    statistics of BatchNormalization, so that activations keep their scale through any depth.
    """
    import torch

    chosen = reference.params() if params is None else params
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            module = reference.build(chosen)
            draw_weights(module)
            _settle(module, reference.ports(chosen))
        except (RuntimeError, ValueError, ZeroDivisionError) as error:
            reason = str(error).strip().splitlines()[0].rstrip(".")
            raise UserError(
                f"{reference.title} cannot be built with these parameters: {reason}.",
                "Change what it names, choose a larger resolution, or take the defaults.",
            ) from error
    return module.eval()


def draw_weights(module: nn.Module) -> None:
    """Convolutions and Linears by He's rule over the fan-in of what reads them, embeddings normal with 0.02.

    Modules that define ``draw_weights(self)`` themselves are asked last. Uses torch's global generator.
    """
    from torch import nn

    for layer in module.modules():
        if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        elif isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=layer.in_features**-0.5)
        elif isinstance(layer, nn.Embedding):
            nn.init.normal_(layer.weight, std=0.02)
        else:
            continue
        bias = getattr(layer, "bias", None)
        if bias is not None:
            nn.init.zeros_(bias)
    for layer in module.modules():
        own = getattr(layer, "draw_weights", None)
        if callable(own):
            own()


def noise_for(ports: tuple[Port, ...], batch: int) -> list[torch.Tensor]:
    """Standard normal numbers, or indices below ``high``, from torch's global generator."""
    import torch

    out = []
    for port in ports:
        shape = (batch, *port.shape)
        out.append(torch.randint(port.high, shape) if port.dtype == "int64" else torch.randn(shape))
    return out


def _settle(module: nn.Module, ports: tuple[Port, ...]) -> None:
    """Let every BatchNormalization take its mean and variance from one batch of made-up inputs."""
    import torch
    from torch.nn.modules.batchnorm import _BatchNorm

    norms = [m for m in module.modules() if isinstance(m, _BatchNorm)]
    if not norms:
        return
    kept = [m.momentum for m in norms]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        module.train()(*(_as_pictures(x) for x in noise_for(ports, _settling_batch(ports))))
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum


def _as_pictures(x: torch.Tensor) -> torch.Tensor:
    """Noise with what pictures have: large shapes, brightness and contrast that differ from item to item.

    White noise alone looks alike everywhere: deep channels hardly vary on it, and statistics taken from it make the
    network explode on anything else. What is not [N, C, H, W] stays as it is.
    """
    import torch
    from torch.nn import functional

    if x.dim() != 4:
        return x
    items, channels = x.shape[:2]
    shapes = functional.interpolate(torch.randn(items, channels, 4, 4), size=x.shape[2:], mode="bilinear")
    white, large, level = 2 * torch.rand(3, items, 1, 1, 1)
    made: torch.Tensor = white * x + large * shapes + level * torch.randn(items, channels, 1, 1)
    return made


def _settling_batch(ports: tuple[Port, ...]) -> int:
    low, high = _SETTLING_BATCH
    return min(high, max(low, _SETTLING_NUMBERS // max(math.prod(p.shape) for p in ports)))


def model_from_module(reference: Reference, params: Any, module: nn.Module) -> Model:
    """The graph of a module of ``reference``, with preprocessing and task remembered in it."""
    import torch

    from core.execute.from_torch import TracedInput, graph_from_module

    ports = reference.ports(params)
    inputs = [TracedInput(p.name, p.shape, getattr(torch, p.dtype)) for p in ports]
    graph = graph_from_module(module, inputs, reference.outputs, reference.key)
    graph.metadata_props[TASK] = reference.task
    model = Model.from_ir(graph, source=f"reference:{reference.key}")
    pictured = next((s for s in model.inputs if s.layout and s.image_size), None)
    if reference.preprocess and pictured is not None and pictured.image_size is not None:
        colour = pictured.shape[1] == 3  # the presets that normalize know three channels
        preset = presets(*pictured.image_size)[reference.preprocess if colour else "minus1to1"]
        model = model.with_preprocessing(preset, pictured.name)
    return dataclasses.replace(model, task=reference.task)


def create(
    reference: Reference,
    params: Any = None,
    *,
    seed: int = 0,
    weights: Path | None = None,
    fetch: bool = False,
) -> Model:
    """A Model of the reference; ``weights`` is a .safetensors file or a torch state dict (loaded without pickle code).

    ``fetch`` downloads pretrained weights instead. Raises UserError for parameters that do not fit, for weights of
    another network, naming the first difference, and for weights that cannot be fetched.
    """
    from core.references.weights import load_weights, pretrained, put_weights

    chosen = reference.params() if params is None else params
    module = module_of(reference, chosen, seed)
    note = ""
    if weights is not None:
        note = load_weights(module, weights)
    elif fetch:
        note = put_weights(module, pretrained(reference), f"timm's '{reference.timm}'")
    model = model_from_module(reference, chosen, module)
    origin = "file" if weights is not None else "timm" if fetch else "seed"
    made = {"key": reference.key, "params": parameters.to_json(chosen), "weights": origin, "seed": seed}
    model.graph.metadata_props[REFERENCE] = json.dumps({**made, "note": note} if note else made)
    return model


def weights_note(model: Model) -> str:
    """What the user should know of how the weights of a model just made were matched, '' where nothing."""
    return str(json.loads(model.graph.metadata_props.get(REFERENCE) or "{}").get("note", ""))


def title_of(reference: Reference, params: Any) -> str:
    """The network's name and what was chosen otherwise than by default: "MobileNetV2, width 0.5, classes 10"."""
    chosen, default = parameters.to_json(params), parameters.to_json(reference.params())
    changed = [f"{k.replace('_', ' ')} {v}" for k, v in chosen.items() if v != default[k]]
    return ", ".join([reference.title, *changed])
