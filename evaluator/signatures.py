"""What makes a score comparable: `metric|version|data|encoder|settings`, written beside each."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from evaluator.dataset import Dataset
from evaluator.metrics import METRICS
from evaluator.metrics.bertscore_package import ENGINE, ReplayedMetric

NONE = "-"
# What a metric's `aggregate` reads and its `statistics` do not.
WEIGHT = "w="


class Signature(NamedTuple):
    """The five parts of a signature, each without `|`."""

    metric: str
    version: str
    data: str
    encoder: str = NONE
    settings: str = NONE

    def __str__(self) -> str:
        return "|".join(self)

    @property
    def rows(self) -> str:
        """Return the part that the items' statistics depend on.

        >>> Signature("combined", "v1", "data:ab", "packaged", "w=0.8").rows
        'combined|v1|data:ab|packaged|-'
        """
        kept = [part for part in self.settings.split(",") if not part.startswith(WEIGHT)]
        return str(self._replace(settings=",".join(kept) or NONE))


def read_signature(written: str) -> Signature:
    """Return the parts of a written signature.

    >>> read_signature("accuracy|v2|data:ab|-|convention=letter").version
    'v2'
    """
    return Signature(*written.split("|"))


def sign(dataset: Dataset, data_hash: str, encoder: str) -> Signature:
    """Return the signature of a dataset's score; `encoder` is empty where none is used."""
    metric = METRICS[dataset.metric.name]
    return Signature(
        metric.name,
        f"v{metric.version}",
        f"data:{data_hash}",
        encoder or NONE,
        ",".join(_settings(dataset)) or NONE,
    )


def _settings(dataset: Dataset) -> list[str]:
    found = []
    if dataset.convention != "text":
        found.append(f"convention={dataset.convention}")
    if dataset.labels:
        digest = hashlib.sha256("\0".join(dataset.labels).encode()).hexdigest()
        found.append(f"labels={digest[:8]}")
    if dataset.metric.name == "combined":
        found.append(f"{WEIGHT}{dataset.metric.recall_weight:g}")
    if isinstance(dataset.metric, ReplayedMetric):
        found.append(ENGINE)
    return found
