"""What the public repository of questions holds: what is asked in every phase that has opened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from evaluator.challenge import Challenge
from evaluator.dataset import Dataset
from evaluator.depot.benchmark import BENCHMARK_FILE, benchmark
from evaluator.depot.card import card
from evaluator.depot.config import Config, items_path
from evaluator.depot.layout import LAYOUT_FILE, layout_file
from evaluator.depot.table import as_parquet
from evaluator.pack import QuestionLine, question_lines
from evaluator.phase import Phase
from evaluator.settings import Settings
from evaluator.track import Track

# Under its old name, so that versions of `datasets` before 4 see pictures too.
PICTURES = {"feature": {"_type": "Image"}, "_type": "Sequence"}
SCHEMA = pa.schema(
    [
        pa.field("dataset", pa.string()),
        pa.field("id", pa.string()),
        pa.field("prompt", pa.string()),
        pa.field("question", pa.string()),
        pa.field("options", pa.list_(pa.string())),
        pa.field("images", pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))),
        pa.field("line", pa.string()),
    ],
    metadata={"huggingface": orjson.dumps({"info": {"features": {"images": PICTURES}}})},
)

Row = dict[str, Any]


def questions(
    challenge: Challenge, chosen: Settings, moment: datetime | None = None
) -> dict[str, bytes]:
    """Return every file of the repository of questions, by its path; none tells a reference.

    There is a row for each line of questions. Private parts stand among the rows of their phase.
    A dataset that lies on a Hub already, in all its parts, is not there.

    Raises:
        DeclarationError: a line is no question, or an image is not there.
    """
    found = list(_asked(challenge, moment or datetime.now(UTC)))
    configs = [config for config, _rows in found]
    return {
        LAYOUT_FILE: layout_file("questions"),
        "README.md": card("questions", configs, chosen).encode(),
        # Without a task it would be no benchmark.
        **({BENCHMARK_FILE: benchmark(configs)} if configs else {}),
        **{config.path: as_parquet(rows, SCHEMA) for config, rows in found},
    }


def _asked(challenge: Challenge, moment: datetime) -> Iterator[tuple[Config, list[Row]]]:
    for track in challenge.tracks.values():
        for phase in track.entered:
            rows = list(_rows(challenge, track, phase)) if phase.has_opened(moment) else []
            if rows:
                yield Config(track, phase, items_path(track, phase), rows=len(rows)), rows


def _rows(challenge: Challenge, track: Track, phase: Phase) -> Iterator[Row]:
    parts = track.parts(phase)
    for dataset in track.datasets:
        # All parts or none: the rows of one alone would tell that they are private.
        if all(part.id in dataset.hub for part in parts):
            continue
        folders = [challenge.items_folder(track, part, dataset) for part in parts]
        for line in question_lines(folders):
            yield _row(dataset, line)


def _row(dataset: Dataset, line: QuestionLine) -> Row:
    asked = line.question
    return {
        "dataset": dataset.id,
        "id": asked.other.id,
        "prompt": dataset.asked(asked.question, asked.options),
        "question": asked.question,
        "options": asked.options,
        "images": [_picture(line.folder, path) for path in asked.img_path or ()],
        "line": line.raw.decode(),
    }


def _picture(folder: Path, path: str) -> dict[str, Any]:
    return {"bytes": (folder / path).read_bytes(), "path": path}
