"""One run of a page for one reader: language, address, boards, and widgets tied to the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar, cast

import plotly.graph_objects as go
import streamlit as st

from evaluator.texts import Language, Sentence, _
from leaderboard import markup
from leaderboard.address import Address
from leaderboard.charts.frame import config
from leaderboard.shelf import Shelf
from leaderboard.snapshot import Snapshot

T = TypeVar("T")
MOST_SEARCHED = 100
MOST_CHARTS = 200


@dataclass
class Visit:
    """What a page needs to draw itself.

    `pages` are those of the navigation, by name; `page` is the name of the one that is drawn. The
    foot says `published_at` and `citation`.
    """

    language: Language
    address: Address
    shelf: Shelf
    pages: Mapping[str, Any] = field(default_factory=dict)
    page: str = ""
    published_at: str = ""
    citation: str | None = None

    def t(self, template: str, **values: object) -> str:
        """Return a text in the reader's language."""
        return Sentence(template, values).text(self.language)

    def html(self, markup_text: str) -> None:
        """Show what `markup` made."""
        # On one line: Streamlit would look for a common indent of many.
        st.html(markup_text.replace("\n", " "))

    def heading(self, text: str) -> None:
        """Draw the heading of a part of the page."""
        st.header(text, anchor=False)

    def say(self, lines: Sequence[str]) -> None:
        """Show sentences as a list; what stands in them is no markup."""
        if lines:
            self.html(markup.said(lines, self.language))

    def chart(
        self, name: str, board: Snapshot, make: Callable[[], go.Figure], *what: object
    ) -> None:
        """Draw a chart, made once for every state of the board and of `what` it depends on."""
        place = (self.page, name, board.track, board.phase, str(board.version), self.language)
        figure = _made((*place, *map(str, what)), make)
        st.plotly_chart(figure, config=config(f"{name}-{board.track}"), key=f"{self.page}-{name}")

    def table(
        self, headings: Sequence[str], rows: Sequence[Sequence[object]], caption: str
    ) -> None:
        """Draw figures as a table, which stands beside every chart."""
        self.html(markup.figures(headings, rows, self.language, caption))

    def select(
        self,
        name: str,
        title: str,
        options: Sequence[T],
        show: Callable[[T], str],
        default: T | None = None,
        place: Any = st,
    ) -> T:
        """Let the reader choose one of the options."""
        first = options[0] if default is None else default
        key = self.fill(name, lambda: self.address.one_of(name, options, first), options)
        chosen = cast(T, place.selectbox(title, options, format_func=show, key=key))
        self.address.note(name, chosen, first)
        return chosen

    def segment(
        self, name: str, title: str, options: Sequence[T], show: Callable[[T], str], place: Any = st
    ) -> T:
        """Let the reader choose one of a few options, all in sight."""
        first = options[0]
        key = self.fill(name, lambda: self.address.one_of(name, options, first), options)
        chosen = place.segmented_control(
            title, list(options), format_func=show, key=key, required=True
        )
        self.address.note(name, chosen, first)
        return cast(T, chosen)

    def several(
        self,
        name: str,
        title: str,
        options: Sequence[T],
        show: Callable[[T], str],
        default: Sequence[T] = (),
        *,
        keep: bool = False,
        most: int | None = None,
    ) -> list[T]:
        """Let the reader choose some of the options; `keep` says defaults in the address too."""
        key = self._key(name)
        if self.address.opened or key not in st.session_state:
            st.session_state[key] = self.address.some_of(name, options, default)[:most]
        else:
            known = set(options)
            st.session_state[key] = [one for one in st.session_state[key] if one in known]
        chosen = st.multiselect(
            title,
            options,
            format_func=show,
            key=key,
            max_selections=most,
            placeholder=self.t(_("Choose")),
        )
        self.address.note(name, chosen, None if keep else list(default))
        return cast(list[T], chosen)

    def written(self, name: str, title: str, place: Any = st) -> str:
        """Let the reader write a text."""
        key = self.fill(name, lambda: self.address.text(name))
        text = place.text_input(title, key=key, max_chars=MOST_SEARCHED)
        self.address.note(name, text, "")
        return cast(str, text)

    def toggle(self, name: str, title: str, place: Any = st) -> bool:
        """Let the reader switch something on."""
        key = self.fill(name, lambda: self.address.text(name) == "1")
        on = bool(place.toggle(title, key=key))
        self.address.note(name, "1" if on else "0", "0")
        return on

    def number(
        self, name: str, title: str, low: float, high: float, default: float, place: Any = st
    ) -> float:
        """Let the reader choose a number within bounds."""
        key = self.fill(name, lambda: self.address.number(name, low, high, default))
        chosen = float(place.number_input(title, low, high, key=key, step=1.0))
        self.address.note(name, f"{chosen:g}", f"{default:g}")
        return chosen

    def day(
        self,
        name: str,
        title: str,
        ends: tuple[date, date],
        default: date | None = None,
    ) -> date | None:
        """Let the reader choose a day between two, or none."""
        first, last = ends

        def read() -> date | None:
            try:
                asked = date.fromisoformat(self.address.text(name))
            except ValueError:
                if self.address.text(name):
                    self.address.unknown.append(f"{name}={self.address.text(name)[:40]}")
                return default
            return min(max(asked, first), last)

        key = self.fill(name, read)
        if held := st.session_state[key]:
            # It may have been chosen on another board.
            st.session_state[key] = min(max(held, first), last)
        chosen = st.date_input(title, min_value=first, max_value=last, key=key, format="YYYY-MM-DD")
        # Also where it is the default, which may be another one tomorrow.
        self.address.note(name, chosen.isoformat() if chosen else "", "")
        return cast("date | None", chosen)

    def page_of(self, rows: int, length: int, order: str = "") -> int:
        """Let the reader turn pages of so many rows; return the first row's number, from 0."""
        pages = max(1, -(-rows // length))
        if pages == 1:
            return 0
        # Other rows, or another order of them, are another widget that begins with its first page.
        key = f"{self._key('page')}-{rows}-{order}"
        first = 1
        if self.address.opened or key not in st.session_state:
            first = int(self.address.number("page", 1, pages, 1))
            st.session_state.pop(key, None)
        chosen = int(st.pagination(pages, default=first, key=key))
        self.address.note("page", chosen, 1)
        return (chosen - 1) * length

    def link(self, page: str, text: str, **changed: str | None) -> None:
        """Draw a link to another page that keeps language and board."""
        st.page_link(self.pages[page], label=text, query_params=self.address.link(**changed))

    def fill(self, name: str, read: Callable[[], Any], options: Sequence[Any] | None = None) -> str:
        """Give a widget its value where the address says it, or where its own is no option."""
        key = self._key(name)
        held = st.session_state.get(key)
        gone = options is not None and held not in options
        if self.address.opened or key not in st.session_state or gone:
            st.session_state[key] = read()
        return key

    def _key(self, name: str) -> str:
        return f"{self.page}-{name}"


@st.cache_resource(max_entries=MOST_CHARTS, show_spinner=False)
def _made(state: tuple[str, ...], _make: Callable[[], go.Figure]) -> go.Figure:
    return _make()
