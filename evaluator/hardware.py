"""What a run was computed on; recorded beside its scores, never part of their signature."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache

import numpy as np


@cache
def hardware(uses_encoder: bool) -> Mapping[str, str]:
    """Return processor, system and libraries whose arithmetic a score may depend on."""
    found = {
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    if not uses_encoder:
        return found
    import torch

    return {
        **found,
        "torch": torch.__version__,
        "processor": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
    }
