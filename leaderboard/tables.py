"""Tables: entries of a snapshot in, data frames to show out."""

from __future__ import annotations

import pandas as pd

from evaluator.texts import Language, _, translate
from leaderboard.snapshot import Axis, Snapshot

ACCESS = {"open": _("Open weights"), "closed": _("Closed weights")}
PROVENANCE = {"participant": _("Participant"), "recorded": _("Recorded output")}


def board_table(snapshot: Snapshot, language: Language, *, datasets: bool = False) -> pd.DataFrame:
    """Return the board with headings in one language; scores are points from 0 to 100."""
    entries = snapshot.entries
    axes = (*snapshot.dimensions, *(snapshot.datasets if datasets else ()))
    shown = {
        translate(_("Rank"), language): entries["rank"].astype("Int64"),
        translate(_("Model"), language): entries["model"],
        translate(_("Organisation"), language): entries["organisation"],
        translate(_("Overall"), language): 100 * entries["overall"],
        translate(_("95 % interval"), language): _intervals(entries),
        translate(_("Possible ranks"), language): _possible_ranks(entries),
        **{heading(axis, language): 100 * entries[axis.column] for axis in axes},
        translate(_("Access"), language): _named(entries["access"], ACCESS, language),
        translate(_("Parameters"), language): entries["parameters"],
        translate(_("Origin"), language): _named(entries["provenance"], PROVENANCE, language),
        translate(_("Submitted"), language): entries["submitted_at"].str[:10],
    }
    return pd.DataFrame(shown)


def heading(axis: Axis, language: Language) -> str:
    """Return a column's heading: a dimension's title, or a dataset's name."""
    return axis.title.text(language) if axis.column.startswith("dimension/") else axis.id


def notes(snapshot: Snapshot, language: Language) -> list[tuple[str, str]]:
    """Return model and note of the entries that carry one."""
    entries = snapshot.entries
    column = f"note_{language}"
    noted = entries[entries[column].notna()]
    return list(zip(noted["model"], noted[column], strict=True))


def _intervals(entries: pd.DataFrame) -> pd.Series:
    return pd.Series(
        [
            f"{100 * low:.1f} – {100 * high:.1f}"
            for low, high in zip(entries["overall/low"], entries["overall/high"], strict=True)
        ],
        dtype="str",
    )


def _possible_ranks(entries: pd.DataFrame) -> pd.Series:
    """Return which ranks the paired tests leave an entry; empty where it was not tested."""
    places = zip(entries["rank_best"], entries["rank_worst"], strict=True)
    return pd.Series(
        [
            "" if pd.isna(best) else f"{best:.0f}" if best == worst else f"{best:.0f} – {worst:.0f}"
            for best, worst in places
        ],
        dtype="str",
    )


def _named(values: pd.Series, names: dict[str, str], language: Language) -> pd.Series:
    return values.map(lambda value: translate(names[value], language))
