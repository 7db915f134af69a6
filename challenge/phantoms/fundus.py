"""A fundus: the disc with its cup, vessels, the macula, and lesions by name."""

from __future__ import annotations

import math
import random

from PIL import Image

from challenge.phantoms.canvas import Canvas

NORMAL_CUP, LARGE_CUP = 0.32, 0.78
DISC = 0.085


def fundus(findings: tuple[str, ...], *, right_eye: bool, seed: int) -> Image.Image:
    """Return the picture of one eye, with the findings named in Chinese."""
    source = random.Random(seed)
    side = 1 if right_eye else -1
    disc, macula = (0.5 + side * 0.19, 0.49), (0.5 - side * 0.11, 0.53)
    canvas = Canvas("#050302")
    canvas.ellipse((0.5, 0.5), (0.46, 0.46), "#b5522a")
    canvas.ellipse((0.5, 0.5), (0.38, 0.38), "#c2602f")
    canvas.soften(0.03)
    canvas.ellipse(macula, (0.055, 0.05), "#8f3a1f")
    canvas.soften(0.012)
    _vessels(canvas, disc, side)
    if "玻璃膜疣" in findings:
        for x, y in _around(macula, 0.11, 26, source):
            canvas.ellipse((x, y), (0.008, 0.008), "#e9c46a")
        canvas.soften(0.002)
    if "硬性渗出" in findings:
        for x, y in _around((macula[0], macula[1] - 0.06), 0.09, 34, source):
            canvas.ellipse((x, y), (0.0055, 0.0045), "#fff6b0")
    if "视网膜出血" in findings:
        for x, y in _around((0.5, 0.5), 0.27, 16, source):
            size = source.uniform(0.008, 0.022)
            canvas.ellipse((x, y), (size, size * source.uniform(0.6, 1)), "#5a0d0d")
    canvas.soften(0.0015)
    cup = LARGE_CUP if "视杯扩大" in findings else NORMAL_CUP
    canvas.ellipse(disc, (DISC * 0.93, DISC), "#e08a3c")
    canvas.soften(0.002)
    canvas.ellipse(disc, (DISC * cup * 0.93, DISC * cup), "#fff8dc")
    canvas.soften(0.002)
    canvas.text((0.03, 0.03), "OD" if right_eye else "OS", 0.05, "#d0d0d0")
    return canvas.finished(2, seed)


def _vessels(canvas: Canvas, disc: tuple[float, float], side: int) -> None:
    """Draw four arcades of an artery and a vein each, leaving the disc."""
    for up in (-1, 1):
        for bend, width, colour in ((0.30, 0.012, "#7d1a16"), (0.24, 0.008, "#a02a20")):
            temporal = [
                (disc[0] - side * 0.55 * t, disc[1] + up * bend * math.sin(math.pi * t / 1.25))
                for t in (k / 20 for k in range(21))
            ]
            nasal = [
                (disc[0] + side * 0.2 * t, disc[1] + up * bend * 1.1 * t**0.8)
                for t in (k / 12 for k in range(13))
            ]
            canvas.line(temporal, width, colour)
            canvas.line(nasal, width * 0.8, colour)
            middle = temporal[9]
            branch = (middle[0] - side * 0.12, middle[1] + up * 0.13)
            canvas.line([middle, branch], width * 0.6, colour)


def _around(
    centre: tuple[float, float], reach: float, count: int, source: random.Random
) -> list[tuple[float, float]]:
    """Return places scattered about a centre, not on it."""
    places = []
    for _place in range(count):
        angle, distance = source.uniform(0, math.tau), reach * math.sqrt(source.uniform(0.08, 1))
        places.append(
            (centre[0] + distance * math.cos(angle), centre[1] + distance * math.sin(angle))
        )
    return places
