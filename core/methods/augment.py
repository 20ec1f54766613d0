"""Random changes of training images: what can be set, and a function from batch to batch.

They work on prepared arrays. What moves pixels works whatever the preprocessing; what changes colours goes back to
pixels, which needs a preprocessing that can be inverted. All random numbers come from the generator that is given:
a generator in the same state gives the same batch, whatever else the process has drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import UserError
from core.methods import augment_policy
from core.methods.augment_colour import Pixels, jitter, pixels
from core.methods.augment_geometry import boxes, cropped, inside, moved
from core.methods.augment_policy import Space
from core.methods.training_data import Mixed, Sample
from core.model.model import InputSpec

if TYPE_CHECKING:
    from torch import Generator, Tensor

CROP_RATIO = (3 / 4, 4 / 3)  # width / height of random crops (Szegedy et al. 2015)
ERASED_AREA, ERASED_RATIO = (0.02, 1 / 3), (0.3, 1 / 0.3)  # share of the image, width / height (Zhong et al. 2020)
POLICIES = ("", "trivial", "rand")
_LARGEST_ALPHA = 100.0

Act = Callable[[Sample, "Generator"], Sample]


@dataclass(frozen=True, slots=True)
class Augment:
    """What happens to training images; the default is nothing.

    ``shift``: moved by up to this share of the size, border pixels repeated (1/8 is CIFAR's crop with a padding of 4).
    ``flip``: half of the images are mirrored. ``crop``: the least share of the area that a random resized crop keeps
    (Szegedy et al. 2015, "Going deeper with convolutions"; 0.08 for ImageNet), 1 crops nothing. ``colour``: strength of
    colour jitter. ``policy``: 'trivial' (TrivialAugment, Müller and Hutter 2021) or 'rand' (RandAugment, Cubuk et al.
    2020: ``rand_ops`` changes of ``rand_magnitude`` in 0..30). ``erase``: probability that a box of an image is
    replaced by its mean colour (Zhong et al. 2020, "Random erasing"). ``mixup`` and ``cutmix``: alpha of the Beta
    distribution of the shares (Zhang et al. 2018; Yun et al. 2019), 0 is off; with both, each batch takes one of them.
    Raises UserError naming the field out of its bounds.
    """

    shift: float = 0.0
    flip: bool = False
    crop: float = 1.0
    colour: float = 0.0
    policy: str = ""
    rand_ops: int = 2
    rand_magnitude: int = 9
    erase: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0

    def __post_init__(self) -> None:
        bounds: dict[str, tuple[float, float]] = {
            "shift": (0, 1),
            "crop": (0.01, 1),
            "colour": (0, 1),
            "erase": (0, 1),
            "rand_ops": (1, 10),
        }
        bounds |= {"rand_magnitude": (0, 30), "mixup": (0, _LARGEST_ALPHA), "cutmix": (0, _LARGEST_ALPHA)}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise UserError(f"The augmentation '{name}' is {value}; it must be from {low} to {high:g}.")
        if self.policy not in POLICIES:
            known = ", ".join(f"'{p}'" for p in POLICIES)
            raise UserError(f"The augmentation policy is '{self.policy}'; it must be one of {known}.")


class Augmentation:
    """Batch to batch. Labels and inputs that are not images of real numbers stay as they are, but for mixing.

    All inputs of one item move together. ``notes`` say in sentences what could not be done to which input.
    """

    def __init__(self, acts: Sequence[Act], notes: Sequence[str] = ()) -> None:
        self._acts = tuple(acts)
        self.notes = tuple(notes)

    def __bool__(self) -> bool:
        """Whether anything happens at all."""
        return bool(self._acts)

    def __call__(self, sample: Sample, generator: Generator) -> Sample:
        for act in self._acts:
            sample = act(sample, generator)
        return sample


def augmentation(settings: Augment, inputs: Sequence[InputSpec]) -> Augmentation:
    """What ``settings`` ask for, for batches of these inputs.

    Raises UserError where an input cannot be mixed, or no image input says how its pixels were prepared but colours
    are to change.
    """
    images = [s for s in inputs if s.layout and np.dtype(s.dtype).kind == "f"]
    known = {spec.name: found for spec in images if (found := pixels(spec)) is not None}
    notes = _notes(settings, images, known)
    acts = _image_acts(settings, images, known) if images else []
    mixers = _mixers(settings, inputs, images)
    if mixers:
        acts.append(_one_of(mixers))
    return Augmentation(acts, notes)


def _notes(settings: Augment, images: Sequence[InputSpec], known: Mapping[str, Pixels]) -> list[str]:
    """What cannot be done to some of the inputs; raises UserError where colours cannot change in any."""
    if not images:
        still = dataclasses.replace(Augment(), mixup=settings.mixup, cutmix=settings.cutmix)
        return [] if settings == still else ["The model takes no images of real numbers: none are augmented."]
    unknown = [s.name for s in images if s.name not in known]
    if not unknown or not (settings.colour or settings.policy):
        return []
    names = ", ".join(f"'{n}'" for n in unknown)
    if not known:
        raise UserError(
            f"The colours of input {names} cannot be changed: how its pixels were prepared is unknown or cannot be "
            "undone.",
            "Choose its preprocessing (--preprocess), or turn colour jitter and the augmentation policy off.",
        )
    return [f"The colours of input {names} stay: how its pixels were prepared is unknown or cannot be undone."]


def _image_acts(settings: Augment, images: Sequence[InputSpec], known: Mapping[str, Pixels]) -> list[Act]:
    acts: list[Act] = []
    if settings.shift or settings.flip:
        acts.append(_shift_and_flip(settings, images))
    if settings.crop < 1:
        acts.append(_random_crop(settings.crop, images))
    if settings.policy == "trivial":
        acts.append(_policy(None, augment_policy.WIDE, images, known))
    elif settings.policy:
        acts += [_policy(settings.rand_magnitude, augment_policy.RAND, images, known)] * settings.rand_ops
    if settings.colour:
        acts.append(_colour_jitter(settings.colour, images, known))
    if settings.erase:
        acts.append(_random_erasing(settings.erase, images))
    return acts


def changed(sample: Sample, images: Sequence[InputSpec], change: Callable[[Tensor, InputSpec], Tensor]) -> Sample:
    """The batch with ``change`` done to each image input, seen as [B, C, H, W]."""
    feed = dict(sample.feed)
    for spec in images:
        image = feed[spec.name]
        if spec.layout == "NHWC":
            feed[spec.name] = change(image.permute(0, 3, 1, 2), spec).permute(0, 2, 3, 1).contiguous()
        else:
            feed[spec.name] = change(image, spec)
    return dataclasses.replace(sample, feed=feed)


def _height_width(sample: Sample, spec: InputSpec) -> tuple[int, int]:
    shape = sample.feed[spec.name].shape
    return (shape[1], shape[2]) if spec.layout == "NHWC" else (shape[2], shape[3])


def _shift_and_flip(settings: Augment, images: Sequence[InputSpec]) -> Act:
    def act(sample: Sample, generator: Generator) -> Sample:
        import torch

        rows = len(sample.labels)
        moves = torch.rand((rows, 2), generator=generator) * 2 - 1
        mirror = (torch.rand(rows, generator=generator) < 0.5) & settings.flip
        return changed(sample, images, lambda image, _: moved(image, moves, mirror, settings.shift))

    return act


def _random_crop(least: float, images: Sequence[InputSpec]) -> Act:
    def act(sample: Sample, generator: Generator) -> Sample:
        box = boxes(len(sample.labels), (least, 1.0), CROP_RATIO, generator)
        return changed(sample, images, lambda image, _: cropped(image, box))

    return act


def _policy(magnitude: int | None, space: Space, images: Sequence[InputSpec], known: Mapping[str, Pixels]) -> Act:
    def act(sample: Sample, generator: Generator) -> Sample:
        drawn = augment_policy.draw(len(sample.labels), magnitude, generator)
        size = _height_width(sample, images[0])
        return changed(
            sample, images, lambda image, spec: augment_policy.done(image, known.get(spec.name), drawn, space, size)
        )

    return act


def _colour_jitter(strength: float, images: Sequence[InputSpec], known: Mapping[str, Pixels]) -> Act:
    coloured = [s for s in images if s.name in known]

    def act(sample: Sample, generator: Generator) -> Sample:
        change = jitter(len(sample.labels), strength, generator)
        return changed(sample, coloured, lambda image, spec: known[spec.name].changed(image, change))

    return act


def _random_erasing(probability: float, images: Sequence[InputSpec]) -> Act:
    """The item's own mean colour fills the box: it is inside the range whatever the preprocessing."""

    def act(sample: Sample, generator: Generator) -> Sample:
        import torch

        rows = len(sample.labels)
        box = boxes(rows, ERASED_AREA, ERASED_RATIO, generator)
        chosen = (torch.rand(rows, generator=generator) < probability)[:, None, None, None]

        def erased(image: Tensor, _: InputSpec) -> Tensor:
            gone = inside(box, *image.shape[2:]) & chosen
            return torch.where(gone, image.mean((2, 3), keepdim=True), image)

        return changed(sample, images, erased)

    return act


def _mixers(settings: Augment, inputs: Sequence[InputSpec], images: Sequence[InputSpec]) -> list[Act]:
    mixers: list[Act] = []
    if settings.mixup:
        for spec in inputs:
            if np.dtype(spec.dtype).kind != "f":
                raise UserError(f"Mixup blends real numbers, but input '{spec.name}' takes {spec.dtype}.")
        mixers.append(lambda sample, generator: mixup(sample, settings.mixup, generator))
    if settings.cutmix:
        if not images or len(images) < len(inputs):
            other = next(s.name for s in inputs if s not in images)
            raise UserError(f"CutMix works on images of real numbers, and input '{other}' is none.")
        mixers.append(lambda sample, generator: cutmix(sample, images, settings.cutmix, generator))
    return mixers


def _one_of(acts: Sequence[Act]) -> Act:
    def act(sample: Sample, generator: Generator) -> Sample:
        import torch

        chosen = int(torch.randint(len(acts), (1,), generator=generator))
        return acts[chosen](sample, generator)

    return act


def mixup(sample: Sample, alpha: float, generator: Generator) -> Sample:
    """Each item blended with another of the batch: share · item + (1 - share) · partner, share ~ Beta(alpha, alpha).

    Zhang et al. 2018, "mixup: Beyond empirical risk minimization". Every input is blended; every item has a share of
    its own. Labels stay; ``Sample.mixed`` holds the partners' labels and the shares.
    """
    import torch

    rows = len(sample.labels)
    partner = torch.randperm(rows, generator=generator)
    return mixed_with(sample, partner, _shares(rows, alpha, generator))


def mixed_with(sample: Sample, partner: Tensor, share: Tensor) -> Sample:
    """``share`` [B] of each item and the rest of item ``partner`` [B]."""
    feed = {}
    for name, values in sample.feed.items():
        weight = share.to(values.dtype).reshape(-1, *[1] * (values.dim() - 1))
        feed[name] = values * weight + values[partner] * (1 - weight)
    return Sample(feed, sample.labels, Mixed(sample.labels[partner], share))


def cutmix(sample: Sample, images: Sequence[InputSpec], alpha: float, generator: Generator) -> Sample:
    """A box of each image replaced by the same box of another image of the batch; shares are the areas that remain.

    Yun et al. 2019, "CutMix": the box's sides are the square root of a Beta(alpha, alpha) share of the image's, its
    middle is anywhere, and what lies outside is cut off. Counted in pixels of the first image input.
    """
    import torch

    rows = len(sample.labels)
    partner = torch.randperm(rows, generator=generator)
    side = (1 - _shares(rows, alpha, generator)).sqrt()
    middle = torch.rand((rows, 2), generator=generator)
    box = torch.cat((middle - side[:, None] / 2, side[:, None].expand(-1, 2)), 1)
    pasted = changed(sample, images, lambda image, _: torch.where(inside(box, *image.shape[2:]), image[partner], image))
    share = 1 - inside(box, *_height_width(sample, images[0])).float().mean((1, 2, 3))
    return dataclasses.replace(pasted, mixed=Mixed(sample.labels[partner], share))


def _shares(rows: int, alpha: float, generator: Generator) -> Tensor:
    """[rows] ~ Beta(alpha, alpha), from numpy: torch's Beta takes no generator."""
    import torch

    seed = int(torch.randint(2**62, (1,), generator=generator))
    shares = np.random.default_rng(seed).beta(alpha, alpha, rows)
    return torch.from_numpy(np.asarray(shares, np.float32))
