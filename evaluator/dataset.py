"""A dataset: one set of items, the form of its answers, and how they are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from evaluator.declaration import Declaration, Name
from evaluator.texts import Bilingual

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


class MetricSettings(Declaration):
    """How a dataset is scored; `recall_weight` (0 to 1) is the w of the combined metric."""

    name: MetricName
    recall_weight: Annotated[float, Field(ge=0, le=1)] = 0.8
    encoder: str = "packaged"


class HubSource(Declaration):
    """Rows of a dataset on a Hub, at a revision (a commit or a tag)."""

    id: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(min_length=1)]
    config: str | None = None
    split: str = "test"


class HubItems(Declaration):
    """Where the questions of a phase lie, and its references, which may be private."""

    questions: HubSource
    references: HubSource


class Dataset(Declaration):
    """One set of items: what it is called, how it is scored, what its card says it tests.

    `prompt` is the text that a model is given, made of {question} and {options}, one a line.
    `sources` are what the set follows. `hub` names by phase where on a Hub its items lie; without
    it they lie in the challenge's folder. `hashes` are those its items must have, by phase.
    `convention` is the form of its answers. `labels` is the closed set they are taken from, where
    there is one: letters, classes, kinds of error, categories of entities, headings or fields.
    """

    id: Name
    title: Bilingual
    metric: MetricSettings
    convention: Convention = "text"
    labels: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    card: Bilingual
    prompt: str = "{question}\n{options}"
    sources: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    hub: Mapping[Name, HubItems] = {}
    hashes: Mapping[Name, Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]] = {}

    @field_validator("prompt")
    @classmethod
    def _prompt_can_be_filled(cls, prompt: str) -> str:
        try:
            used = {name for _text, name, _form, _kind in Formatter().parse(prompt) if name}
        except ValueError as error:
            raise ValueError(f"the prompt cannot be filled in: {error}") from None
        if "question" not in used or used - {"question", "options"}:
            raise ValueError("a prompt holds {question} and may hold {options}, nothing else")
        return prompt

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

    def __hash__(self) -> int:
        # Mappings have none; equality looks at every field.
        return hash((self.id, self.metric, self.convention, self.labels))

    def asked(self, question: str, options: Sequence[str] | None) -> str:
        """Return what a model is given: the prompt, filled in.

        >>> card = Bilingual(zh="", en="")
        >>> metric = MetricSettings(name="accuracy")
        >>> d = Dataset(id="D", title=card, card=card, metric=metric, convention="letter")
        >>> print(d.asked("Which?", ["A. this", "B. that"]))
        Which?
        A. this
        B. that
        """
        return self.prompt.format(question=question, options="\n".join(options or ())).strip()
