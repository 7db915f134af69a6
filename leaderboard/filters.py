"""Which entries of a board are shown, and in what order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evaluator.texts import Language

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMBT])", re.IGNORECASE)
# Billions of parameters that one unit stands for.
_UNITS = {"K": 1e-6, "M": 1e-3, "B": 1.0, "T": 1e3}


@dataclass(frozen=True)
class Filters:
    """What an entry must be to be shown; an empty or None field asks for nothing.

    `least_size` and `most_size` are in billions of parameters, `since` is an ISO date of
    submission, `least` is in points (0 to 100) on the column `on`.
    """

    search: str = ""
    organisations: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    least_size: float | None = None
    most_size: float | None = None
    since: str | None = None
    on: str = "overall"
    least: float = 0.0

    @property
    def ask_for_nothing(self) -> bool:
        """Whether every entry passes, whatever the score that nothing is asked of."""
        return replace(self, on="overall") == Filters()


def size(parameters: str) -> float | None:
    """Return a model's size in billions of parameters, None where it says none.

    >>> size("7B"), size("100B-A6B"), size("1.5 T"), size("big")
    (7.0, 100.0, 1500.0, None)
    """
    found = _SIZE.search(parameters)
    return float(found[1]) * _UNITS[found[2].upper()] if found else None


def sizes(entries: pd.DataFrame) -> pd.Series:
    """Return each entry's size in billions of parameters; NaN where it says none."""
    written = entries["parameters"].fillna("")
    known = {one: size(one) for one in written.unique()}
    return written.map(known).astype("float64")


def passing(entries: pd.DataFrame, filters: Filters, language: Language) -> pd.Series:
    """Return of each entry whether it passes every filter."""
    kept = pd.Series(True, index=entries.index)
    if filters.search:
        wanted = filters.search.casefold()
        names = entries[f"name_{language}"] + "\n" + entries["organisation"].fillna("")
        kept &= names.str.casefold().str.contains(wanted, regex=False)
    for column, wished in (
        ("organisation", filters.organisations),
        ("access", filters.access),
        ("provenance", filters.origins),
    ):
        if wished:
            kept &= entries[column].isin(wished)
    if filters.least_size is not None or filters.most_size is not None:
        known = sizes(entries)
        low, high = filters.least_size or 0.0, filters.most_size
        kept &= known.ge(low) & (known.le(high) if high is not None else known.notna())
    if filters.since:
        kept &= entries["submitted_at"].str[:10] >= filters.since
    if filters.least > 0:
        kept &= (100 * entries[filters.on]).round(1) >= filters.least
    return kept


def order_of(entries: pd.DataFrame, column: str, *, ascending: bool) -> np.ndarray:
    """Return the entries' places, counted from 0, in the order of a column.

    Equal ones stay in the board's order, empty ones are last.
    """
    if column == "rank" and ascending:
        return np.arange(len(entries))
    key = sizes(entries) if column == "parameters" else entries[column]
    if key.dtype == object or isinstance(key.dtype, pd.StringDtype):
        key = key.fillna("").str.casefold().replace("", pd.NA)
    order = key.reset_index(drop=True).sort_values(
        ascending=ascending, na_position="last", kind="stable"
    )
    return order.index.to_numpy()
