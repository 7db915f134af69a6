"""What the portal shows, as HTML: every value is escaped by the template engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from challenge.desk import Standing
from challenge.identity import Mode
from challenge.safekeeping import NOT_KEPT
from challenge.window import Window
from evaluator.challenge import Challenge
from evaluator.description import FORMS, TrackDescription
from evaluator.entry import Entry
from evaluator.errors import EvaluatorError
from evaluator.metrics import METRICS
from evaluator.problems import SubmissionRefused
from evaluator.records import Record
from evaluator.settings import HUB_PAGES
from evaluator.submission import Reading
from evaluator.texts import Language, Sentence, _, moment_text, translate
from evaluator.track import Track

TEMPLATES = Path(__file__).parent / "templates"
STATUS_TEXTS = {
    "queued": _("Queued"),
    "scoring": _("Scoring"),
    "finished": _("Finished"),
    "failed": _("Failed"),
    "withdrawn": _("Withdrawn"),
}

JUDGE_STATES = {
    "judged": _("judged"),
    "partly_judged": _("judged in part; the judge failed on the rest"),
    "failed": _("the judge failed; nothing is judged"),
    "not_configured": _("no judge is set up"),
}

# BLEU has ten; only metrics with columns for each class have more.
MOST_STATISTICS = 12
KINDS = {"must": _("must be said"), "forbidden": _("must not be said")}
CONTRADICTIONS = {
    "negation": _("denied there"),
    "side": _("another side there"),
    "direction": _("the other way round there"),
    "number": _("another number there"),
    "drug": _("this drug is not named"),
}


def header(language: Language, how: Mode, username: str | None) -> str:
    """Return the page's head: what this is, where the board is, who reads, the other language."""
    return _render("header.html", language, how=how, username=username)


def track(
    language: Language,
    challenge: Challenge,
    description: TrackDescription,
    windows: Sequence[Window],
) -> str:
    """Return the page of a track: its phases as they stand, and a card for each dataset."""
    return _render(
        "track.html",
        language,
        challenge=challenge,
        track=description.track,
        description=description,
        windows=windows,
    )


def guide(language: Language, track: Track, limit_megabytes: int) -> str:
    """Return how to submit, with the formats."""
    return _render("guide.html", language, track=track, limit=limit_megabytes)


def window(language: Language, track: Track, found: Window) -> str:
    """Return how a phase stands: its question pack, its times, and what is left of the quota."""
    return _render("window.html", language, track=track, window=found)


def report(language: Language, reading: Reading) -> str:
    """Return what is said of a file that can be submitted."""
    return _render("valid.html", language, reading=reading)


def refusal(language: Language, refused: SubmissionRefused) -> str:
    """Return every problem of a refused file."""
    return _render("refused.html", language, refused=refused)


def failure(language: Language, error: EvaluatorError | Sentence) -> str:
    """Return one sentence about what cannot be done."""
    return _render("failure.html", language, sentence=error.text(language))


def standing(
    language: Language,
    found: Standing,
    track: Track,
    items: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    images: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    *,
    own: bool = False,
) -> str:
    """Return where a submission stands, and its result with single items where they are given.

    `images` are the paths of the images of items, by dataset and item. Only where it is the
    reader's `own` is an anonymous model named.
    """
    return _render(
        "standing.html",
        language,
        record=found.record,
        position=found.position,
        result=found.result,
        track=track,
        items=items or {},
        images=images or {},
        own=own,
        part_failed=found.part_failed,
        not_kept=None if found.kept else NOT_KEPT,
        untold=found.told == "none",
        rounded=found.told == "rounded",
        status=STATUS_TEXTS[found.record.status],
    )


def submissions(language: Language, records: Sequence[Record]) -> str:
    """Return a team's submissions as a table."""
    return _render("submissions.html", language, records=records, statuses=STATUS_TEXTS)


def reveal(language: Language, entry: Entry) -> str:
    """Return the question whether an anonymous entry is to be revealed."""
    return _render("reveal.html", language, entry=entry)


def withdraw(language: Language, record: Record) -> str:
    """Return the question whether a submission is to be withdrawn."""
    return _render("withdraw.html", language, record=record)


def occurring(values: Mapping[str, float]) -> Mapping[str, float]:
    """Return an item's statistics; where each class has some, those of classes that occur in it.

    >>> occurring({"recall": 0.0})
    {'recall': 0.0}
    """
    if len(values) <= MOST_STATISTICS:
        return values
    return {name: value for name, value in values.items() if value}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["metrics"] = METRICS
    environment.globals.update(
        judge_states=JUDGE_STATES, kinds=KINDS, contradictions=CONTRADICTIONS
    )
    environment.globals["forms"] = FORMS
    environment.globals["hub"] = HUB_PAGES
    environment.filters["moment"] = moment_text
    environment.filters["occurring"] = occurring
    environment.filters["points"] = lambda score: f"{100 * score:.1f}"
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment


def _render(name: str, language: Language, **values: object) -> str:
    """Return a template's HTML on one line: a line break could end it for a Markdown reader."""

    def t(template: str, **parts: object) -> str:
        said = translate(template, language)
        return said.format_map(parts) if parts else said

    html = _environment().get_template(name).render(t=t, language=language, **values)
    return " ".join(html.split())
