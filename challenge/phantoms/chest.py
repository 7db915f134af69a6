"""A chest outline as a frontal X-ray shows it, well taken or with the faults named."""

from __future__ import annotations

import math

from PIL import Image

from challenge.phantoms.canvas import Canvas

LUNG, BONE, METAL = "#1d1d1d", "#8e8e8e", "#f4f4f4"


def chest(faults: tuple[str, ...], *, seed: int) -> Image.Image:
    """Return a frontal chest, with the faults of the picture named in Chinese."""
    canvas = Canvas("#101010")
    _body(canvas)
    height = 0.40 if "吸气不足" in faults else 0.56
    _lungs(canvas, height)
    _bones(canvas, uneven="锁骨显示不对称" in faults)
    if "肩胛骨位于肺野内" in faults:
        _shoulder_blades(canvas, 0.27)
    else:
        _shoulder_blades(canvas, 0.12)
    canvas.soften(0.004)
    _foreign(canvas, faults)
    if "体位不正" in faults:
        canvas.turn(11)
    if "偏中心" in faults:
        canvas.shift(0.24, 0)
    if "肺尖未包全" in faults:
        canvas.shift(0, -0.23)
    if "肋膈角未包全" in faults:
        canvas.shift(0, 0.24)
    if "无左右标识" not in faults:
        canvas.text((0.90, 0.05), "L", 0.075, METAL)
    return canvas.finished(5, seed)


def _body(canvas: Canvas) -> None:
    canvas.ellipse((0.5, 0.02), (0.11, 0.16), "#6a6a6a")
    canvas.polygon(
        [(0.06, 0.24), (0.38, 0.10), (0.62, 0.10), (0.94, 0.24), (0.93, 1.0), (0.07, 1.0)],
        "#5c5c5c",
    )
    canvas.soften(0.02)


def _lungs(canvas: Canvas, height: float) -> None:
    """Draw both lungs from the apex down, the heart between them, and the diaphragm."""
    top = 0.17
    for side in (-1, 1):
        x = 0.5 + side * 0.19
        canvas.ellipse((x, top + height * 0.5), (0.145, height * 0.5), LUNG)
        foot = top + height
        inner, outer = 0.5 + side * 0.07, 0.5 + side * 0.36
        canvas.polygon(
            [
                (0.5 + side * 0.1, top + height * 0.5),
                (0.5 + side * 0.33, top + height * 0.5),
                (outer, foot + 0.03),
                (x, foot - 0.05),
                (inner, foot - 0.03),
            ],
            LUNG,
        )
    canvas.soften(0.006)
    middle = top + height * 0.68
    canvas.ellipse((0.54, middle), (0.125, height * 0.26), "#7d7d7d")
    canvas.ellipse((0.49, top + height * 0.32), (0.055, height * 0.30), "#7a7a7a")
    canvas.soften(0.008)


def _bones(canvas: Canvas, *, uneven: bool) -> None:
    canvas.line([(0.5, 0.0), (0.5, 1.0)], 0.05, "#7f7f7f")
    canvas.line([(0.5, 0.10), (0.5, 0.34)], 0.026, "#3a3a3a")
    for number in range(8):
        y = 0.22 + 0.066 * number
        for side in (-1, 1):
            arc = [
                (
                    0.5 + side * (0.04 + 0.31 * math.sin(math.pi * t / 1.9)),
                    y + 0.07 * t**1.6 - 0.01 * number * t,
                )
                for t in (k / 14 for k in range(15))
            ]
            canvas.line(arc, 0.011, "#5f5f5f")
    for side in (-1, 1):
        drop, reach = (0.07, 0.10) if uneven and side > 0 else (0.0, 0.04)
        start = (0.5 + side * reach, 0.235 + drop)
        bend = (0.5 + side * (0.19 + reach / 3), 0.20 + drop * 0.6)
        canvas.line([start, bend, (0.5 + side * 0.36, 0.165)], 0.022, BONE)


def _shoulder_blades(canvas: Canvas, inwards: float) -> None:
    """Draw the blades; `inwards` is how far their edges come towards the middle."""
    for side in (-1, 1):
        edge = 0.5 + side * (0.48 - inwards)
        canvas.polygon(
            [(0.5 + side * 0.42, 0.20), (edge, 0.24), (edge + side * 0.03, 0.50)],
            "#6f6f6f",
        )
        canvas.line([(edge, 0.24), (edge + side * 0.03, 0.50)], 0.012, "#a5a5a5")


def _foreign(canvas: Canvas, faults: tuple[str, ...]) -> None:
    if "伪影位于肺野内" in faults:
        for y in (0.40, 0.55):
            canvas.ring((0.32, y), 0.022, 0.009, METAL)
    if "伪影位于肺野外" in faults:
        bead = [(0.40 + 0.2 * k / 12, 0.06 + 0.05 * math.sin(math.pi * k / 12)) for k in range(13)]
        for place in bead:
            canvas.ellipse(place, (0.009, 0.009), METAL)
    if "体内植入物" in faults:
        canvas.ellipse((0.73, 0.30), (0.05, 0.042), METAL)
        canvas.line([(0.70, 0.31), (0.58, 0.27), (0.53, 0.45), (0.57, 0.60)], 0.008, METAL)
