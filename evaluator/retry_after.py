"""How long a server asks to be left alone (RFC 9110, 10.2.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = 600.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, written as a number or as a date.

    >>> retry_after({"retry-after": "2.5"}), retry_after({"retry-after": "86400"})
    (2.5, 600.0)
    """
    seconds = _seconds(headers.get("retry-after", ""))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_PAUSE)


def _seconds(written: str) -> float | None:
    try:
        seconds = float(written)
    except ValueError:
        return _until(written)
    return None if math.isnan(seconds) else seconds


def _until(written: str) -> float | None:
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    # A date that says “-0000” is in UTC and comes without a zone.
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - datetime.now(UTC)).total_seconds()
