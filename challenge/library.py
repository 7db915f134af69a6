"""The library: what everybody may see of the tracks, without a screen."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from evaluator.board import about, snapshot_path
from evaluator.challenge import Challenge
from evaluator.description import TrackDescription, describe
from evaluator.errors import NotFound
from evaluator.items import Reference, load_items
from evaluator.pack import question_pack
from evaluator.phase import Phase
from evaluator.store import Store
from evaluator.texts import _
from evaluator.track import Track


class Library:
    """Shows tracks, questions and boards; opens no reference of a phase that hides them."""

    def __init__(self, challenge: Challenge, store: Store, board_dir: Path) -> None:
        self.challenge = challenge
        self._store = store
        self._board_dir = board_dir

    def place(self, track_id: str, phase_id: str) -> tuple[Track, Phase]:
        """Return one track and one of its phases.

        Raises:
            NotFound: there is no such track or phase.
        """
        track = self.challenge.track(track_id)
        return track, track.phase(phase_id)

    def describe(self, track_id: str) -> TrackDescription:
        """Return everything a reader should know of a track.

        Raises:
            NotFound: there is no such track.
        """
        track = self.challenge.track(track_id)
        phases = [(track.id, phase.id) for phase in track.entered]
        moment = datetime.now(UTC)
        # Anew when a phase opens, and when the worker has fetched open references from a Hub.
        there = tuple(
            (self.challenge.items_folder(track, phase, dataset) / Reference.FILE).is_file()
            for phase in track.entered
            for dataset in track.datasets
            if phase.references == "open" and phase.has_opened(moment)
        )
        return self._description(track_id, there)._replace(
            participation=self._store.participation(phases)
        )

    @lru_cache(maxsize=64)  # noqa: B019 - the library lives as long as its process
    def _description(self, track_id: str, _there: tuple[bool, ...]) -> TrackDescription:
        return describe(self.challenge, self.challenge.track(track_id))

    def image(self, track_id: str, phase_id: str, dataset_id: str, name: str) -> Path:
        """Return where an image lies that belongs to a question of a phase that has opened.

        Raises:
            NotFound: there is no such image to be seen.
        """
        track, phase = self.place(track_id, phase_id)
        known = {dataset.id: dataset for dataset in track.datasets}
        seen = phase.part_of is None and phase.has_opened(datetime.now(UTC))
        if dataset_id in known and seen:
            for part in track.parts(phase):
                folder = self.challenge.items_folder(track, part, known[dataset_id])
                if any(name in images for images in self._images(folder).values()):
                    return folder / name
        raise NotFound(_("There is no image {name}."), name=name[:80])

    def images(self, track_id: str, phase_id: str) -> dict[str, dict[str, tuple[str, ...]]]:
        """Return the images of the items that have any, by dataset and item."""
        track, phase = self.place(track_id, phase_id)
        return {
            dataset.id: self._images(self.challenge.items_folder(track, phase, dataset))
            for dataset in track.datasets
        }

    @lru_cache(maxsize=256)  # noqa: B019 - the library lives as long as its process
    def _images(self, folder: Path) -> dict[str, tuple[str, ...]]:
        return {item.id: item.images for item in load_items(folder) if item.images}

    def board(self, track_id: str, phase_id: str) -> dict[str, Any]:
        """Return the published snapshot of one phase: what it is about, and its entries.

        Raises:
            NotFound: there is no such track or phase.
        """
        track, phase = self.place(track_id, phase_id)
        path = snapshot_path(self._board_dir, track.id, phase.id)
        if not path.exists():
            return {"about": None, "entries": []}
        found = pq.read_table(path)
        return {"about": about(found.schema), "entries": found.to_pylist()}

    def pack(self, track_id: str, phase_id: str) -> bytes:
        """Return the question pack of one phase as a zip.

        Raises:
            NotFound: there is no such track or phase, or it has not opened.
        """
        track, phase = self.place(track_id, phase_id)
        if phase.part_of or not phase.has_opened(datetime.now(UTC)):
            raise NotFound(_("Phase “{phase}” has no questions to download yet."), phase=phase_id)
        return self._pack(track.id, phase.id)

    @lru_cache(maxsize=8)  # noqa: B019 - the library lives as long as its process
    def _pack(self, track_id: str, phase_id: str) -> bytes:
        return question_pack(self.challenge, *self.place(track_id, phase_id))
