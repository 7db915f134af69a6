"""The cards of all repositories: complete, valid, and silent on what is private."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
import yaml

from evaluator.challenge import load_challenge
from evaluator.depot.card import Kind, card
from evaluator.depot.config import Config, items_path
from evaluator.depot.depot import PUBLIC, Depot
from evaluator.settings import ROOT, HubSettings, Settings
from tests.hub_cards import checked

KINDS: tuple[Kind, ...] = get_args(Kind)
PRIVATE = tuple(kind for kind in KINDS if kind not in PUBLIC)
NAMES = {kind: f"lab/the-{kind}" for kind in KINDS}
CHOSEN = Settings(hub=HubSettings(**NAMES, licence="cc0-1.0"), site_url="https://lab.example")
CONFIGS = [
    Config(track, phase, items_path(track, phase), rows=100)
    for track, phase in load_challenge(ROOT / "challenge").boards()
]


def front(said: str) -> dict[str, Any]:
    """Return the front matter of a card."""
    read: dict[str, Any] = yaml.safe_load(said.split("---\n")[1])
    return read


def test_there_is_one_for_each_repository() -> None:
    assert Depot._fields == KINDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("configs", [[], CONFIGS], ids=["none", "five"])
@pytest.mark.parametrize("chosen", [Settings(), CHOSEN], ids=["by default", "chosen"])
def test_it_is_valid_and_whole(kind: Kind, configs: list[Config], chosen: Settings) -> None:
    said = card(kind, configs, chosen)
    found = checked(said, "dataset")

    assert (found.errors, found.warnings) == ([], [])
    assert found.metadata["language"] == ["zh", "en"]
    assert found.metadata["pretty_name"]
    assert {"license", "tags"} <= found.metadata.keys()
    assert "## Limits · 局限" in said
    assert re.search("## (Submit|Use) · ", said)
    # Every placeholder was filled, by something.
    assert not re.search(r"\{\w+\}|None|\bNAME/", said)
    assert said.endswith("\n") and not said.endswith("\n\n")


@pytest.mark.parametrize("kind", PUBLIC)
def test_a_public_one_leads_to_the_other_and_to_the_site(kind: Kind) -> None:
    said = card(kind, CONFIGS, CHOSEN)
    [other] = set(PUBLIC) - {kind}

    assert front(said)["license"] == "cc0-1.0"
    assert f"https://huggingface.co/datasets/{NAMES[other]}" in said
    assert f'load_dataset("{NAMES[kind]}", "TRACK--PHASE"' in said
    assert "<https://lab.example>" in said
    for private in PRIVATE:
        assert NAMES[private] not in said
    for config in CONFIGS:
        assert f"- `{config.name}`: {config.track.title.en}" in said
        assert config.track.citation in said
        assert config.track.notice
        assert config.track.notice.zh in said


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_one_says_that_it_stays_so(kind: Kind) -> None:
    said = card(kind, (), CHOSEN)

    assert "Never make this repository public" in said
    assert "切勿公开" in said
    assert front(said)["license"] == "other"
    assert "configs" not in front(said)


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        ([999], ["n<1K"]),
        ([999, 1], ["1K<n<10K"]),
        ([999_999], ["100K<n<1M"]),
        ([1_000_000], ["1M<n<10M"]),
        # Not all counted.
        ([5, None], None),
        ([], None),
    ],
)
def test_the_size_is_that_of_all_configs(rows: list[int | None], size: list[str] | None) -> None:
    configs = [CONFIGS[0]._replace(rows=one) for one in rows]
    assert front(card("questions", configs, CHOSEN)).get("size_categories") == size


def test_what_a_track_says_of_itself_is_no_template() -> None:
    odd = CONFIGS[0].track.model_copy(update={"citation": "{site} {0} --- {"})
    assert "{site} {0} --- {" in card("results", [CONFIGS[0]._replace(track=odd)], CHOSEN)
