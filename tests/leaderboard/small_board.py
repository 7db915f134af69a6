"""A board that a reader can check by hand, written by the evaluator's own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.board import (
    METADATA_KEY,
    Findings,
    Participation,
    about,
    describe,
    history_path,
    pairs_path,
    pairs_table,
    snapshot_path,
    snapshot_table,
)
from evaluator.origin import Origin
from evaluator.pairs import Pairs
from evaluator.publishing import replace_table
from evaluator.texts import Language
from evaluator.track import Track
from leaderboard.snapshot import Snapshot

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
DAYS = (date(2026, 11, 1), date(2026, 11, 10))
# What only schema 4 has.
NEW_COLUMNS = (
    *("compared", "entry", "anonymous", "released", "tries", "earlier"),
    *("repository", "predictions"),
)
NEW_DESCRIPTION = (
    "difficulty",
    "participation",
    "everywhere",
    "opens",
    "closes",
    "citation",
)
MARKUP = "Best <b>model</b>"
BASELINE = "GPT 基线"
RIGHT_TO_LEFT = "نموذج طبي"
LONG = "A name of 200 characters " + 175 * "x"
SKIPPED = "=SUM(A1:A9)"
ANSWERS = "https://huggingface.co/datasets/org/results/blob/main/predictions/small/dev/s1.jsonl"
READINGS = ("all_copies_right", "kept_when_shuffled", "agreement")

TRACK = {
    "id": "small",
    "title": {"zh": "小榜", "en": "Small board"},
    "summary": {"zh": "测试用。", "en": "For tests."},
    "citation": "The authors, 2026.",
    "phases": [
        {"id": "dev", "title": {"zh": "开发", "en": "Development"}, "references": "open"},
        {"id": "empty", "title": {"zh": "空", "en": "Empty"}, "references": "open"},
        {
            "id": "later",
            "title": {"zh": "稍后", "en": "Later"},
            "references": "hidden",
            "folder": "later",
            "visible": "2027-01-05T08:00:00+08:00",
        },
    ],
    "dimensions": [
        {
            "id": "safety",
            "title": {"zh": "安全", "en": "Safety"},
            "datasets": [
                {
                    "id": "Choice",
                    "title": {"zh": "选择题", "en": "Choices"},
                    "convention": "letter",
                    "metric": {"name": "robust_accuracy"},
                    "card": {"zh": "选择。", "en": "Choose."},
                }
            ],
        },
        {
            "id": "knowledge",
            "title": {"zh": "知识", "en": "Knowledge"},
            "datasets": [
                {
                    "id": "Facts",
                    "title": {"zh": "事实", "en": "Single facts"},
                    "metric": {"name": "rouge_l"},
                    "card": {"zh": "回答。", "en": "Answer."},
                },
                {
                    "id": "Terms",
                    "title": {"zh": "术语", "en": "Terms of medicine"},
                    "metric": {"name": "rouge_l"},
                    "card": {"zh": "解释。", "en": "Explain."},
                },
            ],
        },
        {
            "id": "writing",
            "title": {"zh": "写作", "en": "Writing"},
            "datasets": [
                {
                    "id": "Report",
                    "title": {"zh": "报告", "en": "Reports"},
                    "metric": {"name": "rouge_l"},
                    "card": {"zh": "写。", "en": "Write."},
                }
            ],
        },
    ],
}


def small_track(**changed: object) -> Track:
    """Return a track of three dimensions and four datasets."""
    return Track.model_validate({**TRACK, **changed})


ORIGIN = Origin(
    provider="openai: api.example.org",
    asked="gpt-<b>",
    snapshots={"gpt-<b>-2025-08-07": 1490, "gpt-<b>-2025-08-08": 10},
    fingerprints=("fp_1",),
    first="2026-11-01",
    last="2026-11-02",
    prompt_hash="0123456789ab",
    shots=0,
    decoding={"temperature": None, "seed": 7, "max_tokens": 4096, "extra": {"effort": "low"}},
    outputs_hash="ab" * 32,
    harness="harness:1|openai:3.54.0",
    states={"answered": 1497, "refused": 2, "cut_off": 1},
    input_tokens=1_234_567,
    output_tokens=89,
    cost=12.345,
    licence="terms",
    source="https://example.org",
)


def row(
    number: int, model: str, scores: Sequence[float], rank: int | None = None, **changed: object
) -> dict[str, Any]:
    """Return a row of the board; `scores` are those of Choice, Facts, Terms and Report in 0-1.

    Each interval reaches 0.05 to both sides, cut at 0 and 1, as the evaluator's are.
    """
    choice, facts, terms, report = scores
    knowledge = (facts + terms) / 2
    values = {
        "overall": (choice + knowledge + report) / 3,
        "dimension/safety": choice,
        "dimension/knowledge": knowledge,
        "dimension/writing": report,
        "dataset/Choice": choice,
        "dataset/Facts": facts,
        "dataset/Terms": terms,
        "dataset/Report": report,
    }
    return {
        "rank": rank,
        "rank_best": rank,
        "rank_worst": rank,
        "group": rank,
        "compared": True,
        "entry": f"e{number}",
        "submission": f"s{number}",
        "model": model,
        "anonymous": False,
        "organisation": "Hospital",
        "access": "open",
        "parameters": "7B",
        "released": "2026-03-01",
        "repository": "",
        "predictions": "",
        "provenance": "participant",
        "origin": None,
        "note_zh": None,
        "note_en": None,
        "submitted_at": f"2026-11-{number:02}T10:00:00+00:00",
        "skipped": 0,
        "tries": 1,
        "earlier": [
            {"submitted_at": f"2026-11-{number:02}T10:00:00+00:00", "overall": values["overall"]}
        ],
        **values,
        **{f"{name}/low": max(value - 0.05, 0.0) for name, value in values.items()},
        **{f"{name}/high": min(value + 0.05, 1.0) for name, value in values.items()},
        "part/Choice/all_copies_right": choice,
        "part/Choice/kept_when_shuffled": min(choice + 0.1, 1.0),
        "part/Choice/agreement": 0.9,
        "signature/Choice": "robust_accuracy|v:1",
        **{f"signature/{name}": f"rouge_l|v:1|{name}" for name in ("Facts", "Terms", "Report")},
        **changed,
    }


def small_rows() -> list[dict[str, Any]]:
    """Return six rows, best first: 80, 70, 50, 50, 40 and 10 points overall.

    safety 90 60 75 40 30 0, knowledge 70 80 50 40 30 20, writing 80 70 25 70 60 10.
    """
    nothing_of_it: dict[str, object] = {"organisation": "", "parameters": "", "released": ""}
    earlier = [
        {"submitted_at": "2026-10-20T09:00:00+00:00", "overall": 0.6},
        {"submitted_at": "2026-11-01T10:00:00+00:00", "overall": 0.8},
    ]
    tied = {"rank_best": 2, "rank_worst": 3, "group": 2}
    return [
        row(
            1,
            MARKUP,
            (0.9, 0.8, 0.6, 0.8),
            1,
            tries=2,
            earlier=earlier,
            repository="lab/Best-model",
            predictions=ANSWERS,
        ),
        row(
            2,
            BASELINE,
            (0.6, 0.7, 0.9, 0.7),
            provenance="self-run",
            origin=ORIGIN.model_dump_json(exclude_defaults=True),
            organisation="OpenAI",
            access="closed",
            parameters="",
            released="2025-08",
            note_zh="维护者的说明。",
            note_en="A note.",
        ),
        row(3, "K7QX", (0.75, 0.5, 0.5, 0.25), 2, anonymous=True, **{**tied, **nothing_of_it}),
        row(
            4,
            RIGHT_TO_LEFT,
            (0.4, 0.4, 0.4, 0.7),
            2,
            **{**tied, "organisation": "＝1+1 医院", "parameters": "1.5T"},
        ),
        row(5, LONG, (0.3, 0.2, 0.4, 0.6), 4, parameters="100B-A6B", access="closed"),
        row(6, SKIPPED, (0.0, 0.2, 0.2, 0.1), compared=False, skipped=3),
    ]


def description(of: Track, phase: str, **changed: object) -> dict[str, Any]:
    """Return what stands beside the rows of one phase."""
    found = Findings(
        detectable=0.03,
        difficulty={
            "Choice": {
                "entries": 5,
                "items": 10,
                "difficulty": [1, 1, 1, 0, 2, 0, 1, 1, 1, 2],
                "discrimination": None,
                "median_discrimination": None,
            }
        },
        taken_part=Participation(3, 6, 5),
        everywhere=Participation(4, 9, 7),
        items={"Choice": 10, "Facts": 20},
        parts={"Choice": READINGS},
        position=0,
    )
    return {**describe(of, of.phase(phase), NOW, found), **changed}


def small_pairs(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return the paired tests of the compared rows: significant from 20 points on."""
    tested = [one for one in rows if one["compared"]]
    overall = np.array([one["overall"] for one in tested])
    gaps = overall[:, None] - overall[None, :]
    p = np.where(np.abs(gaps) > 0.199, 0.001, 0.4)
    error = np.full_like(gaps, 0.01)
    return pairs_table(Pairs(gaps, error, gaps - 0.02, gaps + 0.02, p, p), tested)


def publish(
    folder: Path,
    rows: Sequence[dict[str, Any]],
    phase: str = "dev",
    of: Track | None = None,
    **changed: object,
) -> Path:
    """Write one board with its pairs; return the path of the snapshot."""
    of = of or small_track()
    path = snapshot_path(folder, of.id, phase)
    replace_table(path, snapshot_table(list(rows), of, description(of, phase, **changed)))
    replace_table(pairs_path(folder, of.id, phase), small_pairs(rows))
    return path


def publish_day(folder: Path, day: date, rows: Sequence[dict[str, Any]]) -> Path:
    """Write the development board as it was at the end of a day."""
    of = small_track()
    path = history_path(folder, of.id, "dev", day)
    moment = datetime(day.year, day.month, day.day, 23, tzinfo=UTC).isoformat()
    table = snapshot_table(list(rows), of, description(of, "dev", published_at=moment))
    replace_table(path, table)
    return path


def publish_small_board(folder: Path) -> None:
    """Write six entries in `dev`, none in `empty`, and two former days of `dev`.

    On the first day only the best stood there, with 60 points; on the second one the first four,
    and one that is gone.
    """
    rows = small_rows()
    publish(folder, rows)
    publish(folder, [], "empty")
    gone = row(9, "Gone", (0.1, 0.1, 0.1, 0.1), 4)
    first = row(1, MARKUP, (0.6, 0.6, 0.6, 0.6), 1)
    publish_day(folder, DAYS[0], [first])
    publish_day(folder, DAYS[1], [*rows[:4], gone])


def rewritten(path: Path, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> pa.Table:
    """Return a snapshot with another description."""
    table = pq.read_table(path)
    told = orjson.dumps(change(about(table.schema)))
    return table.replace_schema_metadata({METADATA_KEY: told})


def make_older(path: Path) -> None:
    """Rewrite a snapshot as schema 3 wrote it."""

    def without(told: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in told.items() if name not in NEW_DESCRIPTION}
        track = {name: kept["track"][name] for name in ("id", "title")}
        dimensions = [
            {
                **dimension,
                "datasets": [
                    {name: one[name] for name in ("id", "title", "metric")}
                    for one in dimension["datasets"]
                ],
            }
            for dimension in kept["dimensions"]
        ]
        return {**kept, "schema": 3, "track": track, "dimensions": dimensions}

    table = rewritten(path, without)
    new = [
        name
        for name in table.column_names
        if name in NEW_COLUMNS or name.startswith(("part/", "signature/"))
    ]
    pq.write_table(table.drop_columns(new), path)


def names(board: Snapshot, language: Language) -> list[str]:
    """Return what the entries of a board are called."""
    return list(board.entries[f"name_{language}"])


def damage(path: Path) -> None:
    """Overwrite a snapshot with what is none."""
    path.write_bytes(b"PAR1 not really")
