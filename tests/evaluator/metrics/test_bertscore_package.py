"""Replaying with bert-score, and what any encoder's BERTScore holds to, on a small random BERT."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.challenge import load_challenge
from evaluator.dataset import Dataset, MetricSettings
from evaluator.encoders import Encoder, load_encoder
from evaluator.errors import EvaluatorError
from evaluator.items import AnsweredItem, Question, Reference
from evaluator.lines import Other
from evaluator.metrics import METRICS, encoding
from evaluator.metrics.bertscore import METRIC, greedy_match, statistics
from evaluator.metrics.bertscore_package import (
    SHOWN,
    ReplayedMetric,
    _scorer,
    package_scorer,
    raw_scores,
    replay_notices,
    replayed,
)
from evaluator.metrics.metric import Statistic, table
from evaluator.settings import ROOT
from evaluator.texts import Bilingual
from tests.evaluator.encoders.small import LETTERS, letter_tokenizer, save, small_bert

BASELINE = 0.25
REFERENCE = "no fever"
LONG = LETTERS[:15]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    place = tmp_path_factory.mktemp("models") / "small"
    return load_encoder(f"path:{save(place, small_bert(), letter_tokenizer())}")


@pytest.fixture(scope="module", autouse=True)
def measured(small: Encoder) -> Iterator[None]:
    """Give the small encoder a baseline, as measuring it would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaluator.encoders.baselines.BASELINES", {small.signature: BASELINE})
        yield
    _scorer.cache_clear()


def dataset(encoder: Encoder) -> Dataset:
    named = Bilingual(zh="小", en="small")
    metric = MetricSettings(name="bertscore", encoder=encoder.name)
    return Dataset(id="Small", title=named, metric=metric, card=named)


def by_package(chosen: Dataset) -> Dataset:
    metric = ReplayedMetric(**chosen.metric.model_dump())
    return chosen.model_copy(update={"metric": metric})


def item(answer: str | None, reference: str = REFERENCE, key: str = "1") -> AnsweredItem:
    other = Other(id=key, source="Small")
    question = Question(question="?", other=other)
    return AnsweredItem(key, (question,), (Reference(other=other, answer=reference),), (answer,))


def row(answer: str | None, chosen: Dataset, reference: str = REFERENCE) -> tuple[float, ...]:
    (found,) = statistics([item(answer, reference)], chosen)
    return found.values


@pytest.mark.parametrize(
    "answer",
    [
        "fever",
        "no fever",
        "  nofever\n",
        "qqqqqq",
        # Text, not a special token, to both.
        "a[SEP]",
        # What an answer says after thinking is what both read.
        "<think>no</think>chill",
        # Full width; bert-score is given what we read.
        "ｆｅｖｅｒ",
    ],
)
def test_the_package_agrees(answer: str, small: Encoder) -> None:
    ours = row(answer, dataset(small))
    theirs = row(answer, by_package(dataset(small)))
    np.testing.assert_allclose(theirs, ours, atol=1e-4)


def test_it_is_the_package_that_is_asked(small: Encoder) -> None:
    replay = row("chill", by_package(dataset(small)))
    assert replay[1:4] == raw_scores("chill", REFERENCE, small.name)


@pytest.mark.parametrize("answer", [None, "", " \n"])
def test_an_empty_answer_is_not_shown_to_the_package(answer: str | None, small: Encoder) -> None:
    assert row(answer, by_package(dataset(small))) == (0, 0, 0, 0, 0)
    # Shown one, it fails: this is why.
    with pytest.raises(AttributeError, match="build_inputs_with_special_tokens"):
        raw_scores("", REFERENCE, small.name)


@pytest.mark.parametrize(("answer", "reference"), [(LONG, "fever"), ("fever", LONG)])
def test_what_the_package_would_cut_keeps_our_value(
    answer: str, reference: str, small: Encoder
) -> None:
    ours = row(answer, dataset(small), reference)
    assert row(answer, by_package(dataset(small)), reference) == ours
    assert ours[-1] == 1
    # Shown it, it scores a shorter text and says nothing: this is why.
    theirs = raw_scores(answer, reference, small.name)
    cut = raw_scores(answer[:10], reference[:10], small.name)
    assert theirs == pytest.approx(cut)
    assert theirs[2] != pytest.approx(ours[3], abs=1e-3)


def test_the_share_read_in_windows_is_part_of_the_score(small: Encoder) -> None:
    chosen = dataset(small)
    items = [item("fever"), item(LONG), item(LONG * 3), item(None)]
    rows = statistics(items, chosen)
    assert [one.values[-1] for one in rows] == [0, 1, 1, 0]
    assert METRIC.aggregate(table(rows).sum(axis=0), chosen)["windowed_share"] == 0.5


def test_notices_name_what_could_not_be_replayed() -> None:
    columns = {"A": ("rescaled", "windowed"), "B": ("right",), "C": ("windowed",)}
    rows = {
        "A": [Statistic(str(n), (0.5, float(n > 2)), None) for n in range(5)],
        "B": [Statistic("1", (1.0,), None)],
        "C": [Statistic(str(n), (1.0,), None) for n in range(SHOWN + 3)],
    }
    first, second = replay_notices(rows, columns)
    assert first.text("en").startswith("A: bert-score computed")
    assert "2 of 5 keep our value" in first.text("en")
    assert "cut it: 3, 4. An empty answer" in first.text("en")
    assert "23 of 23 keep our value" in second.text("en")
    assert f"{SHOWN - 1}, …." in second.text("en")


def test_a_replayed_track_differs_in_nothing_else() -> None:
    track = load_challenge(ROOT / "challenge").track("main")
    again = replayed(track)
    kinds = {one.id: type(one.metric) for one in again.datasets}
    users = {
        one.id for one in track.datasets if "windowed" in METRICS[one.metric.name].columns(one)
    }
    assert users == {name for name, kind in kinds.items() if kind is ReplayedMetric}
    assert users
    assert {type(one.metric) for one in track.datasets} == {MetricSettings}
    assert again.model_dump() == track.model_dump()


def test_a_folder_named_t5_is_refused(
    small: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "at5x").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "at5x"))
    with pytest.raises(EvaluatorError, match="set TMPDIR"):
        package_scorer(small)


def test_nothing_is_left_in_the_folder_for_temporary_files(
    small: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    package_scorer(small)
    assert list(tmp_path.iterdir()) == []


answers = st.lists(st.text("abcdefgh ", max_size=40), min_size=1, max_size=8)


@given(answers, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_an_item_scores_the_same_alone_in_any_batch_and_twice(small, texts, random) -> None:
    chosen = dataset(small)
    items = [item(text, REFERENCE, str(n)) for n, text in enumerate(texts)]
    together = {one.item: one.values for one in statistics(items, chosen)}
    random.shuffle(items)
    twice = statistics([*items, *items], chosen)

    for one in twice:
        np.testing.assert_allclose(one.values, together[one.item], atol=1e-6)
    for single in items:
        (alone,) = statistics([single], chosen)
        np.testing.assert_allclose(alone.values, together[single.id], atol=1e-6)


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [([], []), ([0, 0], [2]), ([6, 4, 1], [2, 1]), ([99], [1]), ([3, 99, 3, 3], [1, 1, 2])],
)
def test_long_answers_are_read_one_at_a_time(
    lengths: list[int], expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "TOGETHER", 10)
    texts = [encoding._Texts("a" * length, REFERENCE, (), ()) for length in lengths]
    assert [len(group) for group in encoding._groups(texts)] == expected


@given(st.text("abcdefgh ", max_size=60), st.text("abcdefgh ", max_size=60))
@settings(max_examples=60, deadline=None)
def test_recall_of_one_is_precision_of_the_other(small, one, other) -> None:
    first, second = small.tokens([one, other])
    there, back = greedy_match(first, second), greedy_match(second, first)
    assert there.precision == pytest.approx(back.recall, abs=1e-6)
    assert there.f1 == pytest.approx(back.f1, abs=1e-6)
    assert -1 - 1e-6 <= there.f1 <= 1 + 1e-6
