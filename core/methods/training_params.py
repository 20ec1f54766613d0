"""What a person can choose of a training: one vocabulary for every method that trains."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from core.errors import UserError
from core.methods.augment import Augment
from core.methods.method import Context
from core.methods.training_data import SHIFT
from core.methods.training_settings import NORM_LIMIT, Keep, Optimizer, Schedule, Settings, has_norm
from core.model.model import Model
from core.params import Field

# groups of a long form
IMAGES, STEPS, KEPT = "Training images", "Optimization", "Validation and what is kept"
_LARGE = 128  # pixels
_DECAY = {Optimizer.SGD: 5e-4, Optimizer.ADAMW: 0.05}


class Policy(Enum):
    """Named sets of random changes: see :class:`core.methods.augment.Augment`."""

    NONE = "none"
    TRIVIAL = "trivial"
    RAND = "rand"


Epochs = Annotated[int, Field("Epochs", "Passes over the training items.", low=1, high=1000)]
WarmUp = Annotated[
    float,
    Field(
        "Warm-up",
        "The rate rises to its full value over so many epochs.",
        low=0.0,
        high=100.0,
        unit="epochs",
        group=STEPS,
    ),
]
Smoothing = Annotated[
    float,
    Field("Label smoothing", "Share of each target that is spread over all classes.", low=0.0, high=0.9, group=STEPS),
]
Mirror = Annotated[
    bool,
    Field("Mirror images", "Mirrors half of the images; wrong for digits, letters and traffic signs.", group=IMAGES),
]


@dataclass(frozen=True, slots=True)
class TrainingParams:
    """Parameters of every training; a method adds its own by inheriting, and changes defaults by naming them again."""

    epochs: Epochs = 5
    learning_rate: Annotated[
        float | None,
        Field("Learning rate", "Empty: one that suits the optimizer and the network.", low=1e-7, high=10.0),
    ] = None
    batch_size: Annotated[
        int | None,
        Field("Batch size", "Empty: 64, or 16 for images above 128 pixels.", low=1, high=4096, unit="items"),
    ] = None
    shift: Annotated[
        bool, Field("Shift images", "Moves every image at random by up to an eighth of its size.", group=IMAGES)
    ] = True
    flip: Mirror = False
    optimizer: Annotated[Optimizer, Field("Optimizer", "SGD with momentum, or AdamW.")] = Optimizer.SGD
    schedule: Annotated[Schedule, Field("Schedule", "How the learning rate falls.", group=STEPS)] = Schedule.COSINE
    keep: Annotated[
        Keep,
        Field(
            "Keep", "The weights of the best validation (where there are enough items), or the last ones.", group=KEPT
        ),
    ] = Keep.BEST
    weight_decay: Annotated[
        float | None,
        Field(
            "Weight decay",
            "Empty: 0.0005, for AdamW 0.05. Biases and normalizations are spared.",
            low=0.0,
            high=1.0,
            group=STEPS,
        ),
    ] = None
    momentum: Annotated[float, Field("Momentum", "Of SGD.", low=0.0, high=0.999, group=STEPS)] = 0.9
    warmup: WarmUp = 0.0
    milestones: Annotated[
        str,
        Field("Milestones", "Of the step schedule: shares of the training after which the rate falls.", group=STEPS),
    ] = "0.5 0.75"
    gamma: Annotated[
        float, Field("Fall", "The rate is multiplied by this at each milestone.", low=1e-3, high=1.0, group=STEPS)
    ] = 0.1
    clip_norm: Annotated[
        float | None,
        Field(
            "Gradient limit",
            "Largest norm of the whole gradient, 0 for none. Empty: 1 without BatchNormalization, else none.",
            low=0.0,
            high=1e6,
            group=STEPS,
        ),
    ] = None
    label_smoothing: Smoothing = 0.0
    crop: Annotated[
        float,
        Field(
            "Smallest crop",
            "Crops keep at least this share of an image's area; 1 crops nothing.",
            low=0.01,
            high=1.0,
            group=IMAGES,
        ),
    ] = 1.0
    colour: Annotated[float, Field("Colour jitter", "0 changes no colours.", low=0.0, high=1.0, group=IMAGES)] = 0.0
    policy: Annotated[Policy, Field("Augmentation policy", "TrivialAugment or RandAugment.", group=IMAGES)] = (
        Policy.NONE
    )
    erase: Annotated[float, Field("Random erasing", "Probability for each image.", low=0.0, high=1.0, group=IMAGES)] = (
        0.0
    )
    mixup: Annotated[
        float,
        Field(
            "Mixup", "Alpha of the shares in which two items are mixed; 0 is off.", low=0.0, high=100.0, group=IMAGES
        ),
    ] = 0.0
    cutmix: Annotated[
        float,
        Field(
            "CutMix", "Alpha of the shares in which boxes are exchanged; 0 is off.", low=0.0, high=100.0, group=IMAGES
        ),
    ] = 0.0
    ema: Annotated[
        float | None,
        Field(
            "Averaged weights",
            "Decay of a moving average that is kept instead; empty: off.",
            low=0.0,
            high=0.99999,
            group=KEPT,
        ),
    ] = None
    validation: Annotated[
        float,
        Field(
            "Validation share",
            "Share of the training items that chooses the epoch to keep and trains nothing.",
            low=0.0,
            high=0.5,
            group=KEPT,
        ),
    ] = 0.1
    patience: Annotated[
        int | None,
        Field(
            "Patience",
            "Ends after so many epochs without a better validation; empty: never.",
            low=1,
            high=1000,
            group=KEPT,
        ),
    ] = None
    max_steps: Annotated[
        int | None,
        Field("Last step", "Ends there; stop-and-keep-best sets it, so that the step replays.", low=1, group=KEPT),
    ] = None


def settings_of(params: TrainingParams, model: Model, rate: float, ctx: Context) -> Settings:
    """The settings of a training; ``rate`` is the learning rate where the person left it empty.

    Raises UserError for milestones that are no shares in rising order.
    """
    decay = _DECAY[params.optimizer] if params.weight_decay is None else params.weight_decay
    clip = params.clip_norm
    if clip is None:
        clip = 0.0 if has_norm(model) else NORM_LIMIT
    return Settings(
        epochs=params.epochs,
        learning_rate=rate if params.learning_rate is None else params.learning_rate,
        momentum=params.momentum,
        weight_decay=decay,
        optimizer=params.optimizer,
        schedule=params.schedule,
        warmup=params.warmup,
        milestones=_milestones(params.milestones),
        gamma=params.gamma,
        clip_norm=clip or None,
        ema=params.ema,
        patience=params.patience,
        keep=params.keep,
        max_steps=params.max_steps,
        seed=ctx.seed,
        threads=ctx.threads,
        device=ctx.device,
    )


def augment_of(params: TrainingParams) -> Augment:
    """What happens to training images."""
    return Augment(
        shift=SHIFT if params.shift else 0.0,
        flip=params.flip,
        crop=params.crop,
        colour=params.colour,
        policy="" if params.policy is Policy.NONE else params.policy.value,
        erase=params.erase,
        mixup=params.mixup,
        cutmix=params.cutmix,
    )


def batch_size_of(params: TrainingParams, model: Model) -> int:
    """Large images need much memory for their activations."""
    if params.batch_size is not None:
        return params.batch_size
    large = any(s.image_size is not None and max(s.image_size) > _LARGE for s in model.inputs)
    return 16 if large else 64


def with_last_step(params: Any, steps: int) -> Any:
    """The parameters that replay a training which was ended after ``steps`` steps."""
    return dataclasses.replace(params, max_steps=steps)


def _milestones(text: str) -> tuple[float, ...]:
    try:
        shares = tuple(float(t) for t in text.replace(",", " ").split())
    except ValueError:
        shares = (-1.0,)
    if list(shares) != sorted(shares) or not all(0 < s < 1 for s in shares):
        raise UserError(f"Milestones is '{text}'; it must be rising shares of the training.", "Example: 0.5 0.75.")
    return shares
