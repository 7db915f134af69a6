"""A challenge: a folder of tracks and their items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evaluator.dataset import Dataset
from evaluator.declaration import read_declaration
from evaluator.errors import DeclarationError, NotFound
from evaluator.phase import Phase
from evaluator.texts import _
from evaluator.track import Track


class Challenge:
    """A folder of tracks: `tracks/*.yaml` and `<track>/<dataset>/{questions,references}.jsonl`."""

    def __init__(self, folder: Path, tracks: dict[str, Track]) -> None:
        self.folder = folder
        self.tracks = tracks

    def track(self, track_id: str) -> Track:
        """Return one track.

        Raises:
            NotFound: the challenge has no such track.
        """
        if track_id not in self.tracks:
            raise NotFound(
                _("There is no track “{track}”; this challenge has: {known}."),
                track=track_id,
                known=", ".join(self.tracks),
            )
        return self.tracks[track_id]

    def items_folder(self, track: Track, phase: Phase, dataset: Dataset) -> Path:
        """Return where the items of one dataset lie for one phase."""
        return self.folder / (phase.folder or track.id) / dataset.id

    def boards(self) -> Iterator[tuple[Track, Phase]]:
        """Yield every phase of every track."""
        for track in self.tracks.values():
            for phase in track.phases:
                yield track, phase


def load_challenge(folder: Path) -> Challenge:
    """Read and check every track of a challenge folder.

    Raises:
        DeclarationError: no track, a file that is not YAML, or a field that is wrong.
    """
    files = sorted((folder / "tracks").glob("*.yaml"))
    if not files:
        raise DeclarationError(
            _("{folder} declares no track: put at least one .yaml file into its folder tracks/."),
            folder=folder,
        )
    tracks: dict[str, Track] = {}
    for file in files:
        track = read_declaration(file, Track)
        if track.id in tracks:
            raise DeclarationError(
                _("{file}: track “{track}” is declared in another file too; rename one of them."),
                file=file,
                track=track.id,
            )
        tracks[track.id] = track
    return Challenge(folder, tracks)
