"""What was found for each item of a submission, for the team that sent it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from challenge.desk import Desk, Standing
from challenge.identity import Caller
from evaluator.errors import NotAllowed
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Statistic
from evaluator.texts import _


def single_items(
    desk: Desk, submission_id: str | None, caller: Caller
) -> dict[str, list[dict[str, Any]]]:
    """Return what was found for each item, to the team that submitted it, in an open phase.

    Raises:
        NotAllowed: the references are hidden, or the submission is another team's.
        NotFound: there is none of that id.
    """
    record = desk.record(submission_id)
    track, phase = desk.library.place(record.submission.track, record.submission.phase)
    if phase.references != "open":
        raise NotAllowed(_("This phase hides its references, so it shows no single items."))
    if phase.told(datetime.now(UTC)) != "items":
        raise NotAllowed(_("This phase gives no feedback on single items."))
    desk.own(record, caller, _("Only the team that submitted it sees its single items."))
    kept = desk.store.scores.statistics(record.id)
    return {
        dataset.id: [
            _item(row, METRICS[dataset.metric.name].columns(dataset)) for row in kept[dataset.id]
        ]
        for dataset in track.datasets
        if dataset.id in kept
    }


def single_items_if_allowed(
    desk: Desk, found: Standing, caller: Caller
) -> dict[str, list[dict[str, Any]]] | None:
    """Return a finished submission's single items, None where the caller may not see them."""
    if found.result is None:
        return None
    try:
        return single_items(desk, found.record.id, caller)
    except NotAllowed:
        return None


def _item(row: Statistic, columns: tuple[str, ...]) -> dict[str, Any]:
    return {
        "item": row.item,
        "values": dict(zip(columns, row.values, strict=True)),
        "extracted": row.extracted,
        "reading": row.reading,
    }
