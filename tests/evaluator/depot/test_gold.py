"""The private repository of references: byte by byte there and back, and to nobody else."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from huggingface_hub import HfApi

from evaluator.challenge import Challenge, load_challenge
from evaluator.depot.folder import FolderRepository
from evaluator.depot.gold import gold, pull_gold
from evaluator.depot.hub import HubRepository, open_api
from evaluator.depot.plan import Publication, plan
from evaluator.depot.push import push
from evaluator.depot.repository import Change, Refused, Repository
from evaluator.items import dataset_hash
from evaluator.settings import ROOT, Settings
from tests.hub_client import ANN, BOB
from tests.hub_loader import NotLoaded, load
from tests.hub_writing import WritableHub
from tests.test_phases import phased

NAME = "ann/gold"
BYTES = pa.field("line", pa.binary())
# As wc counts the lines of all files of references of a track.
LINES = {"main": 290, "ophthalmology": 86, "quality-control": 34, "imaging-reports": 30, "tcm": 60}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The five tracks of the sample, to be written to."""
    folder = tmp_path / "sample"
    shutil.copytree(ROOT / "challenge", folder, ignore=shutil.ignore_patterns("*.py", "entries"))
    return folder


def on_hub(hub: WritableHub) -> HubRepository:
    """Return the repository of references, as the worker's client sees it."""
    open_api(ANN)
    return HubRepository(NAME, HfApi(endpoint=hub.url, token=ANN))


def publish(repository: Repository, challenge: Challenge) -> None:
    """Publish the references of a challenge."""
    wanted = gold(challenge, Settings())
    plan(Publication("gold", repository, wanted, "References")).push()


def published(tmp_path: Path, challenge: Challenge) -> FolderRepository:
    """Return a repository in a folder that holds the references of a challenge."""
    repository = FolderRepository("gold", tmp_path / "gold")
    publish(repository, challenge)
    return repository


def references(folder: Path) -> dict[Path, bytes]:
    """Return the content of every file of references, by its path."""
    return {file: file.read_bytes() for file in sorted(folder.rglob("references.jsonl"))}


def lose(folder: Path) -> dict[Path, bytes]:
    """Delete every file of references; return what they held."""
    lost = references(folder)
    for file in lost:
        file.unlink()
    return lost


def hashes(challenge: Challenge) -> dict[tuple[str, str, str], str]:
    """Return what the items of every dataset hash to."""
    return {
        (track.id, phase.id, dataset.id): dataset_hash(
            challenge.items_folder(track, phase, dataset)
        )
        for track, phase in challenge.boards()
        for dataset in track.datasets
    }


def test_a_challenge_without_references_gets_them_from_a_hub(
    hub: WritableHub, sample: Path, tmp_path: Path
) -> None:
    challenge = load_challenge(sample)
    repository = on_hub(hub)
    publish(repository, challenge)
    before, written = hashes(challenge), gold(challenge, Settings())
    lost = lose(sample)

    # 22, 8, 3, 5 and 4 datasets.
    assert pull_gold(on_hub(hub), challenge) == 42 == len(lost)
    assert references(sample) == lost
    assert hashes(challenge) == before
    assert gold(challenge, Settings()) == written
    # What is here is not asked for again.
    asked = len(hub.requests)
    assert pull_gold(on_hub(hub), challenge) == 0
    assert len(hub.requests) == asked


def test_every_config_loads_with_the_token_only(
    hub: WritableHub, sample: Path, tmp_path: Path
) -> None:
    publish(on_hub(hub), load_challenge(sample))

    loaded = load(hub.url, NAME, tmp_path / "loader", ANN)

    assert {config: len(rows) for config, rows in loaded.items()} == {
        f"{track}--dev": lines for track, lines in LINES.items()
    }
    assert loaded["tcm--dev"][0].keys() == {"dataset", "id", "line"}
    assert hub.repository(NAME).private
    for number, token in enumerate((None, BOB)):
        with pytest.raises(NotLoaded, match="doesn't exist on the Hub or cannot be accessed"):
            load(hub.url, NAME, tmp_path / f"other-{number}", token)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.rstrip(b"\n"),
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\n\n  \n" + content.replace(b"\n", b"\n\r\n") + b"\n \t",
    ],
    ids=["no end of line at the end", "other ends of lines", "blank lines"],
)
def test_a_file_comes_back_byte_by_byte(
    mini: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    for file, content in references(mini).items():
        file.write_bytes(change(content))
    challenge = load_challenge(mini)
    repository = published(tmp_path, challenge)
    lost = lose(mini)

    assert pull_gold(repository, challenge) == 4
    assert references(mini) == lost


def test_private_parts_are_there_and_the_card_says_what_it_is(tmp_path: Path) -> None:
    found = gold(load_challenge(phased(tmp_path)), Settings())

    rows = pq.read_table(io.BytesIO(found["mini/final.parquet"])).to_pylist()
    assert [row["id"] for row in rows] == ["11", "12", "11", "12"]
    card = found["README.md"].decode()
    front = yaml.safe_load(card.split("---")[1])
    assert [one["config_name"] for one in front["configs"]] == [
        "mini--dev",
        "mini--test",
        "mini--final",
    ]
    assert front["license"] == "other"
    assert "Never make this repository public" in card


def test_what_is_not_here_stays_in_the_repository(
    mini: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    challenge = load_challenge(mini)
    repository = published(tmp_path, challenge)
    head = repository.head()
    (mini / "mini-test" / "Choice" / "references.jsonl").unlink()

    found = gold(challenge, Settings())
    publish(repository, challenge)

    # Not a file with the other dataset only.
    assert found.keys() == {"layout.json", "README.md", "mini/dev.parquet"}
    assert repository.head() == head
    lose(mini)
    assert gold(challenge, Settings()) == {}
    # A machine that has none is nothing to complain of.
    assert caplog.records == []


def test_what_is_wrong_is_not_published_and_said(
    mini: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = mini / "mini-test" / "Report" / "references.jsonl"
    file.write_text(file.read_text("utf-8").splitlines()[0], "utf-8")

    assert "mini/test.parquet" not in gold(load_challenge(mini), Settings())
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith("The references of mini--test are not published.")
    assert "id 2 has 1 question line(s)" in said


def test_what_the_repository_lacks_stays_missing(mini: Path, tmp_path: Path) -> None:
    challenge = load_challenge(mini)
    repository = published(tmp_path, challenge)
    head = repository.head()
    repository.commit([Change("mini/test.parquet", None)], head.commit, "Gone")
    lost = lose(mini)

    assert pull_gold(FolderRepository("gold", tmp_path / "nowhere"), challenge) == 0
    assert references(mini) == {}
    assert pull_gold(repository, challenge) == 2
    assert references(mini).keys() == {file for file in lost if "mini-test" not in file.parts}


def test_only_what_is_missing_is_written(mini: Path, tmp_path: Path) -> None:
    challenge = load_challenge(mini)
    repository = published(tmp_path, challenge)
    kept = mini / "mini" / "Report" / "references.jsonl"
    other = kept.read_bytes().replace("三天".encode(), "两周".encode())
    kept.write_bytes(other)
    (mini / "mini" / "Choice" / "references.jsonl").unlink()

    assert pull_gold(repository, challenge) == 1
    assert kept.read_bytes() == other


def test_a_dataset_whose_questions_are_not_here_is_passed_over(mini: Path, tmp_path: Path) -> None:
    challenge = load_challenge(mini)
    repository = published(tmp_path, challenge)
    shutil.rmtree(mini / "mini-test")
    lose(mini)

    assert pull_gold(repository, challenge) == 2
    assert not (mini / "mini-test").exists()


def edited(file: bytes, change: Callable[[pa.Table], pa.Table]) -> bytes:
    """Return a table after somebody changed it."""
    written = io.BytesIO()
    pq.write_table(change(pq.read_table(io.BytesIO(file))), written)
    return written.getvalue()


def other_answer(table: pa.Table) -> pa.Table:
    """Return the table with another answer."""
    rows: list[dict[str, Any]] = table.to_pylist()
    rows[0]["line"] = rows[0]["line"].replace("<A>", "<B>")
    return pa.Table.from_pylist(rows, table.schema)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: edited(file, other_answer),
        lambda file: edited(file, lambda table: table.replace_schema_metadata(None)),
        lambda file: edited(file, lambda table: table.append_column("more", table["id"])),
        lambda file: edited(file, lambda table: table.cast(table.schema.set(2, BYTES))),
        lambda file: edited(file, lambda table: table.slice(1)),
        lambda file: file[:-9],
        lambda file: b"",
    ],
    ids=["another answer", "no hash", "another column", "no texts", "a row gone", "cut", "empty"],
)
def test_a_file_that_was_edited_is_refused(
    mini: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    challenge = load_challenge(mini)
    repository = published(tmp_path, challenge)
    head = repository.head()
    # The one that is read last: nothing is written of the others either.
    content = change(repository.read("mini/test.parquet", head.commit))
    repository.commit([Change("mini/test.parquet", content)], head.commit, "Edited")
    lose(mini)

    with pytest.raises(Refused, match=r"mini/test.parquet in gold was damaged, or edited by hand"):
        pull_gold(repository, challenge)
    assert references(mini) == {}


def test_references_of_other_questions_are_refused(mini: Path, tmp_path: Path) -> None:
    repository = published(tmp_path, load_challenge(mini))
    lose(mini)
    asked = mini / "mini-test" / "Report" / "questions.jsonl"
    asked.write_text(asked.read_text("utf-8").splitlines()[0], "utf-8")

    with pytest.raises(Refused) as caught:
        pull_gold(repository, load_challenge(mini))
    assert str(caught.value) == (
        "The references of Report in mini/test.parquet of gold do not fit the questions here: "
        "references.jsonl, line 2: id 2 has a reference but no question. Nothing was taken from "
        "it; bring the questions up to date, or publish the references anew."
    )
    assert references(mini) == {}


def test_references_of_another_hash_than_declared_are_refused(mini: Path, tmp_path: Path) -> None:
    repository = published(tmp_path, load_challenge(mini))
    found = dataset_hash(mini / "mini-test" / "Report")
    file = mini / "tracks" / "mini.yaml"
    card = "        card: {zh: 写报告。, en: Write.}\n"
    declared = '        hashes: {test: "000000000000"}\n'
    file.write_text(file.read_text("utf-8").replace(card, card + declared), "utf-8")
    lose(mini)

    told = f"the items have the hash {found}, but 000000000000 is declared"
    with pytest.raises(Refused, match=told):
        pull_gold(repository, load_challenge(mini))
    assert references(mini) == {}
    # With the hash that they have they are taken.
    file.write_text(file.read_text("utf-8").replace("0" * 12, found), "utf-8")
    assert pull_gold(repository, load_challenge(mini)) == 4


def test_a_folder_that_cannot_be_written_is_said(mini: Path, tmp_path: Path) -> None:
    challenge = load_challenge(mini)
    repository = published(tmp_path, challenge)
    lose(mini)
    blocked = mini / "mini" / "Choice" / "references.jsonl"
    blocked.mkdir()

    with pytest.raises(Refused, match=f"{blocked} cannot be written: Is a directory"):
        pull_gold(repository, challenge)


def test_a_public_repository_is_refused(hub: WritableHub, mini: Path, tmp_path: Path) -> None:
    challenge = load_challenge(mini)
    HfApi(endpoint=hub.url, token=ANN).create_repo(NAME, repo_type="dataset", private=False)
    commits = hub.commits(NAME)

    with pytest.raises(Refused, match="ann/gold is public, but what belongs there is private"):
        publish(on_hub(hub), challenge)
    assert hub.commits(NAME) == commits

    lose(mini)
    with pytest.raises(Refused, match="ann/gold is public"):
        pull_gold(on_hub(hub), challenge)


def test_a_repository_of_another_kind_is_refused(mini: Path, tmp_path: Path) -> None:
    repository = FolderRepository("gold", tmp_path / "gold")
    repository.make()
    push(repository, {"layout.json": b'{"kind": "results", "layout": 1}'}, "Theirs")
    lose(mini)

    with pytest.raises(Refused, match="holds the results of a challenge, not its gold"):
        pull_gold(repository, load_challenge(mini))
