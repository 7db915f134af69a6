"""Phases as teams meet them: quotas under load, hidden scores, private parts, times."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
import yaml

from challenge.desk import Desk
from challenge.identity import Caller
from challenge.views import report as file_report
from challenge.views import standing
from challenge.views import track as track_page
from evaluator.board import about, snapshot_path
from evaluator.challenge import Challenge, load_challenge
from evaluator.durable import Queue
from evaluator.entry import read_entry
from evaluator.errors import EvaluatorError, NotAllowed, NotFound
from evaluator.publishing import publish_board
from evaluator.records import part_id
from evaluator.runs import Runner
from evaluator.schema import open_database
from evaluator.scoring import Scorer
from evaluator.settings import HubSettings, Settings
from evaluator.store import Store
from tests.folders import TRACK, mini_answers, mini_challenge, question, reference, write_lines
from tests.site import Site

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
PARALLEL = 50
# The demo user: on this machine, not through a proxy.
HERE = Caller("127.0.0.1", "localhost", forwarded=False, token="", username=None)
FINAL = {"id": "final", "title": {"zh": "最终", "en": "Final"}, "references": "hidden"}


def phased(folder: Path, final: bool = True, **test: Any) -> Path:
    """Write the mini challenge with these fields of its phase `test`, and a private part of it.

    The part asks items 11 and 12 of each dataset, and has other right answers.
    """
    mini_challenge(folder)
    track = yaml.safe_load(TRACK)
    if final:
        test.setdefault("closes", NOW + 2 * DAY)
    track["phases"][1].update(test)
    if final:
        part = {"folder": "mini-final", "part_of": "test", "visible": test["closes"]}
        track["phases"].append({**FINAL, **part})
        for name, answer in (("Choice", "<A>"), ("Report", "咳嗽两周")):
            options = ["A. 对", "B. 错"] if name == "Choice" else None
            asked = [question(item, name, options) for item in (11, 12)]
            expected = [reference(item, name, answer) for item in (11, 12)]
            write_lines(folder / "mini-final" / name / "questions.jsonl", asked)
            write_lines(folder / "mini-final" / name / "references.jsonl", expected)
    text = yaml.safe_dump(track, allow_unicode=True, sort_keys=False)
    (folder / "tracks" / "mini.yaml").write_text(text, "utf-8")
    return folder


def answers(folder: Path, final: bool = True, report: str = "患者发热三天") -> Path:
    """Write a prediction file: right on the phase's own items, half right on its private part."""
    lines = mini_answers(report)
    if final:
        for item, choice in ((11, "<A>"), (12, "<B>")):
            lines.append({**question(item, "Choice", ["A. 对", "B. 错"]), "answer": choice})
            lines.append({**question(item, "Report"), "answer": "咳嗽两周"})
    return write_lines(folder / "answers.jsonl", lines)


class House(NamedTuple):
    """A desk with its store and challenge, without a server or a worker."""

    desk: Desk
    store: Store
    challenge: Challenge
    folder: Path

    def submit(self, model: str = "M", report: str = "患者发热三天", final: bool = True) -> str:
        """Submit to the phase `test`."""
        file = answers(self.folder, final, report)
        entry = read_entry(model, "H", "open")
        return self.desk.submit(file, file.name, "mini", "test", entry, HERE)

    def score(self, key: str) -> None:
        """Score what was submitted, as a worker does."""
        record = self.store.record(key)
        track = self.challenge.track("mini")
        scorer = Scorer(self.challenge, track, track.phase(record.submission.phase))
        predictions = self.store.predictions(key)
        self.store.begin(key)
        found = scorer.score(predictions)
        self.store.scores.finish(key, scorer.finish(found.statistics, predictions.skipped))

    def board(self, phase: str, moment: datetime | None = None) -> tuple[dict[str, Any], list[Any]]:
        """Publish a board as of a moment; return what it says of itself, and its rows."""
        path = publish_board(
            self.store, self.challenge, self.folder / "board", "mini", phase, moment
        )
        table = pq.read_table(path)
        return about(table.schema), table.to_pylist()

    def refusal(self) -> str:
        """Submit and return why it is refused."""
        with pytest.raises(EvaluatorError) as caught:
            self.submit()
        return str(caught.value)


@contextmanager
def house(folder: Path, final: bool = True, **test: Any) -> Iterator[House]:
    """Open a house of the challenge with these fields of its phase."""
    challenge = load_challenge(phased(folder / "challenge", final, **test))
    settings = Settings(data_dir=folder, challenge_dir=challenge.folder)
    engine = open_database(settings.database_url)
    queue = Queue(engine)
    try:
        yield House(Desk(settings, challenge, engine, queue), Store(engine), challenge, folder)
    finally:
        queue.close()


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[House]:
    """A phase that is open for a day, tells no score, and has a private part."""
    with house(tmp_path, opens=NOW - DAY, closes=NOW + DAY, feedback="none") as opened:
        yield opened


def test_one_upload_is_two_submissions_that_share_no_item(open_house: House) -> None:
    key = open_house.submit()

    parts = [open_house.store.predictions(one).answers for one in (key, part_id(key, "final"))]
    assert [sorted(part["Choice"]) for part in parts] == [["1", "2"], ["11", "12"]]
    assert [sorted(part["Report"]) for part in parts] == [["1", "2"], ["11", "12"]]
    assert open_house.store.unfinished() == [key, part_id(key, "final")]


def test_the_pack_tells_no_part(open_house: House) -> None:
    pack = open_house.desk.library.pack("mini", "test")

    assert b"final" not in pack
    (open_house.folder / "pack.zip").write_bytes(pack)
    track = open_house.challenge.track("mini")
    assert open_house.desk.library.describe("mini").items(track.phase("test")) == 8


def test_a_private_part_is_nobodys_to_ask_for(open_house: House) -> None:
    key = open_house.submit()
    open_house.score(part_id(key, "final"))

    with pytest.raises(NotFound, match="There is no submission"):
        open_house.desk.standing(part_id(key, "final"))
    assert [record.id for record in open_house.desk.of_team(HERE)] == [key]
    with pytest.raises(NotAllowed, match="is scored from what is submitted to “test”"):
        file = answers(open_house.folder)
        open_house.desk.validate(file, file.name, "mini", "final")
    with pytest.raises(NotFound):
        open_house.desk.library.pack("mini", "final")


@pytest.mark.parametrize("item", [1, 11])
def test_what_an_upload_is_told_tells_no_part(open_house: House, item: int) -> None:
    """Item 11 is of the private part; skipping it is told just as skipping item 1."""
    file = answers(open_house.folder)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for line in lines:
        if line["other"] == {"id": item, "source": "Report"}:
            line.update(answer=None, skipped=True)
    write_lines(file, lines)

    reading = open_house.desk.validate(file, file.name, "mini", "test")

    assert (reading.items, reading.skipped) == (8, 1)
    assert "1 of them are marked skipped" in file_report("en", reading)


def test_pictures_tell_no_part(open_house: House) -> None:
    folder = open_house.challenge.folder
    for place in ("mini-test", "mini-final"):
        path = folder / place / "Report" / "questions.jsonl"
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        (path.parent / f"{place}.png").write_bytes(b"")
        write_lines(path, [{**line, "img_path": f"{place}.png"} for line in lines])
    library = open_house.desk.library

    for place in ("mini-test", "mini-final"):
        assert library.image("mini", "test", "Report", f"{place}.png").is_file()
        with pytest.raises(NotFound):
            library.image("mini", "final", "Report", f"{place}.png")


def test_no_score_is_told_until_it_closes(open_house: House) -> None:
    key = open_house.submit()
    open_house.score(key)
    open_house.score(part_id(key, "final"))

    standing = open_house.desk.standing(key)
    assert (standing.record.status, standing.result, standing.told) == ("finished", None, "none")
    told, rows = open_house.board("test")
    assert (rows, told["visible_from"]) == ([], (NOW + DAY).isoformat())
    for phase, value in (("test", 1.0), ("final", 0.75)):
        told, rows = open_house.board(phase, NOW + DAY)
        assert (told["visible_from"], [row["overall"] for row in rows]) == (None, [value])


def test_a_private_part_shows_the_submission_that_counts(tmp_path: Path) -> None:
    """The best on the phase's own items, even where a later one is better on the part."""
    with house(tmp_path, counts="best") as each:
        best = each.submit(report="患者发热三天")
        later = each.submit(report="发热")
        for key in (best, later):
            each.score(key)
            each.score(part_id(key, "final"))

        assert [row["submission"] for row in each.board("test")[1]] == [best]
        shown = each.board("final", NOW + 2 * DAY)[1]
        assert [len(row["earlier"]) for row in shown] == [1], "of the other tries nothing is told"
        assert [row["submission"] for row in shown] == [part_id(best, "final")]


@pytest.mark.parametrize(("counts", "shown"), [("latest", 1), ("best", 0)])
def test_which_submission_counts(tmp_path: Path, counts: str, shown: int) -> None:
    with house(tmp_path, final=False, counts=counts) as each:
        keys = [each.submit(report=report, final=False) for report in ("患者发热三天", "发热")]
        for key in keys:
            each.score(key)

        assert [row["submission"] for row in each.board("test")[1]] == [keys[shown]]


def test_the_best_of_rounded_scores_is_that_of_a_step(tmp_path: Path) -> None:
    """Which of two counts would otherwise tell which is better within a step."""
    with house(tmp_path, final=False, counts="best", feedback="rounded", closes=NOW + DAY) as each:
        first, second, third = (
            each.submit(report=report, final=False)
            for report in ("患者发热三", "患者发热三天天", "患者发热三天")
        )
        for key in (first, second):
            each.score(key)
        # F1 of 10/11 and 12/13: 0.955 and 0.962 are both told as 0.95.
        assert [row["submission"] for row in each.board("test")[1]] == [first]
        assert [row["submission"] for row in each.board("test", NOW + DAY)[1]] == [second]
        each.score(third)
        assert [row["submission"] for row in each.board("test")[1]] == [third]


def test_a_part_that_cannot_be_scored_is_said(open_house: House) -> None:
    key = open_house.submit()
    assert not open_house.desk.standing(key).part_failed

    open_house.store.move(part_id(key, "final"), "failed")

    found = open_house.desk.standing(key)
    assert found.part_failed
    track = open_house.challenge.track("mini")
    assert "A private part of it could not be scored" in standing("en", found, track)


def test_the_page_of_a_track_tells_what_is_left(tmp_path: Path) -> None:
    with house(tmp_path, quota={"per_day": 2, "timezone": "Asia/Shanghai"}) as each:
        each.submit()
        windows = [each.desk.window("mini", phase, HERE) for phase in ("dev", "test", "final")]
        description = each.desk.library.describe("mini")

        page = track_page("en", each.challenge, description, windows)

        assert "<strong>1</strong> left today" in page
        assert "The day ends at " in page
        assert "00:00 (UTC+8)." in page
        assert description.participation == (1, 1, 1)
        assert "<strong>1</strong> teams" in page


def test_rounded_boards_tell_steps_and_no_pairs(tmp_path: Path) -> None:
    with house(tmp_path, final=False, feedback="rounded", rounded_to=10, closes=NOW + DAY) as each:
        reports = {"a": "患者发热三天", "b": "患者发热三", "c": "患者发热", "d": "热"}
        for model, report in reports.items():
            each.score(each.submit(model, report, final=False))

        told, rows = each.board("test")
        assert told["rounded_to"] == 10
        # Characters in common: F1 of 1, 10/11, 8/10 and 2/7; the choices are all right.
        overall = {row["model"]: (row["overall"], row["rank"]) for row in rows}
        assert overall == {
            "a": (pytest.approx(1.0), 1),
            "b": (pytest.approx(1.0), 1),
            "c": (pytest.approx(0.9), 3),
            "d": (pytest.approx(0.6), 4),
        }
        for row in rows:
            shown = [row[name] for name in row if name.startswith(("overall", "dim", "dataset"))]
            assert all(value * 10 == pytest.approx(round(value * 10)) for value in shown)
            assert row["rank_best"] is None
        _told, exact = each.board("test", NOW + DAY)
        assert exact[0]["rank_best"] == 1
        assert exact[1]["overall"] == pytest.approx((1 + 10 / 11) / 2)


def test_a_board_is_revealed_when_its_time_comes(tmp_path: Path) -> None:
    """The worker publishes it then, and touches no board without a reason."""
    soon = datetime.now(UTC) + timedelta(seconds=2)
    with house(tmp_path, final=False, visible=soon) as each:
        each.score(each.submit(final=False))
        runner = Runner(each.desk.settings, each.challenge, each.desk.store)
        boards = {name: snapshot_path(tmp_path / "board", "mini", name) for name in ("dev", "test")}

        runner.publish_due()
        assert pq.read_table(boards["test"]).num_rows == 0
        written = boards["dev"].stat().st_mtime_ns
        time.sleep(2.1)
        runner.publish_due()

        assert pq.read_table(boards["test"]).num_rows == 1
        assert boards["dev"].stat().st_mtime_ns == written


def test_a_board_links_to_shared_answers_when_its_phase_has_ended(tmp_path: Path) -> None:
    """Its scores were told before, and stay as they are."""
    with house(tmp_path, final=False, closes=NOW + DAY) as each:
        file, entry = answers(tmp_path, final=False), read_entry("M", "H", "open")
        key = each.desk.submit(file, file.name, "mini", "test", entry, HERE, shared=True)
        each.score(key)
        named = HubSettings(token="hf_x", results="org/results")
        settings = replace(each.desk.settings, hub=named)
        runner = Runner(settings, each.challenge, each.desk.store)
        board = snapshot_path(tmp_path / "board", "mini", "test")

        def links() -> list[str]:
            runner.publish_due()
            return [str(link) for link in pq.read_table(board)["predictions"].to_pylist()]

        assert links() == [""]
        track = each.challenge.track("mini")
        ended = track.phase("test").model_copy(update={"closes": NOW - DAY})
        phases = {"phases": (track.phase("dev"), ended)}
        each.challenge.tracks["mini"] = track.model_copy(update=phases)
        results = "https://huggingface.co/datasets/org/results/blob/main"
        assert links() == [f"{results}/predictions/mini/test/{key}.jsonl"]


def test_boards_that_are_published_at_once_are_whole_and_the_newest(tmp_path: Path) -> None:
    """A run ends while the worker looks which boards have come due: two threads, one file."""
    with house(tmp_path, final=False) as each:
        runner = Runner(each.desk.settings, each.challenge, each.desk.store)
        keys = [each.submit(f"M{number}", final=False) for number in range(8)]

        def finish(key: str) -> None:
            each.score(key)
            runner._publish("mini", "test")

        with ThreadPoolExecutor(len(keys)) as pool:
            list(pool.map(finish, keys))

        board = pq.read_table(snapshot_path(tmp_path / "board", "mini", "test"))
        assert board.num_rows == len(keys)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"opens": NOW + DAY}, "opens at"),
        ({"closes": NOW - DAY}, "closed at"),
    ],
)
def test_too_early_and_too_late(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    with house(tmp_path, **fields) as each:
        assert f"Phase “test” {said} " in each.refusal()
        assert "nothing was stored" in each.refusal()
        assert each.store.unfinished() == []


def test_questions_are_nobodys_before_it_opens(tmp_path: Path) -> None:
    with house(tmp_path, opens=NOW + DAY) as each:
        with pytest.raises(NotFound, match="no questions to download yet"):
            each.desk.library.pack("mini", "test")
        with pytest.raises(NotAllowed, match="opens at"):
            file = answers(each.folder)
            each.desk.validate(file, file.name, "mini", "test")
        window = each.desk.window("mini", "test", HERE)
        assert (window.has_opened, window.is_open) == (False, False)


def test_what_is_left_is_shown_and_withdrawing_gives_it_back(tmp_path: Path) -> None:
    with house(tmp_path, quota={"per_day": 2, "total": 5}) as each:
        key = each.submit()
        left = each.desk.window("mini", "test", HERE).allowance
        assert left
        assert (left.today, left.in_all) == (1, 4)

        each.desk.cancel(key, HERE)

        left = each.desk.window("mini", "test", HERE).allowance
        assert left
        assert (left.today, left.in_all) == (2, 5)
        with each.store.engine.connect() as connection:
            found = connection.execute(sa.text("select status from submissions")).scalars()
            assert set(found) == {"withdrawn"}
            assert connection.execute(sa.text("select * from predictions")).all() == []


def test_a_refused_file_costs_nothing(tmp_path: Path) -> None:
    with house(tmp_path, quota={"total": 1}) as each:
        with pytest.raises(EvaluatorError, match="refused"):
            each.submit(final=False)

        assert each.submit()
        assert "has used all its 1 submissions" in each.refusal()


def test_fifty_uploads_at_once_over_http(tmp_path: Path) -> None:
    """At one below the limit exactly one of them is accepted, and the server goes on."""
    folder = phased(tmp_path / "challenge", quota={"per_day": 3, "timezone": "Asia/Shanghai"})
    site = Site(tmp_path / "data", CHALLENGE_DIR=str(folder)).start()
    try:
        file = answers(tmp_path)
        given = ("mini", "test", "M", "H", "open", "", "", "en")
        for _ in range(2):
            assert site.post_file("/submit", file, *given)["accepted"]

        with ThreadPoolExecutor(PARALLEL) as pool:
            said = list(
                pool.map(lambda _number: site.post_file("/submit", file, *given), range(PARALLEL))
            )

        assert sum(one["accepted"] for one in said) == 1
        refused = [one["message"] for one in said if not one["accepted"]]
        assert all("has used its 3 submission(s) of today" in message for message in refused)
        assert all("00:00 (UTC+8)" in message for message in refused)
        (count,) = site.rows("select count(*) from submissions where phase = 'test'")[0]
        assert count == 3
        site.wait_for(
            lambda: not site.rows("select 1 from submissions where status != 'finished'"),
            120,
            "not everything was scored",
        )
    finally:
        site.stop()
