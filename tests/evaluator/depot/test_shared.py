"""The answers that teams share: scored again they give the same, and nothing is told too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from evaluator.__main__ import main
from evaluator.depot.shared import shared
from evaluator.entry import read_entry
from evaluator.records import part_id
from evaluator.results import Result
from evaluator.settings import settings
from tests.folders import mini_answers, question, write_lines
from tests.test_phases import DAY, HERE, NOW, House, answers, house

# A blank that is none, a line separator and a line break; nothing of it ends a line.
ODD = "患者\u2028发热\n三天 </think>"


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house whose hidden phase closes tomorrow and has a private part, told of two days later."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CHALLENGE_DIR", str(tmp_path / "challenge"))
    for name in ("HUB_RESULTS", "HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    with house(tmp_path, opens=NOW - DAY, closes=NOW + DAY, feedback="none") as made:
        yield made
    settings.cache_clear()


def send(
    where: House,
    lines: Sequence[dict[str, Any]],
    phase: str = "dev",
    model: str = "M",
    *,
    agreed: bool = True,
    anonymous: bool = False,
) -> str:
    """Submit lines and have them scored, with the private part of the phase; return the id."""
    file = write_lines(where.folder / "sent.jsonl", lines)
    entry = read_entry(model, "H", "open", anonymous=anonymous)
    key = where.desk.submit(file, file.name, "mini", phase, entry, HERE, shared=agreed)
    where.score(key)
    if phase == "test":
        where.score(part_id(key, "final"))
    return key


def scored_again(
    content: bytes, folder: Path, phase: str, capsys: pytest.CaptureFixture[str]
) -> Result:
    """Score a shared file as anybody would who downloaded it."""
    file = folder / "downloaded.jsonl"
    file.write_bytes(content)
    capsys.readouterr()
    assert main(["score", "mini", str(file), "--phase", phase, "--json"]) == 0
    return Result.model_validate_json(capsys.readouterr().out)


def test_shared_answers_score_as_the_upload_did(
    opened: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half right, one copy of a choice wrong, one item skipped, and an answer on several lines."""
    lines = mini_answers("患者发热")
    lines[1]["answer"] = "<A>"
    lines[4] |= {"answer": None, "skipped": True}
    lines[5]["answer"] = ODD
    key = send(opened, lines)

    content = shared(opened.store, opened.challenge)[f"predictions/mini/dev/{key}.jsonl"]

    assert content is not None
    again = scored_again(content, tmp_path, "dev", capsys)
    assert again == opened.store.scores.result(key)
    assert (again.skipped, again.datasets["Choice"].value) == (1, 0.75)
    written = [orjson.loads(line) for line in content.removesuffix(b"\n").split(b"\n")]
    assert written[0] == {
        "other": {"id": "1", "source": "Choice"},
        "question": "问题1",
        "options": ["A. 对", "B. 错"],
        "answer": "<A>",
    }
    assert [(one["answer"], one.get("skipped")) for one in written[4:]] == [
        (None, True),
        (ODD, None),
    ]


def test_of_a_phase_with_a_private_part_both_are_told_once_all_is(
    opened: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [orjson.loads(line) for line in answers(tmp_path).read_bytes().splitlines()]
    key = send(opened, lines, "test")
    final = part_id(key, "final")
    places = {
        "test": f"predictions/mini/test/{key}.jsonl",
        "final": f"predictions/mini/final/{final}.jsonl",
    }

    def told(days: int) -> dict[str, bytes | None]:
        found = shared(opened.store, opened.challenge, NOW + days * DAY + timedelta(seconds=1))
        return {phase: found[path] for phase, path in places.items()}

    assert told(0) == {"test": None, "final": None}
    for phase, content in told(1).items():
        assert content is not None
        again = scored_again(content, tmp_path, phase, capsys)
        assert again == opened.store.scores.result({"test": key, "final": final}[phase])


def test_a_part_that_is_revealed_later_keeps_the_whole_back(opened: House, tmp_path: Path) -> None:
    file = tmp_path / "challenge" / "tracks" / "mini.yaml"
    lines = [orjson.loads(line) for line in answers(tmp_path).read_bytes().splitlines()]
    send(opened, lines, "test")
    track = opened.challenge.track("mini")
    declared = yaml.safe_load(file.read_text("utf-8"))
    declared["phases"][2]["visible"] = NOW + 3 * DAY
    opened.challenge.tracks["mini"] = type(track).model_validate(declared)

    def told(days: int) -> int:
        found = shared(opened.store, opened.challenge, NOW + days * DAY + timedelta(seconds=1))
        return sum(content is not None for content in found.values())

    assert [told(days) for days in (0, 1, 2, 3)] == [0, 0, 0, 2]


def test_only_what_stands_and_is_shared_is_told(opened: House) -> None:
    kept = send(opened, mini_answers("一"), model="kept", agreed=False)
    replaced = send(opened, mini_answers("二"))
    stands = send(opened, mini_answers("三"))
    hidden = send(opened, mini_answers("四"), model="Secret model", anonymous=True)
    file = answers(opened.folder, final=False)
    entry = read_entry("late", "H", "open")
    waits = opened.desk.submit(file, file.name, "mini", "dev", entry, HERE, shared=True)
    opened.desk.cancel(waits, HERE)

    found = shared(opened.store, opened.challenge)

    assert {key for key in found if found[key]} == {
        f"predictions/mini/dev/{key}.jsonl" for key in (stands, hidden)
    }
    assert {key for key in found if found[key] is None} == {
        f"predictions/mini/dev/{key}.jsonl" for key in (kept, replaced, waits)
    }
    assert "三".encode() in (found[f"predictions/mini/dev/{stands}.jsonl"] or b"")
    assert b"Secret" not in (found[f"predictions/mini/dev/{hidden}.jsonl"] or b"")


def test_of_answers_to_other_items_nothing_is_said(opened: House) -> None:
    send(opened, mini_answers())
    more = opened.challenge.folder / "mini" / "Report" / "questions.jsonl"
    more.write_text(more.read_text("utf-8") + orjson.dumps(question(3, "Report")).decode(), "utf-8")

    assert shared(opened.store, opened.challenge) == {}


def test_publishing_takes_away_what_is_not_shared_any_more_and_leaves_the_rest(
    opened: House, tmp_path: Path
) -> None:
    """Files of ids that this database does not know are those of another one."""
    folder = tmp_path / "depot" / "results" / "predictions" / "mini" / "dev"

    def files() -> dict[str, str]:
        settings.cache_clear()
        assert main(["publish", "--force", "a mistake"]) == 0
        return {path.stem: path.read_text("utf-8") for path in sorted(folder.iterdir())}

    first = send(opened, mini_answers("一"))
    assert files().keys() == {first}
    (folder / "other.jsonl").write_text("theirs", "utf-8")
    second = send(opened, mini_answers("二"))
    assert files().keys() == {"other", second}
    third = send(opened, mini_answers("三"), agreed=False)
    assert files() == {"other": "theirs"}
    assert opened.store.has(third)
