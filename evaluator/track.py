"""A track: dimensions of datasets, and the phases in which they are answered."""

from __future__ import annotations

from pydantic import Field, model_validator

from evaluator.dataset import Dataset
from evaluator.declaration import Declaration, Name
from evaluator.errors import NotFound
from evaluator.phase import Phase
from evaluator.texts import Bilingual, _


class Dimension(Declaration):
    """One axis of the radar: the plain mean of its datasets."""

    id: Name
    title: Bilingual
    datasets: tuple[Dataset, ...] = Field(min_length=1)


class Track(Declaration):
    """One challenge with its own ranking.

    `notice` is what every reader of its items and scores must know. With `judge` a language model
    grades its open answers as well; its grades rank nothing.
    """

    id: Name
    title: Bilingual
    summary: Bilingual
    phases: tuple[Phase, ...] = Field(min_length=1)
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    judge: bool = False
    notice: Bilingual | None = None
    rules: Bilingual | None = None
    organisers: tuple[Bilingual, ...] = ()
    co_builders: tuple[Bilingual, ...] = ()
    citation: str = ""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Track:
        for kind, names in (
            ("phase", [p.id for p in self.phases]),
            ("dimension", [d.id for d in self.dimensions]),
            ("dataset", [d.id for d in self.datasets]),
        ):
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                raise ValueError(f"{kind} named twice: {', '.join(repeated)}")
        return self

    @model_validator(mode="after")
    def _hidden_items_are_nowhere_open(self) -> Track:
        folders = {
            kind: {p.folder or self.id for p in self.phases if p.references == kind}
            for kind in ("open", "hidden")
        }
        shared = sorted(folders["open"] & folders["hidden"])
        if shared:
            raise ValueError(
                f"an open and a hidden phase share the items in {', '.join(shared)}; "
                "give the hidden phase a folder of its own"
            )
        return self

    @model_validator(mode="after")
    def _parts_belong_to_a_phase(self) -> Track:
        whole = {phase.id: phase for phase in self.phases if phase.part_of is None}
        for phase in self.phases:
            if phase.part_of is None:
                continue
            if phase.part_of not in whole:
                raise ValueError(
                    f"phase {phase.id} is a part of {phase.part_of}, which is no phase of this "
                    f"track; it has: {', '.join(whole)}"
                )
            if whole[phase.part_of].references == "open":
                raise ValueError(
                    f"phase {phase.id} is a private part of {phase.part_of}, whose references are "
                    "open; hide them there too"
                )
            closes = whole[phase.part_of].closes
            if closes is None or (phase.visible and phase.visible < closes):
                raise ValueError(
                    f"phase {phase.id} would be revealed while {phase.part_of} still takes "
                    f"submissions; let {phase.part_of} close by then"
                )
        folders = [p.folder or self.id for p in self.phases if p.references == "hidden"]
        repeated = sorted({folder for folder in folders if folders.count(folder) > 1})
        if repeated and any(phase.part_of for phase in self.phases):
            raise ValueError(
                f"a private part needs items of its own, but two hidden phases take those in "
                f"{', '.join(repeated)}"
            )
        return self

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """Every dataset, in the order of the dimensions."""
        return tuple(dataset for dimension in self.dimensions for dataset in dimension.datasets)

    def phase(self, phase_id: str) -> Phase:
        """Return one phase.

        Raises:
            NotFound: the track has no such phase.
        """
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        raise NotFound(
            _("Track “{track}” has no phase “{phase}”; it has: {known}."),
            track=self.id,
            phase=phase_id,
            known=", ".join(p.id for p in self.phases),
        )

    @property
    def entered(self) -> tuple[Phase, ...]:
        """The phases that people submit to: all but private parts."""
        return tuple(phase for phase in self.phases if phase.part_of is None)

    def parts(self, phase: Phase) -> tuple[Phase, ...]:
        """Return a phase and its private parts: what one upload answers."""
        return (phase, *self.private_parts(phase))

    def private_parts(self, phase: Phase) -> tuple[Phase, ...]:
        """Return the private parts of a phase."""
        return tuple(part for part in self.phases if part.part_of == phase.id)

    def loc(self, dataset_id: str, *inner: str) -> tuple[str | int, ...]:
        """Return the path of a dataset in the declaration, or of a field within it."""
        for number, dimension in enumerate(self.dimensions):
            for place, dataset in enumerate(dimension.datasets):
                if dataset.id == dataset_id:
                    return ("dimensions", number, "datasets", place, *inner)
        raise KeyError(dataset_id)

    def dataset(self, dataset_id: str) -> Dataset:
        """Return one dataset, which must exist (a KeyError is a fault of ours)."""
        return {dataset.id: dataset for dataset in self.datasets}[dataset_id]
