"""The store on a real SQLite file: what is accepted stays, moves one way, and is kept once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import sqlalchemy as sa

from evaluator.entry import Entry
from evaluator.errors import DeclarationError, NotFound
from evaluator.metrics.metric import Statistic
from evaluator.predictions import Predictions
from evaluator.records import Status, Submission
from evaluator.results import Outcome, Result, Score
from evaluator.schema import open_database
from evaluator.scoring import Chunk
from evaluator.settings import ROOT
from evaluator.states import FROM
from evaluator.store import Store
from evaluator.texts import Bilingual, Sentence
from evaluator.uncertainty import Interval
from evaluator.withdrawal import tombstones

ENTRY = Entry("模型", "医院", "open", "7B", Bilingual(zh="注", en="Note"), "2024-05")
SUBMISSION = Submission("mini", "dev", "team", ENTRY, "p.zip", "0" * 64)
ANSWERS = Predictions({"Report": {"1": ("发热",), "2": (None,)}, "Choice": {"1": ("<A>", "<B>")}})
CHUNK = Chunk("Report", 0, 2)
ROWS = [Statistic("1", (0.25,), None), Statistic("2", (0.0,), ["发热", None])]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store on a new file."""
    return Store(open_database(f"sqlite:///{tmp_path / 's.sqlite'}"))


def nothing(connection: sa.Connection, submission_id: str) -> None:
    """Queue nothing."""


def accepted(store: Store, status: Status = "queued", team: str = "team") -> str:
    """Accept a submission, put it into a state by hand, and return its id."""
    submission = Submission("mini", "dev", team, ENTRY, "p.zip", "0" * 64)
    key = store.accept(submission, ANSWERS, nothing)
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("update submissions set status = :status where id = :id"),
            {"status": status, "id": key},
        )
    return key


def result(value: float = 0.5) -> Result:
    """Return a result whose scores are all the same."""
    score = Score(value=value, interval=Interval(0, 1))
    return Result(
        track="mini",
        phase="dev",
        overall=score,
        dimensions={"safety": score},
        datasets={"Choice": score},
        skipped=1,
    )


def outcome(value: float = 0.5) -> Outcome:
    """Return that result with influences of two items."""
    return Outcome(result(value), {"Choice": np.array([0.25, -0.25])})


def count(store: Store, table: str) -> int:
    """Return how many rows a table has."""
    with store.engine.connect() as connection:
        return int(connection.execute(sa.text(f"select count(*) from {table}")).scalar_one())


def test_accepted_is_read_back(store: Store) -> None:
    key = store.accept(SUBMISSION, ANSWERS, nothing)

    record = store.record(key)
    assert record.submission == SUBMISSION
    assert (record.status, record.items, record.total) == ("queued", 0, 3)
    assert record.message is None
    assert store.predictions(key) == ANSWERS
    assert store.has(key)
    assert store.scores.result(key) is None
    assert store.scores.statistics(key) == {}


def test_accepted_survives_its_process(store: Store, tmp_path: Path) -> None:
    key = store.accept(SUBMISSION, ANSWERS, nothing)
    store.engine.dispose()

    again = Store(open_database(f"sqlite:///{tmp_path / 's.sqlite'}"))

    assert again.record(key).submission == SUBMISSION
    assert again.predictions(key) == ANSWERS


def test_run_is_queued_in_the_same_transaction(store: Store) -> None:
    seen: list[tuple[str, int]] = []

    def enqueue(connection: sa.Connection, submission_id: str) -> None:
        rows = connection.execute(sa.text("select count(*) from submissions")).scalar_one()
        connection.execute(sa.text("create table queued as select :id as id"), {"id": "x"})
        seen.append((submission_id, rows))

    key = store.accept(SUBMISSION, ANSWERS, enqueue)

    assert seen == [(key, 1)]
    assert count(store, "queued") == 1


def test_failing_queue_leaves_nothing(store: Store) -> None:
    def enqueue(connection: sa.Connection, submission_id: str) -> None:
        raise RuntimeError("the queue is down")

    with pytest.raises(RuntimeError, match="the queue is down"):
        store.accept(SUBMISSION, ANSWERS, enqueue, "mine")

    assert not store.has("mine")
    assert (count(store, "submissions"), count(store, "predictions")) == (0, 0)
    assert store.unfinished() == []
    # The next one finds the database as it should be.
    assert store.accept(SUBMISSION, ANSWERS, nothing, "mine") == "mine"


def test_a_given_id_is_accepted_once(store: Store) -> None:
    calls: list[str] = []

    def enqueue(connection: sa.Connection, submission_id: str) -> None:
        calls.append(submission_id)

    first = store.accept(SUBMISSION, ANSWERS, enqueue, "recorded-1")
    second = store.accept(SUBMISSION, Predictions({}), enqueue, "recorded-1")

    assert (first, second) == ("recorded-1", "recorded-1")
    assert calls == ["recorded-1"]
    assert count(store, "submissions") == 1
    assert store.predictions("recorded-1") == ANSWERS


def test_ids_cannot_be_guessed(store: Store) -> None:
    keys = {store.accept(SUBMISSION, ANSWERS, nothing) for _ in range(20)}

    assert len(keys) == 20
    assert all(len(key) >= 16 for key in keys)


@pytest.mark.parametrize(
    "submission_id", ["", "unknown", "' or 1=1 --", "x" * 100_000, "\0", "\ud800"]
)
def test_unknown_id_is_told(store: Store, submission_id: str) -> None:
    accepted(store)

    with pytest.raises(NotFound, match="There is no submission") as caught:
        store.record(submission_id)
    assert len(str(caught.value)) < 200
    assert str(caught.value).encode()


STATES: tuple[Status, ...] = get_args(Status)
# From each state, where a submission may go.
MOVES: dict[Status, set[Status]] = {
    "queued": {"scoring", "failed", "withdrawn"},
    # Again to scoring: an interrupted run is taken up.
    "scoring": {"scoring", "finished", "failed", "withdrawn"},
    "finished": {"withdrawn"},
    "failed": {"withdrawn"},
    "withdrawn": set(),
}


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("to", STATES)
def test_transitions(store: Store, start: Status, to: Status) -> None:
    key = accepted(store, start)
    allowed = to in MOVES[start]

    assert store.move(key, to) is allowed
    assert store.record(key).status == (to if allowed else start)


def test_every_state_is_in_the_table() -> None:
    assert set(FROM) == set(STATES) == set(MOVES)


def test_unknown_submission_is_not_moved(store: Store) -> None:
    assert store.move("unknown", "scoring") is False


def test_message_is_kept_in_both_languages(store: Store) -> None:
    key = accepted(store)
    error = DeclarationError("{file} is missing.", file=Path("a") / "b.jsonl")

    assert store.move(key, "failed", error.sentence)

    message = store.record(key).message
    assert isinstance(message, Sentence)
    assert message.text("en") == "a/b.jsonl is missing."
    assert message.text("zh") == Sentence("{file} is missing.", {"file": "a/b.jsonl"}).text("zh")


def test_statistics_are_kept_once(store: Store) -> None:
    key = accepted(store, "scoring")

    for _ in range(2):
        assert store.scores.keep(key, CHUNK, ROWS, "s")
        assert store.scores.statistics(key) == {"Report": ROWS}
        assert store.record(key).items == 2
    assert count(store, "item_statistics") == 1


def test_statistics_come_back_in_item_order(store: Store) -> None:
    key = accepted(store, "scoring")
    chunks = [Chunk("Report", start, start + 1) for start in (2, 10, 0, 1)]

    for chunk in chunks:
        store.scores.keep(key, chunk, [Statistic(str(chunk.start), (1.0, 0.1), {"a": ["答"]})], "s")

    assert [row.item for row in store.scores.statistics(key)["Report"]] == ["0", "1", "2", "10"]
    assert store.scores.statistics(key)["Report"][0] == Statistic("0", (1.0, 0.1), {"a": ["答"]})
    assert store.record(key).items == 4


def test_statistics_do_not_mix(store: Store) -> None:
    first, second = accepted(store, "scoring"), accepted(store, "scoring")

    store.scores.keep(first, CHUNK, ROWS, "s")
    store.scores.keep(first, Chunk("Choice", 0, 1), [Statistic("1", (1, 1), ["A"])], "s")

    assert store.scores.statistics(second) == {}
    assert store.record(second).items == 0
    assert (set(store.scores.statistics(first)), store.record(first).items) == (
        {"Choice", "Report"},
        3,
    )


@pytest.mark.parametrize("status", ["failed", "withdrawn"])
def test_nothing_is_kept_for_what_is_no_longer_scored(store: Store, status: Status) -> None:
    key = accepted(store, status)

    assert store.scores.keep(key, CHUNK, ROWS, "s") is False
    assert store.scores.statistics(key) == {}
    assert store.record(key).status == status


def test_rows_keep_how_they_were_read(store: Store) -> None:
    key = accepted(store, "scoring")
    rows = [Statistic("1", (0.0,), None, "mismatch"), Statistic("2", (0.0,), None, "unanswered")]

    store.scores.keep(key, CHUNK, rows, "s")

    assert store.scores.statistics(key) == {"Report": rows}


def test_what_is_kept_is_named_with_its_signature(store: Store) -> None:
    key = accepted(store, "scoring")
    store.scores.keep(key, CHUNK, ROWS, "before")

    assert store.scores.kept(key) == {CHUNK: "before"}

    # Another size of chunk takes the place of all that it overlaps.
    store.scores.keep(key, Chunk("Report", 1, 3), ROWS, "after")
    assert store.scores.kept(key) == {Chunk("Report", 1, 3): "after"}


def test_another_view_of_a_dataset_is_no_progress(store: Store) -> None:
    key = accepted(store, "scoring")

    store.scores.keep(key, Chunk("Report/judge", 0, 2), ROWS, "s")

    assert store.record(key).items == 0
    assert store.scores.statistics(key) == {"Report/judge": ROWS}


def test_a_run_is_kept_once(store: Store) -> None:
    key = accepted(store, "scoring")

    store.scores.finish(key, outcome(0.5))
    store.scores.finish(key, outcome(0.9))

    assert store.scores.result(key) == result(0.5)
    assert count(store, "runs") == 1
    assert store.record(key).status == "finished"


def test_a_later_run_is_added_and_counts(store: Store) -> None:
    key = accepted(store, "scoring")
    store.scores.finish(key, outcome(0.5))

    assert store.begin(key)
    assert store.record(key).status == "finished"
    assert store.scores.keep(key, CHUNK, ROWS, "s")
    store.scores.finish(key, outcome(0.9), 2)

    assert store.scores.result(key) == result(0.9)
    assert store.scores.influences(key)["Choice"].tolist() == [0.25, -0.25]
    assert count(store, "runs") == 2
    (found,) = store.scores.finished("mini", "dev")
    assert (found.result, found.run) == (result(0.9), 2)


@pytest.mark.parametrize("status", ["queued", "failed", "withdrawn"])
def test_only_what_is_being_scored_is_finished(store: Store, status: Status) -> None:
    key = accepted(store, status)

    store.scores.finish(key, outcome())

    assert store.scores.result(key) is None
    assert store.record(key).status == status


def test_finished_of_one_phase_oldest_first(store: Store) -> None:
    keys = [accepted(store, "scoring", team) for team in ("a", "b", "c")]
    for key in reversed(keys[:2]):
        store.scores.finish(key, outcome())

    found = list(store.scores.finished("mini", "dev"))

    assert [finished.record.id for finished in found] == keys[:2]
    assert found[0].result == result()
    assert list(store.scores.finished("mini", "test")) == []
    assert list(store.scores.finished("maxi", "dev")) == []


def test_withdrawn_content_is_deleted(store: Store) -> None:
    key, other = accepted(store, "scoring"), accepted(store, "scoring")
    store.scores.keep(key, CHUNK, ROWS, "s")
    store.scores.keep(other, CHUNK, ROWS, "s")

    assert store.withdraw(key)

    assert store.record(key).status == "withdrawn"
    assert store.scores.statistics(key) == {}
    with pytest.raises(sa.exc.NoResultFound):
        store.predictions(key)
    assert store.predictions(other) == ANSWERS
    assert store.scores.statistics(other) == {"Report": ROWS}


def test_finished_is_not_withdrawn(store: Store) -> None:
    key = accepted(store, "scoring")
    store.scores.finish(key, outcome())

    assert store.withdraw(key) is False
    assert store.predictions(key) == ANSWERS
    assert store.scores.result(key) == result()


def test_what_is_scored_is_withdrawn_where_it_is_meant(store: Store) -> None:
    key, other = accepted(store, "scoring"), accepted(store, "scoring")
    for one in (key, other):
        store.scores.keep(one, CHUNK, ROWS, "s")
        store.scores.finish(one, outcome())
    store.scores.finish(key, outcome(), number=2)

    assert store.withdraw(key, scored=True, message=Sentence("Because."))

    record = store.record(key)
    assert (record.status, record.message) == ("withdrawn", Sentence("Because."))
    assert record.submission.entry.model == ENTRY.model
    assert record.submission.entry.organisation == record.submission.file_hash == ""
    assert record.submission.entry.note is None
    assert store.scores.result(key) is None
    assert store.scores.statistics(key) == {}
    with pytest.raises(sa.exc.NoResultFound):
        store.predictions(key)
    [stone] = tombstones(store.engine)
    assert (stone.id, stone.track, stone.phase, stone.runs) == (key, "mini", "dev", 2)
    assert stone.withdrawn_at >= stone.created_at
    # Once is for good; others are left alone.
    assert store.withdraw(key, scored=True) is False
    assert not store.begin(key)
    assert store.scores.result(other) == result()
    assert store.predictions(other) == ANSWERS


def test_position_counts_the_unfinished_before(store: Store) -> None:
    keys = [accepted(store, status) for status in ("finished", "scoring", "failed", "queued")]
    keys.append(accepted(store, "withdrawn"))
    keys.append(accepted(store))

    assert [store.position(key) for key in keys] == [0, 0, 1, 1, 2, 2]
    assert store.unfinished() == [keys[1], keys[3], keys[5]]
    assert store.position("unknown") == 0


def test_of_team_newest_first(store: Store) -> None:
    keys = [accepted(store, team=team) for team in ("a", "b", "a", "a")]
    here = store.record(keys[0]).submission
    places = [(here.track, here.phase)]

    assert [record.id for record in store.of_team("a", places)] == [keys[3], keys[2], keys[0]]
    assert [record.id for record in store.of_team("a", places, limit=1)] == [keys[3]]
    assert store.of_team("A", places) == []
    assert store.of_team("a", [(here.track, "another")]) == []


def concurrently(times: int, work: Callable[[int], object]) -> list[object]:
    """Do something in many threads at once."""
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(work, range(times)))


def test_twenty_threads_accept_at_once(store: Store) -> None:
    def accept(number: int) -> str:
        return store.accept(SUBMISSION, Predictions({"R": {str(number): ("x",)}}), nothing)

    keys = concurrently(20, accept)

    assert len(set(keys)) == 20
    assert set(store.unfinished()) == set(keys)
    stored = [store.predictions(str(key)).answers["R"] for key in keys]
    assert stored == [{str(number): ("x",)} for number in range(20)]
    assert sorted(store.position(str(key)) for key in keys) == list(range(20))


def test_one_id_from_many_threads_is_one_submission(store: Store) -> None:
    keys = concurrently(8, lambda _: store.accept(SUBMISSION, ANSWERS, nothing, "recorded-1"))

    assert set(keys) == {"recorded-1"}
    assert count(store, "submissions") == 1


def test_stores_opened_at_once_share_one_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"

    stores = concurrently(8, lambda _: Store(open_database(url)))

    assert all(isinstance(opened, Store) and opened.unfinished() == [] for opened in stores)


def former(tmp_path: Path) -> str:
    """Write a database of the version that knew no release and no pseudonym; return its address.

    It holds one submission.
    """
    file = tmp_path / "former.sqlite"
    url = f"sqlite:///{file}"
    store = Store(open_database(url))
    store.accept(SUBMISSION, ANSWERS, nothing, "old")
    store.engine.dispose()
    with closing(sqlite3.connect(file)) as plain:
        plain.execute("drop index ix_submissions_pseudonym")
        plain.execute("alter table submissions drop column released")
        plain.execute("alter table submissions drop column pseudonym")
        plain.commit()
    return url


def test_a_database_of_the_former_version_goes_on(tmp_path: Path) -> None:
    url = former(tmp_path)

    store = Store(open_database(url))

    assert store.record("old").submission == replace(SUBMISSION, entry=replace(ENTRY, released=""))
    assert store.predictions("old") == ANSWERS
    key = store.accept(replace(SUBMISSION, team="new"), ANSWERS, nothing)
    assert store.record(key).submission.entry == ENTRY
    names = [column["name"] for column in sa.inspect(store.engine).get_columns("submissions")]
    assert names[-2:] == ["released", "pseudonym"]


def test_a_process_of_the_former_version_may_still_write(tmp_path: Path) -> None:
    store = Store(open_database(former(tmp_path)))

    # As it writes: without the columns that it does not know.
    with store.engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into submissions (id, track, phase, team, provenance, model, organisation,"
                " access, parameters, file_name, file_hash, created_at, status, items, total)"
                " select 'late', track, phase, team, provenance, model, organisation, access,"
                " parameters, file_name, file_hash, created_at, status, items, total"
                " from submissions where id = 'old'"
            )
        )

    entry = store.record("late").submission.entry
    assert (entry.released, entry.pseudonym) == ("", "")


def test_columns_are_added_once_by_threads_that_start_at_once(tmp_path: Path) -> None:
    url = former(tmp_path)

    stores = concurrently(8, lambda _: Store(open_database(url)))

    assert all(isinstance(opened, Store) and opened.has("old") for opened in stores)


def test_columns_are_added_once_by_processes_that_start_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from evaluator.schema import open_database; from evaluator.store import Store;"
        "print(Store(open_database(sys.argv[1])).record('old').status)"
    )
    command = [sys.executable, "-c", code, former(tmp_path)]

    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]

    assert [process.communicate() for process in running] == [(b"queued\n", b"")] * 4


def test_sqlite_is_durable_and_waits(store: Store, tmp_path: Path) -> None:
    with store.engine.connect() as connection:
        pragmas = {
            name: connection.execute(sa.text(f"pragma {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }

    # 2 is FULL: a commit is on the disk before it is reported.
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000}
    with closing(sqlite3.connect(tmp_path / "s.sqlite")) as plain:
        assert plain.execute("pragma integrity_check").fetchone() == ("ok",)
