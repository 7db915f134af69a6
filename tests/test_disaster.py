"""The disk of a server vanishes: what was accepted, scored and taken back is known all the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from tests.folders import mini_answers, mini_challenge, write_lines
from tests.hub_client import ANN, TOKENS
from tests.hub_faults import Fault
from tests.hub_writing import WritableHub, writable_hub
from tests.site import Site

pytestmark = pytest.mark.slow
NAMES = ("questions", "gold", "results", "requests", "predictions")
# Every minute by schedule, and the push itself.
SCHEDULE_SECONDS = 90.0


@pytest.fixture
def hub() -> Iterator[WritableHub]:
    """A Hub that outlives the server."""
    with writable_hub(TOKENS) as running:
        yield running


@pytest.fixture
def site(hub: WritableHub, tmp_path: Path) -> Iterator[Site]:
    """A server that keeps everything on that Hub."""
    served = Site(
        tmp_path / "data",
        CHALLENGE_DIR=str(mini_challenge(tmp_path / "challenge")),
        HUB_TOKEN=ANN,
        HUB_EVERY_MINUTES="1",
        HF_ENDPOINT=hub.url,
        HF_HOME=str(tmp_path / "home"),
        HF_HUB_DISABLE_XET="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        **{f"HUB_{name.upper()}": f"ann/{name}" for name in NAMES},
    )
    yield served
    served.stop()


def submit(site: Site, model: str, **more: str) -> Any:
    """Submit answers that are right; return where the submission stands."""
    file = write_lines(site.data_dir.parent / "answers.jsonl", mini_answers())
    return site.submit(file, model, track="mini", **more)


def health(site: Site) -> Any:
    """Return what the server says of itself."""
    return httpx.get(f"{site.url}/healthz", timeout=5).json()


def standing(site: Site, models: set[str]) -> dict[str, tuple[float, str]]:
    """Return the score and the number of models on the board."""
    board = site.call("/leaderboard", track="mini", phase="dev", language="en")
    return {
        row["model"]: (row["overall"], row["submission"])
        for row in board["entries"]
        if row["model"] in models
    }


def test_the_data_folder_is_deleted(site: Site, hub: WritableHub) -> None:
    site.start()
    token = site.command("issue-token", "Ward 5")
    scored = submit(site, "Scored", token=token)["id"]
    # Its team was told after the copy was made.
    assert f"mini/dev/{scored}.json" in hub.files("ann/requests")
    assert f"answers/mini/dev/{scored}.json.gz" in hub.files("ann/predictions")
    taken_back = submit(site, "Taken back", token=token)["id"]
    for key in (scored, taken_back):
        site.finished(key)
    assert site.call("/withdraw", submission_id=taken_back, token=token, language="en") == {
        "withdrawn": True
    }
    models = {"Scored", "Taken back"}
    site.wait_for(lambda: set(standing(site, models)) == {"Scored"}, 30, "it is on the board still")
    site.wait_for(
        lambda: f"answers/mini/dev/{taken_back}.json.gz" not in hub.files("ann/predictions"),
        30,
        "its answers are on the Hub still",
    )
    site.wait_for(
        lambda: (
            "boards/mini/dev.parquet" in hub.files("ann/results")
            if ("dataset", "ann/results") in hub.hub.repositories
            else False
        ),
        SCHEDULE_SECONDS,
        "nothing was published by schedule",
    )
    site.wait_for(lambda: health(site)["unsynced"] == 0, SCHEDULE_SECONDS, "records wait")
    board, result = standing(site, models), site.status(scored)["result"]
    waiting = submit(site, "Waiting", token=token)["id"]
    site.kill()
    site.kill_workers()
    shutil.rmtree(site.data_dir)

    site.start()
    assert site.status(scored)["result"] == result
    assert site.status(taken_back)["status"] == "withdrawn"
    site.wait_for(lambda: standing(site, models) == board, 30, "the board is another one")
    assert site.finished(waiting)["status"] == "finished"
    # The same team: its token is known, and nobody else's submissions are open to it.
    assert site.call("/items", submission_id=scored, token=token, language="en")["items"]
    rows = site.rows("SELECT model FROM submissions ORDER BY sequence")
    assert [row[0] for row in rows][-3:] == ["Scored", "Taken back", "Waiting"]
    assert hub.crashes == []


def test_while_the_hub_is_away_little_is_taken_and_nothing_lost(
    site: Site, hub: WritableHub
) -> None:
    site.start()
    token = site.command("issue-token", "Ward 5")
    hub.go_wrong(
        lambda method, path, _number: (
            Fault(503) if path.endswith("/commit/main") and method == "POST" else None
        )
    )
    told = submit(site, "Unkept", token=token)
    assert (told["accepted"], told["kept"]) == (True, False)
    assert health(site)["unsynced"] >= 1

    hub.go_wrong(None)
    site.wait_for(lambda: site.status(told["id"])["kept"], SCHEDULE_SECONDS, "it was never copied")
    assert f"mini/dev/{told['id']}.json" in hub.files("ann/requests")


def test_without_what_was_accepted_nothing_is(site: Site, hub: WritableHub) -> None:
    """A server that cannot read its depot does not serve."""
    site.environment["HUB_TOKEN"] = "hf_wrong"
    site.start(wait=False)
    assert site.process
    assert site.process.wait(60) == 1
    said = site.log.read_text()
    assert "Nothing is accepted before what was accepted is known again." in said
    assert "hf_wrong" not in said


def test_another_disk_is_enough(site: Site) -> None:
    """Without a Hub the depot is a folder, which may lie anywhere."""
    for name in ("HUB_TOKEN", *(f"HUB_{name.upper()}" for name in NAMES)):
        del site.environment[name]
    site.environment["DEPOT_DIR"] = str(site.data_dir.parent / "other disk")
    site.start()
    key = submit(site, "On another disk")["id"]
    site.finished(key)
    site.command("publish")
    site.stop()
    shutil.rmtree(site.data_dir)

    site.start()
    assert site.status(key)["status"] == "finished"
    [board] = (site.data_dir.parent / "other disk" / "results").glob("boards/mini/dev.parquet")
    assert "On another disk" in pq.read_table(board)["model"].to_pylist()
