"""How the answers of a baseline were made, in the words of its page."""

from __future__ import annotations

import pytest

from evaluator.origin import Origin
from leaderboard.origin import of_origin
from tests.leaderboard.small_board import ORIGIN


def test_everything_that_is_known_is_said() -> None:
    found = of_origin(ORIGIN.model_dump_json(exclude_defaults=True), "en")
    assert found
    assert dict(found.rows) == {
        "Days of the answers": "2026-11-01 – 2026-11-02",
        "Interface": "openai: api.example.org",
        "Model asked for": "gpt-<b>",
        "Snapshot that answered": "gpt-<b>-2025-08-07 (1,490), gpt-<b>-2025-08-08 (10)",
        "Its fingerprints": "fp_1",
        # What was left out of the request is left out here.
        "Decoding": "seed 7, max_tokens 4096, effort low",
        "Examples before each question": "0",
        "Hash of the prompt": "0123456789ab",
        "Questions": (
            "answered (1,497), refused by the model (2), cut off at the limit of tokens (1)"
        ),
        "Tokens in, out": "1,234,567, 89",
        "Cost (USD)": "12.35",
        "Harness": "harness:1, openai:3.54.0",
        "SHA-256 of the outputs": "ab" * 32,
        "Licence": "terms",
        "Source": "https://example.org",
    }


def test_what_nobody_recorded_is_left_out() -> None:
    recorded = Origin(first="2024-02", last="2024-02", outputs_hash="0" * 64, source="a paper")
    found = of_origin(recorded.model_dump_json(exclude_defaults=True), "zh")
    assert found
    assert [value for _name, value in found.rows] == ["2024-02", "0" * 64, "a paper"]


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_of_a_participant_nothing_is_told(nothing: object) -> None:
    assert of_origin(nothing, "en") is None
