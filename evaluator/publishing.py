"""Publishing boards: what a phase lets be told now, written for everybody to read."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.board import (
    MOST_PARTS,
    Findings,
    describe,
    history_folder,
    history_path,
    pairs_path,
    pairs_table,
    snapshot_path,
    snapshot_table,
)
from evaluator.challenge import Challenge
from evaluator.difficulty import FEWEST_ENTRIES, FEWEST_ON_HIDDEN, item_analysis
from evaluator.feedback import told
from evaluator.metrics.metric import Array
from evaluator.pairs import Pairs, compare, detectable, places
from evaluator.phase import Phase
from evaluator.ranking import by_model, entries, fitting, is_baseline, standing_entries
from evaluator.records import Finished
from evaluator.replacing import replacing
from evaluator.results import weights
from evaluator.sharing import addresses
from evaluator.store import Store
from evaluator.track import Track
from evaluator.withdrawal import Tombstone

# The paired tests of more entries would be too many to adjust for; the best are tested.
MOST_TESTED = 200

log = logging.getLogger(__name__)


def publish_board(
    store: Store,
    challenge: Challenge,
    folder: Path,
    track_id: str,
    phase_id: str,
    moment: datetime | None = None,
    *,
    results_url: str = "",
) -> Path:
    """Write the snapshot of one phase and its paired tests anew; return the snapshot's path.

    It shows what the phase lets be told at a moment, by default now: before the board is visible no
    entry, and of rounded scores neither paired tests nor item analysis, which would tell the
    digits. The last snapshot of each day is kept. `results_url` is where the public finds the
    repository of results, with the predictions that teams share.
    """
    moment = moment or datetime.now(UTC)
    track = challenge.track(track_id)
    phase = track.phase(phase_id)
    shown, rows = _rows(store, track, phase, moment)
    shared = addresses(shown, track, phase, moment, results_url)
    for row in rows:
        row["predictions"] = shared.get(row["submission"], "")
    exact = phase.told(moment) != "rounded"
    tested = [row for row in rows if row["compared"] and exact][:MOST_TESTED]
    moved = [store.scores.influences(row["submission"]) for row in tested]
    pairs = _compare(track, tested, moved)
    _place(tested, pairs)
    everywhere = [(one.id, part.id) for one in challenge.tracks.values() for part in one.entered]
    found = Findings(
        detectable(pairs),
        _difficulty(track, phase, tested, moved),
        store.participation([(track.id, phase.id)]),
        store.participation(everywhere),
        *_made_of(track, shown),
        list(challenge.tracks).index(track.id),
    )
    table = snapshot_table(rows, track, describe(track, phase, moment, found))
    replace_table(pairs_path(folder, track_id, phase_id), pairs_table(pairs, tested))
    path = snapshot_path(folder, track_id, phase_id)
    replace_table(path, table)
    _keep_day(folder, track_id, phase_id, moment, table)
    return path


def _rows(
    store: Store, track: Track, phase: Phase, moment: datetime
) -> tuple[list[Finished], list[dict[str, Any]]]:
    """Return the entries of a board as they may be shown at a moment, and their rows."""
    if not phase.is_visible(moment):
        return [], []
    found = fitting(store, track, phase)
    shown = [
        one._replace(result=result)
        for one in standing_entries(store, track, phase, moment, found)
        if (result := told(one.result, phase, moment))
    ]
    tries = by_model(found)
    of_entry = {one.record.id: tries[model] for one in shown for model in by_model([one])}
    rows = entries(shown)
    for row in rows:
        # Stays the same when the model is submitted again, so that links to it go on working.
        row["entry"] = of_entry[row["submission"]][0].record.id
        row["tries"] = len(of_entry[row["submission"]])
        row["earlier"] = [
            {"submitted_at": one.record.created_at, "overall": result.overall.value}
            for one in of_entry[row["submission"]]
            # A private part tells of the submission that stands alone, not of every try.
            if phase.part_of is None or one.record.id == row["submission"]
            if (result := told(one.result, phase, moment))
        ]
    return shown, rows


def _place(tested: Sequence[dict[str, Any]], pairs: Pairs) -> None:
    """Say of each ranked entry which ranks the tests leave it among the ranked."""
    ranked = [number for number, row in enumerate(tested) if not is_baseline(row)]
    among = pairs.among(ranked)
    for number, place in zip(ranked, places(among, range(len(ranked))), strict=True):
        tested[number].update(rank_best=place.best, rank_worst=place.worst, group=place.group)


def _compare(
    track: Track, tested: Sequence[dict[str, Any]], moved: Sequence[dict[str, Array]]
) -> Pairs:
    """Return the paired tests of entries of one board, best first."""
    return compare(
        np.array([row["overall"] for row in tested]),
        [_influences(moved, dataset.id) for dataset in track.datasets],
        list(weights(track).values()),
    )


def _difficulty(
    track: Track, phase: Phase, tested: Sequence[dict[str, Any]], moved: Sequence[dict[str, Array]]
) -> dict[str, dict[str, Any]]:
    """Return the item analysis of the datasets that have enough entries and items for one."""
    fewest = FEWEST_ENTRIES if phase.references == "open" else FEWEST_ON_HIDDEN
    found = {
        dataset.id: item_analysis(
            np.array([row[f"dataset/{dataset.id}"] for row in tested]),
            _influences(moved, dataset.id),
            fewest,
        )
        for dataset in track.datasets
    }
    return {name: analysis for name, analysis in found.items() if analysis}


def _influences(moved: Sequence[dict[str, Array]], dataset_id: str) -> Array:
    """Return the influences on one dataset's score, shape (entries, items)."""
    found = np.array([one[dataset_id] for one in moved])
    return found.reshape(len(moved), -1 if moved else 0)


def _made_of(
    track: Track, shown: Sequence[Finished]
) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """Return how many items each dataset has, and what its score is made of."""
    if not shown:
        return {}, {}
    # The newest: older results may have been scored on other items.
    newest = max(shown, key=lambda one: one.finished_at).result.datasets
    parts = {dataset.id: tuple(newest[dataset.id].parts) for dataset in track.datasets}
    return (
        {dataset.id: newest[dataset.id].items for dataset in track.datasets},
        {name: found if len(found) <= MOST_PARTS else () for name, found in parts.items()},
    )


def _keep_day(
    folder: Path, track_id: str, phase_id: str, moment: datetime, table: pa.Table
) -> None:
    """Keep a snapshot as its day's, unless its entries are those of the last day kept."""
    days = sorted(history_folder(folder, track_id, phase_id).glob("*.parquet"))
    path = history_path(folder, track_id, phase_id, moment.astimezone(UTC).date())
    if days and days[-1] != path and _same_entries(days[-1], table):
        return
    if days or table.num_rows:
        replace_table(path, table)


def _same_entries(path: Path, table: pa.Table) -> bool:
    try:
        return bool(pq.read_table(path).equals(table))
    except (OSError, pa.ArrowException):
        # A damaged day stays for whoever mends it; the new one is kept beside it.
        return False


def forget(folder: Path, gone: Sequence[Tombstone]) -> None:
    """Take withdrawn submissions out of the boards of former days, also as earlier tries."""
    for track, phase in {(one.track, one.phase) for one in gone}:
        here = [one for one in gone if (one.track, one.phase) == (track, phase)]
        for path in sorted(history_folder(folder, track, phase).glob("*.parquet")):
            try:
                table = pq.read_table(path)
            except (OSError, pa.ArrowException) as error:
                log.error("%s cannot be read, so nothing was taken out of it: %s", path, error)
                continue
            kept = pa.Table.from_pylist(list(_left(table, here)), schema=table.schema)
            if not kept.equals(table):
                replace_table(path, kept)


def _left(table: pa.Table, gone: Sequence[Tombstone]) -> Iterator[dict[str, Any]]:
    keys, times = {one.id for one in gone}, {one.created_at for one in gone}
    for row in table.to_pylist():
        if row["submission"] in keys:
            continue
        # A day of a former version tells no earlier tries.
        if tries := row.get("earlier"):
            row["earlier"] = [one for one in tries if one["submitted_at"] not in times]
        yield row


def replace_table(path: Path, table: pa.Table) -> None:
    """Write a table to a file all at once."""
    with replacing(path) as draft:
        pq.write_table(table, draft)


def remove_other_boards(folder: Path, boards: Sequence[tuple[str, str]]) -> None:
    """Delete the snapshots of phases that are no longer served."""
    served = {path(folder, *board) for board in boards for path in (snapshot_path, pairs_path)}
    days = {history_folder(folder, *board) for board in boards}
    for path in folder.glob("*/**/*.parquet"):
        if path not in served and path.parent not in days:
            path.unlink()
