"""A challenge: a folder of tracks and their items."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evaluator.dataset import Dataset
from evaluator.declaration import line_of, read_declaration
from evaluator.errors import DeclarationError, NotFound
from evaluator.items import dataset_hash
from evaluator.phase import Phase
from evaluator.texts import _
from evaluator.track import Track


class Challenge:
    """A folder of tracks: `tracks/*.yaml` and `<track>/<dataset>/{questions,references}.jsonl`.

    `faults` says of each track that cannot be served why, `files` where each is declared.
    `hub_folder` is where items from a Hub are kept on this machine.
    """

    def __init__(
        self,
        folder: Path,
        tracks: dict[str, Track],
        faults: Sequence[DeclarationError] = (),
        hub_folder: Path | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> None:
        self.folder = folder
        self.tracks = tracks
        self.files = dict(files or {})
        self.faults = tuple(faults)
        self._hub_folder = hub_folder

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
        if phase.id in dataset.hub and self._hub_folder:
            # Each revision has a folder of its own: what is served is never written over.
            named = hashlib.sha256(dataset.hub[phase.id].model_dump_json().encode()).hexdigest()
            return self._hub_folder / track.id / phase.id / named[:12] / dataset.id
        return self.folder / (phase.folder or track.id) / dataset.id

    def check_hash(self, track: Track, phase: Phase, dataset: Dataset) -> None:
        """Read what a dataset's items hash to, where the track declares it.

        Raises:
            DeclarationError: they were changed, or cannot be read.
        """
        declared = dataset.hashes.get(phase.id)
        if declared is None:
            return
        found = dataset_hash(self.items_folder(track, phase, dataset))
        if found != declared:
            raise DeclarationError(
                _(
                    "{file}, line {line}: the items of {dataset} should have the hash {declared} "
                    "but have {found}; they were changed. Put them back, or declare the new hash."
                ),
                file=self.files[track.id],
                line=line_of(self.files[track.id], track.loc(dataset.id, "hashes", phase.id)),
                dataset=dataset.id,
                declared=declared,
                found=found,
            )

    def without(self, faults: Mapping[str, DeclarationError]) -> Challenge:
        """Return the challenge without the tracks that have a fault, which it then names."""
        served = {name: track for name, track in self.tracks.items() if name not in faults}
        all_faults = (*self.faults, *faults.values())
        return Challenge(self.folder, served, all_faults, self._hub_folder, self.files)

    def boards(self) -> Iterator[tuple[Track, Phase]]:
        """Yield every phase of every track."""
        for track in self.tracks.values():
            for phase in track.phases:
                yield track, phase


def load_challenge(folder: Path, hub_folder: Path | None = None) -> Challenge:
    """Read the declarations of a challenge folder; a track that is wrong becomes a fault.

    Raises:
        DeclarationError: there is no track, or none that could be read.
    """
    challenge = read_challenge(folder, hub_folder)
    if not challenge.tracks:
        raise challenge.faults[0]
    return challenge


def read_challenge(folder: Path, hub_folder: Path | None = None) -> Challenge:
    """Do the same, but let every track be wrong.

    Raises:
        DeclarationError: nothing is declared.
    """
    files = sorted((folder / "tracks").glob("*.yaml"))
    if not files:
        raise DeclarationError(
            _("{folder} declares no track: put at least one .yaml file into its folder tracks/."),
            folder=folder,
        )
    tracks: dict[str, Track] = {}
    declared: dict[str, Path] = {}
    faults: list[DeclarationError] = []
    for file in files:
        try:
            track = read_declaration(file, Track)
            _check_new(track, tracks, file)
        except DeclarationError as error:
            faults.append(error)
            continue
        tracks[track.id] = track
        declared[track.id] = file
    return Challenge(folder, tracks, faults, hub_folder, declared)


def _check_new(track: Track, tracks: dict[str, Track], file: Path) -> None:
    if track.id in tracks:
        raise DeclarationError(
            _("{file}: track “{track}” is declared in another file too; rename one of them."),
            file=file,
            track=track.id,
        )
