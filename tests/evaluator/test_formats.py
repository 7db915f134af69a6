"""MedBench's file formats, v1 to v4: question lines, the upload layout, and the way back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.challenge import load_challenge
from evaluator.errors import DeclarationError
from evaluator.items import load_items
from evaluator.pack import question_pack
from evaluator.settings import ROOT, Limits
from evaluator.submission import read_submission
from evaluator.track import Track
from tests.folders import mini_challenge, reference, write_lines

SAMPLE = load_challenge(ROOT / "challenge")
OTHER = {"id": 1, "source": "Report"}
# How a question line looks in each version of MedBench's files:
# v2 has options or null, v3 no such field, v4 an empty answer and pictures.
LINES: dict[str, dict[str, Any]] = {
    "v1": {"question": "问", "answer": "", "other": OTHER},
    "v2": {"question": "问", "options": None, "answer": None, "other": {**OTHER, "level": "3"}},
    "v3": {"question": "问", "answer": None, "other": OTHER},
    "v4": {"question": "问", "answer": "", "img_path": ["a.png"], "other": OTHER},
    "v4, one picture": {"question": "问", "answer": "", "img_path": "a.png", "other": OTHER},
    "v4, no picture": {"question": "问", "answer": "", "img_path": [], "other": OTHER},
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_question_lines_of_every_version_are_read(tmp_path: Path, line: dict[str, Any]) -> None:
    folder = tmp_path / "Report"
    write_lines(folder / "questions.jsonl", [line])
    (folder / "a.png").write_bytes(b"")

    (item,) = load_items(folder)

    assert (item.id, item.copies[0].question) == ("1", "问")
    assert item.images == (("a.png",) if line.get("img_path") else ())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({**LINES["v2"], "answer": "已有答案"}, "answer: "),
        ({**LINES["v2"], "point": ["得分点"]}, "point: Extra inputs are not permitted"),
        ({**LINES["v4"], "img_path": ["../a.png"]}, "must lead into the dataset's own folder"),
        ({**LINES["v4"], "img_path": "/etc/passwd.png"}, "must lead into the dataset's own folder"),
        (
            {**LINES["v2"], "other": {**OTHER, "answer": "B"}},
            "other: Value error, answer may not stand here",
        ),
        ({**LINES["v4"], "img_path": "a#1.png"}, "may hold letters, digits and . _ - / only"),
        ({**LINES["v4"], "img_path": "a.txt"}, "an image must be one of .png"),
        ({**LINES["v4"], "img_path": "b.png"}, "line 1: there is no image b.png"),
        ({**LINES["v4"], "img_path": 3}, "img_path: "),
        ({"answer": "", "other": OTHER}, "question: Field required"),
    ],
)
def test_what_is_no_question_is_refused_with_its_reason(
    tmp_path: Path, line: dict[str, Any], said: str
) -> None:
    folder = tmp_path / "Report"
    write_lines(folder / "questions.jsonl", [line])
    (folder / "a.png").write_bytes(b"")

    with pytest.raises(DeclarationError) as caught:
        load_items(folder)

    assert "questions.jsonl, line 1" in str(caught.value)
    assert said in str(caught.value)


def filled(pack: bytes, write: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, bytes]:
    """Return the files of a pack with every line filled in by some program."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".jsonl"):
                lines = [json.loads(line) for line in content.decode().splitlines()]
                content = "".join(json.dumps(write(line)) + "\n" for line in lines).encode()
            files[name] = content
    return files


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files as a participant does."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("track", SAMPLE.tracks.values(), ids=SAMPLE.tracks)
def test_a_pack_comes_back_as_any_program_fills_it(track: Track, tmp_path: Path) -> None:
    """In any order of lines and fields, in one file or many, with the pictures or without."""
    phase = track.phase("dev")
    pack = question_pack(SAMPLE, track, phase)
    wanted = sum(len(load_items(SAMPLE.items_folder(track, phase, d))) for d in track.datasets)

    def answered(line: dict[str, Any]) -> dict[str, Any]:
        return {"other": line["other"], **line, "answer": "答 <A>"}

    files = filled(pack, answered)
    whole = b"".join(content for name, content in files.items() if name.endswith(".jsonl"))
    renamed = {
        name.replace("MedBench/", "MedBench_LLM/").replace("_test", ""): content
        for name, content in files.items()
        if name.endswith(".jsonl")
    }
    backwards = b"\n".join(reversed(whole.splitlines()))
    for name, content in (
        ("all.zip", zipped(files)),
        ("v4.zip", zipped(renamed)),
        ("one.jsonl", whole),
        ("backwards.jsonl", backwards),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        reading = read_submission(path, name, SAMPLE, track, phase, Limits())
        assert reading.predictions.items == wanted, name
        assert reading.predictions.skipped == 0


def test_a_pack_holds_its_pictures_where_its_lines_say() -> None:
    track = SAMPLE.track("ophthalmology")
    with zipfile.ZipFile(io.BytesIO(question_pack(SAMPLE, track, track.phase("dev")))) as archive:
        names = set(archive.namelist())
        for name in sorted(names):
            if name.endswith("_test.jsonl"):
                for line in archive.read(name).decode().splitlines():
                    for path in json.loads(line).get("img_path") or []:
                        # As seen from the file of questions.
                        assert f"MedBench/{path}" in names
    assert sum(name.endswith(".jpg") for name in names) == 14


@pytest.mark.parametrize(
    "change",
    [
        lambda line: {key: value for key, value in line.items() if key != "options"},
        lambda line: {**line, "options": None},
        lambda line: {**line, "options": line["options"] or []},
        lambda line: {**line, "extra": 1, "level": "2"},
    ],
    ids=["left out", "null", "an empty list", "more fields"],
)
def test_a_field_of_options_refuses_nobody(
    tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """The official guide and the data disagree about it."""
    challenge = load_challenge(mini_challenge(tmp_path / "challenge"))
    track = challenge.track("mini")
    pack = question_pack(challenge, track, track.phase("dev"))
    files = filled(pack, lambda line: change({**line, "answer": "<A>"}))
    path = tmp_path / "up.zip"
    path.write_bytes(zipped(files))

    reading = read_submission(path, path.name, challenge, track, track.phase("dev"), Limits())

    assert reading.predictions.items == 4


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    folder = mini_challenge(tmp_path / "challenge")
    for name, content in (("Choice", b"one"), ("Report", b"two")):
        place = folder / "mini" / name
        line = {"question": "问", "img_path": "a.png", "other": {"id": 1, "source": name}}
        write_lines(place / "questions.jsonl", [line])
        write_lines(place / "references.jsonl", [reference(1, name, "<A>")])
        (place / "a.png").write_bytes(content)
    challenge = load_challenge(folder)
    track = challenge.track("mini")

    with pytest.raises(
        DeclarationError, match=r"another dataset, or part of the phase, has another image a\.png"
    ):
        question_pack(challenge, track, track.phase("dev"))
