"""Figures reported elsewhere, as they are published: beside the boards, never on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.errors import EvaluatorError
from evaluator.reported_file import COLUMNS, FIGURES, Reported, read_reported
from evaluator.texts import _

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = pa.schema(
    [pa.field(name, pa.float64() if name in FIGURES else pa.string()) for name in COLUMNS]
)

EXPLANATION = _(
    "These figures were reported elsewhere, on other data and by other versions of the benchmark; "
    "nobody here has checked them. They are never mixed with the ranking. A 0 that stands for "
    "answers in an unread format, and an overall made of it, is left out."
)
REPORTED_BY = _("as reported by {source}")
NOT_RUN_YET = _("not run yet")
# What `benchmark` says where the source does not.
NOT_STATED = _("not stated")
# Values of `benchmark` and `board` that a page translates; all others stay as they are written.
TRANSLATED = (NOT_STATED, _("self-test"), _("API (homepage)"))


class ReportedUnreadable(EvaluatorError):
    """Published figures that this board cannot read."""


def reported_path(board_dir: Path) -> Path:
    """Return where the published figures lie."""
    return board_dir / "reported.parquet"


def reported_table(rows: Sequence[Reported]) -> pa.Table:
    """Return the rows as they are published: in the order of the file, in points of 100."""
    return pa.Table.from_pylist([row.model_dump() for row in rows], schema=SCHEMA)


def publish_reported(challenge_dir: Path, board_dir: Path) -> None:
    """Publish a challenge's reported figures; on a fault, what was published stays.

    Raises:
        ReportedRefused: the file is wrong.
    """
    # Only who publishes needs it: the board, which reads, is spared what it loads.
    from evaluator.publishing import replace_table

    replace_table(reported_path(board_dir), reported_table(read_reported(challenge_dir)))


def read_published(board_dir: Path) -> pd.DataFrame:
    """Read what is published, with the columns of SCHEMA; nothing published is no row.

    Raises:
        ReportedUnreadable: the file is damaged, or of another version.
    """
    path = reported_path(board_dir)
    if not path.exists():
        return SCHEMA.empty_table().to_pandas()
    try:
        return pq.read_table(path).select(COLUMNS).cast(SCHEMA).to_pandas()
    except (OSError, ValueError, KeyError) as error:
        raise ReportedUnreadable(
            _("The figures reported elsewhere cannot be read just now.")
        ) from error


def families(published: pd.DataFrame) -> dict[str, bool]:
    """Return, of every family named in what was published, whether it has any figure."""
    named = published[published["family"] != ""]
    has_figure = named[list(FIGURES)].notna().any(axis=1)
    found: dict[str, bool] = has_figure.groupby(named["family"], sort=False).any().to_dict()
    return found
