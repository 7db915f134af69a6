"""A config: the rows of one phase of one track in a repository, as the Hub's loader names them."""

from __future__ import annotations

from typing import Any, NamedTuple

from evaluator.phase import Phase
from evaluator.track import Track


class Config(NamedTuple):
    """Where the rows of a phase lie, and how many there are where that is known."""

    track: Track
    phase: Phase
    path: str
    split: str = "test"
    rows: int | None = None

    @property
    def name(self) -> str:
        """Return what it is loaded by."""
        return f"{self.track.id}--{self.phase.id}"

    def front(self) -> dict[str, Any]:
        """Return what the front matter of a card says of it."""
        files = [{"split": self.split, "path": self.path}]
        return {"config_name": self.name, "data_files": files}


def items_path(track: Track, phase: Phase) -> str:
    """Return where the rows of a phase's items lie."""
    return f"{track.id}/{phase.id}.parquet"
