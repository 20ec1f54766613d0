"""A sequential scale of colours, even to the eye and readable without telling red from green.

Made in OKLCH, where equal distances look equal: lightness runs evenly from one end to the other, so that the order can
be read from it alone; the hue only helps. On a light ground much is dark, on a dark ground much is bright.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from math import cos, hypot, radians, sin

Rgb = tuple[float, float, float]
STEPS = 64
# lightness, chroma and hue in degrees, from little to much
_LIGHT = ((0.955, 0.055, 105.0), (0.76, 0.115, 170.0), (0.56, 0.115, 235.0), (0.33, 0.115, 275.0))
_DARK = ((0.33, 0.075, 280.0), (0.51, 0.105, 245.0), (0.71, 0.115, 185.0), (0.94, 0.125, 108.0))


@lru_cache(maxsize=2)
def ramp(dark: bool) -> tuple[str, ...]:
    """STEPS colours as '#rrggbb', from little to much, neighbours equally far apart in OKLab."""
    fine = [_along(_DARK if dark else _LIGHT, k / 1023) for k in range(1024)]
    way = [0.0]
    for before, after in itertools.pairwise(fine):
        way.append(way[-1] + hypot(*(b - a for a, b in zip(before, after, strict=True))))
    out, k = [], 0
    for step in range(STEPS):
        goal = way[-1] * step / (STEPS - 1)
        while k < len(way) - 1 and way[k] < goal - 1e-9:
            k += 1
        out.append(_hex(to_rgb(*fine[k])))
    return tuple(out)


def step(share: float) -> int:
    """Which colour of the ramp stands for a share between 0 and 1."""
    return round(share * (STEPS - 1))


def is_light(hex_colour: str) -> bool:
    """Whether dark letters are read better on it than white ones."""
    return to_oklab(from_hex(hex_colour))[0] > 0.66


def _along(points: tuple[tuple[float, float, float], ...], share: float) -> tuple[float, float, float]:
    """A point of the way in OKLab; the lightness runs evenly from the first to the last."""
    low, high = points[0][0], points[-1][0]
    lightness = low + (high - low) * share
    for (l0, c0, h0), (l1, c1, h1) in itertools.pairwise(points):
        part = (lightness - l0) / (l1 - l0)
        if part <= 1.0 + 1e-9:
            chroma, hue = c0 + (c1 - c0) * part, radians(h0 + (h1 - h0) * part)
            while not _shown(to_rgb(lightness, chroma * cos(hue), chroma * sin(hue))):
                chroma *= 0.995  # no screen shows it: the same colour, paler
            return (lightness, chroma * cos(hue), chroma * sin(hue))
    raise AssertionError("a share is between 0 and 1")


def _shown(rgb: Rgb) -> bool:
    return min(rgb) >= 0 and max(rgb) <= 1


def to_rgb(lightness: float, a: float, b: float) -> Rgb:
    """OKLab to sRGB between 0 and 1, not clipped."""
    long, medium, short = (
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def to_oklab(rgb: Rgb) -> tuple[float, float, float]:
    """sRGB between 0 and 1 to OKLab."""
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb)
    long, medium, short = (
        (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3),
        (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3),
        (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3),
    )
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(255 * min(max(v, 0.0), 1.0)):02x}" for v in rgb)


def from_hex(text: str) -> Rgb:
    """'#rrggbb' as numbers between 0 and 1."""
    red, green, blue = (int(text[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return (red, green, blue)
