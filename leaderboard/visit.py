"""One run of a page for one reader: language, address, boards, and widgets tied to the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast

import plotly.graph_objects as go
import streamlit as st

from evaluator.texts import Language, Sentence, _
from leaderboard import markup
from leaderboard.address import Address
from leaderboard.charts.frame import config
from leaderboard.reading import EMPTY, LATER, STALE, moment
from leaderboard.shelf import Shelf, chosen_board
from leaderboard.snapshot import Snapshot

T = TypeVar("T")
MOST_SEARCHED = 100
MOST_CHARTS = 200


@dataclass
class Visit:
    """What a page needs to draw itself.

    `pages` are those of the navigation, by name; `page` is the name of the one that is drawn, and
    `board` what it is about.
    """

    language: Language
    address: Address
    shelf: Shelf
    pages: Mapping[str, Any] = field(default_factory=dict)
    page: str = ""
    board: Snapshot | None = None

    def t(self, template: str, **values: object) -> str:
        """Return a text in the reader's language."""
        return Sentence(template, values).text(self.language)

    def html(self, markup_text: str) -> None:
        """Show what `markup` made."""
        st.html(markup_text)

    def heading(self, text: str) -> None:
        """Draw the heading of a part of the page."""
        st.header(text, anchor=False)

    def say(self, lines: Sequence[str]) -> None:
        """Show sentences as a list; what stands in them is no markup."""
        if lines:
            st.html(markup.said(lines, self.language))

    def chart(
        self, name: str, board: Snapshot, make: Callable[[], go.Figure], *what: object
    ) -> None:
        """Draw a chart, made once for every state of the board and of `what` it depends on."""
        place = (self.page, name, board.track, board.phase, board.published_at, self.language)
        figure = _made((*place, *map(str, what)), make)
        st.plotly_chart(figure, config=config(f"{name}-{board.track}"), key=f"{self.page}-{name}")

    def table(
        self, headings: Sequence[str], rows: Sequence[Sequence[object]], caption: str
    ) -> None:
        """Draw figures as a table, which stands beside every chart."""
        st.html(markup.figures(headings, rows, self.language, caption))

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
        key = self._fill(name, lambda: self.address.one_of(name, options, first), options)
        chosen = cast(T, place.selectbox(title, options, format_func=show, key=key))
        self.address.note(name, chosen, first)
        return chosen

    def segment(
        self, name: str, title: str, options: Sequence[T], show: Callable[[T], str], place: Any = st
    ) -> T:
        """Let the reader choose one of a few options, all in sight."""
        first = options[0]
        key = self._fill(name, lambda: self.address.one_of(name, options, first), options)
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
        **settings: Any,
    ) -> list[T]:
        """Let the reader choose some of the options; `keep` says defaults in the address too."""
        key = self._key(name)
        if self.address.opened or key not in st.session_state:
            most = settings.get("max_selections")
            st.session_state[key] = self.address.some_of(name, options, default)[:most]
        else:
            known = set(options)
            st.session_state[key] = [one for one in st.session_state[key] if one in known]
        settings.setdefault("placeholder", self.t(_("Choose")))
        chosen = st.multiselect(title, options, format_func=show, key=key, **settings)
        self.address.note(name, chosen, None if keep else list(default))
        return cast(list[T], chosen)

    def written(self, name: str, title: str, place: Any = st, **settings: Any) -> str:
        """Let the reader write a text."""
        key = self._fill(name, lambda: self.address.text(name))
        text = place.text_input(title, key=key, max_chars=MOST_SEARCHED, **settings)
        self.address.note(name, text, "")
        return cast(str, text)

    def toggle(self, name: str, title: str, place: Any = st) -> bool:
        """Let the reader switch something on."""
        key = self._fill(name, lambda: self.address.text(name) == "1")
        on = bool(place.toggle(title, key=key))
        self.address.note(name, "1" if on else "0", "0")
        return on

    def number(
        self, name: str, title: str, low: float, high: float, default: float, place: Any = st
    ) -> float:
        """Let the reader choose a number within bounds."""
        key = self._fill(name, lambda: self.address.number(name, low, high, default))
        chosen = float(place.number_input(title, low, high, key=key, step=1.0))
        self.address.note(name, f"{chosen:g}", f"{default:g}")
        return chosen

    def day(
        self,
        name: str,
        title: str,
        ends: tuple[date, date],
        default: date | None = None,
        place: Any = st,
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

        key = self._fill(name, read)
        if held := st.session_state[key]:
            # It may have been chosen on another board.
            st.session_state[key] = min(max(held, first), last)
        chosen = place.date_input(
            title, min_value=first, max_value=last, key=key, format="YYYY-MM-DD"
        )
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

    def choose_board(self) -> Snapshot | None:
        """Let the reader choose track and phase; None, with a sentence, where none is published."""
        boards = self.shelf.boards()
        if not boards:
            st.info(self.t(_("No board is published yet; it appears when the worker is ready.")))
            return None
        track, phase = self.address.text("track"), self.address.text("phase")
        asked = chosen_board(boards, track, phase)
        if track and track != asked.track:
            self.address.unknown.append(f"track={track[:40]}")
        elif phase and phase != asked.phase:
            self.address.unknown.append(f"phase={phase[:40]}")
        keys = [(board.track, board.phase) for board in boards]
        key = self._fill("board", lambda: (asked.track, asked.phase), keys)
        chosen = boards[keys.index(st.session_state[key])]
        titles = {board: one.title(self.language) for board, one in zip(keys, boards, strict=True)}
        if len(boards) > 1:
            st.selectbox(
                self.t(_("Track and phase")), keys, format_func=titles.__getitem__, key=key
            )
        self.board = chosen
        self.address.note("track", chosen.track)
        self.address.note("phase", chosen.phase)
        self.warn(chosen)
        return chosen

    def warn(self, board: Snapshot) -> None:
        """Say where a board is not the newest, which cannot be read."""
        if board.stale:
            st.warning(
                self.t(
                    STALE,
                    moment=self.moment(board.published_at),
                )
            )

    def link(self, page: str, text: str, place: Any = st, **changed: str | None) -> None:
        """Draw a link to another page that keeps language and board."""
        place.page_link(self.pages[page], label=text, query_params=self.address.link(**changed))

    def empty(self, snapshot: Snapshot) -> bool:
        """Explain a board that shows no entry; return whether it does not."""
        if snapshot.visible_from:
            opens = {"moment": snapshot.visible_from}
            st.info(self.t(LATER, **opens))
            return True
        if snapshot.entries.empty:
            st.info(self.t(EMPTY))
            return True
        return False

    def today(self) -> date:
        """Return the day in UTC."""
        return datetime.now(UTC).date()

    def moment(self, iso: str | datetime) -> str:
        """Return a time to the minute, in UTC."""
        return moment(iso)

    def _fill(
        self, name: str, read: Callable[[], Any], options: Sequence[Any] | None = None
    ) -> str:
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
