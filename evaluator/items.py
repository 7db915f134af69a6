"""Questions and references: the lines of a dataset's files, paired into items."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from evaluator.challenge import Challenge
from evaluator.declaration import faults
from evaluator.errors import DeclarationError
from evaluator.phase import Phase
from evaluator.texts import _
from evaluator.track import Track

PACK_FOLDER = "MedBench"


class Line(BaseModel):
    """Base of what one line declares: frozen; fields of other MedBench versions are let through."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Other(Line):
    """What names an item: its id (a number and its text are the same id) and its dataset."""

    id: Annotated[str, BeforeValidator(lambda value: str(value))]
    source: str


class ItemLine(Line):
    """Base of the lines of one kind of file, which name their item."""

    FILE: ClassVar[str]
    other: Other


L = TypeVar("L", bound=ItemLine)


class Question(ItemLine):
    """One question line; shuffled copies of a choice item share `other.id`.

    These lines are given to everybody as they are, so nothing but a question may stand in them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    FILE: ClassVar[str] = "questions.jsonl"
    question: str
    options: tuple[str, ...] | None = None
    answer: Literal["", None] = None
    img_path: tuple[str, ...] | str | None = None


class KeyPoint(Line):
    """One thing a good answer says, or for `forbidden` must not say."""

    text: str
    kind: Literal["must", "important", "forbidden"] = "important"
    aliases: tuple[str, ...] = ()


def _as_point(written: object) -> object:
    return {"text": written} if isinstance(written, str) else written


class Reference(ItemLine):
    """One private line: the expected answer and, for open questions, its key points."""

    FILE: ClassVar[str] = "references.jsonl"
    answer: str
    point: tuple[Annotated[KeyPoint, BeforeValidator(_as_point)], ...] = ()
    options: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Item:
    """One item with all its copies, in file order; a plain item has one."""

    id: str
    copies: tuple[Question, ...]


@dataclass(frozen=True)
class AnsweredItem:
    """One item ready to be scored: questions, references and answers, copy by copy.

    An answer is None where the participant says it was not attempted.
    """

    id: str
    questions: tuple[Question, ...]
    references: tuple[Reference, ...]
    answers: tuple[str | None, ...]


def load_items(folder: Path) -> list[Item]:
    """Read `questions.jsonl` of one dataset, copies grouped, in file order.

    Raises:
        DeclarationError: a missing or empty file, or a line that is no question, with file and
            line.
    """
    items = [Item(key, tuple(copies)) for key, copies in _by_id(folder, Question).items()]
    if not items:
        raise DeclarationError(
            _("{file} holds no question; a dataset needs at least one."),
            file=folder / Question.FILE,
        )
    return items


def load_references(folder: Path, items: Sequence[Item]) -> dict[str, tuple[Reference, ...]]:
    """Read `references.jsonl` of one dataset; copy k of an item has its k-th reference.

    Raises:
        DeclarationError: a reference without question or the reverse, copies that disagree.
    """
    found = _by_id(folder, Reference)
    path = folder / Reference.FILE
    unknown = found.keys() - {item.id for item in items}
    if unknown:
        raise DeclarationError(
            _("{file}: id {id} has a reference but no question."), file=path, id=min(unknown)
        )
    for item in items:
        references = found.get(item.id, [])
        if len(references) != len(item.copies):
            raise DeclarationError(
                _("{file}: id {id} has {questions} question line(s), {references} reference(s)."),
                file=path,
                id=item.id,
                questions=len(item.copies),
                references=len(references),
            )
        for question, reference in zip(item.copies, references, strict=True):
            if reference.options is not None and reference.options != question.options:
                raise DeclarationError(
                    _(
                        "{file}: a copy of id {id} has other options than its question line; "
                        "keep both files in the same order."
                    ),
                    file=path,
                    id=item.id,
                )
    return {key: tuple(references) for key, references in found.items()}


def dataset_hash(folder: Path) -> str:
    """Return 12 hex digits that change with any byte of the questions or references."""
    digest = hashlib.sha256()
    for name in (Question.FILE, Reference.FILE):
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()[:12]


def question_pack(challenge: Challenge, track: Track, phase: Phase) -> bytes:
    """Return the zip a participant downloads, in MedBench's upload layout."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as pack:
        for dataset in track.datasets:
            folder = challenge.items_folder(track, phase, dataset)
            member = zipfile.ZipInfo(f"{PACK_FOLDER}/{dataset.id}_test.jsonl")
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            pack.writestr(member, (folder / Question.FILE).read_bytes())
    return buffer.getvalue()


def _by_id(folder: Path, kind: type[L]) -> dict[str, list[L]]:
    path = folder / kind.FILE
    grouped: dict[str, list[L]] = defaultdict(list)
    for number, line in _lines(path):
        try:
            parsed = kind.model_validate(orjson.loads(line))
        except (orjson.JSONDecodeError, ValidationError) as error:
            # Without the cause: its text quotes the line, and references are private.
            raise DeclarationError(
                _("{file}, line {line} is not what it should be: {faults}."),
                file=path,
                line=number,
                faults=_faults(error),
            ) from None
        if parsed.other.source != folder.name:
            raise DeclarationError(
                _("{file}, line {line}: source is “{source}”; here it must be “{folder}”."),
                file=path,
                line=number,
                source=parsed.other.source,
                folder=folder.name,
            )
        grouped[parsed.other.id].append(parsed)
    return dict(grouped)


def _faults(error: orjson.JSONDecodeError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return faults(error)
    return f"JSON, column {error.colno}"


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except FileNotFoundError as error:
        raise DeclarationError(_("{file} is missing."), file=path) from error
