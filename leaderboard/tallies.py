"""What is counted on the overview and on a board."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.texts import Language, _, translate
from leaderboard.markup import Tile
from leaderboard.snapshot import Snapshot


def of_everything(boards: Sequence[Snapshot], language: Language) -> list[Tile]:
    """Return what is counted over all boards, of which there is at least one."""
    tracks = {board.track: board for board in boards}
    everywhere = max(boards, key=lambda board: board.published_at).everywhere
    baselines = sum(int(board.entries["baseline"].sum()) for board in boards)
    datasets = sum(len(board.datasets) for board in tracks.values())
    return _tiles(
        [
            (len(tracks), _("tracks")),
            (datasets, _("datasets")),
            (everywhere.submissions, _("submissions")),
            (everywhere.teams, _("teams")),
            (everywhere.models, _("models entered")),
            (baselines, _("baselines by the maintainers")),
        ],
        language,
    )


def of_board(board: Snapshot, language: Language) -> list[Tile]:
    """Return what is counted of one board."""
    return _tiles(
        [
            (len(board.entries), _("entries")),
            (board.taken_part.teams, _("teams")),
            (board.taken_part.submissions, _("submissions")),
            (len(board.dimensions), _("dimensions")),
            (len(board.datasets), _("datasets")),
        ],
        language,
    )


def _tiles(counted: Sequence[tuple[int, str]], language: Language) -> list[Tile]:
    return [Tile(str(number), translate(text, language)) for number, text in counted]
