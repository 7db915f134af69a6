"""What a challenge is: tracks declared as YAML, their phases, dimensions and datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evaluator.errors import DeclarationError, NotFound
from evaluator.texts import Bilingual, _

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
SetConvention = Literal["letter", "labels", "entities", "relations", "events", "corrections"]
Convention = Literal["text", SetConvention, "sections", "fields"]

ChoiceMetric = Literal["accuracy", "robust_accuracy"]
SetMetric = Literal["exact_match", "micro_f1", "macro_f1"]
RecordMetric = Literal["field_accuracy", "section_f1"]
TextMetric = Literal["bleu", "rouge_l", "macro_recall", "bertscore", "combined"]
MetricName = Literal[ChoiceMetric, SetMetric, RecordMetric, TextMetric]

CONVENTIONS: Mapping[MetricName, tuple[Convention, ...]] = {
    **dict.fromkeys(get_args(ChoiceMetric), ("letter",)),
    **dict.fromkeys(get_args(SetMetric), get_args(SetConvention)),
    "macro_f1": ("letter", "labels", "corrections"),
    "field_accuracy": ("fields",),
    "section_f1": ("sections",),
    **dict.fromkeys(get_args(TextMetric), ("text", "sections")),
}


class Declaration(BaseModel):
    """Base of everything a YAML file declares: frozen, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


D = TypeVar("D", bound=Declaration)


class MetricSettings(Declaration):
    """How a dataset is scored; `recall_weight` (0 to 1) is the w of the combined metric."""

    name: MetricName
    recall_weight: Annotated[float, Field(ge=0, le=1)] = 0.8
    encoder: str = "packaged"


class Dataset(Declaration):
    """One set of items: what it is called, how it is scored, what its card says.

    `convention` is the form of its answers. `labels` is the closed set they are taken from, where
    there is one: letters, classes, kinds of error, categories of entities, headings or fields.
    """

    id: Name
    title: Bilingual
    metric: MetricSettings
    convention: Convention = "text"
    labels: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    card: Bilingual

    @model_validator(mode="after")
    def _metric_and_convention_fit(self) -> Dataset:
        name, fitting = self.metric.name, CONVENTIONS[self.metric.name]
        if self.convention not in fitting:
            raise ValueError(
                f"dataset {self.id}: {name} cannot score the convention {self.convention}; "
                f"give it one of {', '.join(fitting)}, or another metric"
            )
        if name == "macro_f1" and not self.labels:
            raise ValueError(
                f"dataset {self.id}: macro_f1 averages over classes; name them all under labels"
            )
        repeated = sorted({label for label in self.labels if self.labels.count(label) > 1})
        if repeated:
            raise ValueError(f"dataset {self.id}: label named twice: {', '.join(repeated)}")
        return self


class Dimension(Declaration):
    """One axis of the radar: the plain mean of its datasets."""

    id: Name
    title: Bilingual
    datasets: tuple[Dataset, ...] = Field(min_length=1)


class Phase(Declaration):
    """One window of a track; `references: hidden` keeps answers from the web process.

    `folder` is where its items lie in the challenge, by default the track's id.
    """

    id: Name
    title: Bilingual
    references: Literal["open", "hidden"]
    folder: str | None = None


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


def read_declaration(file: Path, kind: type[D]) -> D:
    """Read one YAML file as a declaration of that kind.

    Raises:
        DeclarationError: with file and field of every fault.
    """
    try:
        return kind.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DeclarationError(
            _("{file} is not readable YAML in UTF-8: {error}"), file=file, error=error
        ) from error
    except ValidationError as error:
        raise DeclarationError(
            _("{file} does not declare what it should: {faults}."), file=file, faults=faults(error)
        ) from error


def faults(error: ValidationError) -> str:
    """Return field and fault of everything pydantic refused, without the refused values."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or error.title}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )
