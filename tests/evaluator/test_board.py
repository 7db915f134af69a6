"""The board's snapshot: who is on it, in what order, and what the file says of itself."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from evaluator.board import about, history_folder, pairs_path, snapshot_path
from evaluator.challenge import Challenge, load_challenge
from evaluator.entry import Access, Entry, Provenance
from evaluator.errors import NotFound
from evaluator.origin import Origin
from evaluator.predictions import Predictions
from evaluator.publishing import forget, publish_board, remove_other_boards
from evaluator.ranking import counted, entries
from evaluator.records import Finished, Record, Submission
from evaluator.results import Outcome, Result, Score
from evaluator.schema import open_database, submissions
from evaluator.store import Store
from evaluator.texts import Bilingual
from evaluator.uncertainty import Interval
from evaluator.withdrawal import tombstones
from tests.folders import mini_challenge


class Board(NamedTuple):
    """A store, the mini challenge, and where snapshots go."""

    store: Store
    challenge: Challenge
    folder: Path

    def add(
        self,
        model: str,
        overall: float,
        *,
        team: str = "team",
        skipped: int = 0,
        phase: str = "dev",
        access: Access = "open",
        note: Bilingual | None = None,
        pseudonym: str = "",
        provenance: Provenance = "participant",
        origin: Origin | None = None,
        repository: str = "",
        shared: bool = False,
    ) -> str:
        """Add a finished submission; return its id."""
        entry = Entry(model, "医院", access, "7B", note, "2026-01", pseudonym, repository)
        submission = Submission(
            "mini", phase, team, entry, "p.zip", "0" * 64, provenance, origin, shared
        )
        key = self.store.accept(submission, Predictions({}), _nothing)
        self.store.move(key, "scoring")
        self.store.scores.finish(key, _outcome(overall, skipped, phase))
        return key

    def score_again(self, key: str, overall: float, run: int = 2, signature: str = "") -> None:
        """Add another run of a submission to the development phase."""
        found = _outcome(overall, 0, "dev")
        signed = {
            name: one.model_copy(update={"signature": signature})
            for name, one in found.result.datasets.items()
        }
        result = found.result.model_copy(update={"datasets": signed})
        self.store.scores.finish(key, found._replace(result=result), run)

    def publish(self, phase: str = "dev") -> pa.Table:
        """Publish one phase and read its snapshot."""
        return pq.read_table(publish_board(self.store, self.challenge, self.folder, "mini", phase))

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the development phase as they are written."""
        return self.publish().to_pylist()


def _outcome(overall: float, skipped: int, phase: str) -> Outcome:
    """Return a result; its items move no score, so that any difference is beyond doubt."""
    still = {name: np.zeros(20) for name in ("Choice", "Report")}
    return Outcome(_result(overall, skipped, phase), still)


def _nothing(connection: sa.Connection, submission_id: str) -> None:
    pass


def _result(overall: float, skipped: int, phase: str) -> Result:
    score = Score(value=overall, interval=Interval(overall / 2, overall))
    parts = Score(value=0.25, interval=Interval(0.125, 0.5))
    return Result(
        track="mini",
        phase=phase,
        overall=score,
        dimensions={"safety": parts, "generation": score},
        datasets={"Choice": parts, "Report": score},
        skipped=skipped,
    )


@pytest.fixture
def board(mini: Path, tmp_path: Path) -> Board:
    """An empty board."""
    store = Store(open_database(f"sqlite:///{tmp_path / 's.sqlite'}"))
    return Board(store, load_challenge(mini), tmp_path / "board")


def ranks(board: Board) -> list[tuple[str, int | None]]:
    """Return model and rank of every row, as written."""
    return [(row["model"], row["rank"]) for row in board.rows()]


def test_best_first_and_equal_scores_share_a_rank(board: Board) -> None:
    for model, overall in (("d", 0.2), ("a", 0.9), ("b", 0.5), ("c", 0.5), ("e", 0.1)):
        board.add(model, overall)

    assert sorted(ranks(board)) == [("a", 1), ("b", 2), ("c", 2), ("d", 4), ("e", 5)]
    assert [row["overall"] for row in board.rows()] == [0.9, 0.5, 0.5, 0.2, 0.1]


def test_order_of_equal_scores_is_stable(board: Board) -> None:
    for model in "abcdef":
        board.add(model, 0.5)

    assert ranks(board) == ranks(board)
    assert {rank for _, rank in ranks(board)} == {1}


def test_skipped_items_cost_the_rank(board: Board) -> None:
    board.add("skips", 0.99, skipped=1)
    board.add("best", 0.5)
    board.add("skips more", 0.999, skipped=4)
    board.add("next", 0.4)

    assert ranks(board) == [("best", 1), ("next", 2), ("skips more", None), ("skips", None)]


def test_zero_is_a_score(board: Board) -> None:
    board.add("zero", 0.0)

    assert ranks(board) == [("zero", 1)]


def test_newest_of_a_team_and_model_counts(board: Board) -> None:
    board.add("a", 0.9)
    newest = board.add("a", 0.3)
    # Of another team, or another model: an entry of its own.
    other = board.add("a", 0.5, team="other")
    board.add("A", 0.4)

    rows = board.rows()

    assert [row["overall"] for row in rows] == [0.5, 0.4, 0.3]
    assert [rows[0]["submission"], rows[2]["submission"]] == [other, newest]


def test_a_newer_submission_that_failed_hides_nothing(board: Board) -> None:
    board.add("a", 0.9)
    entry = Entry("a", "医院", "open")
    submission = Submission("mini", "dev", "team", entry, "p.zip", "0" * 64)
    key = board.store.accept(submission, Predictions({}), _nothing)
    board.store.move(key, "failed")

    assert ranks(board) == [("a", 1)]


def test_phases_do_not_mix(board: Board) -> None:
    board.add("dev", 0.9)
    board.add("test", 0.3, phase="test")

    assert board.publish("dev").column("model").to_pylist() == ["dev"]
    assert board.publish("test").column("model").to_pylist() == ["test"]


def test_row_holds_every_score_with_its_interval(board: Board) -> None:
    key = board.add("模型", 0.8, access="closed", note=Bilingual(zh="注", en="Note"))

    (row,) = board.rows()

    told = {"model": "模型", "organisation": "医院", "access": "closed", "parameters": "7B"}
    assert told.items() <= row.items()
    assert (row["note_zh"], row["note_en"]) == ("注", "Note")
    assert (row["submission"], row["provenance"]) == (key, "participant")
    assert row["submitted_at"].endswith("+00:00")
    for name in ("overall", "dimension/generation", "dataset/Report"):
        assert [row[f"{name}{end}"] for end in ("", "/low", "/high")] == [0.8, 0.4, 0.8]
    for name in ("dimension/safety", "dataset/Choice"):
        assert [row[f"{name}{end}"] for end in ("", "/low", "/high")] == [0.25, 0.125, 0.5]


def test_board_tells_no_team_and_no_file(board: Board) -> None:
    board.add("a", 0.5, team="secret-team")

    content = board.publish()

    assert not {"team", "file_name", "file_hash"} & set(content.column_names)
    assert b"secret-team" not in snapshot_path(board.folder, "mini", "dev").read_bytes()


def test_empty_board_has_all_columns(board: Board) -> None:
    empty = board.publish()
    board.add("a", 0.5)

    assert empty.num_rows == 0
    assert empty.schema.equals(board.publish().schema)


def test_snapshot_says_what_it_is(board: Board) -> None:
    told = about(board.publish("test").schema)

    assert told["schema"] == 4
    assert told["published_at"].endswith("+00:00")
    assert told["track"] == {
        "id": "mini",
        "title": {"zh": "小赛道", "en": "Mini track"},
        "summary": {"zh": "测试用。", "en": "For tests."},
        "position": 0,
    }
    assert told["phase"] == {"id": "test", "title": {"zh": "测试", "en": "Test"}}
    assert [dimension["id"] for dimension in told["dimensions"]] == ["safety", "generation"]
    assert told["dimensions"][0]["datasets"] == [
        {
            "id": "Choice",
            "title": {"zh": "选择题", "en": "Choices"},
            "metric": "accuracy",
            "items": None,  # nobody has answered any yet
            "parts": [],
        }
    ]


def test_snapshot_replaces_the_former_at_once(board: Board) -> None:
    """A reader meets whole files only, however often it is written meanwhile."""
    board.add("a", 0.5)
    board.publish()
    path = snapshot_path(board.folder, "mini", "dev")
    stop = threading.Event()
    met: list[int] = []

    def read() -> None:
        while not stop.is_set():
            met.append(pq.read_table(path).num_rows)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        board.publish()
    stop.set()
    reader.join()

    assert met
    assert set(met) == {1}
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "dev.parquet",
        "history",
        "pairs",
    ]


def test_a_failed_write_leaves_the_former(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    board.add("a", 0.5)
    board.publish()
    before = snapshot_path(board.folder, "mini", "dev").read_bytes()
    board.add("b", 0.7)

    def no_space(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        board.publish()

    assert snapshot_path(board.folder, "mini", "dev").read_bytes() == before


def test_unknown_board_is_told(board: Board) -> None:
    with pytest.raises(NotFound):
        publish_board(board.store, board.challenge, board.folder, "maxi", "dev")
    with pytest.raises(NotFound):
        publish_board(board.store, board.challenge, board.folder, "mini", "final")


def test_pairs_are_published_beside_the_board(board: Board) -> None:
    keys = [board.add(model, overall) for model, overall in (("a", 0.9), ("b", 0.5), ("c", 0.5))]
    board.publish()

    pairs = pq.read_table(pairs_path(board.folder, "mini", "dev")).to_pylist()

    # 20 items a dataset that move no score: as sure as 40 swapped answers can make it, times three.
    found = {(p["a"], p["b"]): (p["difference"], p["adjusted_p"]) for p in pairs}
    tied = sorted(keys[1:])
    assert found == {
        (keys[0], tied[0]): (pytest.approx(0.4), pytest.approx(3 * 2.0**-39)),
        (keys[0], tied[1]): (pytest.approx(0.4), pytest.approx(3 * 2.0**-39)),
        (tied[0], tied[1]): (0.0, 1.0),
    }
    places = {
        row["model"]: (row["rank_best"], row["rank_worst"], row["group"]) for row in board.rows()
    }
    assert places == {"a": (1, 1, 1), "b": (2, 3, 2), "c": (2, 3, 2)}


def test_an_unranked_entry_is_not_tested(board: Board) -> None:
    board.add("a", 0.5)
    board.add("skips", 0.9, skipped=1)

    rows = {row["model"]: row for row in board.rows()}

    assert pq.read_table(pairs_path(board.folder, "mini", "dev")).num_rows == 0
    assert (rows["a"]["rank_best"], rows["a"]["rank_worst"]) == (1, 1)
    assert rows["skips"]["rank_best"] is None


def test_detectable_difference_is_told(board: Board) -> None:
    board.add("a", 0.5)
    assert about(board.publish().schema)["detectable_difference"] is None

    board.add("b", 0.7)
    assert about(board.publish().schema)["detectable_difference"] == 0.0


def finished(number: int, overall: float, skipped: int = 0) -> Finished:
    """Return a scored submission of a model of its own."""
    submission = Submission(
        "mini", "dev", "team", Entry(str(number), "医院", "open"), "p.zip", "0" * 64
    )
    record = Record(f"{number:02}", submission, "", "finished", 4, 4, None)
    return Finished(record, _result(overall, skipped, "dev"), "2026-01-01")


@given(
    values=st.lists(
        st.sampled_from([0.0, 0.25, 0.5, 1.0, math.nan, math.inf, -math.inf]), max_size=7
    ),
    lost=st.integers(0, 6),
)
def test_what_is_no_number_outranks_nothing(values: list[float], lost: int) -> None:
    """It neither ranks nor pushes another down; losing a score helps the others only."""
    rows = entries(finished(number, value) for number, value in enumerate(values))

    ranks = [row["rank"] for row in rows]
    numbers = [rank for rank in ranks if rank is not None]
    assert numbers == sorted(numbers)
    assert ranks == numbers + [None] * (len(ranks) - len(numbers))
    assert len(numbers) == sum(math.isfinite(value) for value in values)

    without = values[:lost] + [math.nan] * (lost < len(values)) + values[lost + 1 :]
    before = {row["model"]: row["rank"] for row in rows}
    for row in entries(finished(number, value) for number, value in enumerate(without)):
        if row["model"] != str(lost) and row["rank"] is not None:
            assert row["rank"] <= before[row["model"]]


def test_no_number_survives_the_store(board: Board) -> None:
    board.add("lost", math.nan)
    board.add("a", 0.0)

    assert ranks(board) == [("a", 1), ("lost", None)]


def test_no_entry_no_row() -> None:
    assert entries([]) == []


def test_a_baseline_is_compared_and_takes_no_rank(board: Board) -> None:
    board.add("team's best", 0.5)
    board.add("GPT", 0.9, provenance="recorded", team="maintainers")
    board.add("team's second", 0.5, team="other")
    board.add("Llama", 0.4, provenance="recorded", team="maintainers")
    board.add("last", 0.1)

    rows = board.rows()

    assert [(row["model"], row["rank"], row["compared"]) for row in rows[:1]] == [
        ("GPT", None, True)
    ]
    assert sorted((row["rank"], row["model"]) for row in rows if row["rank"]) == [
        (1, "team's best"),
        (1, "team's second"),
        (3, "last"),
    ]
    assert {row["rank_worst"] for row in rows if row["provenance"] == "recorded"} == {None}
    # Ranks that remain possible are among those that have one: the last is beaten by both.
    assert [row["rank_best"] for row in rows if row["model"] == "last"] == [3]
    tested = pq.read_table(pairs_path(board.folder, "mini", "dev")).to_pylist()
    assert len(tested) == 10, "all five are tested against each other"


ORIGIN = Origin(first="2026-01", last="2026-01", outputs_hash="0" * 64, source="Secret source")


def test_where_the_answers_come_from_is_told(board: Board) -> None:
    board.add("GPT", 0.9, provenance="self-run", team="maintainers", origin=ORIGIN)
    board.add("team's best", 0.5)

    first, second = board.rows()

    assert Origin.model_validate_json(first["origin"]) == ORIGIN
    assert second["origin"] is None


def test_what_was_run_and_what_was_recorded_are_two_entries(board: Board) -> None:
    board.add("GPT", 0.9, provenance="recorded", team="maintainers")
    board.add("GPT", 0.5, provenance="self-run", team="maintainers")

    assert [(row["provenance"], row["tries"]) for row in board.rows()] == [
        ("recorded", 1),
        ("self-run", 1),
    ]


def test_of_a_baseline_the_latest_counts_also_where_the_best_does() -> None:
    made = Submission(
        "mini", "dev", "maintainers", Entry("GPT", "", "open"), "p.zip", "0" * 64, "self-run"
    )
    tries = [
        one._replace(record=one.record._replace(submission=made))
        for one in (finished(1, 0.9), finished(2, 0.5))
    ]

    assert counted(tries, "best") == [tries[1]]
    own = [
        one._replace(record=one.record._replace(submission=replace(made, provenance="participant")))
        for one in tries
    ]
    assert counted(own, "best") == [own[0]]


def test_an_anonymous_entry_tells_nothing_of_who_it_is(board: Board) -> None:
    note = Bilingual(zh="我们医院", en="our hospital")
    board.add(
        "Secret model", 0.5, pseudonym="4f2a1c", note=note, origin=ORIGIN, repository="us/secret"
    )
    board.publish()

    written = snapshot_path(board.folder, "mini", "dev").read_bytes()
    (row,) = board.rows()

    assert (row["model"], row["anonymous"], row["access"]) == ("4f2a1c", True, "open")
    assert (row["organisation"], row["parameters"], row["released"]) == ("", "", "")
    assert (row["note_zh"], row["note_en"]) == (None, None)
    assert row["repository"] == ""
    for secret in ("Secret model", "Secret source", "医院", "7B", "2026-01", "us/secret"):
        assert secret.encode() not in written


def test_an_entry_names_its_repository_and_where_shared_answers_are(board: Board) -> None:
    shared = board.add("a", 0.5, repository="lab/a", shared=True)
    hidden = board.add("b", 0.4, repository="lab/b", shared=True, pseudonym="4f2a1c")
    board.add("c", 0.3)
    place = "https://huggingface.co/datasets/org/results/blob/main/predictions/mini/dev"

    def told(results_url: str) -> list[tuple[str, str, str]]:
        path = publish_board(
            board.store, board.challenge, board.folder, "mini", "dev", results_url=results_url
        )
        rows = pq.read_table(path).to_pylist()
        return [(row["model"], row["repository"], row["predictions"]) for row in rows]

    assert told("https://huggingface.co/datasets/org/results") == [
        ("a", "lab/a", f"{place}/{shared}.jsonl"),
        ("4f2a1c", "", f"{place}/{hidden}.jsonl"),
        ("c", "", ""),
    ]
    # Where results are a folder nobody else can follow a link.
    assert {predictions for _model, _repository, predictions in told("")} == {""}


def test_an_entry_keeps_its_link_and_tells_its_tries(board: Board) -> None:
    first = board.add("a", 0.25)
    board.add("b", 0.1)
    second = board.add("a", 0.75)

    row = board.rows()[0]

    assert (row["entry"], row["submission"], row["tries"]) == (first, second, 2)
    assert [one["overall"] for one in row["earlier"]] == [0.25, 0.75]
    assert row["released"] == "2026-01"


def test_who_takes_part_is_counted(board: Board) -> None:
    board.add("a", 0.5)
    board.add("b", 0.5)
    board.add("c", 0.5, phase="test", team="other")
    board.add("GPT", 0.5, provenance="recorded", team="maintainers")

    told = about(board.publish().schema)

    assert told["participation"] == {"teams": 1, "submissions": 2, "models": 2}
    assert told["everywhere"] == {"teams": 2, "submissions": 3, "models": 3}


def test_the_last_snapshot_of_each_day_is_kept(board: Board) -> None:
    """Publishing without change keeps no new day; a day that went wrong is not written over."""
    folder = history_folder(board.folder, "mini", "dev")

    def kept(day: int, hour: int = 0) -> list[tuple[str, int]]:
        moment = datetime(2026, 3, day, hour, tzinfo=UTC)
        publish_board(board.store, board.challenge, board.folder, "mini", "dev", moment)
        return [(path.stem, pq.read_table(path).num_rows) for path in sorted(folder.glob("*"))]

    assert kept(1) == [], "an empty board is no history"
    board.add("a", 0.5)
    assert kept(2) == [("2026-03-02", 1)]
    board.add("b", 0.5)
    assert kept(2, 23) == [("2026-03-02", 2)]
    assert kept(3) == [("2026-03-02", 2)]
    board.add("a", 0.6)
    assert kept(4) == [("2026-03-02", 2), ("2026-03-04", 2)]


def test_boards_that_are_no_longer_served_go_with_their_history(board: Board) -> None:
    board.add("a", 0.5)
    board.publish()
    for old in ("gone/dev", "gone/pairs/dev", "gone/history/dev/2026-01-01", "mini/history/gone/x"):
        path = board.folder / f"{old}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    reported = board.folder / "reported.parquet"
    reported.write_bytes(b"")

    remove_other_boards(board.folder, [("mini", "dev")])

    left = sorted(str(path.relative_to(board.folder)) for path in board.folder.rglob("*.parquet"))
    today = datetime.now(UTC).date()
    assert left == [
        "mini/dev.parquet",
        f"mini/history/dev/{today}.parquet",
        "mini/pairs/dev.parquet",
        "reported.parquet",
    ]


@pytest.mark.parametrize(("counts", "shown"), [("latest", []), ("best", [0.25])])
def test_an_earlier_try_does_not_take_the_place_of_a_withdrawn_one(
    tmp_path: Path, counts: str, shown: list[float]
) -> None:
    """Where the latest counts; else a team would choose which of its tries is the latest."""
    mini = mini_challenge(tmp_path / "challenge")
    file = mini / "tracks" / "mini.yaml"
    file.write_text(
        file.read_text("utf-8").replace("references: open", f"references: open, counts: {counts}"),
        "utf-8",
    )
    store = Store(open_database(f"sqlite:///{tmp_path / 's.sqlite'}"))
    board = Board(store, load_challenge(mini), tmp_path / "board")
    board.add("a", 0.25)
    board.add("other", 0.125)
    latest = board.add("a", 0.5)

    assert store.withdraw(latest, scored=True)
    assert [row["overall"] for row in board.rows() if row["model"] == "a"] == shown
    assert [row["overall"] for row in board.rows() if row["model"] == "other"] == [0.125]
    board.add("a", 0.375)
    assert [row["overall"] for row in board.rows() if row["model"] == "a"] == [0.375]


def test_a_withdrawn_submission_leaves_the_boards_of_former_days(board: Board) -> None:
    """Its row goes, and its score among the earlier tries of its model."""
    first, second = board.add("a", 0.25), board.add("a", 0.5)
    board.add("b", 0.75)
    with board.store.engine.begin() as connection:
        early = submissions.update().where(submissions.c.id == first)
        connection.execute(early.values(created_at="2026-01-01T00:00:00+00:00"))
    board.publish()
    [day] = history_folder(board.folder, "mini", "dev").iterdir()
    assert {row["model"]: len(row["earlier"]) for row in pq.read_table(day).to_pylist()} == {
        "b": 1,
        "a": 2,
    }
    board.store.withdraw(first, scored=True)
    forget(board.folder, tombstones(board.store.engine))

    [b, a] = pq.read_table(day).to_pylist()
    assert [row["overall"] for row in a["earlier"]] == [0.5]
    assert [row["overall"] for row in b["earlier"]] == [0.75]
    board.store.withdraw(second, scored=True)
    written = pq.read_table(day).schema.metadata
    forget(board.folder, tombstones(board.store.engine))
    left = pq.read_table(day)
    assert left["model"].to_pylist() == ["b"]
    assert left.schema.metadata == written


def test_a_former_day_that_is_damaged_or_of_a_former_version_holds_up_no_other(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    gone = board.add("a", 0.25)
    board.add("b", 0.75)
    board.publish()
    [today] = history_folder(board.folder, "mini", "dev").iterdir()
    older, damaged = (today.with_name(f"2026-01-0{day}.parquet") for day in (1, 2))
    pq.write_table(pq.read_table(today).drop_columns(["earlier"]), older)
    damaged.write_bytes(b"no table")
    board.store.withdraw(gone, scored=True)

    forget(board.folder, tombstones(board.store.engine))
    for day in (older, today):
        assert pq.read_table(day)["model"].to_pylist() == ["b"]
    assert damaged.read_bytes() == b"no table"
    assert f"{damaged} cannot be read" in caplog.text
