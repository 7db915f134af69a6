"""What all charts share: names are short and harmless, colours differ, the image has a name."""

from __future__ import annotations

import pytest

from leaderboard.charts.frame import (
    COLOURS,
    CONFIG,
    DASHES,
    ISOLATE,
    MOST_MODELS,
    NAME_CHARACTERS,
    PATTERNS,
    POP,
    SYMBOLS,
    config,
    frame,
    label,
    wrapped,
)
from tests.leaderboard.small_board import LONG, MARKUP, RIGHT_TO_LEFT


@pytest.mark.parametrize("marks", [COLOURS, DASHES, SYMBOLS, PATTERNS])
def test_six_entries_are_told_apart_in_every_way(marks: tuple[str, ...]) -> None:
    assert len(set(marks)) == len(marks) == MOST_MODELS == 6


def brightness(colour: str) -> float:
    """Return how bright a colour of #rrggbb is to the eye, from 0 to 1 (WCAG 2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_is_seen_on_white_and_on_black(colour: str) -> None:
    """At 2 to 1: those of Okabe and Ito that reach no more are told by dash and sign too."""
    bright = brightness(colour)
    assert 1.05 / (bright + 0.05) >= 2
    assert (bright + 0.05) / 0.05 >= 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("GPT", "GPT"),
        (MARKUP, "Best &lt;b&gt;model&lt;/b&gt;"),
        ('a "quoted" & <i>', "a &quot;quoted&quot; &amp; &lt;i&gt;"),
        (RIGHT_TO_LEFT, RIGHT_TO_LEFT),
        (36 * "x", 36 * "x"),
        (37 * "x", 35 * "x" + "…"),
        (36 * "<", 36 * "&lt;"),  # cut before it is escaped
        (37 * "&", 35 * "&amp;" + "…"),
        (7, "7"),
    ],
)
def test_a_name_is_short_and_no_markup(name: object, shown: str) -> None:
    assert label(name) == f"{ISOLATE}{shown}{POP}"


def test_a_name_of_two_hundred_characters_is_cut() -> None:
    assert len(LONG) == 200
    assert len(label(LONG)) == NAME_CHARACTERS + 2


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Safety", "Safety"),
        ("Reading of reports", "Reading of<br>reports"),
        ("Incomprehensibilities", "Incomprehensibilities"),
        ("医学知识问答", "医学知识<br>问答"),
        ("<b>", "&lt;b&gt;"),
        ("", ""),
    ],
)
def test_a_title_is_broken_for_a_phone(title: str, lines: str) -> None:
    assert wrapped(title) == lines


def test_an_image_is_saved_under_its_name() -> None:
    found = config("radar-main")
    assert found["toImageButtonOptions"] == {"format": "png", "scale": 2, "filename": "radar-main"}
    assert found["displayModeBar"] is True
    assert "toImage" not in found["modeBarButtonsToRemove"]
    assert "filename" not in CONFIG["toImageButtonOptions"], "the next chart has its own"


def test_a_legend_stands_where_one_is_wanted() -> None:
    assert frame("T", 100, legend_below=0.2)["showlegend"] is True
    assert frame("T", 100)["showlegend"] is False
