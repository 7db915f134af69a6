"""Relations, as in `关系类型：…，头实体：…，尾实体：…。` (CMeIE)."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.answers.keyed import read_keyed
from evaluator.answers.text import NONE, bare

Triple = tuple[str, str, str]

NOTHING = frozenset({(NONE, "", "")})
_KEYS = {
    **dict.fromkeys(("关系类型", "关系", "relation", "predicate"), "relation"),
    **dict.fromkeys(("头实体", "主体", "head", "subject"), "head"),
    **dict.fromkeys(("尾实体", "客体", "tail", "object"), "tail"),
}


def read_relations(text: str, labels: Sequence[str] = ()) -> frozenset[Triple] | None:
    """Return (relation, head, tail) triples of text or JSON; a tail may be a list.

    A record that lacks a part is no triple; {("无", "", "")} where the answer says there is none.

    >>> read_relations("关系类型：药物治疗，头实体：哮喘，尾实体：布地奈德。")
    frozenset({('药物治疗', '哮喘', '布地奈德')})
    """
    return read_keyed(text, _KEYS, _triples, NOTHING)


def _triples(record: dict[str, object]) -> list[Triple]:
    relation, head = (bare(str(record.get(part) or "")) for part in ("relation", "head"))
    tails = record.get("tail") or ""
    found = [bare(str(tail)) for tail in (tails if isinstance(tails, list) else [tails])]
    return [(relation, head, tail) for tail in found if relation and head and tail]
