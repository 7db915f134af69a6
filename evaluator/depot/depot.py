"""The depot: the repositories of a challenge, each on a Hub where it is named, else a folder."""

from __future__ import annotations

from typing import NamedTuple

from evaluator.depot.folder import FolderRepository
from evaluator.depot.hub import HubRepository, open_api
from evaluator.depot.repository import Repository
from evaluator.settings import Settings

PUBLIC = ("questions", "results")


class Depot(NamedTuple):
    """What lies where.

    Public: `questions` as they are asked, `results` as the boards show them. Private: `gold`, the
    references; `requests`, who submitted what and how it stands; `predictions`, the answers of
    every submission and what was found of them.
    """

    questions: Repository
    gold: Repository
    results: Repository
    requests: Repository
    predictions: Repository

    @property
    def place(self) -> str:
        """Return where submissions are copied to."""
        return f"{self.requests.place} {self.predictions.place}"


def open_depot(chosen: Settings) -> Depot:
    """Return the depot; nothing is made or read yet.

    A repository without a name, or without a token for it, is a folder with the same files,
    `DEPOT_DIR/NAME`.
    """
    return Depot(*(_open(chosen, name) for name in Depot._fields))


def _open(chosen: Settings, name: str) -> Repository:
    called: str | None = getattr(chosen.hub, name)
    if not (called and chosen.hub.token):
        return FolderRepository(name, chosen.depot_dir / name)
    return HubRepository(called, open_api(chosen.hub.token), private=name not in PUBLIC)
