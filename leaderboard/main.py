"""The board: what the public sees, from published snapshots only."""

from __future__ import annotations

from html import escape
from typing import cast
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from evaluator.settings import settings
from evaluator.texts import Language, Sentence, _, language_of, translate
from leaderboard.charts import (
    MOST_MODELS,
    View,
    chosen_axes,
    comparison_chart,
    radar_values,
)
from leaderboard.snapshot import (
    Snapshot,
    SnapshotError,
    chosen_board,
    read_snapshot,
    stamp,
    stamps,
    titles,
)
from leaderboard.tables import board_table, notes

REFRESH_SECONDS = 5
STYLE = """<style>
.stMainBlockContainer { padding-top: 2.5rem; max-width: 72rem; }
.mb-links { text-align: right; margin: 0 0 .9rem; }
.mb-links a { color: inherit; }
@media (max-width: 640px) { .mb-links { text-align: left; } }
</style>"""
VIEWS: dict[View, str] = {"absolute": _("Absolute"), "relative": _("Relative")}


def main() -> None:
    """Draw the page."""
    language = language_of(st.query_params.get("lang"), st.context.headers.get("Accept-Language"))
    st.set_page_config(
        page_title=translate(_("Leaderboard of the open medical LLM challenge"), language),
        page_icon="🩺",
        layout="wide",
    )
    shown = stamps(settings().board_dir)
    links = head(language)
    try:
        draw(list(shown), language)
    except SnapshotError as error:
        st.error(error.text(language))
    show_links(links, language)
    watch(shown)


def draw(boards: list[tuple[str, str]], language: Language) -> None:
    """Draw the board that the reader chooses.

    Raises:
        SnapshotError: one of the boards cannot be read.
    """
    if boards:
        show(snapshot_of(*choose(boards, language)), language)
        return
    st.info(
        translate(_("No board is published yet; it appears when the worker is ready."), language)
    )


def head(language: Language) -> DeltaGenerator:
    """Draw the title; return the place for links beside it."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.title(translate(_("Leaderboard"), language), anchor=False)
    return right


def show_links(place: DeltaGenerator, language: Language) -> None:
    """Draw the way back to the portal, and the same view in the other language."""
    other, name = ("en", "English") if language == "zh" else ("zh", "中文")
    address = "?" + urlencode({**st.query_params.to_dict(), "lang": other})
    place.html(
        f'{STYLE}<p class="mb-links">'
        f'<a href="../?lang={language}" target="_self">{translate(_("Submit"), language)}</a>'
        f' · <a href="{escape(address)}" target="_self" lang="{other}">{name}</a></p>'
    )


def choose(boards: list[tuple[str, str]], language: Language) -> tuple[str, str]:
    """Let the reader choose track and phase; the choice stands in the address."""
    asked = (st.query_params.get("track", ""), st.query_params.get("phase", ""))

    def title(board: tuple[str, str]) -> str:
        snapshot = snapshot_of(*board)
        return f"{snapshot.track_title.text(language)} · {snapshot.phase_title.text(language)}"

    track, phase = st.selectbox(
        translate(_("Track and phase"), language),
        boards,
        index=boards.index(chosen_board(boards, asked)),
        format_func=title,
    )
    st.query_params.update(lang=language, track=track, phase=phase)
    return track, phase


def snapshot_of(track: str, phase: str) -> Snapshot:
    """Return the snapshot of one phase, read once a version."""
    return _cached(track, phase, stamp(settings().board_dir, track, phase))


@st.cache_resource(max_entries=64, show_spinner=False)
def _cached(track: str, phase: str, published: int) -> Snapshot:
    return read_snapshot(settings().board_dir, track, phase)


def show(snapshot: Snapshot, language: Language) -> None:
    """Draw one board: radar, table and notes."""
    if snapshot.visible_from:
        opens = {"moment": snapshot.visible_from}
        st.info(Sentence(_("The board shows entries from {moment} on."), opens).text(language))
        return
    if snapshot.entries.empty:
        st.info(
            translate(
                _("No entry yet. The first submission to finish appears here by itself."), language
            )
        )
        return
    comparison(snapshot, language)
    ranking(snapshot, language)
    published = Sentence(_("Published {moment}."), {"moment": moment(snapshot.published_at)})
    st.caption(published.text(language))


def comparison(snapshot: Snapshot, language: Language) -> None:
    """Draw the radar of chosen entries, and its figures as a table."""
    entries = snapshot.entries
    labels = dict(zip(entries["submission"], entries["model"], strict=True))
    chosen = st.multiselect(
        Sentence(_("Models to compare (at most {most})"), {"most": MOST_MODELS}).text(language),
        list(labels),
        default=list(labels)[:3],
        max_selections=MOST_MODELS,
        format_func=labels.__getitem__,
        key=f"models-{snapshot.track}-{snapshot.phase}",
    )
    view = cast(
        View,
        st.segmented_control(
            translate(_("Scale"), language),
            list(VIEWS),
            default="absolute",
            format_func=lambda name: translate(VIEWS[name], language),
            required=True,
        ),
    )
    if not chosen:
        st.info(translate(_("Choose at least one model."), language))
        return
    picked = entries.set_index("submission").loc[chosen].reset_index()
    axes = chosen_axes(snapshot)
    st.plotly_chart(
        comparison_chart(picked, axes, view, language, best=entries),
        width="stretch",
        config={"displaylogo": False},
    )
    figures = radar_values(picked, axes, view, best=entries)
    figures.columns = titles(axes, language)
    figures.index = picked["model"]
    with st.expander(translate(_("The figures of the chart"), language)):
        st.table(figures.map(lambda value: f"{value:.1f}"))


def ranking(snapshot: Snapshot, language: Language) -> None:
    """Draw the table of all entries."""
    st.subheader(translate(_("Overall table"), language), anchor=False)
    datasets = st.toggle(translate(_("Show single datasets"), language))
    table = board_table(snapshot, language, datasets=datasets)
    points = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        column_config={name: points for name in table.columns if table[name].dtype.kind == "f"},
    )
    st.caption(
        translate(
            _(
                "Points from 0 to 100. Overall is the plain mean of the dimensions, a dimension "
                "that of its datasets. The interval says how far the overall would move with "
                "other items. An entry that skipped items, or was scored on earlier data, has "
                "no rank."
            ),
            language,
        )
    )
    if snapshot.rounded_to:
        step = {"step": f"{snapshot.rounded_to:g}"}
        rounded = _("While this phase is open, scores are shown in steps of {step} points.")
        st.caption(Sentence(rounded, step).text(language))
    st.caption(said(snapshot, language))
    for model, note in notes(snapshot, language):
        st.text(f"{model}: {note}")


def said(snapshot: Snapshot, language: Language) -> str:
    """Return what the ranks are worth."""
    ranks = translate(
        _(
            "Possible ranks are those that paired tests on the same items leave open, all pairs of "
            "entries together at the 5 % level."
        ),
        language,
    )
    if snapshot.detectable is None:
        return ranks
    least = translate(
        _("On this board a true difference of {points} points is found four times in five."),
        language,
    )
    return f"{ranks} {least.format(points=f'{100 * snapshot.detectable:.1f}')}"


@st.fragment(run_every=REFRESH_SECONDS)
def watch(shown: dict[tuple[str, str], int]) -> None:
    """Draw the page anew when a board was published since `shown` was read."""
    if stamps(settings().board_dir) != shown:
        st.rerun()


def moment(iso: str) -> str:
    """Return a time as people read it."""
    return iso.replace("T", " ").replace("+00:00", " UTC")


main()
