"""Reading published snapshots; the board knows nothing else."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.board import (
    ABOUT,
    SCHEMA,
    Participation,
    about,
    history_path,
    pairs_path,
    snapshot_path,
)
from evaluator.errors import EvaluatorError
from evaluator.texts import Bilingual, Language, _, translate

# What older snapshots lack reads as empty.
OLDEST_SCHEMA = 3
T = TypeVar("T")
SIGNATURE = "signature/"
NOBODY = Participation(0, 0, 0)
ANONYMOUS = _("Anonymous {code}")


class SnapshotError(EvaluatorError):
    """A snapshot that this board cannot read."""


@dataclass(frozen=True)
class Axis:
    """A dimension or dataset: its column in the entries, and its title.

    Of a dataset, `dimension` is the one it belongs to, `items` their number where it is known, and
    `parts` the names of what its score is made of.
    """

    column: str
    id: str
    title: Bilingual
    dimension: str = ""
    metric: str = ""
    items: int | None = None
    parts: tuple[str, ...] = ()

    def heading(self, language: Language) -> str:
        """Return a dimension's title, or a dataset's name."""
        return self.title.text(language) if self.column.startswith("dimension/") else self.id


NO_PAIRS = pd.DataFrame(
    columns=["difference", "low", "high", "p", "adjusted_p"],
    index=pd.MultiIndex.from_arrays([[], []], names=["a", "b"]),
)
OVERALL = Axis("overall", "overall", Bilingual(zh=translate(_("Overall"), "zh"), en="Overall"))


@dataclass(frozen=True)
class Snapshot:
    """The board of one phase: `entries` has a row for each entry, best first, scores in 0-1.

    `detectable` is the smallest difference of two entries that a paired test would find, in 0-1.
    Before `visible_from` there are no entries; `rounded_to` is the step, in points, of scores that
    the phase rounds while it is open. `stale` says that a newer snapshot could not be read,
    `version` is another number each time that the board is published. `signatures` has a column for
    each dataset that tells them, and the rows of `entries`.
    """

    track: str
    phase: str
    track_title: Bilingual
    phase_title: Bilingual
    published_at: str
    dimensions: tuple[Axis, ...]
    datasets: tuple[Axis, ...]
    entries: pd.DataFrame
    detectable: float | None
    visible_from: datetime | None = None
    rounded_to: float | None = None
    closes: datetime | None = None
    summary: Bilingual | None = None
    citation: str | None = None
    position: int = 0
    taken_part: Participation = NOBODY
    everywhere: Participation = NOBODY
    difficulty: Mapping[str, Mapping[str, Any]] | None = None
    stale: bool = False
    version: int = 0
    signatures: pd.DataFrame = field(default_factory=pd.DataFrame)

    def title(self, language: Language) -> str:
        """Return track and phase as people call them."""
        return f"{self.track_title.text(language)} · {self.phase_title.text(language)}"

    def datasets_of(self, dimension: str) -> tuple[Axis, ...]:
        """Return the datasets of one dimension."""
        return tuple(axis for axis in self.datasets if axis.dimension == dimension)

    @cached_property
    def organisations(self) -> list[str]:
        """Every organisation that has an entry, in the order of their names."""
        return sorted(set(self.entries["organisation"].fillna("")) - {""})

    @cached_property
    def days(self) -> tuple[date, date]:
        """The days of the first and the last submission, of which there is one at least."""
        submitted = self.entries["submitted_at"].str[:10]
        return date.fromisoformat(submitted.min()), date.fromisoformat(submitted.max())

    @cached_property
    def noted(self) -> pd.DataFrame:
        """The entries that carry a note."""
        return self.entries[self.entries["note_zh"].notna()]

    @cached_property
    def _known(self) -> dict[Hashable, Any]:
        return {}

    def once(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """Return what was worked out of this very board before under a key, else work it out."""
        if key not in self._known:
            self._known[key] = work_out()
        return cast(T, self._known[key])

    def rows(self, places: np.ndarray, names: Iterable[str]) -> list[dict[str, Any]]:
        """Return some columns of the entries at these places, row by row."""
        return _by_row({name: self._values(name)[places].tolist() for name in names})

    def _values(self, name: str) -> np.ndarray:
        return self.once(("values", name), lambda: self.entries[name].to_numpy())

    def with_entries(self, entries: pd.DataFrame) -> Snapshot:
        """Return the board with some of its entries only."""
        return replace(self, entries=entries)


def rows(entries: pd.DataFrame, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return some columns of entries row by row; pandas' own way takes fifty times as long."""
    return _by_row({name: entries[name].tolist() for name in dict.fromkeys(columns)})


def _by_row(found: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def read_snapshot(folder: Path, track: str, phase: str, day: date | None = None) -> Snapshot:
    """Read the snapshot of one phase, by default as it is now, else as it was at a day's end.

    Raises:
        SnapshotError: it is damaged, or of a newer schema.
    """
    path = history_path(folder, track, phase, day) if day else snapshot_path(folder, track, phase)
    try:
        table = pq.read_table(path)
        written = about(table.schema)
        if not OLDEST_SCHEMA <= written["schema"] <= SCHEMA:
            raise SnapshotError(
                _(
                    "The board of {track} / {phase} was published by another version of this "
                    "software; it appears again when the worker has published it anew."
                ),
                track=track,
                phase=phase,
            )
        return _snapshot(track, phase, table, written)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise SnapshotError(
            _("The board of {track} / {phase} cannot be read just now."), track=track, phase=phase
        ) from error


def read_pairs(folder: Path, track: str, phase: str) -> pd.DataFrame:
    """Return the published paired tests of a phase, by `a` and `b`; none that cannot be read."""
    try:
        found = pq.read_table(pairs_path(folder, track, phase)).to_pandas()
        return found.set_index(["a", "b"])[list(NO_PAIRS.columns)]
    except (OSError, KeyError, pa.ArrowException):
        return NO_PAIRS


def titles(axes: tuple[Axis, ...], language: Language) -> list[str]:
    """Return the titles of axes in one language."""
    return [axis.title.text(language) for axis in axes]


def _snapshot(track: str, phase: str, table: pa.Table, written: Mapping[str, Any]) -> Snapshot:
    dimensions = written["dimensions"]
    return Snapshot(
        track=track,
        phase=phase,
        track_title=Bilingual(**written["track"]["title"]),
        phase_title=Bilingual(**written["phase"]["title"]),
        published_at=written["published_at"],
        dimensions=tuple(_axis("dimension", dimension) for dimension in dimensions),
        datasets=tuple(
            _axis("dataset", dataset, dimension["id"])
            for dimension in dimensions
            for dataset in dimension["datasets"]
        ),
        entries=_entries(table),
        signatures=_signatures(table),
        detectable=written["detectable_difference"],
        visible_from=_time(written["visible_from"]),
        rounded_to=written["rounded_to"],
        closes=_time(written.get("closes")),
        summary=Bilingual(**summary) if (summary := written["track"].get("summary")) else None,
        citation=written.get("citation"),
        position=written["track"].get("position", 0),
        taken_part=Participation(**written.get("participation", NOBODY._asdict())),
        everywhere=Participation(**written.get("everywhere", NOBODY._asdict())),
        difficulty=written.get("difficulty"),
    )


def _entries(table: pa.Table) -> pd.DataFrame:
    """Return the entries; columns that an older snapshot lacks are empty."""
    for known in ABOUT:
        if known.name not in table.column_names:
            table = table.append_column(known, pa.nulls(table.num_rows, known.type))
    names = [name for name in table.column_names if not name.startswith(SIGNATURE)]
    entries = table.select(names).to_pandas()
    texts = entries.select_dtypes("str").columns
    # Rows of plain objects are picked out of many columns far faster than Arrow's strings.
    entries[texts] = entries[texts].astype(object)
    entries["entry"] = entries["entry"].fillna(entries["submission"])
    hidden = entries["anonymous"].fillna(False).astype(bool)
    entries["anonymous"] = hidden
    entries["baseline"] = entries["provenance"] != "participant"
    for language in ("zh", "en"):
        called = translate(ANONYMOUS, language)
        said = entries["model"].map(lambda code, called=called: called.format(code=code))
        entries[f"name_{language}"] = entries["model"].where(~hidden, said)
    # In one piece again, after columns were put in.
    return entries.copy()


def _signatures(table: pa.Table) -> pd.DataFrame:
    """Return the signatures by dataset; of thousands of entries most are the same text."""
    names = [name for name in table.column_names if name.startswith(SIGNATURE)]
    found = table.select(names).to_pandas(categories=names)
    return found.rename(columns=lambda name: name.removeprefix(SIGNATURE))


def _axis(kind: str, written: Mapping[str, Any], dimension: str = "") -> Axis:
    return Axis(
        f"{kind}/{written['id']}",
        written["id"],
        Bilingual(**written["title"]),
        dimension,
        written.get("metric", ""),
        written.get("items"),
        tuple(written.get("parts", ())),
    )


def _time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
