"""A phase: one window of a track, with its own references."""

from __future__ import annotations

from typing import Literal

from evaluator.declaration import Declaration, Name
from evaluator.texts import Bilingual


class Phase(Declaration):
    """One window of a track; `references: hidden` keeps answers from the web process.

    `folder` is where its items lie in the challenge, by default the track's id.
    """

    id: Name
    title: Bilingual
    references: Literal["open", "hidden"]
    folder: str | None = None
