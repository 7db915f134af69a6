"""The table of a board: which columns there are, and what stands in their cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson
import pandas as pd

from evaluator.texts import Language, _, translate
from leaderboard.snapshot import Axis, Snapshot, rows

Kind = Literal["rank", "model", "text", "points", "count", "day"]
ACCESS = {"open": _("Open weights"), "closed": _("Closed weights")}
PROVENANCE = {
    "participant": _("Participant"),
    "self-run": _("Run by the maintainers"),
    "recorded": _("Recorded elsewhere"),
}
# What stands beside the name of an entry that is no participant's.
BASELINES = {"self-run": _("Baseline, self-run"), "recorded": _("Baseline, recorded")}
# What a row's badges are made of.
MARKS = ("baseline", "provenance", "anonymous", "skipped")
# What a table shows besides scores where nobody chose; the others are one choice away.
USUAL = ("organisation", "access", "parameters", "submitted_at")
MOST_NOTES = 10
# A spreadsheet would run a cell that begins with one of these.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Column:
    """One column of the table: where it comes from, its heading, and how its cells read."""

    id: str
    title: str
    kind: Kind
    help: str = ""
    group: Literal["fixed", "about", "dimension", "dataset"] = "about"

    @property
    def rises(self) -> bool:
        """Whether one looks for the lowest value first."""
        return self.kind in ("rank", "model", "text")


def columns(snapshot: Snapshot, language: Language) -> list[Column]:
    """Return every column that a board can show, in its order."""

    def t(text: str) -> str:
        return translate(text, language)

    about = [
        Column("organisation", t(_("Organisation")), "text"),
        Column("access", t(_("Access")), "text"),
        Column("parameters", t(_("Parameters")), "text"),
        Column("released", t(_("Model released")), "day"),
        Column("submitted_at", t(_("Submitted")), "day"),
        Column("tries", t(_("Tries")), "count", t(_("Submissions of this model so far"))),
        Column("provenance", t(_("Provenance")), "text"),
    ]
    axes = [
        *(_axis(axis, "dimension", language) for axis in snapshot.dimensions),
        *(_axis(axis, "dataset", language) for axis in snapshot.datasets),
    ]
    return [
        Column("rank", t(_("Rank")), "rank", group="fixed"),
        Column("model", t(_("Model")), "model", group="fixed"),
        Column("overall", t(_("Overall")), "points", group="fixed"),
        *_told_apart(axes, language),
        *about,
    ]


def _told_apart(found: Sequence[Column], language: Language) -> list[Column]:
    """Return columns of which a dataset that is called like another column says what it is."""
    titles = [column.title for column in found]
    return [
        replace(column, title=translate(_("{name} (dataset)"), language).format(name=column.title))
        if column.group == "dataset" and titles.count(column.title) > 1
        else column
        for column in found
    ]


def _axis(axis: Axis, group: Literal["dimension", "dataset"], language: Language) -> Column:
    return Column(axis.column, axis.heading(language), "points", axis.title.text(language), group)


def badges(row: Mapping[str, Any], language: Language) -> list[str]:
    """Return what is to be known of an entry beside its name, from its MARKS."""
    found = [
        (row["baseline"], BASELINES.get(row["provenance"], _("Baseline"))),
        (row["anonymous"], _("Anonymous")),
        (row["skipped"], _("Skipped items")),
    ]
    return [translate(text, language) for marked, text in found if marked]


def possible_ranks(row: dict[str, Any]) -> str:
    """Return which ranks the paired tests leave an entry; empty where it was not tested."""
    best, worst = row["rank_best"], row["rank_worst"]
    if pd.isna(best):
        return ""
    return f"{best:.0f}" if best == worst else f"{best:.0f}–{worst:.0f}"


def shown_as(column: Column, row: dict[str, Any], language: Language) -> str:
    """Return the text of one cell."""
    if column.kind == "model":
        return str(row[f"name_{language}"])
    value = row[column.id]
    if value is None or value is pd.NA or value == "" or value != value:
        return ""
    if column.kind == "points":
        return f"{100 * value:.1f}"
    if column.kind == "day":
        return str(value)[:10]
    if column.kind in ("rank", "count"):
        return f"{value:.0f}"
    names = {"access": ACCESS, "provenance": PROVENANCE}.get(column.id)
    return translate(names[value], language) if names and value in names else str(value)


def records(
    entries: pd.DataFrame, shown: Sequence[Column], language: Language
) -> list[dict[str, Any]]:
    """Return entries as a download holds them: the shown columns, points to one decimal.

    The interval follows each score, and the possible ranks the rank.
    """
    return [_record(row, shown, language) for row in rows(entries, needed(shown, language))]


def needed(shown: Iterable[Column], language: Language) -> list[str]:
    """Return which columns of the entries the cells of these columns are made of."""
    found = [f"name_{language}", "rank_best", "rank_worst"]
    for column in shown:
        ends = ("", "/low", "/high") if column.kind == "points" else ("",)
        found += [f"{column.id}{end}" for end in ends]
    return found


def _record(row: dict[str, Any], shown: Sequence[Column], language: Language) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in shown:
        text = shown_as(column, row, language)
        if column.kind != "points":
            found[column.title] = int(text) if column.kind in ("rank", "count") and text else text
            if column.kind == "rank":
                found[translate(_("Possible ranks"), language)] = possible_ranks(row)
            continue
        found[column.title] = float(text) if text else None
        for end, title in (("low", _("{column}, low")), ("high", _("{column}, high"))):
            value = row[f"{column.id}/{end}"]
            name = translate(title, language).format(column=column.title)
            found[name] = None if pd.isna(value) else round(100 * value, 1)
    return found


def as_csv(table: Sequence[dict[str, Any]]) -> bytes:
    """Return a table as CSV that spreadsheets open, and in which no cell can be a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if table:
        writer.writerow([_harmless(name) for name in table[0]])
    writer.writerows([[_harmless(value) for value in row.values()] for row in table])
    # With the mark that lets spreadsheets read Chinese.
    return text.getvalue().encode("utf-8-sig")


def as_json(table: Sequence[dict[str, Any]]) -> bytes:
    """Return a table as JSON: a list with an object for each row."""
    return orjson.dumps(list(table), option=orjson.OPT_INDENT_2)


def _harmless(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def notes(snapshot: Snapshot, language: Language) -> list[tuple[str, str]]:
    """Return name and note of the entries that carry one, at most ten."""
    noted = snapshot.noted.head(MOST_NOTES)
    return list(zip(noted[f"name_{language}"], noted[f"note_{language}"], strict=True))
