"""The question pack: what a participant downloads, in MedBench's upload layout."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from evaluator.challenge import Challenge
from evaluator.errors import DeclarationError
from evaluator.items import Question, load_items
from evaluator.phase import Phase
from evaluator.texts import _
from evaluator.track import Track

PACK_FOLDER = "MedBench"


class QuestionLine(NamedTuple):
    """A question as it is written, without the line's end; its images lie seen from `folder`.

    `number` is its line in the file, `copy` its place among the copies of its item.
    """

    raw: bytes
    question: Question
    folder: Path
    number: int
    copy: int


def question_pack(challenge: Challenge, track: Track, phase: Phase) -> bytes:
    """Return the zip a participant downloads: a file of questions a dataset, and their images.

    An image lies where its line says, seen from the file of questions.

    Raises:
        DeclarationError: as `pictures`.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as pack:
        for dataset in track.datasets:
            folders = [challenge.items_folder(track, part, dataset) for part in track.parts(phase)]
            _write(pack, f"{dataset.id}_test.jsonl", _lines(folders))
        for name, path in sorted(pictures(challenge, track, phase).items()):
            _write(pack, name, path.read_bytes())
    return buffer.getvalue()


def pictures(challenge: Challenge, track: Track, phase: Phase) -> dict[str, Path]:
    """Return where the images of a phase's pack lie, by their names in it.

    Raises:
        DeclarationError: two datasets, or two parts, have different images of one name.
    """
    found: dict[str, Path] = {}
    for part in track.parts(phase):
        for dataset in track.datasets:
            folder = challenge.items_folder(track, part, dataset)
            for item in load_items(folder):
                for image in item.images:
                    _keep_apart(found, image, folder / image)
    return found


def question_lines(folders: Sequence[Path]) -> list[QuestionLine]:
    """Return the questions of one dataset, whose parts of a phase lie in these folders.

    Of one folder they come as in its file, of several in an order that tells no part.

    Raises:
        DeclarationError: a line is no question, or an image is not there.
    """
    lines = [line for folder in folders for line in _of(folder)]
    if len(folders) == 1:
        return sorted(lines, key=lambda line: line.number)
    return sorted(lines, key=_telling_no_part)


def _write(pack: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(str(PurePosixPath(PACK_FOLDER) / name))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    pack.writestr(member, content)


def _lines(folders: Sequence[Path]) -> bytes:
    """Return the question lines of a phase; those of one folder just as they are."""
    if len(folders) == 1:
        return (folders[0] / Question.FILE).read_bytes()
    return b"".join(line.raw + b"\n" for line in question_lines(folders))


def _of(folder: Path) -> Iterator[QuestionLine]:
    raw = (folder / Question.FILE).read_bytes().split(b"\n")
    for item in load_items(folder):
        for copy, (number, question) in enumerate(zip(item.lines, item.copies, strict=True)):
            yield QuestionLine(raw[number - 1].rstrip(b"\r"), question, folder, number, copy)


def _telling_no_part(line: QuestionLine) -> tuple[bytes, int, bytes]:
    return hashlib.sha256(line.question.other.id.encode()).digest(), line.copy, line.raw


def _keep_apart(images: dict[str, Path], name: str, path: Path) -> None:
    """Note an image of the pack, unless another one has its name."""
    before = images.setdefault(name, path)
    if before != path and before.read_bytes() != path.read_bytes():
        raise DeclarationError(
            _(
                "{file}: another dataset, or part of the phase, has another image {image}; give "
                "one a name of its own."
            ),
            file=path.parent,
            image=name,
        )
