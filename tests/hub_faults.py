"""What is to go wrong on a Hub, as a test scripts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request: before it is served or, `after`, once it was.

    `delay` is in seconds; alone, it only makes the answer late. `cut` closes the connection
    without an answer.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    after: bool = False
    message: str = "As the test asks"


# A method, a path without its query, and the how-manieth request it is with these two, from 1.
Script = Callable[[str, str, int], Fault | None]


def rate_limited(seconds: int) -> Fault:
    """Return how the Hub refuses whoever asks too often."""
    window = {
        "RateLimit": f'"api";r=0;t={seconds}',
        "RateLimit-Policy": '"fixed window";"api";q=1;w=9',
    }
    return Fault(429, {"Retry-After": str(seconds), **window})
