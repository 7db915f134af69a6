"""The file of figures reported elsewhere: strictly read, every fault with file and line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from evaluator.declaration import Declaration
from evaluator.errors import DeclarationError, EvaluatorError
from evaluator.problems import clip
from evaluator.replacing import replacing
from evaluator.texts import Sentence, _

FILE = "reported.csv"
MAX_BYTES = 1_000_000
MAX_CHARACTERS = 300
MOST_FAULTS = 100


class ReportedRefused(EvaluatorError):
    """A file of reported figures in which something is wrong; `faults` says everything."""

    def __init__(self, file: Path, faults: Sequence[DeclarationError]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            _("{file} is not published; it has {count} fault(s). The first: {first}"),
            file=file,
            count=len(faults),
            first=faults[0].sentence,
        )


def _real_date(text: str) -> str:
    if text:
        date.fromisoformat(f"{text.strip('~+')}-01-01"[:10])
    return text


def _plain_number(text: str) -> float | None:
    # float would take 1_0, 1e1 and full-width digits too.
    if text and not re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", text):
        raise ValueError("no plain number")
    return float(text) if text else None


# Neither control nor direction-changing characters, nor line ends.
Text = Annotated[
    str,
    StringConstraints(max_length=MAX_CHARACTERS, pattern=r"^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$"),
]
# 2026, 2026-01 or 2026-01-06; ~ says about, + says then or later.
Date = Annotated[
    str,
    StringConstraints(pattern=r"^(~?[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\+?)?$"),
    AfterValidator(_real_date),
]
Points = Annotated[Annotated[float, Field(le=100)] | None, BeforeValidator(_plain_number)]


class Reported(Declaration):
    """What somebody reported of one model, in points of 100; with no figure, a family to be run.

    `benchmark` is the version of MedBench, `organisation` whoever made the model.
    """

    model: Text
    family: Text
    organisation: Text
    benchmark: Text
    board: Text
    date: Date
    overall: Points
    understanding: Points
    generation: Points
    knowledge: Points
    reasoning: Points
    safety: Points
    source: Text
    note_zh: Text
    note_en: Text

    @property
    def key(self) -> tuple[str, ...]:
        """Return what may stand in the file once."""
        parts = (self.model or self.family, self.benchmark, self.board, self.date)
        return tuple(part.casefold() for part in parts)


COLUMNS = tuple(Reported.model_fields)
DIMENSIONS = ("understanding", "generation", "knowledge", "reasoning", "safety")
FIGURES = ("overall", *DIMENSIONS)
REQUIRED = ("model", "benchmark", "date", "source")


def read_reported(challenge_dir: Path) -> list[Reported]:
    """Read the figures of a challenge that were reported elsewhere; without the file, none.

    Raises:
        ReportedRefused: with file, line and sentence of every fault, up to MOST_FAULTS.
    """
    file = challenge_dir / FILE
    return read_reported_file(file) if file.exists() else []


def take_reported(file: Path, challenge_dir: Path) -> Path:
    """Let a file be the challenge's reported figures, in the place of those it had; say where.

    Raises:
        ReportedRefused: something is wrong in the file, and nothing was changed.
    """
    read_reported_file(file)
    taken = challenge_dir / FILE
    if not (taken.exists() and taken.samefile(file)):
        with replacing(taken) as draft:
            draft.write_bytes(file.read_bytes())
    return taken


def read_reported_file(file: Path) -> list[Reported]:
    """Read a file of figures that were reported elsewhere.

    Raises:
        ReportedRefused: with file, line and sentence of every fault, up to MOST_FAULTS.
    """
    rows: list[Reported] = []
    faults: list[DeclarationError] = []
    for found in _read(file):
        if isinstance(found, Reported):
            rows.append(found)
        elif len(faults) < MOST_FAULTS:
            faults.append(found)
        else:
            break
    if faults:
        raise ReportedRefused(file, faults)
    return rows


def _read(file: Path) -> Iterator[Reported | DeclarationError]:
    """Yield every row that is sound, and every fault."""
    try:
        # Of a giant file no more is read than shows that it is one.
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        yield DeclarationError(_("{file} cannot be read: {error}."), file=file, error=error)
        return
    if len(content) > MAX_BYTES:
        said = _("{file} holds more than {limit} bytes; keep only the figures to be shown.")
        yield DeclarationError(said, file=file, limit=MAX_BYTES)
        return
    try:
        yield from _parse(file, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        yield _fault(file, line, _("the text is not UTF-8; save the file as “CSV UTF-8”."))


def _parse(file: Path, text: str) -> Iterator[Reported | DeclarationError]:
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    seen: dict[tuple[str, ...], int] = {}
    try:
        header = [name.strip() for name in next(table, [])]
        wrong = [_fault(file, 1, said.template, **said.values) for said in _header_faults(header)]
        yield from wrong
        if wrong:
            return
        end = table.line_num
        for cells in table:
            # A cell may go over several lines; a row is named by its first.
            line, end = end + 1, table.line_num
            if cells:
                yield from _row(file, line, header, cells, seen)
    except csv.Error as error:
        said = _("the line cannot be read as CSV: {error}.")
        yield _fault(file, max(table.line_num, 1), said, error=error)


def _header_faults(header: Sequence[str]) -> Iterator[Sentence]:
    known = ", ".join(COLUMNS)
    if missing := ", ".join(name for name in COLUMNS if name not in header):
        said = _("the header lacks {missing}; it must name every column: {known}.")
        yield Sentence(said, {"missing": missing, "known": known})
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            said = _("there is no column “{column}”; the columns are: {known}.")
            yield Sentence(said, {"column": clip(name), "known": known})
        elif header.count(name) > 1:
            yield Sentence(_("the column {column} stands there twice."), {"column": name})


def _row(
    file: Path,
    line: int,
    header: Sequence[str],
    cells: Sequence[str],
    seen: dict[tuple[str, ...], int],
) -> Iterator[Reported | DeclarationError]:
    """Yield one row, or its faults; `seen` has the lines of those before it."""
    if len(cells) != len(header):
        said = _("the row has {found} cells, the header {expected}.")
        yield _fault(file, line, said, found=len(cells), expected=len(header))
        return
    written = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    faults = list(_missing(written))
    try:
        row = Reported.model_validate(written)
    except ValidationError as error:
        faults += [_refused(str(one["loc"][0]), written) for one in error.errors()]
    if faults:
        yield from (_fault(file, line, one.template, **one.values) for one in faults)
        return
    first = seen.setdefault(row.key, line)
    if first != line:
        said = _("line {other} has the same model, benchmark, board and date.")
        yield _fault(file, line, said, other=first)
        return
    yield row


def _missing(written: Mapping[str, str]) -> Iterator[Sentence]:
    if any(written[name] for name in FIGURES):
        said = _("{column} is missing; a row with figures needs {needed}.")
        values = {"needed": ", ".join(REQUIRED)}
        yield from (Sentence(said, values | {"column": n}) for n in REQUIRED if not written[n])
    elif not written["family"]:
        yield Sentence(_("the row has neither a figure nor a family that is to be run."))
    if bool(written["note_zh"]) != bool(written["note_en"]):
        yield Sentence(_("fill in both note_zh and note_en, or neither."))


def _refused(column: str, written: Mapping[str, str]) -> Sentence:
    values = {"column": column, "found": clip(written[column]), "limit": MAX_CHARACTERS}
    if column in FIGURES:
        said = _("{column}: “{found}” is not a number of points from 0 to 100, such as 58.3.")
        return Sentence(said, values)
    if column == "date":
        said = _(
            "{column}: “{found}” is no date; write 2026, 2026-01 or 2026-01-06, with ~ before it "
            "for about, + behind it for then or later."
        )
        return Sentence(said, values)
    said = _("{column}: “{found}” has characters that cannot be shown, or more than {limit}.")
    return Sentence(said, values)


def _fault(file: Path, line: int, template: str, /, **values: object) -> DeclarationError:
    said = Sentence(template, values)
    return DeclarationError(_("{file}, line {line}: {said}"), file=file, line=line, said=said)
