"""A table of a repository: rows as Parquet, the same rows always as the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Whoever looks at a few rows fetches their whole group, pictures included.
GROUP = 100


def as_parquet(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> bytes:
    """Return rows as a file."""
    written = BytesIO()
    table = pa.Table.from_pylist(list(rows), schema)
    pq.write_table(table, written, row_group_size=GROUP, compression="zstd")
    return written.getvalue()


def from_parquet(content: bytes) -> pa.Table:
    """Return the table of a file.

    Raises:
        pa.ArrowException: it is no whole table.
    """
    return pq.read_table(BytesIO(content))
