"""BERTScore by the package bert-score itself, to replay a score of ours with it.

Zhang et al. 2020; bert-score 0.3.13, idf=False, the dataset's own encoder. It gets each text as our
engine does. What it cannot read it is not given: it cuts a text longer than the encoder reads
at once without a word, and fails on an empty one; both keep our value.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.dataset import Dataset, MetricSettings
from evaluator.encoders import Encoder, load_encoder
from evaluator.errors import EvaluatorError
from evaluator.metrics.metric import Statistic
from evaluator.texts import Sentence, _
from evaluator.track import Track

if TYPE_CHECKING:
    from bert_score import BERTScorer

ENGINE = "engine=package"
# The column that says of an item whether it was read in windows.
WINDOWED = "windowed"
# The metrics that contain a BERTScore.
USERS = ("bertscore", "combined")
SHOWN = 20
T5 = "t5"
REPLAYED = _(
    "{dataset}: bert-score computed the BERTScore of each item that it can read whole. {windowed} "
    "of {items} keep our value, because answer or reference is longer than the encoder reads at "
    "once and bert-score would cut it: {ids}. An empty answer gets 0 and is not shown to "
    "bert-score, which fails on it."
)


class ReplayedMetric(MetricSettings):
    """How a dataset is scored when bert-score computes its BERTScore; no file can declare it."""


def replayed(track: Track) -> Track:
    """Return the track with every BERTScore computed by the package bert-score."""
    dimensions = tuple(
        dimension.model_copy(update={"datasets": tuple(map(_replayed, dimension.datasets))})
        for dimension in track.dimensions
    )
    return track.model_copy(update={"dimensions": dimensions})


def _replayed(dataset: Dataset) -> Dataset:
    if dataset.metric.name not in USERS:
        return dataset
    return dataset.model_copy(update={"metric": ReplayedMetric(**dataset.metric.model_dump())})


def raw_scores(candidate: str, reference: str, encoder_name: str) -> tuple[float, float, float]:
    """Return bert-score's precision, recall and F1 of one pair, neither text empty."""
    scores = _scorer(encoder_name).score([candidate], [reference])
    precision, recall, f1 = (float(values[0]) for values in scores)
    return precision, recall, f1


def replay_notices(
    statistics: Mapping[str, Sequence[Statistic]], columns: Mapping[str, Sequence[str]]
) -> list[Sentence]:
    """Say of each dataset scored by BERTScore which items bert-score could not read whole.

    columns: the names of a row's values by dataset; one without `windowed` uses no BERTScore.
    """
    return [
        _notice(name, rows, columns[name].index(WINDOWED))
        for name, rows in statistics.items()
        if WINDOWED in columns[name]
    ]


def _notice(dataset: str, rows: Sequence[Statistic], column: int) -> Sentence:
    windowed = [row.item for row in rows if row.values[column]]
    more = ["…"] if len(windowed) > SHOWN else []
    return Sentence(
        REPLAYED,
        {
            "dataset": dataset,
            "items": len(rows),
            "windowed": len(windowed),
            "ids": ", ".join([*windowed[:SHOWN], *more]) or "-",
        },
    )


@lru_cache(maxsize=1)
def _scorer(encoder_name: str) -> BERTScorer:
    return package_scorer(load_encoder(encoder_name))


def package_scorer(encoder: Encoder) -> BERTScorer:
    """Return bert-score with the encoder's model, through its public door: a saved folder.

    Half a gigabyte of it stands in the folder for temporary files meanwhile.
    """
    from bert_score import BERTScorer

    with _temporary_folder() as folder:
        encoder.export(folder)
        return BERTScorer(model_type=str(folder), num_layers=encoder.layers, device="cpu")


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    # bert-score takes any path with "t5" in it for a T5 model; tempfile's names may hold it.
    folder = Path(tempfile.gettempdir()) / f"encoder-{secrets.randbelow(10**15)}"
    if T5 in str(folder):
        raise EvaluatorError(
            _(
                "bert-score takes a model below {folder} for a T5 model because of its name; set "
                "TMPDIR to a folder without “t5” in its path."
            ),
            folder=folder.parent,
        )
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
