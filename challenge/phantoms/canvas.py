"""A canvas for phantoms: shapes at four times the size, then smoothed, grained and marked."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = 448
FINE = 4
MARK = "SYNTHETIC"

Box = tuple[float, float, float, float]
Points = list[tuple[float, float]]


class Canvas:
    """Draws in units of the picture's side, (0, 0) top left to (1, 1)."""

    def __init__(self, background: str) -> None:
        self.image = Image.new("RGB", (SIZE * FINE, SIZE * FINE), background)

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], fill: str) -> None:
        """Draw a filled ellipse."""
        (x, y), (rx, ry) = centre, radii
        self._pen().ellipse(self._scaled((x - rx, y - ry, x + rx, y + ry)), fill=fill)

    def ring(self, centre: tuple[float, float], radius: float, width: float, fill: str) -> None:
        """Draw a circle's line."""
        (x, y), r = centre, radius
        box = self._scaled((x - r, y - r, x + r, y + r))
        self._pen().ellipse(box, outline=fill, width=round(width * SIZE * FINE))

    def line(self, points: Points, width: float, fill: str) -> None:
        """Draw a line through points."""
        scaled = [(x * SIZE * FINE, y * SIZE * FINE) for x, y in points]
        self._pen().line(scaled, fill=fill, width=round(width * SIZE * FINE), joint="curve")

    def polygon(self, points: Points, fill: str) -> None:
        """Draw a filled polygon."""
        self._pen().polygon([(x * SIZE * FINE, y * SIZE * FINE) for x, y in points], fill=fill)

    def text(self, place: tuple[float, float], text: str, height: float, fill: str) -> None:
        """Write a short text with its upper left corner at a place."""
        x, y = place[0] * SIZE * FINE, place[1] * SIZE * FINE
        font = ImageFont.load_default(round(height * SIZE * FINE))
        self._pen().text((x, y), text, font=font, fill=fill)

    def soften(self, radius: float) -> None:
        """Blur what is drawn so far."""
        self.image = self.image.filter(ImageFilter.GaussianBlur(radius * SIZE * FINE))

    def turn(self, degrees: float) -> None:
        """Turn what is drawn so far about its centre."""
        self.image = self.image.rotate(degrees, Image.Resampling.BICUBIC)

    def shift(self, right: float, down: float) -> None:
        """Move what is drawn so far; what comes into view continues the edge."""
        places = np.arange(SIZE * FINE)
        rows, columns = (
            np.clip(places - round(by * SIZE * FINE), 0, SIZE * FINE - 1) for by in (down, right)
        )
        self.image = Image.fromarray(np.asarray(self.image)[rows][:, columns])

    def finished(self, grain: float, seed: int) -> Image.Image:
        """Return the picture at its size, with grain (in grey levels) and the mark SYNTHETIC."""
        small = self.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        noise = np.random.default_rng(seed).normal(0, grain, (SIZE, SIZE, 1))
        noisy = np.clip(np.asarray(small, dtype=np.float64) + noise, 0, 255).astype(np.uint8)
        done = Image.fromarray(noisy)
        pen = ImageDraw.Draw(done)
        pen.text((8, SIZE - 22), MARK, font=ImageFont.load_default(14), fill="white")
        return done

    def _pen(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def _scaled(self, box: Box) -> Box:
        x, y, right, below = (part * SIZE * FINE for part in box)
        return x, y, right, below
