"""Errors found in a report: a list of {错误类型, 修改建议}, or [] where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluator.answers.keyed import keyed_records
from evaluator.answers.labels import read_labels
from evaluator.answers.text import NONE, bare, final_answer, finds_nothing, normalised, says_nothing

_KEYS = {
    **dict.fromkeys(("错误类型", "类型", "错误类别", "error_type", "type"), "kind"),
    **dict.fromkeys(("修改建议", "建议", "修改意见", "suggestion", "correction"), "advice"),
}


class Correction(NamedTuple):
    """An error's kind, normalised or as declared, and how to mend it, normalised."""

    kind: str
    advice: str


NOTHING = (Correction(NONE, ""),)


def read_corrections(text: str, labels: Sequence[str] = ()) -> tuple[Correction, ...] | None:
    """Return the errors in the order written, one of kind 无 where there are none.

    With `labels`, a kind is the label named in what is written; one that names none stays as it
    is, and is wrong.

    >>> read_corrections('[{"错误类型": "错别字", "修改建议": "“左肺”应为“右肺”"}]')
    (Correction(kind='错别字', advice='“左肺”应为“右肺”'),)
    """
    answer = final_answer(text)
    if says_nothing(answer):
        return NOTHING
    records = keyed_records(answer, _KEYS)
    if records is None:
        return NOTHING if finds_nothing(answer) else None
    found = [
        Correction(kind, _advice(record.get("advice")))
        for record in records
        for kind in _kinds(str(record.get("kind") or ""), labels)
    ]
    return tuple(found) or (None if records else NOTHING)


def _kinds(written: str, labels: Sequence[str]) -> list[str]:
    named = read_labels(written, labels)
    return sorted(named) if named else [bare(written)] if bare(written) else []


def _advice(written: object) -> str:
    parts = written if isinstance(written, list) else [written]
    return normalised("；".join(str(part) for part in parts if part is not None))
