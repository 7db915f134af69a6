"""The card of the repository of results: what a reader of the Hub must know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from evaluator.phase import Phase
from evaluator.track import Track

TEXT = Path(__file__).with_name("card.md")


def card(boards: Sequence[tuple[Track, Phase]], licence: str) -> str:
    """Return the card, with a config for each board; the licence is one the Hub knows."""
    configs = [
        {
            "config_name": f"{track.id}--{phase.id}",
            "data_files": [{"split": "entries", "path": f"boards/{track.id}/{phase.id}.parquet"}],
        }
        for track, phase in boards
    ]
    front = {
        "license": licence,
        "language": ["zh", "en"],
        "pretty_name": "Results of an open challenge of medical LLMs",
        "tags": ["leaderboard", "medical"],
        **({"configs": configs} if configs else {}),
    }
    lines = [
        f"- `{track.id}--{phase.id}`: {track.title.en} · {phase.title.en} ({track.title.zh} · "
        f"{phase.title.zh})"
        for track, phase in boards
    ]
    cited = dict.fromkeys(track.citation for track, _phase in boards if track.citation)
    citations = "## Citation\n\n" + "\n\n".join(cited) + "\n" if cited else ""
    said = TEXT.read_text("utf-8").format(
        boards="".join(f"{line}\n" for line in lines), citations=citations
    )
    written = yaml.safe_dump(front, allow_unicode=True, sort_keys=False)
    return f"---\n{written}---\n\n{said}"
