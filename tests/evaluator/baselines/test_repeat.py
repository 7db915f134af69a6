"""Asking again: which questions are drawn, and how far runs agree, worked by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from evaluator.baselines.journal import Answer, Journal, Key
from evaluator.baselines.repeat import Agreement, agreement, journal_of, subset
from evaluator.baselines.run import Run
from tests.evaluator.baselines.running import AT, append_all, mini_run, model_at, write_reports
from tests.folders import mini_challenge, question

CHOICES = (Key("Choice", "1"), Key("Choice", "1", 1), Key("Choice", "2"), Key("Choice", "2", 1))
REPORTS = (Key("Report", "1"), Key("Report", "2"))
# How many reports there are beside the two choices.
MANY = 20


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run over two choices of two copies each and many reports."""
    challenge = mini_challenge(tmp_path / "challenge")
    write_reports(challenge, [question(n, "Report") for n in range(1, MANY + 1)])
    return mini_run(tmp_path, model_at())


@pytest.mark.parametrize(
    ("items", "choices", "reports"),
    # Item by item from each dataset, as long as it has some.
    [(2, 1, 1), (4, 2, 2), (10, 2, 8), (22, 2, 20), (99, 2, 20)],
)
def test_datasets_are_drawn_from_evenly(run: Run, items: int, choices: int, reports: int) -> None:
    drawn = subset(run, items, seed=0)

    # Of a choice both copies are asked.
    assert Counter(one.key.dataset for one in drawn) == Counter(Choice=2 * choices, Report=reports)
    assert len({one.key for one in drawn}) == len(drawn)
    by_item = Counter((one.key.dataset, one.key.item) for one in drawn)
    assert {count for (dataset, _item), count in by_item.items() if dataset == "Choice"} == {2}


def test_fewer_items_than_datasets_are_not_always_of_the_first(run: Run) -> None:
    first = {subset(run, 1, seed)[0].key.dataset for seed in range(8)}
    assert first == {"Choice", "Report"}


def test_a_seed_draws_the_same(run: Run) -> None:
    drawn = [[one.key for one in subset(run, 8, seed)] for seed in (0, 0, 1)]

    assert drawn[0] == drawn[1] != drawn[2]
    # More of the same seed begins with the same.
    assert [one.key for one in subset(run, 9, 0)][: len(drawn[0])] == drawn[0]


@pytest.mark.parametrize(("images", "drawn"), [(False, ["1", "3"]), (True, ["1", "2", "3"])])
def test_what_would_be_skipped_is_not_drawn(tmp_path: Path, images: bool, drawn: list[str]) -> None:
    challenge = mini_challenge(tmp_path / "challenge")
    lines = [question(n, "Report") for n in (1, 2, 3)]
    lines[1]["img_path"] = ["a.png"]
    write_reports(challenge, lines)
    (challenge / "mini" / "Report" / "a.png").write_bytes(b"\x89PNG")
    run = mini_run(tmp_path, model_at(images=images))

    found = [one.key.item for one in subset(run, 99, 0) if one.key.dataset == "Report"]
    assert sorted(found) == drawn


def agreed(
    folder: Path, keys: Sequence[Key], *runs: Sequence[str | Answer | None]
) -> list[Agreement]:
    """Return the agreement of runs that answered these questions so, None for skipped."""
    run = mini_run(folder, model_at())
    asked = {one.key: one for one in run.questions()}
    with ExitStack() as stack:
        journals = []
        for number, said in enumerate(runs, 1):
            file = journal_of(run, number)
            append_all(file, [given(key, one) for key, one in zip(keys, said, strict=True)])
            journals.append(stack.enter_context(Journal(file)))
        return agreement([asked[key] for key in keys], journals)


def given(key: Key, said: str | Answer | None) -> Answer:
    """Return an answer of that text; None stands for none."""
    state = "skipped" if said is None else "answered"
    return Answer.model_validate({**key._asdict(), "state": state, "answer": said, "at": AT})


def test_runs_agree_where_they_mean_the_same(tmp_path: Path) -> None:
    found = agreed(
        tmp_path,
        (*CHOICES, *REPORTS),
        ("<A>", "B", "A", "A、B", "患者 发热", "ＣＴ 正常"),
        # The same letters otherwise written; the same words in other case, width and script.
        ("答案：A", "B.", "B", "B, A", "患者  发热", "ct 正常"),
        ("Therefore, the answer is A", "<think>A?</think>B", "A", "<AB>", "患者發熱", "CT 正常"),
    )

    # Of the third choice only the first and the third run agree: one pair of three. So of four
    # choices three are alike, and of 12 pairs 10 agree. The third run writes the first report
    # without a blank: two pairs of six differ.
    assert found == [
        Agreement("Choice", 4, 3, 10 / 12),
        Agreement("Report", 2, 1, 4 / 6),
    ]


def test_one_run_that_differs_breaks_its_pairs(tmp_path: Path) -> None:
    found = agreed(tmp_path, CHOICES, ("A",) * 4, ("A",) * 4, ("A",) * 4, ("A", "A", "A", "B"))

    # Six pairs a question; where one run of four differs, three of them agree.
    assert found == [Agreement("Choice", 4, 3, (6 + 6 + 6 + 3) / 24)]


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("A", "A", True),
        ("A", "C", False),
        # Neither can be read as letters: they are compared as they stand.
        ("我不知道", "我不知道", True),
        ("我不知道", "无法判断", False),
        ("我不知道", "A", False),
        ("", "", True),
        ("", "A", False),
        (None, None, True),
        # A word that is not an answer is not the lack of one.
        (None, "skipped", False),
        ("<think>A", "<think>B", True),
    ],
)
def test_what_counts_as_alike(
    tmp_path: Path, first: str | None, second: str | None, alike: bool
) -> None:
    (found,) = agreed(tmp_path, CHOICES[:1], (first,), (second,))

    assert found == Agreement("Choice", 1, int(alike), float(alike))
