"""The boards as one page that needs no server: every table, chart and script is in the file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from evaluator.errors import EvaluatorError
from evaluator.replacing import replacing
from evaluator.reported import EXPLANATION, ReportedUnreadable
from evaluator.texts import LANGUAGES, Language, _, translate
from leaderboard import markup, tallies
from leaderboard.figures import not_run, reported_versions
from leaderboard.reading import OWN_NAMES, PURPOSE, TESTS, TITLE, moment
from leaderboard.sheet import as_script, sheet, table
from leaderboard.shelf import Shelf
from leaderboard.snapshot import Snapshot, SnapshotError

NAME = "index.html"
# What Plotly says by itself, where a chart is no larger than the buttons that are left.
BUTTONS = (
    _("Download plot as a PNG"),
    _("Autoscale"),
    _("Reset axes"),
    _("Reset view"),
    _("Double-click on legend to isolate one trace"),
)
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)


class NothingToExport(EvaluatorError):
    """No board that could be written."""


@dataclass
class Found:
    """What is published: the boards with their pairs, and in `faults` what is left out."""

    boards: list[Snapshot] = field(default_factory=list)
    pairs: list[pd.DataFrame] = field(default_factory=list)
    reported: pd.DataFrame = field(default_factory=pd.DataFrame)
    faults: list[EvaluatorError] = field(default_factory=list)


def export_board(
    board_dir: Path, folder: Path, phases: Sequence[str] = (), now: datetime | None = None
) -> tuple[Path, list[EvaluatorError]]:
    """Write the published boards, or those of some phases, into a folder's index.html.

    Return the file, and which boards were left out or are not the newest.

    Raises:
        NothingToExport: nothing is published, or nothing that can be read.
        EvaluatorError: the folder cannot be written.
    """
    found = read(board_dir, phases)
    path = folder / NAME
    write(path, page(found, now or datetime.now(UTC)))
    return path, [*found.faults, *_older(found.boards)]


def read(board_dir: Path, phases: Sequence[str] = ()) -> Found:
    """Read every published board, or those of some phases, in the order of the tracks.

    Raises:
        NothingToExport: there is none, or none that can be read.
    """
    shelf, found = Shelf(board_dir), Found()
    published = [board for board in shelf.stamps() if not phases or board[1] in phases]
    if not published:
        raise NothingToExport(
            _("No board is published in {folder}, or none of that phase; nothing was written."),
            folder=board_dir,
        )
    for track, phase in published:
        try:
            found.boards.append(shelf.board(track, phase))
        except SnapshotError as error:
            found.faults.append(error)
    if not found.boards:
        raise found.faults[0]
    found.boards.sort(key=lambda one: (one.position, one.track))
    found.pairs = [shelf.pairs(one.track, one.phase) for one in found.boards]
    try:
        found.reported = shelf.reported()
    except ReportedUnreadable as error:
        found.faults.append(error)
    return found


def page(found: Found, now: datetime) -> str:
    """Return the whole page; the reader's language is chosen in the browser."""
    from plotly.offline import get_plotlyjs

    first, plotly = _script(_text("export.js")), _script(get_plotlyjs())
    return markup.render(
        "export.html",
        LANGUAGES[0],
        policy=POLICY.format(scripts=" ".join(_hash(one) for one in (first, plotly))),
        styles=Markup(_text("style.css") + _text("export.css")),
        first=first,
        plotly=plotly,
        names=OWN_NAMES,
        bodies={language: _body(found, now, language) for language in LANGUAGES},
        words={language: as_script(_buttons(language)) for language in LANGUAGES},
        titles={language: translate(TITLE, language) for language in LANGUAGES},
    )


def write(path: Path, text: str) -> None:
    """Write a file all at once, so that a reader sees the old one or the new one.

    Raises:
        EvaluatorError: it cannot be written.
    """
    try:
        with replacing(path) as draft:
            draft.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise EvaluatorError(
            _("{path} cannot be written: {reason}. Name a folder that can."),
            path=path,
            reason=error.strerror,
        ) from error


def _older(boards: Sequence[Snapshot]) -> list[EvaluatorError]:
    """Say which boards are not the newest that were published."""
    told = _("The newest board of {track} / {phase} cannot be read; that of {moment} was written.")
    return [
        EvaluatorError(told, track=one.track, phase=one.phase, moment=moment(one.published_at))
        for one in boards
        if one.stale
    ]


def _body(found: Found, now: datetime, language: Language) -> Markup:
    sheets = [
        sheet(board, pairs, language)
        for board, pairs in zip(found.boards, found.pairs, strict=True)
    ]
    return Markup(
        markup.render(
            "export_language.html",
            language,
            purpose=translate(PURPOSE, language),
            tests=translate(TESTS, language),
            faults=[error.text(language) for error in found.faults],
            tiles=Markup(markup.tiles(tallies.of_everything(found.boards, language), language)),
            sheets=sheets,
            reported=_reported(found.reported, language),
            moment=moment,
            now=moment(now),
        )
    )


def _reported(published: pd.DataFrame, language: Language) -> list[Markup]:
    """Return what others reported: the explanation, the families not run, a table a version."""
    if published.empty:
        return []
    lines = [translate(EXPLANATION, language), *not_run(published, language)]
    return [
        Markup(markup.said(lines, language)),
        *(table(one, language) for one in reported_versions(published, language)),
    ]


def _buttons(language: Language) -> dict[str, str]:
    return {text: translate(text, language) for text in BUTTONS}


def _text(name: str) -> str:
    return (markup.FOLDER / name).read_text("utf-8")


def _script(text: str) -> Markup:
    """Return a script as it may stand in a page."""
    return Markup(text.replace("</script", "<\\/script"))


def _hash(script: Markup) -> str:
    """Return what allows this very script, and none that a name might bring."""
    digest = sha256(str(script).encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
