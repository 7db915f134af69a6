"""The real client of the Hub, set up for a test: a home of its own, and loopback is all it reaches.

The client reads its environment when it is imported, so what it made of it is set here.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, close_session, constants

from tests.hub_access import Token

ANN, BOB, READER, STALE = "hf_ann", "hf_bob", "hf_reader", "hf_stale"
TOKENS = {
    ANN: Token("ann", ("lab",)),
    BOB: Token("bob"),
    READER: Token("ann", ("lab",), role="read"),
}
BOARD = "ann/board"
LOOPBACK = ("127.0.0.1", "localhost")


def set_up(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Take the client online, over plain LFS, with an empty home and no token of its own."""
    close_session()
    held: dict[str, Any] = {
        "HF_HUB_OFFLINE": False,
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_DISABLE_TELEMETRY": True,
        "HF_HOME": str(home),
        "HF_HUB_CACHE": str(home / "hub"),
        "HF_TOKEN_PATH": str(home / "token"),
        "HF_STORED_TOKENS_PATH": str(home / "stored_tokens"),
    }
    for name, value in held.items():
        monkeypatch.setattr(constants, name, value)
        monkeypatch.delenv(name, raising=False)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    known = socket.getaddrinfo

    def on_loopback(host: Any, *given: Any, **named: Any) -> Any:
        if host not in LOOPBACK:
            raise RuntimeError(f"The client wants to reach {host}")
        return known(host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", on_loopback)


def point_at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let a Hub be the one that the client knows, as HF_ENDPOINT does before it is imported."""
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.removeprefix(constants.ENDPOINT)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + template)
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", url)


def put(
    api: HfApi,
    files: Mapping[str, bytes],
    title: str = "Put",
    *,
    parent_commit: str | None = None,
    revision: str | None = None,
    create_pr: bool = False,
) -> str:
    """Commit files to the board; return the id of the commit."""
    made = api.create_commit(
        BOARD,
        [CommitOperationAdd(path, data) for path, data in files.items()],
        commit_message=title,
        repo_type="dataset",
        parent_commit=parent_commit,
        revision=revision,
        create_pr=create_pr,
    )
    return made.oid
