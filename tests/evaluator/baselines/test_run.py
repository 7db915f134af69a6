"""A run's folder and files: what makes another one, what is submitted, what is said of it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import pytest

from evaluator.baselines.journal import Answer, Journal
from evaluator.baselines.run import Run
from evaluator.settings import Limits
from evaluator.submission import read_submission
from tests.evaluator.baselines.asked import PIXEL
from tests.evaluator.baselines.running import AT, append_all, mini_run, model_at, write_reports
from tests.folders import mini_challenge, question


def replies(run: Run, **changes: Any) -> Iterator[Answer]:
    """Yield an answer to every question: its number; `changes` by dataset."""
    for place, asking in enumerate(run.questions()):
        given = {**asking.key._asdict(), "state": "answered", "answer": f"答{place}", "at": AT}
        yield Answer.model_validate({**given, **changes.get(asking.key.dataset, {})})


def predictions(run: Run, answers: Sequence[Answer]) -> Path:
    """Append the answers and write the file to be submitted."""
    append_all(run.journal, answers)
    with Journal(run.journal) as journal:
        return run.write_predictions(journal)


def test_the_same_command_has_the_same_folder(tmp_path: Path) -> None:
    first, again = (mini_run(tmp_path, model_at()) for _ in range(2))

    assert first.folder == again.folder
    assert first.folder.parent == tmp_path / "data" / "baselines"
    assert first.folder.name.startswith("tested-mini-dev-")
    assert first.journal == first.folder / "answers.jsonl"


@pytest.mark.parametrize(
    "changes",
    [{"pace": {"parallel": 99}}, {"title": "Other"}, {"price": None}, {"licence": "other"}],
)
def test_what_decides_no_answer_leaves_the_folder(tmp_path: Path, changes: dict[str, Any]) -> None:
    changed = mini_run(tmp_path, model_at(**changes))

    assert changed.folder == mini_run(tmp_path, model_at()).folder


@pytest.mark.parametrize(
    "changes",
    [
        {"decoding": {"seed": 8}},
        {"decoding": {"extra": {"effort": "low"}}},
        {"prompt": {"system": "Be brief."}},
        {"model": "another"},
        {"name": "another"},
    ],
)
def test_a_changed_declaration_begins_another_run(tmp_path: Path, changes: dict[str, Any]) -> None:
    changed = mini_run(tmp_path, model_at(**changes))

    assert changed.folder != mini_run(tmp_path, model_at()).folder


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("mini/Report/questions.jsonl", "问题2", "问题二"),
        ("mini/Choice/questions.jsonl", "A. 对", "A. 对。"),
        # The prompt of a dataset.
        ("tracks/mini.yaml", "name: rouge_l}", "name: rouge_l}\n        prompt: '{question}！'"),
    ],
)
def test_a_changed_question_begins_another_run(
    tmp_path: Path, file: str, before: str, after: str
) -> None:
    folder = mini_run(tmp_path, model_at()).folder
    changed = tmp_path / "challenge" / file
    text = changed.read_text("utf-8")
    assert before in text
    changed.write_text(text.replace(before, after), "utf-8")

    assert mini_run(tmp_path, model_at()).folder != folder


def test_a_changed_image_begins_another_run(tmp_path: Path) -> None:
    challenge = mini_challenge(tmp_path / "challenge")
    write_reports(challenge, [{**question(1, "Report"), "img_path": ["a.png"]}])
    image = challenge / "mini" / "Report" / "a.png"
    image.write_bytes(PIXEL.content)
    folder = mini_run(tmp_path, model_at()).folder
    image.write_bytes(PIXEL.content + b"\x00")

    assert mini_run(tmp_path, model_at()).folder != folder


def test_references_and_other_phases_change_nothing(tmp_path: Path) -> None:
    folder = mini_run(tmp_path, model_at()).folder
    for changed in ("mini/Report/references.jsonl", "mini-test/Report/questions.jsonl"):
        file = tmp_path / "challenge" / changed
        file.write_text(file.read_text("utf-8").replace("3", "4").replace("问题", "题"), "utf-8")

    assert mini_run(tmp_path, model_at()).folder == folder
    assert mini_run(tmp_path, model_at(), "test").folder != folder


def test_a_begun_run_says_what_it_is_made_of(tmp_path: Path) -> None:
    run = mini_run(tmp_path, model_at())
    run.begin()
    written = json.loads((run.folder / "manifest.json").read_bytes())
    run.begin()

    assert (written["track"], written["phase"]) == ("mini", "dev")
    assert written["model"]["model"] == "asked-model"
    assert written["clients"] == f"harness:1|openai:{version('openai')}"
    # The beginning is the first one's.
    assert json.loads((run.folder / "manifest.json").read_bytes()) == written


def test_the_answers_are_read_as_a_valid_upload(tmp_path: Path) -> None:
    run = mini_run(tmp_path, model_at())
    refused = {"state": "unfit", "answer": ""}
    path = predictions(run, list(replies(run, Report=refused)))
    reading = read_submission(path, path.name, run.challenge, run.track, run.phase, Limits())

    # Two choices of two copies each; an answer that is none is empty, not skipped.
    assert reading.predictions.answers == {
        "Choice": {"1": ("答0", "答1"), "2": ("答2", "答3")},
        "Report": {"1": ("",), "2": ("",)},
    }
    assert (reading.items, reading.skipped, reading.notices) == (4, 0, [])


def test_skipped_questions_are_marked(tmp_path: Path) -> None:
    run = mini_run(tmp_path, model_at())
    path = predictions(run, list(replies(run, Report={"state": "skipped", "answer": None})))
    reading = read_submission(path, path.name, run.challenge, run.track, run.phase, Limits())

    assert (reading.items, reading.skipped) == (4, 2)
    with zipfile.ZipFile(path) as pack:
        assert pack.namelist() == ["Choice_test.jsonl", "Report_test.jsonl"]
        lines = pack.read("Report_test.jsonl").splitlines()
    assert [orjson.loads(line) for line in lines] == [
        {
            "question": f"问题{number}",
            "answer": None,
            "other": {"id": str(number), "source": "Report"},
            "skipped": True,
        }
        for number in (1, 2)
    ]


def test_equal_answers_make_an_equal_file(tmp_path: Path) -> None:
    contents = []
    for place, order in (("a", 1), ("b", -1)):
        run = mini_run(tmp_path / place, model_at())
        path = predictions(run, list(replies(run))[::order])
        contents.append(path.read_bytes())
    other = mini_run(tmp_path / "c", model_at())
    changed = predictions(other, list(replies(other, Report={"answer": "?"}))).read_bytes()

    assert contents[0] == contents[1] != changed
    with zipfile.ZipFile(tmp_path / "a" / path.relative_to(tmp_path / "b")) as pack:
        assert {one.compress_type for one in pack.infolist()} == {zipfile.ZIP_DEFLATED}


def test_the_origin_says_how_the_answers_were_made(tmp_path: Path) -> None:
    model = model_at(
        prompt={"shots": [{"question": "Q", "answer": "A"}]},
        decoding={"seed": 7, "extra": {"effort": "low"}},
        price={"input": 2, "output": 8, "source": "list", "date": "2026-01-01"},
    )
    run = mini_run(tmp_path, model)
    one = {"model": "m-1", "fingerprint": "fp_b", "input_tokens": 100_000, "output_tokens": 5_000}
    answers = list(
        replies(
            run,
            Choice=one,
            Report={**one, "model": "m-2", "fingerprint": "fp_a", "state": "cut_off"},
        )
    )
    failed = Answer.model_validate({**answers[0].model_dump(), "state": "failed"})
    # In UTC it is another day than where the clock was.
    answers[0] = answers[0].model_copy(update={"at": failed.at.replace(hour=0)})
    late = answers[5].model_dump(mode="json") | {"at": "2026-02-05T01:00:00+02:00"}
    answers[5] = Answer.model_validate(late)
    run.begin()
    append_all(run.journal, [failed, *answers])
    with Journal(run.journal) as journal:
        origin, outputs_hash = run.origin(journal), journal.outputs_hash()

    assert origin.model_dump(exclude={"prompt_hash"}) == {
        "provider": "openai: 127.0.0.1",
        "asked": "asked-model",
        "snapshots": {"m-1": 4, "m-2": 2},
        "fingerprints": ("fp_a", "fp_b"),
        "first": "2026-02-03",
        "last": "2026-02-04",
        "shots": 1,
        "decoding": {
            "temperature": 0.0,
            "top_p": None,
            "seed": 7,
            "max_tokens": 4096,
            "extra": {"effort": "low"},
        },
        "outputs_hash": outputs_hash,
        "harness": f"harness:1|openai:{version('openai')}",
        "states": {"answered": 4, "cut_off": 2},
        # Six answers and one that failed: 7 · 100,000 and 7 · 5,000, at 2 and 8 USD a million.
        "input_tokens": 700_000,
        "output_tokens": 35_000,
        "cost": 1.68,
        "licence": "MIT",
        "source": "none",
    }
    assert len(origin.prompt_hash) == 12


def test_without_a_price_no_cost_is_said(tmp_path: Path) -> None:
    run = mini_run(tmp_path, model_at())
    run.begin()
    append_all(run.journal, replies(run))
    with Journal(run.journal) as journal:
        assert run.origin(journal).cost is None


def test_another_client_meanwhile_is_told(tmp_path: Path) -> None:
    run = mini_run(tmp_path, model_at())
    run.begin()
    manifest = run.folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace(version("openai"), "3.0.0"), "utf-8")
    append_all(run.journal, replies(run))
    with Journal(run.journal) as journal:
        told = run.origin(journal).harness
    assert told == f"harness:1|openai:3.0.0, harness:1|openai:{version('openai')}"
