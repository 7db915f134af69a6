"""What tests of the depot share: a Hub on loopback, and a challenge with submissions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from evaluator.depot.depot import PUBLIC, Depot
from evaluator.depot.folder import FolderRepository
from evaluator.depot.hub import HubRepository, open_api
from tests.evaluator.depot.house import House, build_house
from tests.hub_client import ANN, TOKENS, point_at, set_up
from tests.hub_writing import WritableHub, writable_hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WritableHub]:
    """A Hub, and a client that is told of no other."""
    set_up(monkeypatch, tmp_path / "home")
    with writable_hub(TOKENS) as running:
        point_at(monkeypatch, running.url)
        yield running


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A challenge with a submission in every state, on folders."""
    return build_house(tmp_path)


@pytest.fixture
def depot(tmp_path: Path) -> Depot:
    """A depot in folders of its own."""
    return Depot(*(FolderRepository(name, tmp_path / "depot" / name) for name in Depot._fields))


def on_hub(hub: WritableHub, token: str = ANN) -> Depot:
    """Return a depot on a Hub, as Ann's."""
    open_api(token)
    api = HfApi(endpoint=hub.url, token=token)
    return Depot(
        *(HubRepository(f"ann/{name}", api, private=name not in PUBLIC) for name in Depot._fields)
    )
