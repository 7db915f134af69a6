"""How the answers of a baseline were made, as its page shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from evaluator.texts import Language, _, translate
from leaderboard.figures import Figures

# How questions ended, in words.
STATES = {
    "answered": _("answered"),
    "cut_off": _("cut off at the limit of tokens"),
    "refused": _("refused by the model"),
    "filtered": _("kept back by a filter"),
    "unfit": _("not taken by the provider"),
    "skipped": _("skipped: images"),
}


def of_origin(published: object, language: Language) -> Figures | None:
    """Return what was published of where answers come from; None where nothing was."""
    if not isinstance(published, str):
        return None
    rows = [
        [translate(name, language), value]
        for name, value in _facts(orjson.loads(published), language)
        if value
    ]
    headings = [translate(_("Field"), language), translate(_("Value"), language)]
    caption = translate(_("As the harness kept it, or as it was recorded"), language)
    return Figures(headings, rows, caption)


def _facts(origin: Mapping[str, Any], language: Language) -> Iterator[tuple[str, str]]:
    first, last = origin["first"], origin["last"]
    yield _("Days of the answers"), first if first == last else f"{first} – {last}"
    yield _("Interface"), origin.get("provider", "")
    yield _("Model asked for"), origin.get("asked", "")
    yield _("Snapshot that answered"), _counts(origin.get("snapshots", {}))
    yield _("Its fingerprints"), ", ".join(origin.get("fingerprints", ()))
    yield _("Decoding"), _decoding(origin.get("decoding", {}))
    shots = origin.get("shots")
    yield _("Examples before each question"), "" if shots is None else str(shots)
    yield _("Hash of the prompt"), origin.get("prompt_hash", "")
    states = {
        translate(STATES[name], language): count
        for name, count in origin.get("states", {}).items()
        if name in STATES
    }
    yield _("Questions"), _counts(states)
    yield _("Tokens in, out"), _tokens(origin)
    cost = origin.get("cost")
    yield _("Cost (USD)"), "" if cost is None else f"{cost:.2f}"
    yield _("Harness"), origin.get("harness", "").replace("|", ", ")
    yield _("SHA-256 of the outputs"), origin["outputs_hash"]
    yield _("Licence"), origin.get("licence", "")
    yield _("Source"), origin["source"]


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in found.items())


def _tokens(origin: Mapping[str, Any]) -> str:
    tokens = [origin.get(name, 0) for name in ("input_tokens", "output_tokens")]
    return ", ".join(f"{count:,}" for count in tokens) if any(tokens) else ""


def _decoding(found: Mapping[str, Any]) -> str:
    flat = {**found, **found.get("extra", {})}
    flat.pop("extra", None)
    said = {name: value for name, value in flat.items() if value is not None}
    return ", ".join(f"{name} {_plain(value)}" for name, value in said.items())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
