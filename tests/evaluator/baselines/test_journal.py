"""The journal of a run: what is on disk counts, what was cut off does not, nothing is lost."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from datetime import date
from itertools import permutations
from pathlib import Path

import orjson
import pytest

from evaluator.baselines.journal import Answer, Journal, JournalError, Key
from evaluator.baselines.reply import Usage
from evaluator.settings import ROOT
from tests.evaluator.baselines.running import answer, append_all, on_disk

HOLD = """\
import sys, time
from pathlib import Path
from evaluator.baselines.journal import Journal

with Journal(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
# 2500 bytes fit: two answers of 900 characters, and half of a third.
FILL = """\
import asyncio, resource, sys
from pathlib import Path
from evaluator.baselines.journal import Journal, JournalError
from tests.evaluator.baselines.running import answer

async def fill(journal):
    told = []
    for item in "1234":
        said = "x" * (900 if item != "4" else 1)
        try:
            await journal.append(answer(item, said))
        except JournalError as error:
            told.append(str(error))
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
    await journal.append(answer("5", "x" * 900))
    return told

with Journal(Path(sys.argv[1])) as journal:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2500, resource.RLIM_INFINITY))
    print(*asyncio.run(fill(journal)), sep="\\n")
    print(*sorted(key.item for key in journal.places), journal.usage)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the journal of a test lies; the folder is the journal's to make."""
    return tmp_path / "run" / "answers.jsonl"


def line(one: Answer) -> bytes:
    """Return an answer as a line of a journal."""
    return one.model_dump_json(exclude_defaults=True).encode() + b"\n"


def test_what_was_appended_is_read_again(file: Path) -> None:
    full = answer(
        "1",
        "肺炎\n\u2028“B”",
        thinking="maybe",
        raw="<think>maybe</think>肺炎",
        model="m-1",
        fingerprint="fp",
        request="req",
        finish="stop",
        input_tokens=3,
        output_tokens=5,
        tries=2,
        seconds=0.25,
    )
    copy = answer("1", None, state="skipped", number=1, reason="no images", at="2026-02-04T00:00Z")
    append_all(file, [full, copy])

    with Journal(file) as journal:
        assert journal.answer(Key("Report", "1")) == full
        assert journal.answer(Key("Report", "1", 1)) == copy
        assert list(journal.places) == [("Report", "1", 0), ("Report", "1", 1)]
        assert Key("Report", "1", 2) not in journal
        assert journal.usage == (3, 5)
        assert journal.states == {"answered": 1, "skipped": 1}
        assert (journal.models, journal.fingerprints) == ({"m-1": 1}, {"fp": 1})
        assert journal.days == {date(2026, 2, 3), date(2026, 2, 4)}


def test_nobody_else_may_read_it(file: Path) -> None:
    append_all(file, [answer()])

    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("said", ["短", "A longer answer. "])
def test_a_torn_last_line_is_taken_away_and_asked_again(file: Path, said: str) -> None:
    kept = line(answer("1")) + line(answer("2", "肺炎"))
    third = answer("3", said)
    file.parent.mkdir()

    # Also within a sign of several bytes, and right before the end of the line.
    for length in range(1, len(line(third))):
        file.write_bytes(kept + line(third)[:length])
        with Journal(file) as journal:
            assert [key.item for key in journal.places] == ["1", "2"]
            assert file.read_bytes() == kept
            asyncio.run(journal.append(third))
            assert journal.answer(third.key) == third
        assert file.read_bytes() == kept + line(third)


@pytest.mark.parametrize(
    "damaged",
    [
        b"\x00" * 40,
        b"{}",
        line(answer("2"))[:-20],
        line(answer("2")).rstrip().replace(b"answered", b"ANSWERED"),
        line(answer("2")).rstrip().replace(b"T04:05:06Z", b"sometime"),
        line(answer("2")).rstrip().replace(b"dataset", b"data"),
        # Two lines whose end was lost between them.
        line(answer("2")).rstrip() + line(answer("4")).rstrip(),
        b"\xff\xfe",
        b"",
    ],
)
@pytest.mark.parametrize("torn", [b"", b'{"dataset": "Re'])
def test_a_damaged_line_is_refused_and_nothing_is_lost(
    file: Path, damaged: bytes, torn: bytes
) -> None:
    first = line(answer("1"))
    content = first + damaged + b"\n" + line(answer("3")) + torn
    file.parent.mkdir()
    file.write_bytes(content)

    with pytest.raises(JournalError) as caught, Journal(file):
        pytest.fail("it was opened")
    assert f"{file} is no journal of a run from byte {len(first)} on" in str(caught.value)
    assert file.read_bytes() == content

    # Put right, it is free to be gone on with.
    file.write_bytes(first + line(answer("3")))
    with Journal(file) as journal:
        assert len(journal.places) == 2


def test_a_second_process_is_refused_while_one_works(file: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(JournalError, match="Another process is working on "), Journal(file):
            pytest.fail("it was opened")
        # However it ends, it holds nothing any more.
        other.send_signal(signal.SIGKILL)
        other.wait()
    append_all(file, [answer()])

    assert len(on_disk(file)) == 1


def test_one_process_opens_it_once(file: Path) -> None:
    with Journal(file), pytest.raises(JournalError), Journal(file):
        pytest.fail("it was opened twice")


def test_of_two_answers_the_first_stands(file: Path) -> None:
    append_all(file, [answer("1", "first", model="m-1", input_tokens=1)])
    append_all(file, [answer("1", "second", model="m-2", input_tokens=2)])

    with Journal(file) as journal:
        assert journal.answer(Key("Report", "1")).answer == "first"
        assert (journal.states, journal.models) == ({"answered": 1}, {"m-1": 1})
        # Both were paid for.
        assert journal.usage == (3, 0)


def test_what_failed_is_not_final_but_was_paid_for(file: Path) -> None:
    failed = answer("1", None, state="failed", input_tokens=7, output_tokens=2, reason="busy")
    append_all(file, [failed, failed])
    with Journal(file) as journal:
        assert Key("Report", "1") not in journal
        assert (journal.states, journal.days) == ({}, set())
    append_all(file, [answer("1", "B", input_tokens=7, output_tokens=3)])

    with Journal(file) as journal:
        assert journal.answer(Key("Report", "1")).answer == "B"
        assert journal.usage == Usage(21, 7)


def test_the_hash_is_of_the_answers_whatever_their_order(tmp_path: Path) -> None:
    answers = [
        answer("1"),
        answer("2", "B", thinking="t", input_tokens=4),
        answer("10", None, state="skipped"),
    ]
    found = set()
    for number, ordered in enumerate(permutations(answers)):
        failed = answer("1", None, state="failed")
        append_all(tmp_path / f"{number}.jsonl", [failed, *ordered])
        with Journal(tmp_path / f"{number}.jsonl") as journal:
            found.add(journal.outputs_hash())

    # Sorted as text, a list a line: dataset, item, copy, state, answer, thinking, as it came.
    rows = [
        ["Report", "1", 0, "answered", "A", "", None],
        ["Report", "10", 0, "skipped", None, "", None],
        ["Report", "2", 0, "answered", "B", "t", None],
    ]
    expected = hashlib.sha256(b"".join(orjson.dumps(row) + b"\n" for row in rows)).hexdigest()
    assert found == {expected}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"answer": "B"}, False),
        ({"answer": "A "}, False),
        ({"answer": None}, False),
        ({"thinking": "t"}, False),
        ({"raw": "<A>"}, False),
        ({"state": "cut_off"}, False),
        ({"item": "3"}, False),
        ({"number": 1}, False),
        # How it was come by is not what was said.
        ({"seconds": 2.0, "tries": 3, "request": "r", "at": "2026-05-05T00:00:00Z"}, True),
    ],
)
def test_the_hash_changes_with_any_answer(
    tmp_path: Path, changes: dict[str, object], same: bool
) -> None:
    hashes = []
    for name, change in (("a", {}), ("b", changes)):
        first = Answer.model_validate({**answer("1").model_dump(), **change})
        append_all(tmp_path / name, [first, answer("2")])
        with Journal(tmp_path / name) as journal:
            hashes.append(journal.outputs_hash())

    assert (hashes[0] == hashes[1]) == same


def test_many_at_once_are_all_on_disk(file: Path) -> None:
    answers = [answer(str(number), "肺炎" * number) for number in range(200)]
    seen = []

    async def append(journal: Journal, one: Answer) -> None:
        await journal.append(one)
        # On disk before it counts: the file has the line when append returns.
        seen.append(line(one) in file.read_bytes() and one.key in journal)

    async def appending(journal: Journal) -> None:
        async with asyncio.TaskGroup() as group:
            for one in answers:
                group.create_task(append(journal, one))

    with Journal(file) as journal:
        asyncio.run(appending(journal))
        assert [journal.answer(one.key) for one in answers] == answers

    assert seen == [True] * 200
    assert sorted(file.read_bytes().splitlines(True)) == sorted(map(line, answers))
    with Journal(file) as journal:
        assert [journal.answer(one.key) for one in answers] == answers


def test_a_full_disk_is_told_and_spoils_nothing(file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    told, counted = done.stdout.splitlines()
    assert told == f"{file} cannot be written: File too large. What was answered before is kept."
    # The third did not fit and does not count; the fourth, which is short, and a later one do.
    assert counted == "1 2 4 5 Usage(input_tokens=0, output_tokens=0)"
    with Journal(file) as journal:
        assert [key.item for key in journal.places] == ["1", "2", "4", "5"]
