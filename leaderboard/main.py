"""The board: what the public sees, from published snapshots only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from evaluator.settings import settings
from evaluator.texts import LANGUAGES, _, language_of, translate
from leaderboard import markup
from leaderboard.address import Address, close_address, open_address
from leaderboard.reading import OWN_NAMES, TITLE, moment
from leaderboard.screens import analysis, board, compare, history, model, overview
from leaderboard.shelf import Shelf
from leaderboard.snapshot import SnapshotError
from leaderboard.visit import Visit

REFRESH_SECONDS = 20
PAGES: dict[str, tuple[str, Callable[[Visit], None]]] = {
    "overview": (_("Overview"), overview.draw),
    "board": (_("Boards"), board.draw),
    "compare": (_("Compare"), compare.draw),
    "analysis": (_("Analysis"), analysis.draw),
    "history": (_("History"), history.draw),
    "model": (_("Model"), model.draw),
}


def main() -> None:
    """Draw the page that the address names."""
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    language = language_of(
        (params.get("lang") or [""])[-1], st.context.headers.get("Accept-Language")
    )
    st.set_page_config(
        page_title=translate(TITLE, language),
        page_icon="🩺",
        layout="wide",
    )
    address = open_address(params, st.session_state)
    shelf = the_shelf(str(settings().board_dir))
    shown = shelf.stamps()
    visit = Visit(language, address, shelf)
    visit.pages = {
        name: st.Page(
            partial(draw, visit, screen),
            title=translate(title, language),
            url_path="" if name == "overview" else name,
            default=name == "overview",
        )
        for name, (title, screen) in PAGES.items()
    }
    current = st.navigation(list(visit.pages.values()), position="hidden")
    visit.page = current.url_path or "overview"
    current.run()
    watch(shelf, shown)


def draw(visit: Visit, screen: Callable[[Visit], None]) -> None:
    """Draw one page between navigation and foot, and write its address back."""
    visit.address.note("lang", visit.language)
    visit.html(markup.style())
    head = st.container()
    try:
        screen(visit)
    except SnapshotError as error:
        st.error(error.text(visit.language))
    with head:
        navigation(visit)
        explain_unknown(visit)
    foot(visit)
    if close_address(visit.address, st.session_state):
        st.query_params.from_dict(visit.address.noted)


@st.cache_resource(show_spinner=False)
def the_shelf(folder: str) -> Shelf:
    """Return the boards of this process."""
    return Shelf(Path(folder))


def navigation(visit: Visit) -> None:
    """Draw the title, the links to the other pages, to the portal and to the other language."""
    language = visit.language
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.title(visit.t(_("Leaderboard")), anchor=False)
    (other,) = set(LANGUAGES) - {language}
    address = "?" + urlencode({**visit.address.noted, "lang": other}, doseq=True)
    right.html(
        f'<p class="lb-links"><a href="../?lang={language}" target="_self">'
        f'{visit.t(_("Submit"))}</a> · <a href="{escape(address)}" target="_self" '
        f'lang="{other}" hreflang="{other}">{OWN_NAMES[other]}</a></p>'
    )
    with st.container(horizontal=True, gap="small"):
        for page, (title, _draw) in PAGES.items():
            if page != "model":
                visit.link(page, visit.t(title))
            elif visit.page == page:
                visit.link(page, visit.t(title), entry=visit.address.text("entry"))


def explain_unknown(visit: Visit) -> None:
    """Say which parts of the address name nothing; as text, for whoever sends a link wrote them."""
    if visit.address.unknown:
        said = _("The address asked for something that is not here: {what}. The rest is shown.")
        with st.container(border=True):
            visit.say([visit.t(said, what=", ".join(visit.address.unknown[:5]))])


def foot(visit: Visit) -> None:
    """Draw when the board was published, how to cite it, and how to share the view."""
    if visit.published_at:
        st.caption(visit.t(_("Published {moment}."), moment=moment(visit.published_at)))
    if visit.citation:
        with st.expander(visit.t(_("How to cite"))):
            st.code(visit.citation, language=None, wrap_lines=True)
    with st.popover(visit.t(_("Share this view")), icon=":material/link:"):
        st.caption(visit.t(_("This address restores the view; the button copies it.")))
        st.code(direct_address(visit.address), language=None, wrap_lines=True)


def direct_address(address: Address) -> str:
    """Return where this view is: within a frame of a Space, the Space's own address."""
    here = st.context.url or ""
    return f"{here}?{address.query}"


@st.fragment(run_every=REFRESH_SECONDS)
def watch(shelf: Shelf, shown: dict[tuple[str, str], int]) -> None:
    """Draw the page anew when a board was published since `shown` was read."""
    if shelf.stamps() != shown:
        st.rerun()


main()
