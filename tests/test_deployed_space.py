"""A Space deployed for good: the real command, and the real site made of nothing but its files."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from evaluator.__main__ import main
from evaluator.depot.space_settings import LOCAL
from evaluator.settings import settings
from tests.hub_client import ANN, TOKENS, point_at, set_up
from tests.hub_writing import WritableHub, writable_hub
from tests.site import SAMPLES, Site
from tests.small_sample import small_sample

SPACE = "lab/app"
SECONDS = 120


def run(site: Site, hub: WritableHub, folder: Path) -> None:
    """Start the site as the Space would: from its files, with its variables and secrets."""
    for path, content in hub.files(SPACE, "space").items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    space = hub.repository(SPACE, "space").space
    assert space
    held = {**space.variables, **space.secrets}
    for name in {*LOCAL, "PYTHONPATH"} - {"HOST", "PORT", "DATA_DIR"}:
        site.environment.pop(name, None)
    site.environment |= {name: one["value"] for name, one in held.items()}
    site.environment |= {"SYSTEM": "spaces", "HF_ENDPOINT": hub.url}
    site.start()


def deployed(hub: WritableHub) -> bool:
    """Whether the files are there."""
    return ("space", SPACE) in hub.hub.repositories and len(hub.commits(SPACE, "space")) == 2


@pytest.mark.slow
def test_what_was_deployed_serves_and_scores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_up(monkeypatch, tmp_path / "home")
    monkeypatch.setattr("evaluator.depot.space_waiting.POLL_SECONDS", 0.5)
    monkeypatch.setenv("CHALLENGE_DIR", str(small_sample()))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "here"))
    monkeypatch.setenv("HUB_TOKEN", ANN)
    monkeypatch.setenv("MAX_LINES", "100000")
    settings.cache_clear()
    folder = tmp_path / "space"
    site = Site(tmp_path / "there", root=folder)
    codes: list[int] = []
    with writable_hub(TOKENS) as hub:
        point_at(monkeypatch, hub.url)
        hub.hub.hosts[SPACE] = site.url
        command = ["deploy-space", SPACE, "--timeout", str(SECONDS)]
        deploying = threading.Thread(target=lambda: codes.append(main(command)))
        deploying.start()
        try:
            site.wait_for(lambda: deployed(hub), SECONDS, "nothing is deployed")
            run(site, hub, folder)
            deploying.join(SECONDS)
            assert codes == [0]

            token = site.command("issue-token", "team")
            sent = site.submit(SAMPLES / "sample-a.zip", token=token)
            assert site.finished(sent["id"])["status"] == "finished"
            assert site.environment["MAX_LINES"] == "100000"
        finally:
            site.stop()
            deploying.join(SECONDS)
            settings.cache_clear()
