"""The card of a repository: what a reader of the Hub must know, from a text for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from evaluator.depot.config import Config
from evaluator.settings import HUB_PAGES, Settings

Kind = Literal["questions", "gold", "results", "requests", "predictions"]

TEXTS = Path(__file__).with_name("cards")
FENCE = "---\n"
# The Hub's names for so many rows at most.
SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
LARGEST = "1M<n<10M"


def card(kind: Kind, configs: Sequence[Config], chosen: Settings) -> str:
    """Return the card of a repository, whose configs can be loaded; a private one may have none.

    Its front matter is that of the kind's text, with a licence unless the text names one.
    """
    _nothing, front, text = (TEXTS / f"{kind}.md").read_text("utf-8").split(FENCE, 2)
    stated = {
        "license": chosen.hub.licence,
        **yaml.safe_load(front),
        **_size(configs),
        **({"configs": [config.front() for config in configs]} if configs else {}),
    }
    written = yaml.safe_dump(stated, allow_unicode=True, sort_keys=False)
    said = text.format(
        configs="".join(f"{_line(config)}\n" for config in configs),
        notices="".join(f"\n{notice}\n" for notice in _notices(configs)),
        citations=_citations(configs),
        site=_site(chosen),
        **_siblings(chosen),
    )
    return f"{FENCE}{written}{FENCE}{said.rstrip()}\n"


def _line(config: Config) -> str:
    track, phase = config.track.title, config.phase.title
    rows = "" if config.rows is None else f", {config.rows} rows"
    return f"- `{config.name}`: {track.en} · {phase.en} ({track.zh} · {phase.zh}){rows}"


def _notices(configs: Sequence[Config]) -> list[str]:
    """Return what every reader of a track must know, each track once."""
    tracks = {config.track.id: config.track for config in configs}
    return [
        f"`{track.id}`: {track.notice.en} {track.notice.zh}"
        for track in tracks.values()
        if track.notice
    ]


def _citations(configs: Sequence[Config]) -> str:
    cited = dict.fromkeys(config.track.citation for config in configs if config.track.citation)
    return "\n\n".join(["## Citation · 引用", *cited]) if cited else ""


def _site(chosen: Settings) -> str:
    return f"<{chosen.site_url}>" if chosen.site_url else "the site of the challenge"


def _siblings(chosen: Settings) -> dict[str, str]:
    """Return how the public repositories are spoken of; private ones are not named anywhere."""
    named: dict[str, str] = {}
    for kind, name in (("questions", chosen.hub.questions), ("results", chosen.hub.results)):
        named[f"{kind}_name"] = name or "NAME"
        url = f"{HUB_PAGES}datasets/{name}"
        named[kind] = f"[{name}]({url})" if name else f"the repository of {kind}"
    return named


def _size(configs: Sequence[Config]) -> dict[str, Any]:
    """Return the size in the Hub's words, where all rows have been counted.

    >>> _size([])
    {}
    """
    rows = [config.rows for config in configs if config.rows is not None]
    if not rows or len(rows) < len(configs):
        return {}
    return {"size_categories": [next((SIZES[most] for most in SIZES if sum(rows) < most), LARGEST)]}
