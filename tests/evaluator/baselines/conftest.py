"""What every test of a provider starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.provider_server import ProviderServer, completion, provider_server


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach the loopback past any proxy of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[ProviderServer]:
    """A server that says hello until a test gives it another answer."""
    with provider_server(completion()) as running:
        yield running
