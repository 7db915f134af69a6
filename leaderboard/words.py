"""What figures say in words: a difference, strengths and weaknesses, what changed since a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd

from evaluator.texts import Language, Sentence, _, translate
from leaderboard.charts.frame import ISOLATE, POP
from leaderboard.snapshot import Axis, Snapshot

Verdict = Literal["better", "worse", "open", "untested"]
ALPHA = 0.05
VERDICTS: dict[Verdict, str] = {
    "better": _("better, significant at the 5 % level"),
    "worse": _("worse, significant at the 5 % level"),
    "open": _("no significant difference"),
    "untested": _("not tested"),
}
SHOWN = 3
LEAST = 0.05


class Difference(NamedTuple):
    """How two entries differ overall, first minus second, in points, and how sure that is.

    The interval is of this pair alone; the verdict is of all pairs of the board together (Holm).
    """

    points: float
    low: float | None
    high: float | None
    adjusted_p: float | None
    verdict: Verdict


def difference(first: pd.Series, second: pd.Series, pairs: pd.DataFrame) -> Difference:
    """Return the difference of two entries from the published tests, which may not have it."""
    points = 100 * (first["overall"] - second["overall"])
    a, b = first["submission"], second["submission"]
    for key, sign in (((a, b), 1), ((b, a), -1)):
        if key in pairs.index:
            row = pairs.loc[key]
            low, high = sorted((100 * sign * row["low"], 100 * sign * row["high"]))
            return Difference(
                points, _known(low), _known(high), row["adjusted_p"], _verdict(points, row)
            )
    return Difference(points, None, None, None, "untested")


def _verdict(points: float, row: pd.Series) -> Verdict:
    if pd.isna(row["low"]):
        return "untested"
    if row["adjusted_p"] >= ALPHA:
        return "open"
    return "better" if points > 0 else "worse"


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def strengths(
    snapshot: Snapshot, entry: pd.Series, baseline: pd.Series, found: Difference, language: Language
) -> list[str]:
    """Return in sentences where an entry is ahead of a baseline and where it is behind.

    What is said of dimensions and datasets rests on whether their intervals overlap, which is no
    test, and the sentences say so.
    """
    names = {
        "entry": isolated(entry[f"name_{language}"]),
        "baseline": isolated(baseline[f"name_{language}"]),
    }
    said, starred = [_overall(found, names, language)], False
    for axes, ahead, behind in (
        (
            snapshot.dimensions,
            _("Dimensions in which it is ahead: {list}."),
            _("Dimensions in which it is behind: {list}."),
        ),
        (
            snapshot.datasets,
            _("Datasets on which its lead is largest: {list}."),
            _("Datasets on which it has most to gain: {list}."),
        ),
    ):
        gaps = _gaps(axes, entry, baseline)
        best = [gap for gap in gaps if gap.points > 0][:SHOWN]
        worst = [gap for gap in reversed(gaps) if gap.points < 0][:SHOWN]
        starred = starred or any(gap.clear for gap in (*best, *worst))
        for template, some in ((ahead, best), (behind, worst)):
            if some:
                said.append(Sentence(template, {"list": _listed(some, language)}).text(language))
    if starred:
        clear = _("* The two 95 % intervals do not overlap; parts of the overall are not tested.")
        said.append(translate(clear, language))
    return said


class _Gap(NamedTuple):
    axis: Axis
    points: float
    clear: bool


def _gaps(axes: Sequence[Axis], entry: pd.Series, baseline: pd.Series) -> list[_Gap]:
    """Return the differences on axes that show, largest lead first."""
    found = []
    for axis in axes:
        column = axis.column
        clear = (
            entry[f"{column}/low"] > baseline[f"{column}/high"]
            or entry[f"{column}/high"] < baseline[f"{column}/low"]
        )
        points = 100 * (entry[column] - baseline[column])
        # What rounds to nothing, or has no score on one side, is no difference to name.
        if abs(points) >= LEAST:
            found.append(_Gap(axis, points, bool(clear)))
    return sorted(found, key=lambda gap: -gap.points)


def _listed(gaps: Iterable[_Gap], language: Language) -> str:
    comma = "、" if language == "zh" else ", "
    return comma.join(
        f"{gap.axis.heading(language)} {signed(gap.points)}{'*' if gap.clear else ''}"
        for gap in gaps
    )


def _overall(found: Difference, names: dict[str, Any], language: Language) -> str:
    verdict = Sentence(VERDICTS[found.verdict])
    template = _("{entry} against {baseline}: {points} points overall ({verdict}).")
    values = {**names, "points": signed(found.points), "verdict": verdict}
    return Sentence(template, values).text(language)


def number(value: float, digits: int = 1) -> str:
    """Return a number as it is shown, a dash where there is none.

    >>> number(12.34), number(3.0, 0), number(float("nan"))
    ('12.3', '3', '–')
    """
    return "–" if pd.isna(value) else f"{value:.{digits}f}"


def points(score: float) -> str:
    """Return a score (0 to 1) as it is shown, in points.

    >>> points(0.1234), points(float("nan"))
    ('12.3', '–')
    """
    return number(100 * score)


def interval(low: float, high: float) -> str:
    """Return the ends of a score's interval (0 to 1) as they are shown, in points."""
    return "–" if pd.isna(low) else f"{points(low)} – {points(high)}"


def signed(points: float) -> str:
    """Return points with their sign.

    >>> signed(3.25), signed(-0.04), signed(-2)
    ('+3.2', '0.0', '−2.0')
    """
    if pd.isna(points):
        return "–"
    text = f"{abs(points):.1f}"
    if text == "0.0":
        return text
    return f"{'+' if points > 0 else '−'}{text}"


def isolated(name: str) -> str:
    """Return a name that cannot turn the reading direction of the sentence around it."""
    return f"{ISOLATE}{name}{POP}"


def changes(before: Snapshot, after: Snapshot, language: Language) -> list[str]:
    """Return in sentences what is new, gone or moved on a board since an earlier one."""
    told = ["entry", f"name_{language}", "overall", "rank"]
    old = before.entries[told].set_index("entry")
    new = after.entries[told].set_index("entry")
    said = []
    for ids, entries, template in (
        (new.index.difference(old.index), new, _("New: {names}.")),
        (old.index.difference(new.index), old, _("No longer on the board: {names}.")),
    ):
        if len(ids):
            names = ", ".join(map(isolated, entries.loc[ids, f"name_{language}"].head(20)))
            more = f" (+{len(ids) - 20})" if len(ids) > 20 else ""
            said.append(Sentence(template, {"names": names + more}).text(language))
    said += _moves(old, new, language)
    if not said:
        said.append(translate(_("Nothing changed."), language))
    return said


def _moves(old: pd.DataFrame, new: pd.DataFrame, language: Language) -> list[str]:
    """Return how entries on both boards moved in score or rank."""
    both = new.index.intersection(old.index)
    here, there = old.loc[both], new.loc[both]
    scored = _differ((100 * here["overall"]).round(1), (100 * there["overall"]).round(1))
    moved = both[scored | _differ(here["rank"], there["rank"])]
    said = []
    for one in moved[:20]:
        values = {
            "name": isolated(new.at[one, f"name_{language}"]),
            "before": points(old.at[one, "overall"]),
            "after": points(new.at[one, "overall"]),
            "rank_before": number(old.at[one, "rank"], 0),
            "rank_after": number(new.at[one, "rank"], 0),
        }
        template = _("{name}: {before} → {after} points, rank {rank_before} → {rank_after}.")
        said.append(Sentence(template, values).text(language))
    if len(moved) > 20:
        more = _("And {count} more moved.")
        said.append(Sentence(more, {"count": len(moved) - 20}).text(language))
    return said


def _differ(a: pd.Series, b: pd.Series) -> pd.Series:
    """Where two columns differ; nothing and nothing are the same."""
    return (a != b) & ~(a.isna() & b.isna())
