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

    With `judge` a language model grades its open answers as well; its grades rank nothing.
    """

    id: Name
    title: Bilingual
    summary: Bilingual
    phases: tuple[Phase, ...] = Field(min_length=1)
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    judge: bool = False

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

    def dataset(self, dataset_id: str) -> Dataset:
        """Return one dataset, which must exist (a KeyError is a fault of ours)."""
        return {dataset.id: dataset for dataset in self.datasets}[dataset_id]
