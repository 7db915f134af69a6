"""The figures that stand beside charts and reports: headings, rows and a caption, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from evaluator.reported import NOT_RUN_YET, REPORTED_BY, TRANSLATED, families
from evaluator.reported_file import FIGURES
from evaluator.texts import Language, Sentence, _, translate
from leaderboard.charts.radar import View, radar_values
from leaderboard.snapshot import Axis
from leaderboard.words import VERDICTS, Difference, interval, number, points, signed

# MedBench's five, as short as a table of many columns needs them.
DIMENSION_NAMES = {
    "understanding": _("Understanding"),
    "generation": _("Generation"),
    "knowledge": _("Knowledge"),
    "reasoning": _("Reasoning"),
    "safety": _("Safety"),
}


class Figures(NamedTuple):
    """A table of texts, of which the first column names the row."""

    headings: list[str]
    rows: list[list[str]]
    caption: str


def of_radar(
    chosen: pd.DataFrame,
    axes: Sequence[Axis],
    view: View,
    language: Language,
    everyone: pd.DataFrame | None = None,
) -> Figures:
    """Return what a radar shows: a row for each axis, a column for each entry."""
    values = radar_values(chosen, axes, view, everyone)
    digits = 0 if view == "rank" else 1
    rows = [
        [
            axis.title.text(language),
            *(number(one, digits) for one in values[axis.column]),
        ]
        for axis in axes
    ]
    headings = [translate(_("Axis"), language), *chosen[f"name_{language}"]]
    return Figures(headings, rows, translate(_("The figures of the radar"), language))


def of_bars(chosen: pd.DataFrame, axes: Sequence[Axis], language: Language) -> Figures:
    """Return what bars show: a row for each entry, points with their intervals."""
    rows = [
        [row[f"name_{language}"], *(_with_interval(row, axis) for axis in axes)]
        for row in chosen.to_dict("records")
    ]
    headings = [translate(_("Model"), language), *(axis.title.text(language) for axis in axes)]
    return Figures(headings, rows, translate(_("Points with 95 % intervals"), language))


def of_levels(means: pd.Series, axes: Sequence[Axis], language: Language) -> Figures:
    """Return the relative level of each axis."""
    rows = [
        [axis.title.text(language), number(value)] for axis, value in zip(axes, means, strict=True)
    ]
    headings = [translate(_("Axis"), language), translate(_("Mean relative level"), language)]
    return Figures(headings, rows, translate(_("The figures of the chart"), language))


def of_series(table: pd.DataFrame, series: Sequence[str], language: Language) -> Figures:
    """Return what groups of bars show: a row for each group, a column for each of the series."""
    rows = [
        [name, *map(number, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    headings = [translate(_("Model"), language), *series]
    return Figures(headings, rows, translate(_("The figures of the chart"), language))


def of_heat_map(shown: pd.DataFrame, axes: Sequence[Axis], language: Language) -> Figures:
    """Return what a heat map shows: a row for each entry, a column for each dataset."""
    rows = [
        [row[f"name_{language}"], *(points(row[axis.column]) for axis in axes)]
        for row in shown.to_dict("records")
    ]
    headings = [translate(_("Model"), language), *(axis.heading(language) for axis in axes)]
    return Figures(headings, rows, translate(_("Points from 0 to 100"), language))


def of_differences(
    found: Sequence[tuple[str, Difference]], caption: str, language: Language
) -> Figures:
    """Return how named entries differ from one other, and how sure that is."""
    headings = [
        translate(text, language)
        for text in (
            _("Model"),
            _("Difference in points"),
            _("95 % interval of this pair"),
            _("Adjusted p"),
            _("Verdict"),
        )
    ]
    return Figures(headings, [[name, *_difference(one, language)] for name, one in found], caption)


def reported_versions(published: pd.DataFrame, language: Language) -> Iterator[Figures]:
    """Yield the figures reported elsewhere, a table for each version of the benchmark."""
    headings = [
        translate(text, language)
        for text in (
            *(_("Model"), _("Organisation"), _("Overall"), *DIMENSION_NAMES.values()),
            *(_("Board"), _("Date"), _("Source"), _("Note")),
        )
    ]
    figured = published[published[list(FIGURES)].notna().any(axis=1)]
    for benchmark, rows in figured.groupby("benchmark", sort=False):
        name = Sentence(_("Benchmark version: {name}"), {"name": _own(str(benchmark), language)})
        lines = [_reported(row, language) for row in rows.to_dict("records")]
        yield Figures(headings, lines, name.text(language))


def not_run(published: pd.DataFrame, language: Language) -> list[str]:
    """Return in sentences which families have no figure, with the note on why."""
    unrun = {name for name, known in families(published).items() if not known}
    rows = published[published["family"].isin(unrun)].drop_duplicates("family")
    said = translate(NOT_RUN_YET, language)
    return [
        f"{row['family']}: {said}. {row[f'note_{language}'] or ''}".strip()
        for row in rows.to_dict("records")
    ]


def _reported(row: dict[str, Any], language: Language) -> list[str]:
    return [
        row["model"],
        row["organisation"] or "–",
        *(number(row[one]) for one in ("overall", *DIMENSION_NAMES)),
        _own(row["board"], language),
        row["date"],
        Sentence(REPORTED_BY, {"source": row["source"]}).text(language),
        row[f"note_{language}"] or "–",
    ]


def _own(value: str, language: Language) -> str:
    """Translate the few values that are words of ours."""
    return translate(value, language) if value in TRANSLATED else value


def _difference(found: Difference, language: Language) -> list[str]:
    ends, p = "–", "–"
    if found.low is not None and found.high is not None:
        ends = f"{signed(found.low)} … {signed(found.high)}"
        p = "< 0.001" if (found.adjusted_p or 0) < 0.001 else f"{found.adjusted_p:.3f}"
    return [signed(found.points), ends, p, translate(VERDICTS[found.verdict], language)]


def _with_interval(row: dict[str, Any], axis: Axis) -> str:
    low, high = row[f"{axis.column}/low"], row[f"{axis.column}/high"]
    value = points(row[axis.column])
    return value if pd.isna(low) else f"{value} ({interval(low, high)})"
