"""The public repository of questions: everything that is asked, nothing of what is hidden."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import yaml
from huggingface_hub import HfApi

from evaluator.challenge import Challenge, load_challenge
from evaluator.depot.hub import HubRepository, open_api
from evaluator.depot.plan import Publication, plan
from evaluator.depot.questions import questions
from evaluator.settings import ROOT, Settings
from tests.folders import TRACK, mini_challenge, question, reference, write_lines
from tests.hub_client import ANN
from tests.hub_loader import load
from tests.hub_writing import WritableHub
from tests.test_phases import phased

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NAME = "ann/questions"
# The lines of all files of questions of a track, as wc counts them.
LINES = {"main": 290, "ophthalmology": 86, "quality-control": 34, "imaging-reports": 30, "tcm": 60}
# A picture of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0"
    "000003010100c9fe92ef0000000049454e44ae426082"
)


def rows(found: dict[str, bytes], path: str) -> list[dict[str, Any]]:
    """Return the rows of one of the files."""
    read: list[dict[str, Any]] = pq.read_table(io.BytesIO(found[path])).to_pylist()
    return read


def told(found: dict[str, bytes]) -> str:
    """Return all texts that anybody can read in the files, tables unpacked."""
    return "\n".join(
        f"{path} {rows(found, path) if path.endswith('.parquet') else content.decode()}"
        for path, content in found.items()
    )


def test_every_config_loads_with_its_pictures(hub: WritableHub, tmp_path: Path) -> None:
    challenge = load_challenge(ROOT / "challenge")
    found = questions(challenge, Settings())
    open_api(ANN)
    api = HfApi(endpoint=hub.url, token=ANN)
    repository = HubRepository(NAME, api, private=False)
    plan(Publication("questions", repository, found, "Questions")).push()

    # By somebody without a token: the repository is public.
    loaded = load(hub.url, NAME, tmp_path / "loader")

    assert {config: len(rows) for config, rows in loaded.items()} == {
        f"{track}--dev": lines for track, lines in LINES.items()
    }
    for config, rows in loaded.items():
        track = challenge.track(config.removesuffix("--dev"))
        files = {dataset.id: challenge.folder / track.id / dataset.id for dataset in track.datasets}
        written = [
            line
            for folder in files.values()
            for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()
        ]
        assert [row["line"] for row in rows] == written
        for row in rows:
            line = orjson.loads(row["line"])
            assert (row["question"], row["options"]) == (line["question"], line["options"])
            assert row["id"] == str(line["other"]["id"])
            images = line.get("img_path") or []
            assert [one["path"] for one in row["images"]] == images
            assert [one["sha256"] for one in row["images"]] == [
                hashlib.sha256((files[row["dataset"]] / image).read_bytes()).hexdigest()
                for image in images
            ]
    assert loaded["ophthalmology--dev"][0]["images"][0]["size"] > [1, 1]


def test_the_same_questions_are_the_same_bytes() -> None:
    challenge = load_challenge(ROOT / "challenge")
    assert questions(challenge, Settings()) == questions(challenge, Settings())


def test_a_row_is_what_a_model_is_given(mini: Path) -> None:
    row = rows(questions(load_challenge(mini), Settings()), "mini/dev.parquet")[1]

    assert row == {
        "dataset": "Choice",
        "id": "1",
        "prompt": "问题1\nA. 错\nB. 对",
        "question": "问题1",
        "options": ["A. 错", "B. 对"],
        "images": [],
        "line": '{"question": "问题1", "options": ["A. 错", "B. 对"], "answer": null, '
        '"other": {"id": 1, "source": "Choice"}}',
    }


def test_copies_stay_where_they_stand_in_the_file(mini: Path) -> None:
    file = mini / "mini" / "Choice" / "questions.jsonl"
    first, second, third, fourth = file.read_text("utf-8").splitlines()
    # The copies of item 1 apart, a blank line between, and another end of line.
    file.write_text("\r\n".join([third, first, "", fourth, second]), "utf-8", newline="")

    found = rows(questions(load_challenge(mini), Settings()), "mini/dev.parquet")

    assert [row["line"] for row in found[:4]] == [third, first, fourth, second]


def test_nothing_tells_a_hidden_reference(tmp_path: Path) -> None:
    folder = mini_challenge(tmp_path / "challenge", marker="机密SECRET")
    for dataset in ("Choice", "Report"):
        file = folder / "mini-test" / dataset / "references.jsonl"
        lines = [orjson.loads(line) for line in file.read_bytes().splitlines()]
        points = [{"text": "要点甲", "aliases": ["别名乙"]}]
        write_lines(file, [{**line, "point": points} for line in lines])
    said = told(questions(load_challenge(folder), Settings()))

    for file in (folder / "mini-test").rglob("references.jsonl"):
        for line in file.read_bytes().splitlines():
            assert orjson.loads(line)["answer"] not in said
    for secret in ("SECRET", "要点甲", "别名乙", "references.jsonl"):
        assert secret not in said
    # It is the hidden phase that was looked through.
    assert "mini-test：问题1" in said


def test_a_private_part_cannot_be_told_from_its_phase(tmp_path: Path) -> None:
    one = questions(load_challenge(phased(tmp_path / "one")), Settings())
    other = phased(tmp_path / "other")
    (other / "mini-test").rename(other / "between")
    (other / "mini-final").rename(other / "mini-test")
    (other / "between").rename(other / "mini-final")

    # Which items are private changes no byte.
    assert questions(load_challenge(other), Settings()) == one
    asked = rows(one, "mini/test.parquet")
    assert {row["id"] for row in asked} == {"1", "2", "11", "12"}
    assert len(asked) == 10
    assert "mini/final.parquet" not in one
    assert "final" not in told(one)
    # By the SHA-256 of their ids: 4fc… of 11, 6b51… of 12, 6b86… of 1, d47… of 2.
    assert list(dict.fromkeys(row["id"] for row in asked)) == ["11", "12", "1", "2"]


def test_a_phase_is_there_from_when_it_opens(tmp_path: Path) -> None:
    challenge = load_challenge(phased(tmp_path, opens=NOW + DAY))
    before = questions(challenge, Settings(), NOW)
    after = questions(challenge, Settings(), NOW + DAY)

    assert "mini/test.parquet" not in before
    assert "mini--test" not in told(before)
    assert "mini-test：" not in told(before)
    assert "mini/test.parquet" in after
    assert "mini--test" in after["README.md"].decode()


def test_a_benchmark_has_a_task_for_each_config(tmp_path: Path) -> None:
    found = yaml.safe_load(questions(load_challenge(phased(tmp_path)), Settings())["eval.yaml"])

    assert found.keys() == {"name", "description", "evaluation_framework", "tasks"}
    assert found["evaluation_framework"] == "medbench-open"
    assert found["tasks"] == [
        {"id": "mini--dev", "config": "mini--dev", "split": "test"},
        {"id": "mini--test", "config": "mini--test", "split": "test"},
    ]


def test_where_no_phase_has_opened_there_is_no_benchmark(tmp_path: Path) -> None:
    folder = mini_challenge(tmp_path)
    track = yaml.safe_load(TRACK)
    for phase in track["phases"]:
        phase["opens"] = NOW + DAY
    (folder / "tracks" / "mini.yaml").write_text(yaml.safe_dump(track, allow_unicode=True), "utf-8")

    found = questions(load_challenge(folder), Settings())

    assert found.keys() == {"layout.json", "README.md"}
    assert "configs" not in yaml.safe_load(found["README.md"].decode().split("---")[1])


def on_hub(folder: Path, *datasets: str, phases: tuple[str, ...]) -> Challenge:
    """Declare that items of these datasets lie on a Hub in these phases; return the challenge."""
    file = folder / "tracks" / "mini.yaml"
    track = yaml.safe_load(file.read_text("utf-8"))
    source = {"id": "ann/items", "revision": "v1"}
    for dimension in track["dimensions"]:
        for dataset in dimension["datasets"]:
            if dataset["id"] in datasets:
                items = {"questions": source, "references": source}
                dataset["hub"] = dict.fromkeys(phases, items)
    file.write_text(yaml.safe_dump(track, allow_unicode=True, sort_keys=False), "utf-8")
    return load_challenge(folder, folder / "kept")


def test_what_lies_on_a_hub_already_is_not_there(mini: Path) -> None:
    found = questions(on_hub(mini, "Choice", phases=("dev",)), Settings())
    assert {row["dataset"] for row in rows(found, "mini/dev.parquet")} == {"Report"}
    assert {row["dataset"] for row in rows(found, "mini/test.parquet")} == {"Choice", "Report"}

    found = questions(on_hub(mini, "Choice", "Report", phases=("dev",)), Settings())
    assert "mini/dev.parquet" not in found
    assert "mini--dev" not in told(found)


def test_a_part_is_not_published_without_its_phase(tmp_path: Path) -> None:
    """Of which the rows lie on a Hub: those of the part alone would tell that they are private."""
    challenge = on_hub(phased(tmp_path), "Report", phases=("test",))
    track = challenge.track("mini")
    folder = challenge.items_folder(track, track.phase("test"), track.dataset("Report"))
    write_lines(folder / "questions.jsonl", [question(item, "Report") for item in (1, 2)])

    asked = rows(questions(challenge, Settings()), "mini/test.parquet")

    assert {row["id"] for row in asked if row["dataset"] == "Report"} == {"1", "2", "11", "12"}


def test_a_picture_lies_beside_its_question(mini: Path) -> None:
    folder = mini / "mini" / "Report"
    line = {**question(1, "Report"), "img_path": "images/a.png"}
    write_lines(folder / "questions.jsonl", [line, question(2, "Report")])
    write_lines(folder / "references.jsonl", [reference(item, "Report", "无") for item in (1, 2)])
    (folder / "images").mkdir()
    (folder / "images" / "a.png").write_bytes(PIXEL)

    found = rows(questions(load_challenge(mini), Settings()), "mini/dev.parquet")

    assert [row["images"] for row in found[-2:]] == [[{"bytes": PIXEL, "path": "images/a.png"}], []]
