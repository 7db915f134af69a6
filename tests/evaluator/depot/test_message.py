"""What commits of results are called."""

from __future__ import annotations

from evaluator.depot.message import message
from evaluator.depot.repository import Change
from evaluator.depot.signed import signed
from evaluator.results import Result
from evaluator.signatures import Signature
from evaluator.store import Store
from tests.evaluator.depot.house import House, outcome


def change(key: str, number: int, result: Result | None) -> Change:
    """Return a new file of a run; without a result it goes."""
    content = signed({"result": result.model_dump(mode="json")}) if result else None
    return Change(f"runs/mini/dev/{key}-{number}.json", content)


def made_with(data: str, scorer: str = "1") -> Result:
    """Return a result on items of that hash."""
    found = outcome(0.5).result
    signature = str(Signature("accuracy", "v2", f"data:{data}"))
    score = found.datasets["Choice"].model_copy(update={"signature": signature})
    return found.model_copy(update={"datasets": {"Choice": score}, "scorer": scorer})


def scored(store: Store, key: str, *results: Result) -> None:
    """Give a submission these runs."""
    store.begin(key)
    for number, result in enumerate(results, 1):
        store.scores.finish(key, outcome(0.5)._replace(result=result), number)


def test_new_runs_are_counted(house: House) -> None:
    found = [
        change("a", 1, made_with("aa")),
        change("b", 1, made_with("aa")),
        change("gone", 1, None),
        Change("README.md", b"x"),
    ]
    told = message(house.store, found)
    assert told.startswith("Results of 20")
    assert told.endswith(": 2 run(s)")


def test_why_a_run_is_another_is_said_once(house: House) -> None:
    old, new = made_with("aaaaaaaaaaaa"), made_with("bbbbbbbbbbbb", "2")
    keys = [house.submit("己"), house.submit("庚")]
    for key in keys:
        scored(house.store, key, old, new)

    title, blank, *more = message(
        house.store, [*(change(key, 2, new) for key in keys), change("c", 1, new)]
    ).splitlines()
    assert title.endswith(": 3 run(s), 2 of them scored anew")
    assert blank == ""
    assert more == [
        "Choice: other questions or references: data:aaaaaaaaaaaa, then data:bbbbbbbbbbbb.",
        "Scores were put together by version 1 of the scorer, then by version 2.",
    ]


def test_a_run_whose_former_one_is_unknown_is_only_counted(house: House) -> None:
    title, *more = message(house.store, [change("unknown", 3, made_with("aa"))]).splitlines()
    assert title.endswith(": 1 run(s), 1 of them scored anew")
    assert not any(more)
