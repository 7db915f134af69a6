"""The address: what is noted restores itself, what names nothing is said, nothing is lost."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.address import (
    MOST_CHARACTERS,
    STALE_SECONDS,
    STATE,
    Address,
    Params,
    close_address,
    open_address,
)

# What an address can hold: any text but lone surrogates, which UTF-8 has not.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=MOST_CHARACTERS)
OPTIONS = ["overall", "dimension/safety", "模型", "نموذج", "a&b=c;d", "100 %", "+1", "#"]
# Options need not be texts: None, numbers and texts with their own meaning of `str`.
MIXED: list[object] = [None, 7, "seven"]


def followed(params: Params) -> Address:
    """Return the address of a page opened from elsewhere."""
    return open_address(params, {})


def opened_again(address: Address) -> Address:
    """Return the address as another browser opens it: through its text."""
    return followed(parse_qs(address.query, keep_blank_values=True))


@given(TEXTS)
def test_a_text_restores_itself(text: str) -> None:
    address = followed({})
    address.note("q", text, "")
    assert opened_again(address).text("q") == text


@given(st.sampled_from(OPTIONS), st.sampled_from(OPTIONS))
def test_a_choice_restores_itself(chosen: str, default: str) -> None:
    address = followed({})
    address.note("sort", chosen, default)
    again = opened_again(address)
    assert again.one_of("sort", OPTIONS, default) == chosen
    assert again.unknown == []
    assert ("sort" in address.noted) == (chosen != default), "a default need not be said"


@given(st.lists(st.sampled_from(OPTIONS), unique=True), st.lists(st.sampled_from(OPTIONS)))
def test_choices_restore_themselves_and_their_order(chosen: list[str], default: list[str]) -> None:
    """Also an empty choice where the default is not."""
    address = followed({})
    address.note("col", chosen, default)
    again = opened_again(address)
    assert again.some_of("col", OPTIONS, default) == chosen
    assert again.unknown == []


@given(st.integers(0, 100_000), st.sampled_from([0, 50, 100_000]))
def test_a_number_restores_itself(number: int, default: int) -> None:
    address = followed({})
    address.note("least", f"{float(number):g}", f"{float(default):g}")
    found = opened_again(address).number("least", 0.0, 100_000.0, float(default))
    assert found == pytest.approx(number, rel=1e-5), "six digits"


@given(st.dictionaries(TEXTS, st.lists(TEXTS, min_size=1, max_size=3), max_size=4))
def test_any_view_restores_itself(params: Params) -> None:
    address = followed({})
    for name, values in params.items():
        address.note(name, values)
    assert opened_again(address).params == params


@pytest.mark.parametrize("chosen", MIXED)
def test_options_that_are_no_texts_restore_themselves(chosen: object) -> None:
    address = followed({})
    address.note("one", chosen, "another")
    assert opened_again(address).one_of("one", MIXED, "another") == chosen


@given(TEXTS.filter(lambda text: text not in OPTIONS))
def test_a_value_that_names_nothing_is_said(text: str) -> None:
    address = followed({"sort": [text]})
    assert address.one_of("sort", OPTIONS, "overall") == "overall"
    assert len(address.unknown) == 1
    assert address.unknown[0].startswith(f"sort={text[:20]}")


@pytest.mark.parametrize(
    ("given_values", "found", "unknown"),
    [
        (["overall", "gone"], ["overall"], ["col=gone"]),  # what is known stays chosen
        (["gone", "lost"], ["模型"], ["col=gone", "col=lost"]),  # nothing known: the default
        ([""], [], []),  # said to be empty
        (["", "gone"], ["模型"], ["col=gone"]),
        (["+1", "+1"], ["+1"], []),  # twice is once
        ([60 * "x"], ["模型"], [f"col={40 * 'x'}"]),
    ],
)
def test_several_values_of_which_some_name_nothing(
    given_values: list[str], found: list[str], unknown: list[str]
) -> None:
    address = followed({"col": given_values})
    assert address.some_of("col", OPTIONS, ["模型"]) == found
    assert address.unknown == unknown


@pytest.mark.parametrize(
    ("written", "found", "unknown"),
    [
        ("7", 7.0, []),
        ("2.5", 2.5, []),
        ("", 3.0, []),
        ("-4", 0.0, []),
        ("1e9", 10.0, []),
        ("inf", 10.0, []),
        ("-inf", 0.0, []),
        ("nan", 3.0, ["least=nan"]),
        ("seven", 3.0, ["least=seven"]),
        ("٧", 7.0, []),  # an Arabic seven is a seven
    ],
)
def test_a_number_is_held_within_bounds(written: str, found: float, unknown: list[str]) -> None:
    address = followed({"least": [written]})
    assert address.number("least", 0.0, 10.0, 3.0) == found
    assert address.unknown == unknown


def test_a_long_text_is_cut() -> None:
    assert len(followed({"q": [1000 * "x"]}).text("q")) == MOST_CHARACTERS


def test_of_a_parameter_given_twice_the_last_counts() -> None:
    assert followed({"lang": ["zh", "en"]}).text("lang") == "en"


def test_a_link_carries_language_and_board_only() -> None:
    address = followed({})
    for name in ("lang", "track", "phase", "sort", "q"):
        address.note(name, name)
    assert address.link() == {"lang": "lang", "track": "track", "phase": "phase"}
    assert address.link(phase=None, entry="e1") == {"lang": "lang", "track": "track", "entry": "e1"}


class Session:
    """A session: its browser, and what the server remembers of it."""

    def __init__(self, **params: str) -> None:
        self.browser: Params = {name: [value] for name, value in params.items()}
        self.state: dict[str, Any] = {}

    def run(self, *, holds: str, sent: Params | None = None) -> bool:
        """Run the page with a widget that holds a value; return whether the address reset it.

        `sent` is the address that the browser sent, by default the one it shows.
        """
        address = open_address(self.browser if sent is None else sent, self.state)
        address.note("q", holds, "")
        if close_address(address, self.state):
            self.browser = address.noted
        return address.opened


def test_an_address_from_elsewhere_fills_the_widgets() -> None:
    session = Session(q="first")
    assert session.run(holds="first")


def test_what_the_page_wrote_itself_does_not() -> None:
    session = Session()
    session.run(holds="")
    session.run(holds="typed")
    assert session.browser == {"q": ["typed"]}
    assert not session.run(holds="typed")
    assert not session.run(holds="typed more")


def test_a_late_rerun_with_the_former_address_resets_nothing() -> None:
    """The reader types on before the browser has taken over the address of the last change."""
    session = Session(q="first")
    session.run(holds="first")
    session.run(holds="second")
    assert not session.run(holds="third", sent={"q": ["first"]})


def test_two_quick_changes_of_which_the_browser_has_one_reset_nothing() -> None:
    """It sends an address that this very session wrote a moment ago."""
    session = Session(q="first")
    session.run(holds="first")
    session.run(holds="second")
    session.run(holds="third", sent={"q": ["first"]})
    assert not session.run(holds="fourth", sent={"q": ["second"]})


def test_going_back_later_restores_the_former_view() -> None:
    """The same address, but long after: the reader pressed the browser's back button."""
    session = Session(q="first")
    session.run(holds="first")
    session.run(holds="second")
    written, former, moment = session.state[STATE]
    session.state[STATE] = (written, former, moment - STALE_SECONDS - 0.1)
    assert session.run(holds="second", sent={"q": ["first"]})


def test_another_address_is_never_late() -> None:
    session = Session(q="first")
    session.run(holds="first")
    session.run(holds="second")
    assert session.run(holds="second", sent={"q": ["a link"]})


def test_a_run_that_changes_nothing_does_not_renew_the_moment() -> None:
    """Else a page that reruns by itself would never believe the back button."""
    session = Session(q="first")
    session.run(holds="first")
    session.run(holds="second")
    moment = session.state[STATE][2]
    time.sleep(0.01)
    session.run(holds="second")
    assert session.state[STATE][2] == moment


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_typing_on_is_never_reset(texts: list[str]) -> None:
    session = Session(q=texts[0])
    session.run(holds=texts[0])
    assert not any(session.run(holds=text) for text in texts)
    assert session.browser == {"q": [texts[-1]]}
