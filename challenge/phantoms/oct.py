"""A section of the macula as optical coherence tomography shows it: layers and what lifts them."""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image

from challenge.phantoms.canvas import Canvas

STEPS = 160
Height = Callable[[float], float]


def oct_section(findings: tuple[str, ...], *, seed: int) -> Image.Image:
    """Return a section through the fovea, with the findings named in Chinese."""
    fluid = 0.09 if "视网膜下积液" in findings else 0.0
    swelling = 0.08 if "视网膜内囊样积液" in findings else 0.0
    bumps = 0.035 if "玻璃膜疣" in findings else 0.0

    def floor(x: float) -> float:
        """The pigment epithelium."""
        return 0.68 + 0.03 * (2 * x - 1) ** 2 - bumps * max(0.0, math.sin(9 * math.pi * x)) ** 2

    def outer(x: float) -> float:
        """The retina's back, lifted by fluid below it."""
        return floor(x) - fluid * math.exp(-(((x - 0.5) / 0.16) ** 2))

    def inner(x: float) -> float:
        """The retina's surface, with the pit of the fovea."""
        pit = 0.10 * math.exp(-(((x - 0.5) / 0.07) ** 2)) * (1 if not swelling else 0.1)
        return outer(x) - 0.24 + pit - swelling * math.exp(-(((x - 0.5) / 0.18) ** 2))

    canvas = Canvas("#070707")
    _band(canvas, floor, lambda x: floor(x) + 0.16, "#6b6b6b")
    layers = (
        (0.0, 0.16, "#c9c9c9"),
        (0.16, 0.34, "#8a8a8a"),
        (0.34, 0.46, "#b0b0b0"),
        (0.46, 0.62, "#4d4d4d"),
        (0.62, 0.70, "#8f8f8f"),
        (0.70, 0.92, "#3c3c3c"),
        (0.92, 1.0, "#d8d8d8"),
    )
    for top, bottom, colour in layers:
        _band(canvas, _between(inner, outer, top), _between(inner, outer, bottom), colour)
    if fluid:
        _band(canvas, outer, floor, "#0b0b0b")
    _band(canvas, floor, lambda x: floor(x) + 0.022, "#efefef")
    if swelling:
        for x in (0.36, 0.43, 0.5, 0.57, 0.64):
            y = (inner(x) + outer(x)) / 2
            canvas.ellipse((x, y), (0.026, 0.05 - 0.2 * abs(x - 0.5)), "#0d0d0d")
    if "黄斑裂孔" in findings:
        top, bottom = inner(0.42) - 0.03, floor(0.5) - 0.001
        canvas.polygon([(0.43, top), (0.57, top), (0.535, bottom), (0.465, bottom)], "#070707")
    canvas.soften(0.003)
    return canvas.finished(13, seed)


def _between(top: Height, bottom: Height, share: float) -> Height:
    return lambda x: top(x) + share * (bottom(x) - top(x))


def _band(canvas: Canvas, top: Height, bottom: Height, colour: str) -> None:
    """Fill what lies between two heights."""
    across = [step / STEPS for step in range(STEPS + 1)]
    edge = [(x, top(x)) for x in across] + [(x, bottom(x)) for x in reversed(across)]
    canvas.polygon(edge, colour)
