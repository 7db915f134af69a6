"""Which repository the settings name: one on a Hub where there is a token, else a folder."""

from __future__ import annotations

from evaluator.depot.folder import FolderRepository
from evaluator.depot.hub import HubRepository, open_api
from evaluator.depot.repository import Repository
from evaluator.settings import Settings

RESULTS = "results"


def open_results(chosen: Settings, *, make: bool = True) -> Repository:
    """Return the repository of results; with `make` it is made where it does not exist.

    Without a name and a token it is a folder with the same files, `DATA_DIR/depot/results`.

    Raises:
        Busy, Refused: it cannot be made.
    """
    if not (chosen.hub_results and chosen.hub_token):
        return FolderRepository(RESULTS, chosen.data_dir / "depot" / RESULTS)
    cache = chosen.data_dir / "depot" / "cache"
    found = HubRepository(chosen.hub_results, open_api(chosen.hub_token), cache, private=False)
    if make:
        found.make()
    return found
