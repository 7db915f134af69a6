"""Questions and references paired into items, and errors that never quote a reference."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluator.challenge import load_challenge
from evaluator.errors import DeclarationError
from evaluator.items import (
    KeyPoint,
    Question,
    dataset_hash,
    load_items,
    load_references,
)
from evaluator.pack import question_pack
from evaluator.texts import LANGUAGES
from tests.folders import question, reference, write_lines

MARKER = "机密答案SECRET"
OPTIONS = (["A. 甲", "B. 乙"], ["A. 乙", "B. 甲"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset `D` of a plain item 1 and an item 2 in two copies."""
    folder = tmp_path / "D"
    copies = [question(1, "D"), *(question(2, "D", options) for options in OPTIONS)]
    write_lines(folder / "questions.jsonl", copies)
    right = [reference(1, "D", MARKER)]
    right += [{**reference(2, "D", "<A>"), "options": options} for options in OPTIONS]
    write_lines(folder / "references.jsonl", right)
    return folder


def lines(path: Path) -> list[str]:
    """Return the lines of a file."""
    return path.read_text("utf-8").splitlines()


def refusal(read: Callable[[], object]) -> str:
    """Return why reading is refused, in English."""
    with pytest.raises(DeclarationError) as caught:
        read()
    error = caught.value
    # Neither in a language, nor in what a log would print of it.
    shown = [error.text(language) for language in LANGUAGES] + [repr(error), repr(error.__cause__)]
    assert all(MARKER not in text for text in shown)
    assert error.__cause__ is None or isinstance(error.__cause__, FileNotFoundError)
    return str(error)


def test_copies_are_grouped_in_file_order(folder: Path) -> None:
    items = load_items(folder)

    assert [(item.id, len(item.copies)) for item in items] == [("1", 1), ("2", 2)]
    assert [list(copy.options or ()) for copy in items[1].copies] == list(OPTIONS)
    references = load_references(folder, items)
    assert {key: len(found) for key, found in references.items()} == {"1": 1, "2": 2}


def test_number_and_text_are_the_same_id(folder: Path) -> None:
    path = folder / "references.jsonl"
    path.write_text(path.read_text("utf-8").replace('"id": 2', '"id": "2"'), "utf-8")

    assert set(load_references(folder, load_items(folder))) == {"1", "2"}


def test_blank_lines_do_not_count(folder: Path) -> None:
    path = folder / "questions.jsonl"
    path.write_text("\n" + path.read_text("utf-8").replace("\n", "\n \n"), "utf-8")

    assert [item.id for item in load_items(folder)] == ["1", "2"]


def test_points_are_texts_or_objects(folder: Path) -> None:
    points = ["停药", {"text": "酒", "kind": "forbidden", "aliases": ["饮酒"]}]
    path = folder / "references.jsonl"
    first = json.dumps({**reference(1, "D", "x"), "point": points})
    path.write_text("\n".join([first, *lines(path)[1:]]), "utf-8")

    found = load_references(folder, load_items(folder))["1"][0].point

    assert found == (
        KeyPoint(text="停药", kind="important"),
        KeyPoint(text="酒", kind="forbidden", aliases=("饮酒",)),
    )


QUESTION = json.dumps(question(1, "D"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("first_line", "expected"),
    [
        ("{", "questions.jsonl, line 1 is not what it should be: JSON, column "),
        ("[]", "line 1 is not what it should be: Question: "),
        ("{}", "question: Field required"),
        ("{}", "other: Field required"),
        (QUESTION.replace('"source": "D"', '"level": 1'), "other.source: Field required"),
        (QUESTION.replace('"source": "D"', '"x": 1'), "other: Value error, x may not stand here"),
        (QUESTION.replace('"D"', '"E"'), "line 1: source is “E”; here it must be “D”."),
        (QUESTION.replace('"options": null', '"options": "A"'), "options: "),
        (QUESTION.replace('"问题1"', "7"), "question: "),
    ],
)
def test_wrong_question_is_named(folder: Path, first_line: str, expected: str) -> None:
    path = folder / "questions.jsonl"
    path.write_text("\n".join([first_line, *lines(path)[1:]]), "utf-8")

    message = refusal(lambda: load_items(folder))

    assert str(path) in message
    assert expected in message


RIGHT = json.dumps(reference(1, "D", MARKER), ensure_ascii=False)


@pytest.mark.parametrize(
    ("first_line", "expected"),
    [
        # Cut off, within the answer.
        (RIGHT[: RIGHT.index(MARKER) + len(MARKER)], "line 1 is not what it should be: JSON"),
        (f'"{MARKER}"', "line 1 is not what it should be: Reference: "),
        (f'{{"answer": ["{MARKER}"]}}', "answer: Input should be a valid string"),
        (RIGHT.replace("{", f'{{"point": [{{"kind": "{MARKER}"}}], ', 1), "point.0.text: "),
        (RIGHT.replace("{", f'{{"point": "{MARKER}", ', 1), "point: "),
        (RIGHT.replace("{", f'{{"options": "{MARKER}", ', 1), "options: "),
        (RIGHT.replace('"D"', '"E"'), "source is “E”; here it must be “D”."),
        (RIGHT.replace('"id": 1', '"id": 3'), "line 1: id 3 has a reference but no question."),
        (f"{RIGHT}\n{RIGHT}", "id 1 has 1 question line(s), the first in line 1"),
        ("", "of questions.jsonl, but 0 reference(s)."),
    ],
)
def test_wrong_reference_is_named_but_not_quoted(
    folder: Path, first_line: str, expected: str
) -> None:
    path = folder / "references.jsonl"
    path.write_text("\n".join([first_line, *lines(path)[1:]]), "utf-8")

    message = refusal(lambda: load_references(folder, load_items(folder)))

    assert str(path) in message
    assert expected in message


def test_bytes_that_are_no_utf8_are_named(folder: Path) -> None:
    path = folder / "references.jsonl"
    path.write_bytes(RIGHT.encode("gbk"))

    message = refusal(lambda: load_references(folder, load_items(folder)))

    assert "references.jsonl, line 1 is not what it should be" in message


def test_copies_in_another_order_are_named(folder: Path) -> None:
    path = folder / "references.jsonl"
    first, second, third = lines(path)
    path.write_text("\n".join([first, third, second]), "utf-8")

    message = refusal(lambda: load_references(folder, load_items(folder)))

    assert "a copy of id 2 has other options than its question line" in message


@pytest.mark.parametrize("name", ["questions.jsonl", "references.jsonl"])
def test_missing_file_is_named(folder: Path, name: str) -> None:
    items = load_items(folder)
    (folder / name).unlink()

    message = refusal(lambda: load_items(folder) and load_references(folder, items))

    assert message == f"{folder / name} is missing."


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_empty_dataset_is_named(folder: Path, content: str) -> None:
    (folder / "questions.jsonl").write_text(content)

    assert "questions.jsonl holds no question" in refusal(lambda: load_items(folder))


def test_hash_is_that_of_the_bytes(folder: Path) -> None:
    before = dataset_hash(folder)
    assert before == dataset_hash(folder)
    assert len(before) == 12

    for name in ("questions.jsonl", "references.jsonl"):
        path = folder / name
        path.write_bytes(path.read_bytes() + b"\n")
        assert dataset_hash(folder) != before
        before = dataset_hash(folder)


@pytest.mark.parametrize("name", ["questions.jsonl", "references.jsonl", "images/a.png"])
def test_hash_changes_with_any_byte(folder: Path, name: str) -> None:
    (folder / "images").mkdir()
    (folder / "images" / "a.png").write_bytes(b"picture")
    pictured = {**question(1, "D"), "img_path": "images/a.png"}
    copies = [pictured, *(question(2, "D", options) for options in OPTIONS)]
    write_lines(folder / "questions.jsonl", copies)
    before = dataset_hash(folder)

    with (folder / name).open("ab") as file:
        file.write(b"\n")

    assert len(before) == 12
    assert dataset_hash(folder) != before


def test_question_pack_holds_questions_only(mini: Path) -> None:
    challenge = load_challenge(mini)
    track = challenge.track("mini")

    pack = question_pack(challenge, track, track.phase("test"))

    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        assert archive.namelist() == ["MedBench/Choice_test.jsonl", "MedBench/Report_test.jsonl"]
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "患者发热三天" not in text
    assert all(Question.model_validate_json(line) for line in text.splitlines())
    assert pack == question_pack(challenge, track, track.phase("test"))
