"""JSON that holds a hash of itself, so that whoever reads it sees that nobody edited it."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2


def signed(record: dict[str, Any]) -> bytes:
    """Return a record as JSON with `sha256`, the hash of the rest of it.

    >>> read(signed({"a": 1}))
    {'a': 1}
    """
    rest = {name: value for name, value in record.items() if name != "sha256"}
    digest = hashlib.sha256(orjson.dumps(rest, option=OPTIONS)).hexdigest()
    return orjson.dumps({**rest, "sha256": digest}, option=OPTIONS) + b"\n"


def read(content: bytes) -> dict[str, Any] | None:
    """Return a record without its hash; None where it is not just as `signed` wrote it."""
    try:
        written = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(written, dict) or signed(written) != content:
        return None
    del written["sha256"]
    return written
