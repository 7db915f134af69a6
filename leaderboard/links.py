"""Where the headings and names of a table lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from leaderboard.tables import Column


class Links(NamedTuple):
    """Where a table's headings and names lead; without `model` names are no links.

    `here` is the address of the view, of which a heading changes the order.
    """

    here: Mapping[str, Sequence[str]] = {}
    model: Mapping[str, str] | None = None

    @property
    def sort(self) -> str:
        """Return the column that the view is sorted by."""
        return self.here.get("sort", ["rank"])[-1]

    @property
    def turned(self) -> bool:
        """Whether the order is turned round."""
        return self.here.get("turned", ["0"])[-1] == "1"

    def direction(self, column: Column) -> str:
        """Return how a column is sorted: ascending, descending or none."""
        if column.id != self.sort:
            return "none"
        return "ascending" if column.rises != self.turned else "descending"

    def sorted_by(self, column: Column) -> str:
        """Return the address of this view sorted by a column; twice turns the order round."""
        kept = {one: values for one, values in self.here.items() if one not in ("sort", "turned")}
        turned = column.id == self.sort and not self.turned
        asked = {**kept, "sort": [column.id], **({"turned": ["1"]} if turned else {})}
        return "?" + urlencode(asked, doseq=True)

    def of(self, entry: str) -> str:
        """Return the address of an entry's page."""
        return "model?" + urlencode({**(self.model or {}), "entry": entry})
