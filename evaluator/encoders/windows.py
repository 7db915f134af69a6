"""Overlapping windows through which a model reads a text longer than its positions."""

from __future__ import annotations

from typing import NamedTuple


class Window(NamedTuple):
    """Tokens [start, stop) of a text, read together between the two special tokens.

    Rows count the special tokens in: row 0 and the last one are theirs, token t is row t + 1.
    Of rows [first, last) this window's vectors are kept; row r is the window's own row r - start.
    """

    start: int
    stop: int
    first: int
    last: int


def windows(count: int, size: int) -> list[Window]:
    """Cover `count` tokens by windows of `size`, each overlapping the next by half or more.

    Every row is kept from the one window in whose middle it lies nearest, so that no kept token
    of a cut text stands less than a quarter of a window from a cut.
    """
    starts = _starts(count, size)
    stops = [min(start + size, count) for start in starts]
    cuts = [_between(starts[i : i + 2], stops[i : i + 2]) for i in range(len(starts) - 1)]
    return [
        Window(*window)
        for window in zip(starts, stops, [0, *cuts], [*cuts, count + 2], strict=True)
    ]


def _starts(count: int, size: int) -> list[int]:
    surplus = count - size
    if surplus <= 0:
        return [0]
    steps = -(-surplus // max(1, size // 2))
    return [surplus * step // steps for step in range(steps + 1)]


def _between(starts: list[int], stops: list[int]) -> int:
    """Return the first row that lies nearer to the middle of the second of two windows."""
    return (sum(starts) + sum(stops) - 2) // 4 + 2
