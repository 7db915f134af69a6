"""Named arrays as bytes, as numpy's own archive holds them."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from evaluator.metrics.metric import Array


def pack_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Return the arrays as one compressed archive."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack_arrays(packed: bytes) -> dict[str, Array]:
    """Return what `pack_arrays` packed."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
