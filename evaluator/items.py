"""Questions and references: the lines of a dataset's files, paired into items."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict

from evaluator.errors import DeclarationError
from evaluator.image_path import ImagePaths
from evaluator.lines import ItemLine, L, Line, Located, Other, read_lines
from evaluator.texts import _

NAMING = frozenset({"id", "source", "level"})


def _only_names(other: object) -> object:
    """Return what names a question, which everybody sees: nothing else may stand beside it."""
    more = sorted(other.keys() - NAMING) if isinstance(other, dict) else []
    if more:
        raise ValueError(f"{', '.join(map(str, more))} may not stand here; everybody sees it")
    return other


class Question(ItemLine):
    """One question line; shuffled copies of a choice item share `other.id`.

    These lines are given to everybody as they are, so nothing but a question may stand in them.
    `img_path` is relative to the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    FILE: ClassVar[str] = "questions.jsonl"
    other: Annotated[Other, BeforeValidator(_only_names)]
    question: str
    options: tuple[str, ...] | None = None
    answer: Literal["", None] = None
    img_path: ImagePaths = None


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
    """One item with all its copies, in file order; a plain item has one.

    `lines` are the numbers of the copies' lines in the file of questions.
    """

    id: str
    copies: tuple[Question, ...]
    lines: tuple[int, ...] = ()

    @property
    def images(self) -> tuple[str, ...]:
        """The paths of the item's images, each once, relative to its dataset's folder."""
        return tuple(dict.fromkeys(path for copy in self.copies for path in copy.img_path or ()))


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
        DeclarationError: a missing or empty file, a line that is no question, or an image that is
            not there, with file and line.
    """
    items, errors = read_items(folder)
    if errors:
        raise errors[0]
    return items


def read_items(folder: Path) -> tuple[list[Item], list[DeclarationError]]:
    """Return the items of one dataset that can be read, and everything that is wrong.

    Raises:
        DeclarationError: there is no file of questions.
    """
    located, errors = sorted_out(read_lines(folder, Question))
    items = [
        Item(key, tuple(one.value for one in copies), tuple(one.number for one in copies))
        for key, copies in by_id(located).items()
    ]
    if not items and not errors:
        errors.append(
            DeclarationError(
                _("{file} holds no question; a dataset needs at least one."),
                file=folder / Question.FILE,
            )
        )
    return items, [*errors, *_missing_images(folder, items)]


def load_references(folder: Path, items: Sequence[Item]) -> dict[str, tuple[Reference, ...]]:
    """Read `references.jsonl` of one dataset; copy k of an item has its k-th reference.

    Raises:
        DeclarationError: a reference without question or the reverse, copies that disagree.
    """
    references, errors = read_references(folder, items)
    if errors:
        raise errors[0]
    return references


def read_references(
    folder: Path, items: Sequence[Item]
) -> tuple[dict[str, tuple[Reference, ...]], list[DeclarationError]]:
    """Return the references that can be read, and everything that is wrong with them.

    Raises:
        DeclarationError: there is no file of references.
    """
    located, errors = sorted_out(read_lines(folder, Reference))
    found = by_id(located)
    references = {key: tuple(one.value for one in copies) for key, copies in found.items()}
    return references, [*errors, *_unpaired(folder, items, found)]


def dataset_hash(folder: Path) -> str:
    """Return 12 hex digits that change with any byte of questions, references or images.

    Raises:
        DeclarationError: one of the files is missing, or a line is no question.
    """
    digest = hashlib.sha256()
    for name in (Question.FILE, Reference.FILE):
        if not (folder / name).is_file():
            raise DeclarationError(_("{file} is missing."), file=folder / name)
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    for image in sorted({path for item in load_items(folder) for path in item.images}):
        digest.update(hashlib.sha256(image.encode()).digest())
        digest.update(hashlib.sha256((folder / image).read_bytes()).digest())
    return digest.hexdigest()[:12]


def sorted_out(
    lines: Iterable[Located[L] | DeclarationError],
) -> tuple[list[Located[L]], list[DeclarationError]]:
    """Return the lines that could be read, and what is wrong with the others."""
    read, errors = [], []
    for line in lines:
        if isinstance(line, DeclarationError):
            errors.append(line)
        else:
            read.append(line)
    return read, errors


def by_id(lines: Iterable[Located[L]]) -> dict[str, list[Located[L]]]:
    """Return the lines of each item, in file order."""
    grouped: dict[str, list[Located[L]]] = defaultdict(list)
    for line in lines:
        grouped[line.value.other.id].append(line)
    return dict(grouped)


def _missing_images(folder: Path, items: Sequence[Item]) -> Iterator[DeclarationError]:
    for item in items:
        for line, copy in zip(item.lines, item.copies, strict=True):
            for image in copy.img_path or ():
                if not (folder / image).is_file():
                    yield DeclarationError(
                        _("{file}, line {line}: there is no image {image}."),
                        file=folder / Question.FILE,
                        line=line,
                        image=image,
                    )


def _unpaired(
    folder: Path, items: Sequence[Item], found: dict[str, list[Located[Reference]]]
) -> Iterator[DeclarationError]:
    """Yield what does not fit between questions and references."""
    path = folder / Reference.FILE
    asked = {item.id for item in items}
    for key, references in found.items():
        if key not in asked:
            yield DeclarationError(
                _("{file}, line {line}: id {id} has a reference but no question."),
                file=path,
                line=references[0].number,
                id=key,
            )
    for item in items:
        references = found.get(item.id, [])
        if len(references) != len(item.copies):
            yield DeclarationError(
                _(
                    "{file}: id {id} has {questions} question line(s), the first in line {line} "
                    "of {other}, but {references} reference(s)."
                ),
                file=path,
                id=item.id,
                questions=len(item.copies),
                line=item.lines[0],
                other=Question.FILE,
                references=len(references),
            )
            continue
        for question, reference in zip(item.copies, references, strict=True):
            if reference.value.options not in (None, question.options):
                yield DeclarationError(
                    _(
                        "{file}, line {line}: a copy of id {id} has other options than its "
                        "question line; keep both files in the same order."
                    ),
                    file=path,
                    line=reference.number,
                    id=item.id,
                )
