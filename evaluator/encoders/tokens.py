"""A text as an encoder reads it: one vector a token, and where each token stands in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens of one text, the special ones at both ends included; arrays are read-only.

    vectors: (n, hidden) float32, each of unit length, in the order of the text.
    spans: (n, 2) int32, first character and one past the last, in the text as it was given;
        (0, 0) for the two special tokens. The word-start mark that the packaged tokenizer puts
        before the text has no character of its own and points at the first one.
    windows: how many overlapping pieces the text was read in; 1 if it fitted the model.
    """

    vectors: Floats
    spans: Ints
    windows: int

    def __post_init__(self) -> None:
        self.vectors.setflags(write=False)
        self.spans.setflags(write=False)

    @property
    def empty(self) -> bool:
        """Whether there is nothing between the two special tokens."""
        return len(self.vectors) <= 2
