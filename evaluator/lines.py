"""Lines of a dataset's files: one JSON object a line, each naming its item, with its number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Generic, NamedTuple, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from evaluator.declaration import faults
from evaluator.errors import DeclarationError
from evaluator.texts import _


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


class Located(NamedTuple, Generic[L]):
    """A line's content and its number, from 1."""

    number: int
    value: L


def read_lines(folder: Path, kind: type[L]) -> Iterator[Located[L] | DeclarationError]:
    """Yield every line of one kind of file that is not blank, or what is wrong with it.

    Raises:
        DeclarationError: there is no such file.
    """
    path = folder / kind.FILE
    for number, line in _raw_lines(path):
        try:
            parsed = kind.model_validate(orjson.loads(line))
        except (orjson.JSONDecodeError, ValidationError) as error:
            # Without the cause: its text quotes the line, and references are private.
            yield DeclarationError(
                _("{file}, line {line} is not what it should be: {faults}."),
                file=path,
                line=number,
                faults=_faults(error),
            )
            continue
        if parsed.other.source != folder.name:
            yield DeclarationError(
                _("{file}, line {line}: source is “{source}”; here it must be “{folder}”."),
                file=path,
                line=number,
                source=parsed.other.source,
                folder=folder.name,
            )
            continue
        yield Located(number, parsed)


def _faults(error: orjson.JSONDecodeError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return faults(error)
    return f"JSON, column {error.colno}"


def _raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except FileNotFoundError as error:
        raise DeclarationError(_("{file} is missing."), file=path) from error
