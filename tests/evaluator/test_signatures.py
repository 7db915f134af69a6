"""A signature names everything a score depends on, and what of it the items depend on."""

from __future__ import annotations

import pytest

from evaluator.dataset import Dataset
from evaluator.metrics import METRICS
from evaluator.signatures import Signature, read_signature, sign
from tests.folders import dataset

COMBINED = dataset("combined")
VERSION = f"v{METRICS['combined'].version}"


def weighed(weight: float) -> Dataset:
    """Return the combined dataset with another weight of recall."""
    metric = COMBINED.metric.model_copy(update={"recall_weight": weight})
    return COMBINED.model_copy(update={"metric": metric})


def test_written_and_read() -> None:
    signed = sign(COMBINED, "abc", "enc-L12")

    assert str(signed) == f"combined|{VERSION}|data:abc|enc-L12|w=0.8"
    assert read_signature(str(signed)) == signed
    assert str(sign(dataset("rouge_l"), "abc", "")).endswith("|data:abc|-|-")
    assert sign(dataset("accuracy"), "abc", "").settings == "convention=letter"


def test_a_closed_set_of_labels_is_part_of_it() -> None:
    declared = dataset("macro_f1")
    fewer = declared.model_copy(update={"labels": declared.labels[:-1]})

    assert sign(declared, "abc", "").rows != sign(fewer, "abc", "").rows


@pytest.mark.parametrize(
    "other",
    [
        sign(COMBINED, "abd", "enc-L12"),
        sign(COMBINED, "abc", "enc-L11"),
        sign(COMBINED, "abc", "enc-L12")._replace(version="v0"),
        sign(dataset("bertscore"), "abc", "enc-L12"),
    ],
)
def test_items_depend_on_all_but_the_weight(other: Signature) -> None:
    signed = sign(COMBINED, "abc", "enc-L12")

    assert other.rows != signed.rows
    # Another weight is another score of the same items.
    assert sign(weighed(1), "abc", "enc-L12") != signed
    assert sign(weighed(1), "abc", "enc-L12").rows == signed.rows
