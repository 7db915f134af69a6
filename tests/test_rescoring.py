"""Changed data or settings: what changed is scored anew, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.folders import mini_answers, mini_challenge, write_lines
from tests.site import Site

pytestmark = pytest.mark.slow

OPEN = """\
  - id: knowledge
    title: {zh: 知识, en: Knowledge}
    datasets:
      - id: Open
        title: {zh: 问答, en: Open questions}
        metric: {name: combined, recall_weight: 0.8}
        card: {zh: 回答。, en: Answer.}
"""
OTHER = {"id": 1, "source": "Open"}


@pytest.fixture
def challenge(tmp_path: Path) -> Path:
    """The mini challenge with one open question more."""
    folder = mini_challenge(tmp_path / "challenge")
    with (folder / "tracks" / "mini.yaml").open("a", encoding="utf-8") as file:
        file.write(OPEN)
    reference = {"answer": "多喝水，注意休息。", "point": ["多喝水", "卧床休息"], "other": OTHER}
    question = {"question": "感冒怎么办？", "options": None, "answer": None, "other": OTHER}
    for place in ("mini", "mini-test"):
        write_lines(folder / place / "Open" / "questions.jsonl", [question])
        write_lines(folder / place / "Open" / "references.jsonl", [reference])
    return folder


@pytest.fixture
def site(tmp_path: Path, challenge: Path) -> Iterator[Site]:
    """That challenge served."""
    running = Site(tmp_path / "data", CHALLENGE_DIR=str(challenge)).start()
    yield running
    running.stop()


def submitted(site: Site, folder: Path) -> tuple[str, dict[str, Any]]:
    """Submit answers and return the id and the result."""
    answer = {"question": "感冒怎么办？", "answer": "建议多喝水。", "other": OTHER}
    file = write_lines(folder / "p.jsonl", [*mini_answers(), answer])
    accepted = site.submit(file, track="mini")
    assert accepted["accepted"], accepted
    found = site.finished(accepted["id"])
    assert found["status"] == "finished", found
    return accepted["id"], found["result"]


def again(site: Site, key: str, run: int) -> dict[str, Any]:
    """Start the site again, wait for that run and return its result."""
    site.stop()
    site.start()
    query = "SELECT record FROM runs WHERE submission = ? AND number = ?"
    site.wait_for(lambda: site.rows(query, key, run), 120, "nothing was scored anew")
    ((record,),) = site.rows(query, key, run)
    found: dict[str, Any] = json.loads(record)
    return found


def chunks(site: Site, key: str) -> dict[str, int]:
    """Return the row number of each part's statistics; one that is written again has a new one."""
    return dict(site.rows("SELECT part, rowid FROM item_statistics WHERE submission = ?", key))


def test_only_what_changed_is_scored_anew(site: Site, challenge: Path, tmp_path: Path) -> None:
    key, first = submitted(site, tmp_path)
    before = chunks(site, key)

    # Scored on the participant's own machine the result is the server's, to the last digit.
    alone = site.command("score", "mini", str(tmp_path / "p.jsonl"), "--json")
    assert json.loads(alone) == first

    # A reference is corrected: that dataset is scored anew, from the answers that were kept.
    references = challenge / "mini" / "Report" / "references.jsonl"
    references.write_text(references.read_text("utf-8").replace("三天", "五天"), "utf-8")
    second = again(site, key, 2)

    after = chunks(site, key)
    assert {part for part in after if after[part] != before[part]} == {"Report"}
    assert first["datasets"]["Report"]["value"] == 1
    assert second["datasets"]["Report"]["value"] < 1
    assert second["datasets"]["Choice"] == first["datasets"]["Choice"]
    assert site.status(key)["result"] == second

    # Another weight of recall: no item is scored, their rows are put together anew.
    track = challenge / "tracks" / "mini.yaml"
    track.write_text(track.read_text("utf-8").replace("0.8", "0.5"), "utf-8")
    third = again(site, key, 3)

    assert chunks(site, key) == after
    score, parts = third["datasets"]["Open"]["value"], third["datasets"]["Open"]["parts"]
    assert score == pytest.approx((parts["macro_recall"] + parts["bertscore"]) / 2)
    assert third["datasets"]["Open"]["parts"] == first["datasets"]["Open"]["parts"]

    # Nothing changed: nothing is scored.
    site.stop()
    site.start()
    site.wait_for(lambda: site.log.read_text().count("worker ready") == 4, 60, "no worker")
    assert len(site.rows("SELECT number FROM runs WHERE submission = ?", key)) == 3

    files = [tmp_path / name for name in ("first.json", "third.json")]
    for file, result in zip(files, (first, third), strict=True):
        file.write_text(json.dumps(result), "utf-8")
    told = site.command("compare", str(files[0]), key)
    assert "Report: other questions or references: data:" in told
    assert "Open: other settings: w=0.8, then w=0.5." in told
    assert "Choice" not in told
    assert site.command("compare", key, str(files[1])) == "They are the same."


def test_removed_items_leave_the_entry_as_it_was(
    site: Site, challenge: Path, tmp_path: Path
) -> None:
    key, first = submitted(site, tmp_path)
    for name in ("questions", "references"):
        file = challenge / "mini" / "Report" / f"{name}.jsonl"
        file.write_text(file.read_text("utf-8").splitlines(keepends=True)[0], "utf-8")

    site.stop()
    site.start()

    refused = "items changed while the submission was scored"
    site.wait_for(lambda: refused in site.log.read_text(), 60, "it was not noticed")
    assert site.status(key)["status"] == "finished"
    assert site.status(key)["result"] == first
