"""Whether every item is right on its own reference, and 0 on an empty answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evaluator.check.finding import Finding, Level, at
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem, Item, Reference
from evaluator.lines import Located
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Statistic, table
from evaluator.texts import _

ALMOST = 1 - 1e-6


def check_own_answers(
    folder: Path,
    items: Sequence[Item],
    references: Mapping[str, Sequence[Located[Reference]]],
    dataset: Dataset,
) -> Iterator[Finding]:
    """Yield items that their own reference does not answer fully, or an empty text in part."""
    if not items:
        return
    metric = METRICS[dataset.metric.name]
    file = folder / Reference.FILE
    # A matcher of meaning can miss a point that a person finds: look at it, and word it closer.
    level: Level = "warning" if metric.uses_encoder else "error"
    right = metric.statistics(_answered(items, references, empty=False), dataset)
    empty = metric.statistics(_answered(items, references, empty=True), dataset)
    for item, own, silent in zip(items, right, empty, strict=True):
        line = references[item.id][0].number
        score = _score(own, dataset)
        if score < ALMOST:
            missed = _missed(own)
            sentence = (
                _("the reference of id {id} scores {points} of 100 on its own item: {missed}.")
                if missed
                else _("the reference of id {id} scores {points} of 100 on its own item.")
            )
            values = {"id": item.id, "points": f"{100 * score:.1f}", "missed": "; ".join(missed)}
            yield at(level, file, line, sentence, **values)
        if _score(silent, dataset) > 0:
            sentence = _("an empty answer to id {id} scores more than 0.")
            yield at("error", file, line, sentence, id=item.id)


def _answered(
    items: Sequence[Item],
    references: Mapping[str, Sequence[Located[Reference]]],
    *,
    empty: bool,
) -> list[AnsweredItem]:
    return [
        AnsweredItem(
            item.id,
            item.copies,
            tuple(one.value for one in references[item.id]),
            tuple("" if empty else one.value.answer for one in references[item.id]),
        )
        for item in items
    ]


def _score(row: Statistic, dataset: Dataset) -> float:
    totals = table([row]).sum(axis=0)
    return float(METRICS[dataset.metric.name].aggregate(totals, dataset)["score"])


def _missed(row: Statistic) -> list[str]:
    """Return the key points that were not found, or were although they are forbidden."""
    found = row.extracted if isinstance(row.extracted, list | tuple) else ()
    return [
        str(match["point"])
        for match in found
        if isinstance(match, Mapping)
        and "covered" in match
        and bool(match["covered"]) == (match["kind"] == "forbidden")
    ]
