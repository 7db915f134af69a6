"""Scoring refuses references that nobody could answer, without quoting them."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.challenge import load_challenge
from evaluator.errors import DeclarationError
from evaluator.predictions import Predictions
from evaluator.scoring import Scorer
from tests.folders import mini_challenge, reference, write_lines

ANSWERS = Predictions(
    {
        "Choice": {"1": ("<A>", "<B>"), "2": ("<A>", "<A>")},
        "Report": {"1": ("患者发热三天",), "2": (None,)},
    }
)


def test_a_result_is_worked_by_hand(mini: Path) -> None:
    track = load_challenge(mini).track("mini")
    told: list[tuple[int, int]] = []
    scored = Scorer(load_challenge(mini), track, track.phase("dev")).score(
        ANSWERS, lambda done, total: told.append((done, total))
    )
    # Choice: item 1 right in both copies, item 2 in one; Report: one verbatim, one skipped.
    assert scored.result.datasets["Choice"].value == 0.75
    assert scored.result.datasets["Report"].value == 0.5
    assert scored.result.overall.value == 0.625
    assert scored.result.skipped == 1
    assert told == [(2, 4), (4, 4)]


def test_an_unreadable_reference_is_refused_and_not_quoted(tmp_path: Path) -> None:
    folder = mini_challenge(tmp_path / "challenge")
    lines = [reference(item, "Choice", "秘密的答案") for item in (1, 1, 2, 2)]
    write_lines(folder / "mini" / "Choice" / "references.jsonl", lines)
    challenge = load_challenge(folder)
    track = challenge.track("mini")
    with pytest.raises(DeclarationError, match="id 1 cannot be read as “letter”") as caught:
        Scorer(challenge, track, track.phase("dev")).score(ANSWERS)
    assert "秘密" not in str(caught.value)


def test_items_that_were_changed_are_not_scored(mini: Path) -> None:
    """Where the declaration says which hash they must have."""
    file = mini / "tracks" / "mini.yaml"
    declared = "card: {zh: 写报告。, en: Write.}\n        hashes: {dev: 0123456789ab}"
    file.write_text(file.read_text("utf-8").replace("card: {zh: 写报告。, en: Write.}", declared))
    challenge = load_challenge(mini)
    track = challenge.track("mini")

    Scorer(challenge, track, track.phase("test")).check()
    with pytest.raises(
        DeclarationError, match=r"mini\.yaml, line 23: .*should have the hash 0123456789ab but"
    ):
        Scorer(challenge, track, track.phase("dev")).score(ANSWERS)
