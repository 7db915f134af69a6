"""The page of a track as Markdown, for a terminal or a README."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.dataset import Dataset
from evaluator.description import FORMS, DatasetDescription, TrackDescription
from evaluator.metrics import METRICS
from evaluator.texts import Language, Sentence, _, translate


def page(description: TrackDescription, language: Language) -> str:
    """Return everything a reader should know of a track, in one language."""
    return "\n".join(_lines(description, language)) + "\n"


def _lines(description: TrackDescription, language: Language) -> Iterator[str]:
    track = description.track

    def t(template: str, **values: object) -> str:
        return Sentence(template, values).text(language)

    yield f"# {track.title.text(language)} ({track.id})"
    yield from ("", track.summary.text(language))
    if track.notice:
        yield from ("", f"> {track.notice.text(language)}")
    for label, names in (
        (_("Organised by"), track.organisers),
        (_("Built with"), track.co_builders),
    ):
        if names:
            joined = translate(_(", "), language).join(name.text(language) for name in names)
            yield from ("", f"{translate(label, language)} {joined}{translate(_('. '), language)}")
    if description.participation:
        took = description.participation._asdict()
        said = _("{teams} team(s), {models} model(s), {submissions} submission(s) so far.")
        yield from ("", t(said, **took))
    yield from ("", f"## {t(_('Phases'))}", "")
    for phase in track.phases:
        facts = " ".join(fact.text(language) for fact in phase.facts())
        count = t(_("{count} items"), count=description.items(phase))
        yield f"- {phase.title.text(language)} ({phase.id}), {count}: {facts}"
    if track.rules:
        yield from ("", f"## {t(_('Rules'))}", "", track.rules.text(language))
    yield from ("", f"## {t(_('Datasets'))}")
    for dimension in track.dimensions:
        yield from ("", f"### {dimension.title.text(language)}")
        for dataset in dimension.datasets:
            yield from _card(dataset, description.datasets[dataset.id], language)
    if track.citation:
        yield from ("", f"## {t(_('Citation'))}", "", track.citation)


def _card(dataset: Dataset, found: DatasetDescription, language: Language) -> Iterator[str]:
    metric = METRICS[dataset.metric.name]
    weight = f" (w = {dataset.metric.recall_weight})" if metric.name == "combined" else ""
    counts = ", ".join(
        f"{phase} {count}" + (f" ({found.lines[phase]})" if found.lines[phase] != count else "")
        for phase, count in found.items.items()
    )
    rows = [
        (_("Items (lines)"), counts),
        (_("Answer"), translate(FORMS[dataset.convention], language)),
        (_("Labels"), " · ".join(dataset.labels)),
        (_("Metric"), f"{translate(metric.title, language)}{weight}, {metric.paper}"),
        (_("Prompt"), repr(dataset.prompt)),
        (_("Follows"), "; ".join(dataset.sources)),
        (_("Data"), ", ".join(f"{phase} {digest}" for phase, digest in found.hashes.items())),
    ]
    yield from ("", f"#### {dataset.title.text(language)} ({dataset.id})", "")
    yield from (dataset.card.text(language), "")
    yield from (f"- {translate(label, language)}: {value}" for label, value in rows if value)
    if found.example:
        yield from ("", f"{translate(_('Example'), language)}:", "")
        yield from (f"    {path}" for path in found.example.images)
        yield from (f"    {line}" for line in found.example.prompt.splitlines())
        if found.example.answer is not None:
            yield from ("", f"{translate(_('Expected answer'), language)}:", "")
            yield from (f"    {line}" for line in found.example.answer.splitlines())
