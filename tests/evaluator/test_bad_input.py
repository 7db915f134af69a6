"""Prediction files that must be refused with every reason, and odd ones that must not."""

from __future__ import annotations

import gzip
import io
import json
import random
import resource
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.challenge import load_challenge
from evaluator.predictions import Predictions
from evaluator.problems import EXAMPLES, FOUND_CHARACTERS, Group, SubmissionRefused
from evaluator.settings import Limits
from evaluator.submission import Reading, read_submission
from evaluator.texts import LANGUAGES
from tests.folders import mini_answers, mini_challenge

SECONDS = 2.0
MEGABYTES = 300
LINES = [json.dumps(line, ensure_ascii=False) for line in mini_answers()]
GOOD = "\n".join(LINES).encode() + b"\n"
CHOICE_LINE, REPORT_LINE = 1, 5
OPTIONS = ["A. 对", "B. 错"]

Read = Callable[..., Reading]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Return a function that reads bytes as an upload to the mini challenge."""
    folder = tmp_path_factory.mktemp("bad_input")
    challenge = load_challenge(mini_challenge(folder / "challenge"))
    track = challenge.track("mini")

    def reading(content: bytes, name: str = "p.jsonl", limits: Limits | None = None) -> Reading:
        path = folder / "upload"
        path.write_bytes(content)
        phase = track.phase("dev")
        return read_submission(path, name, challenge, track, phase, limits or Limits())

    return reading


def refused(read: Read, content: bytes, name: str = "p.jsonl") -> list[Group]:
    """Read bytes that must be refused, within bounds; return the groups of a sound report."""
    with bounded(), pytest.raises(SubmissionRefused) as caught:
        read(content, name)
    for language in LANGUAGES:
        report = caught.value.report(language)
        assert len(report) < 20_000
        assert all(c.isprintable() or c == "\n" for c in report)
        json.dumps([group.record(language) for group in caught.value.groups])
    return caught.value.groups


@contextmanager
def bounded() -> Iterator[None]:
    """Fail what takes more processor time or more additional memory than an upload may."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    ceiling = pages * resource.getpagesize() + MEGABYTES * 1_000_000
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    started = time.process_time()
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert time.process_time() - started < SECONDS


def with_line(number: int, text: str) -> bytes:
    """Return the good file with one line (from 1) put in place of its own."""
    return "\n".join([*LINES[: number - 1], text, *LINES[number:]]).encode() + b"\n"


def report_line(**changes: Any) -> str:
    """Return the line of Report 1 with fields changed; `...` leaves a field out."""
    line = {**json.loads(LINES[REPORT_LINE - 1]), **changes}
    return json.dumps({k: v for k, v in line.items() if v is not ...}, ensure_ascii=False)


def choice_line(**changes: Any) -> str:
    """Return the line of the first copy of Choice 1 with fields changed."""
    return json.dumps({**json.loads(LINES[CHOICE_LINE - 1]), **changes}, ensure_ascii=False)


def other(item: object = 1, source: object = "Report") -> dict[str, object]:
    """Return a field `other`."""
    return {"id": item, "source": source}


def raw(item: str) -> str:
    """Return a line of Report whose id is written as given, JSON or not."""
    return f'{{"answer": "x", "other": {{"id": {item}, "source": "Report"}}}}'


class Fault(NamedTuple):
    """One faulty line: what the report says, at which field, and how many kinds it names."""

    line: str
    sentence: str
    field: str | None = None
    kinds: int = 1


JSON = "The line is not valid JSON"
OBJECT = "The line is not a JSON object"
OTHER = "must be an object with “id” and “source”"
ID = "The id must be a number or a text"
SOURCE = "This track has no such dataset; it has: Choice, Report."
UNKNOWN = "Dataset Report has no item of this id"
TEXT = "The answer must be a text in quotes"
MISSING = "Items of dataset Report are missing"
# `kinds=2`: nobody can tell which item the line is about, so that item is missing too.
FAULTS = {
    "quotes not escaped": Fault('{"answer": "a"b", "other": {"id": 1, "source": "Report"}}', JSON),
    "cut off": Fault('{"answer": "a', JSON, kinds=2),
    "two objects on a line": Fault(LINES[4] + LINES[4], JSON),
    "single quotes": Fault("{'answer': 'a'}", JSON, kinds=2),
    "trailing comma": Fault('{"other": {"id": 1, "source": "Report"}, "answer": "a",}', JSON),
    "NaN": Fault(report_line(answer=float("nan")), JSON),
    "Infinity": Fault(report_line(answer=float("inf")), JSON),
    "-Infinity as id": Fault(raw("-Infinity"), JSON, kinds=2),
    "number beyond a double": Fault(report_line().replace('"患者发热三天"', "1e999"), JSON),
    "number of 900,000 digits": Fault(raw("9" * 900_000), JSON, kinds=2),
    "100,000 deep": Fault("[" * 100_000 + "]" * 100_000, JSON, kinds=2),
    # Within the parser's depth, but deeper than repr() goes.
    "1,000 deep": Fault(
        '{"answer": "x", "other": ' + "[" * 1000 + "]" * 1000 + "}", OTHER, "other", 2
    ),
    "lone high surrogate": Fault(report_line(answer="\ud800").replace("\ud800", r"\ud800"), JSON),
    "lone low surrogate": Fault(report_line(answer="\ud800").replace("\ud800", r"\udc00"), JSON),
    "raw NUL": Fault(report_line(answer="@").replace("@", "\0"), JSON),
    "a list": Fault("[]", OBJECT, kinds=2),
    "a text": Fault('"无"', OBJECT, kinds=2),
    "a number": Fault("1", OBJECT, kinds=2),
    "null": Fault("null", OBJECT, kinds=2),
    "no other": Fault(report_line(other=...), OTHER, "other", 2),
    "other null": Fault(report_line(other=None), OTHER, "other", 2),
    "other a text": Fault(report_line(other="1"), OTHER, "other", 2),
    "other a list": Fault(report_line(other=[1, "Report"]), OTHER, "other", 2),
    "other a wide list": Fault(report_line(other=[1] * 300_000), OTHER, "other", 2),
    "id true": Fault(report_line(other=other(True)), ID, "other.id", 2),
    "id float": Fault(report_line(other=other(1.0)), ID, "other.id", 2),
    "id null": Fault(report_line(other=other(None)), ID, "other.id", 2),
    "id a list": Fault(report_line(other=other([1])), ID, "other.id", 2),
    "id an object": Fault(report_line(other=other({"id": 1})), ID, "other.id", 2),
    # Beyond 64 bits the parser makes a float of it.
    "id beyond 64 bits": Fault(report_line(other=other(2**70)), ID, "other.id", 2),
    "no id": Fault(report_line(other={"source": "Report"}), ID, "other.id", 2),
    "id unknown": Fault(report_line(other=other(77)), UNKNOWN, "other.id", 2),
    "id negative": Fault(report_line(other=other(-1)), UNKNOWN, "other.id", 2),
    "id of a million characters": Fault(
        report_line(other=other("x" * 900_000)), UNKNOWN, "other.id", 2
    ),
    "no source": Fault(report_line(other={"id": 1}), SOURCE, "other.source", 2),
    "source null": Fault(report_line(other=other(1, None)), SOURCE, "other.source", 2),
    "source a list": Fault(report_line(other=other(1, ["Report"])), SOURCE, "other.source", 2),
    "source in another case": Fault(report_line(other=other(1, "report")), SOURCE, None, 2),
    "source of a million characters": Fault(
        report_line(other=other(1, "源" * 300_000)), SOURCE, "other.source", 2
    ),
    "answer a number": Fault(report_line(answer=1), TEXT, "answer"),
    "answer true": Fault(report_line(answer=True), TEXT, "answer"),
    "answer a list": Fault(report_line(answer=["<A>"]), TEXT, "answer"),
    "answer an object": Fault(report_line(answer={"text": "a"}), TEXT, "answer"),
    "answer null": Fault(report_line(answer=None), "There is no answer", "answer"),
    "no answer": Fault(report_line(answer=...), "There is no answer", "answer"),
    "null and not skipped": Fault(
        report_line(answer=None, skipped=False), "There is no answer", "answer"
    ),
    "skipped with an answer": Fault(
        report_line(skipped=True), "marked skipped but has an answer", "answer"
    ),
    # An answer, though an empty one: it is either scored or skipped.
    "skipped with an empty answer": Fault(
        report_line(answer="", skipped=True), "marked skipped but has an answer", "answer"
    ),
    "skipped a text": Fault(report_line(skipped="true"), "must be true or false", "skipped"),
    "skipped a number": Fault(report_line(skipped=1), "must be true or false", "skipped"),
    "skipped null": Fault(report_line(skipped=None), "must be true or false", "skipped"),
}
LIST = "The field must be a list of texts"
NO_COPY = "The options are those of no copy of this item"
CHOICE_FAULTS = {
    "options a text": Fault(choice_line(options="A. 对"), LIST, "options"),
    "options an object": Fault(choice_line(options={"A": "对"}), LIST, "options"),
    "options of numbers": Fault(choice_line(options=[1, 2]), LIST, "options"),
    "options of null": Fault(choice_line(options=[None, None]), LIST, "options"),
    "options of another item": Fault(choice_line(options=["A. 甲", "B. 乙"]), NO_COPY, "options"),
    "options shortened": Fault(choice_line(options=OPTIONS[:1]), NO_COPY, "options"),
    "no options": Fault(choice_line(options=[]), NO_COPY, "options"),
}


@pytest.mark.parametrize(
    ("fault", "number"),
    [
        *((fault, REPORT_LINE) for fault in FAULTS.values()),
        *((fault, CHOICE_LINE) for fault in CHOICE_FAULTS.values()),
    ],
    ids=[*FAULTS, *CHOICE_FAULTS],
)
def test_faulty_line(read: Read, fault: Fault, number: int) -> None:
    groups = refused(read, with_line(number, fault.line))

    text = groups[0].text("en")
    assert fault.sentence in text
    assert text.startswith(f"p.jsonl, line {number}")
    assert fault.field is None or groups[0].field == fault.field
    assert len(groups) == fault.kinds
    assert all(MISSING in group.text("en") for group in groups[1:])
    assert all(len(e.found) <= FOUND_CHARACTERS + 1 for g in groups for e in g.examples)


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = 8) -> bytes:
    """Return a zip of members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content, method)
    return buffer.getvalue()


def symlink(name: str) -> zipfile.ZipInfo:
    """Return a member that says it is a symbolic link."""
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def encrypted() -> bytes:
    """Return a zip whose headers say that a password is needed."""
    packed = bytearray(zipped(("a.jsonl", GOOD)))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def wrongly_encoded_name() -> bytes:
    """Return a zip with a name that says it is UTF-8 and is not."""
    return zipped(("答.jsonl", GOOD)).replace("答".encode(), b"\xff\xfe\xfd")


def nameless() -> bytes:
    """Return a zip whose only member has an empty name, which zipfile would not write."""
    local = b"PK\x03\x04" + bytes(26)
    entry = b"PK\x01\x02" + bytes(42)
    return local + entry + _end(1, len(entry), len(local))


def crowded(entries: int) -> bytes:
    """Return a zip whose directory has that many entries, all of one empty member."""
    local = b"PK\x03\x04" + bytes(26)
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    return local + entry * entries + _end(0xFFFF, len(entry) * entries, len(local))


def _end(entries: int, size: int, offset: int) -> bytes:
    return b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, entries, entries, size, offset, 0)


def repeated_gzip(part: bytes, times: int) -> bytes:
    """Return a gzip of `part` many times over, without compressing it more than once."""
    return gzip.compress(part) * times


class Refusal(NamedTuple):
    """A whole file that is refused: under what name it comes, and what its first problem is."""

    content: Callable[[], bytes]
    start: str
    sentence: str
    name: str = "p.jsonl"
    kinds: int = 1


NO_JSONL = "The zip holds no .jsonl file that can be read"
LEAVES = "The zip holds a path that leaves its folder"
LINE_LIMIT = "The line is longer than 1,000,000 bytes"
DAMAGED = "The compressed data is damaged from here on"
METHOD = "The zip uses a method that is not supported"
# `kinds=2` in a zip: besides, no readable file is left.
REFUSALS = {
    "empty": Refusal(lambda: b"", "p.jsonl:", "The file is empty"),
    "blank lines only": Refusal(
        lambda: b"\n \n", "p.jsonl:", "All 4 lines of dataset Choice are missing", kinds=2
    ),
    "GBK": Refusal(lambda: GOOD.decode().encode("gbk"), "p.jsonl, line 1, 2", "may be in GBK"),
    "UTF-16": Refusal(
        lambda: GOOD.decode().encode("utf-16"), "p.jsonl, line 1:", "The file is in UTF-16"
    ),
    "UTF-16 without mark": Refusal(
        lambda: GOOD.decode().encode("utf-16-be"), "p.jsonl, line 1:", "The file is in UTF-16"
    ),
    "a picture": Refusal(
        lambda: b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(50_000),
        "p.jsonl, line 1",
        "The line is not UTF-8",
        kinds=4,
    ),
    "another track's file": Refusal(
        lambda: GOOD.replace(b"Report", b"Other").replace(b"Choice", b"Other"),
        "p.jsonl, line 1, 2, 3, 4, 5 … (+1), other.source",
        SOURCE,
        kinds=3,
    ),
    "a dataset missing": Refusal(
        lambda: "\n".join(LINES[:4]).encode(), "p.jsonl:", "All 2 lines of dataset Report"
    ),
    "an item missing": Refusal(lambda: "\n".join(LINES[:5]).encode(), "p.jsonl, other.id", MISSING),
    "a copy missing": Refusal(
        lambda: "\n".join(LINES[1:]).encode(), "p.jsonl, other.id", "Items of dataset Choice"
    ),
    "an item twice": Refusal(
        lambda: GOOD + LINES[5].encode(),
        "p.jsonl, line 7, other.id",
        "The item was answered before; keep one line for it. Found: “Report 2 (p.jsonl: 6)”.",
    ),
    "a copy twice": Refusal(
        lambda: GOOD + LINES[0].encode(), "p.jsonl, line 7, other.id", "Choice 1 (p.jsonl: 1)"
    ),
    "line of 10 million digits": Refusal(
        lambda: with_line(5, raw("9" * 10_000_000)), "p.jsonl, line 5", LINE_LIMIT
    ),
    "line of 1 GB in a gzip": Refusal(
        lambda: repeated_gzip(b" " * 10_000_000, 100), "p.jsonl, line 1", LINE_LIMIT, "p.jsonl.gz"
    ),
    "line of 50 MB in a zip": Refusal(
        lambda: zipped(("a.jsonl", b" " * 50_000_000)), "a.jsonl, line 1", LINE_LIMIT, "p.zip"
    ),
    "gzip bomb": Refusal(
        lambda: repeated_gzip((b"{}" + b" " * 99_997 + b"\n") * 100, 20),
        "p.jsonl, line",
        OTHER,
        "p.jsonl.gz",
        kinds=3,
    ),
    "zip bomb 1:1000": Refusal(
        lambda: zipped(("a.jsonl", (b"[]" + b" " * 99_997 + b"\n") * 300)),
        "a.jsonl, line",
        OBJECT,
        "p.zip",
        kinds=2,
    ),
    "too many lines": Refusal(
        lambda: b"\n" * 300_000, "p.jsonl, line 200001", "There are more than 200,000 lines"
    ),
    "100,000 faulty lines": Refusal(
        lambda: b'{"answer"\n' * 100_000, "p.jsonl, line 1, 2, 3, 4, 5 … (+99995)", JSON, kinds=3
    ),
    "larger than an upload": Refusal(
        lambda: b" " * 50_000_001, "p.jsonl:", "The file is larger than 50,000,000 bytes"
    ),
    "zip without member": Refusal(lambda: zipped(), "p.zip:", "The zip holds no file", "p.zip"),
    "zip without jsonl": Refusal(lambda: zipped(("a.txt", GOOD)), "p.zip:", NO_JSONL, "p.zip"),
    "zip of folders": Refusal(lambda: zipped(("a/", b"")), "p.zip:", NO_JSONL, "p.zip"),
    "zip of a nameless member": Refusal(nameless, "p.zip:", NO_JSONL, "p.zip"),
    "zip of a name in no encoding": Refusal(
        wrongly_encoded_name, "p.zip:", "The zip is damaged", "p.zip"
    ),
    "zip in a zip": Refusal(
        lambda: zipped(("MedBench/a.zip", zipped(("a.jsonl", GOOD)))),
        "p.zip:",
        "The zip holds another archive",
        "p.zip",
        kinds=2,
    ),
    "gzip in a zip": Refusal(
        lambda: zipped(("a.jsonl.gz", b""), ("b.jsonl", GOOD)),
        "p.zip:",
        "The zip holds another archive",
        "p.zip",
    ),
    "path upwards": Refusal(lambda: zipped(("../a.jsonl", GOOD)), "p.zip:", LEAVES, "p.zip", 2),
    "path upwards inside": Refusal(
        lambda: zipped(("a/../../b.jsonl", GOOD)), "p.zip:", LEAVES, "p.zip", 2
    ),
    "path upwards in Windows": Refusal(
        lambda: zipped(("..\\a.jsonl", GOOD)), "p.zip:", LEAVES, "p.zip", 2
    ),
    "path to a hidden file upwards": Refusal(
        lambda: zipped(("../.a.jsonl", GOOD)), "p.zip:", LEAVES, "p.zip", 2
    ),
    "absolute path": Refusal(lambda: zipped(("/a.jsonl", GOOD)), "p.zip:", LEAVES, "p.zip", 2),
    "Windows drive": Refusal(
        lambda: zipped(("C:\\a.jsonl", GOOD)), "p.zip:", LEAVES, "p.zip", kinds=2
    ),
    "Windows share": Refusal(
        lambda: zipped(("\\\\host\\a.jsonl", GOOD)), "p.zip:", LEAVES, "p.zip", kinds=2
    ),
    "symbolic link": Refusal(
        lambda: zipped((symlink("a.jsonl"), b"/etc/passwd")),
        "p.zip:",
        "The zip holds a symbolic link",
        "p.zip",
        kinds=2,
    ),
    "encrypted zip": Refusal(encrypted, "p.zip:", "The zip is encrypted", "p.zip", kinds=2),
    "bzip2 in a zip": Refusal(
        lambda: zipped(("a.jsonl", GOOD), method=zipfile.ZIP_BZIP2), "p.zip:", METHOD, "p.zip", 2
    ),
    "LZMA in a zip": Refusal(
        lambda: zipped(("a.jsonl", GOOD), method=zipfile.ZIP_LZMA), "p.zip:", METHOD, "p.zip", 2
    ),
    "zip cut off": Refusal(
        lambda: zipped(("a.jsonl", GOOD))[:100], "p.zip:", "The zip is damaged", "p.zip"
    ),
    "zip with a flipped byte": Refusal(
        lambda: zipped(("a.jsonl", GOOD), method=0).replace("三".encode(), "四".encode(), 1),
        "a.jsonl:",
        DAMAGED,
        "p.zip",
    ),
    "gzip cut off": Refusal(
        lambda: gzip.compress(GOOD)[:-20], "p.jsonl, line", DAMAGED, "p.jsonl.gz"
    ),
    "gzip of garbage": Refusal(
        lambda: gzip.compress(GOOD)[:10] + b"garbage", "p.jsonl:", DAMAGED, "p.jsonl.gz"
    ),
    "too many members": Refusal(
        lambda: zipped(*((f"{n}.jsonl", b"") for n in range(201))),
        "p.zip:",
        "The zip holds more than 200 files",
        "p.zip",
    ),
    # Reading such a directory takes zipfile ten seconds and half a gigabyte.
    "a million members": Refusal(
        lambda: crowded(1_000_000), "p.zip:", "The zip holds more than 200 files", "p.zip"
    ),
    "two members of one name": Refusal(
        lambda: zipped(("a.jsonl", GOOD), ("a.jsonl", GOOD)),
        "a.jsonl, line 1, 2, 3, 4, 5 … (+1), other.id",
        "The item was answered before",
        "p.zip",
    ),
    "a name that would paint the terminal": Refusal(
        lambda: zipped(("\x1b[31m\n\u202e.jsonl", GOOD * 2)),
        "\ufffd[31m\ufffd\ufffd.jsonl, line 7",
        "The item was answered before",
        "p.zip",
    ),
    "a name of 60,000 characters": Refusal(
        lambda: zipped(("a" * 60_000 + ".jsonl", GOOD * 2)),
        "a" * FOUND_CHARACTERS + "…, line 7",
        "The item was answered before",
        "p.zip",
    ),
    "an upload's name of 60,000 characters": Refusal(
        lambda: LINES[0].encode(), "n" * FOUND_CHARACTERS + "…, other.id", "", "n" * 60_000, 2
    ),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS)
def test_refused_file(read: Read, case: Refusal) -> None:
    groups = refused(read, case.content(), case.name)

    assert groups[0].text("en").startswith(case.start)
    assert case.sentence in groups[0].text("en")
    assert len(groups) == case.kinds


@pytest.mark.parametrize("name", ["gzip bomb", "zip bomb 1:1000"])
def test_bomb_is_left_at_its_ratio(read: Read, name: str) -> None:
    case = REFUSALS[name]

    *_, last = refused(read, case.content(), case.name)

    assert "The file unpacks to more than 200 times its size" in last.text("en")


def test_sparse_file_of_a_terabyte(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(10**12)
    challenge = load_challenge(mini_challenge(tmp_path / "challenge"))
    track = challenge.track("mini")

    with bounded(), pytest.raises(SubmissionRefused, match="1 problem"):
        read_submission(path, "p.jsonl", challenge, track, track.phase("dev"), Limits())


def test_limits_are_the_settings(read: Read) -> None:
    rows = (
        (Limits(upload_bytes=100), "The file is larger than 100 bytes"),
        (Limits(unpacked_bytes=100), "The content is larger than 100 bytes"),
        (Limits(line_bytes=50), "The line is longer than 50 bytes"),
        (Limits(lines=5), "There are more than 5 lines"),
    )
    for limits, sentence in rows:
        with pytest.raises(SubmissionRefused) as caught:
            read(GOOD, limits=limits)
        assert sentence in caught.value.report("en")
        assert "missing" not in caught.value.report("en")


BOM_NOTICE = "p.jsonl, line 1: The byte order mark at the start was left out."
CRLF_NOTICE = "p.jsonl: Windows line endings were read as such."
COPIES_NOTICE = (
    "p.jsonl, options: Copies of an item without options were taken in the order of the "
    "question pack."
)
# What is accepted, and the notices it is accepted with.
ACCEPTED: dict[str, tuple[bytes, str, list[str]]] = {
    "as it should be": (GOOD, "p.jsonl", []),
    "no newline at the end": (GOOD.rstrip(), "p.jsonl", []),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "p.jsonl", [BOM_NOTICE]),
    "Windows lines": (GOOD.replace(b"\n", b"\r\n"), "p.jsonl", [CRLF_NOTICE]),
    "blank lines": (
        b"\n" + GOOD + b" \t\n",
        "p.jsonl",
        ["p.jsonl, line 1, 8: A blank line was left out."],
    ),
    "ids as texts": (GOOD.replace(b'"id": 1', b'"id": "1"'), "p.jsonl", []),
    "fields of other versions": (GOOD.replace(b'{"q', b'{"img_path": [], "q'), "p.jsonl", []),
    "escaped instead of UTF-8": (
        "\n".join(json.dumps(line) for line in mini_answers()).encode(),
        "p.jsonl",
        [],
    ),
    "no options": (
        "\n".join(
            json.dumps({k: v for k, v in line.items() if k != "options"}) for line in mini_answers()
        ).encode(),
        "p.jsonl",
        [COPIES_NOTICE],
    ),
    "gzip": (gzip.compress(GOOD), "p.jsonl.gz", []),
    "gzip in parts": (gzip.compress(GOOD[:99]) + gzip.compress(GOOD[99:]), "p.jsonl.gz", []),
    "zip": (zipped(("MedBench/a_test.jsonl", GOOD)), "p.zip", []),
    "zip without compression": (zipped(("a.jsonl", GOOD), method=0), "p.zip", []),
    "zip by dataset": (
        zipped(*((f"{n}.JSONL", line.encode()) for n, line in enumerate(LINES))),
        "p.zip",
        [],
    ),
    "zip made on a Mac": (
        zipped(("a.jsonl", GOOD), ("__MACOSX/._a.jsonl", b"\0"), (".DS_Store", b"\0")),
        "p.zip",
        [],
    ),
    "zip with a note": (
        zipped(("a.jsonl", GOOD), ("README.md", b"")),
        "p.zip",
        ["p.zip: A file that is not .jsonl was left out. Found: “README.md”."],
    ),
    # What a file is, its first bytes say, not its name.
    "zip under a wrong name": (zipped(("a.jsonl", GOOD)), "p.txt", []),
}


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted_file(read: Read, case: tuple[bytes, str, list[str]]) -> None:
    content, name, notices = case

    with bounded():
        reading = read(content, name)

    assert reading.predictions == read(GOOD).predictions
    assert [notice.text("en") for notice in reading.notices] == notices
    assert all(notice.text("zh") for notice in reading.notices)


LENGTH_NOTICE = (
    f"p.jsonl, line {REPORT_LINE}, answer: The answer is longer than 20000 characters; in an open "
    "question it counts as unreadable and scores 0. Shorten it if that is not what you want."
)


@pytest.mark.parametrize(
    ("line", "text", "notices"),
    [
        (REPORT_LINE, report_line(answer="好。" * 10_001), [LENGTH_NOTICE]),
        (REPORT_LINE, report_line(answer="好。" * 10_000), []),
        # What counts is the answer, not the thought before it; a choice has no such limit.
        (REPORT_LINE, report_line(answer=f"<think>{'嗯。' * 10_001}</think>好。"), []),
        (CHOICE_LINE, choice_line(answer=f"{'嗯。' * 10_001}答案：A"), []),
    ],
)
def test_an_endless_answer_is_noticed(read: Read, line: int, text: str, notices: list[str]) -> None:
    with bounded():
        reading = read(with_line(line, text), "p.jsonl")

    assert [notice.text("en") for notice in reading.notices] == notices


def test_odd_answers_are_kept_as_written(read: Read) -> None:
    for answer in ("", "\0", " 无 ", "</s>", "\U0001f600", "{placeholder}"):
        reading = read(with_line(REPORT_LINE, report_line(answer=answer)))
        assert reading.predictions.answers["Report"]["1"] == (answer,)
        assert reading.predictions.skipped == 0


def test_skipped_items_are_counted_once(read: Read) -> None:
    skipped = choice_line(answer=None, skipped=True)

    predictions = read(with_line(CHOICE_LINE, skipped)).predictions

    assert predictions.answers["Choice"]["1"] == (None, "<B>")
    assert (predictions.skipped, predictions.items) == (1, 4)


def test_every_problem_is_reported_at_once(read: Read) -> None:
    faulty = [
        choice_line(options=["A. 甲"]),
        LINES[1],
        "{broken",
        "[]",
        report_line(answer=1, skipped=True),
        report_line(),
        report_line(other=None),
        report_line(other=other(True)),
        report_line(other=other(77)),
        report_line(other=other(1, "Nope")),
        report_line(answer=7, other=other(2)),
    ]
    content = "\n".join(faulty).encode() + b"\n" + report_line(question="问").encode("gbk")

    report = "\n".join(group.text("en") for group in refused(read, content))

    expected = [
        f"p.jsonl, line 1, options: {NO_COPY}",
        f"p.jsonl, line 3: {JSON}",
        f"p.jsonl, line 4: {OBJECT}",
        "p.jsonl, line 5, answer: The item is marked skipped but has an answer",
        "p.jsonl, line 6, other.id: The item was answered before",
        "p.jsonl, line 7, other: The field must be an object",
        f"p.jsonl, line 8, other.id: {ID}",
        f"p.jsonl, line 9, other.id: {UNKNOWN}",
        f"p.jsonl, line 10, other.source: {SOURCE}",
        f"p.jsonl, line 11, answer: {TEXT}",
        "p.jsonl, line 12: The line is not UTF-8",
        "p.jsonl, other.id: Items of dataset Choice are missing",
    ]
    assert [line for line in expected if line not in report] == []
    assert MISSING not in report


def test_equal_faults_are_grouped(read: Read) -> None:
    content = GOOD + (report_line(other=other(77)) + "\n").encode() * 3000

    (group,) = refused(read, content)

    assert (group.count, len(group.examples)) == (3000, EXAMPLES)
    assert "line 7, 8, 9, 10, 11 … (+2995), other.id" in group.text("en")
    assert group.text("en").count("“77”") == 1


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode()))
def test_arbitrary_bytes_are_refused(read: Read, content: bytes) -> None:
    refused(read, content)


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(4, 10**9), st.integers(0, 255)), min_size=1, max_size=8),
    method=st.sampled_from([0, 8, 12, 14]),
)
def test_damaged_zip_raises_nothing_else(
    read: Read, changes: list[tuple[int, int]], method: int
) -> None:
    packed = bytearray(zipped(("a/答案.jsonl", GOOD), ("b.jsonl", b""), method=method))
    for place, byte in changes:
        packed[4 + place % (len(packed) - 4)] = byte
    try:
        read(bytes(packed), "p.zip")
    except SubmissionRefused as refusal:
        assert refusal.report("zh")


@settings(max_examples=50, deadline=None)
@given(
    line=st.dictionaries(
        st.sampled_from(["answer", "other", "options", "skipped", "question"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["id", "source", "x"]), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
def test_arbitrary_line_is_refused(read: Read, line: dict[str, Any]) -> None:
    # Half an emoji cannot be written as UTF-8, but can be escaped.
    refused(read, GOOD + json.dumps(line).encode())


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(LINES))
def test_order_of_lines_does_not_matter(read: Read, order: list[str]) -> None:
    shuffled = read("\n".join(order).encode()).predictions

    assert shuffled == read(GOOD).predictions
    assert shuffled.pack() == read(GOOD).predictions.pack()


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)


@settings(max_examples=100, deadline=None)
@given(
    answers=st.dictionaries(
        TEXTS,
        st.dictionaries(TEXTS, st.lists(st.none() | TEXTS, min_size=1, max_size=4).map(tuple)),
        max_size=3,
    )
)
def test_packing_loses_nothing(answers: dict[str, dict[str, tuple[str | None, ...]]]) -> None:
    packed = Predictions(answers).pack()

    assert Predictions.unpack(packed) == Predictions(answers)
    assert Predictions.unpack(packed).pack() == packed
