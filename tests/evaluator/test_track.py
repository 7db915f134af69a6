"""Declarations: what a challenge folder says, and what is said when it says it wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluator.challenge import Challenge, load_challenge
from evaluator.errors import DeclarationError, NotFound
from evaluator.texts import LANGUAGES
from evaluator.track import Track
from tests.folders import TRACK


def declare(folder: Path, text: str, name: str = "mini.yaml") -> Path:
    """Write one declaration into a challenge folder and return the folder."""
    (folder / "tracks").mkdir(parents=True, exist_ok=True)
    (folder / "tracks" / name).write_text(text, "utf-8")
    return folder


def changed(path: str, value: Any) -> str:
    """Return the mini track with the value at a dotted path changed; `...` removes it."""
    track = yaml.safe_load(TRACK)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner = track
    for part in parents:
        inner = inner[part]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return yaml.safe_dump(track, allow_unicode=True)


def refusal(folder: Path) -> str:
    """Return why a challenge folder is refused."""
    with pytest.raises(DeclarationError) as caught:
        load_challenge(folder)
    assert all(caught.value.text(language) for language in LANGUAGES)
    return str(caught.value)


def test_mini_track_is_read(mini: Path) -> None:
    track = load_challenge(mini).track("mini")

    assert [dataset.id for dataset in track.datasets] == ["Choice", "Report"]
    assert [phase.references for phase in track.phases] == ["open", "hidden"]
    assert track.dataset("Report").metric.recall_weight == 0.8
    assert track.dataset("Report").convention == "text"
    assert (track.title.zh, track.title.en) == ("小赛道", "Mini track")


DIMENSION = "dimensions.0"
DATASET = "dimensions.0.datasets.0"


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("id", ..., "id: Field required"),
        ("title", "Mini", "title: "),
        ("title", {"zh": "小"}, "title.en: Field required"),
        ("title.fr", "Mini", "title.fr: Extra inputs are not permitted"),
        ("colour", "red", "colour: Extra inputs are not permitted"),
        ("phases", [], "phases: "),
        ("phases.0.references", "secret", "phases.0.references: "),
        ("phases.0.quotas", 3, "phases.0.quotas: Extra inputs"),
        ("phases.1.id", "dev", "phase named twice: dev"),
        # Answers that are open in one phase would be hidden in the other.
        ("phases.1.folder", None, "an open and a hidden phase share the items in mini"),
        ("phases.0.folder", "mini-test", "share the items in mini-test"),
        ("dimensions", [], "dimensions: "),
        (f"{DIMENSION}.datasets", [], f"{DIMENSION}.datasets: "),
        ("dimensions.1.id", "safety", "dimension named twice: safety"),
        ("dimensions.1.datasets.0.id", "Choice", "dataset named twice: Choice"),
        (f"{DATASET}.convention", "number", f"{DATASET}.convention: "),
        (f"{DATASET}.convention", "text", "Choice: accuracy cannot score the convention text"),
        (f"{DATASET}.labels", ["A", "B", "A"], "dataset Choice: label named twice: A"),
        (f"{DATASET}.labels", [""], f"{DATASET}.labels.0: "),
        (f"{DATASET}.metric.name", "macro_f1", "dataset Choice: macro_f1 averages over classes"),
        (f"{DATASET}.metric.name", "bleu", "bleu cannot score the convention letter; give it"),
        (f"{DATASET}.metric", "accuracy", f"{DATASET}.metric: "),
        (f"{DATASET}.metric.name", "acuracy", f"{DATASET}.metric.name: "),
        (f"{DATASET}.metric.weight", 1, f"{DATASET}.metric.weight: Extra inputs"),
        (f"{DATASET}.metric.recall_weight", 1.1, f"{DATASET}.metric.recall_weight: "),
        (f"{DATASET}.metric.recall_weight", -0.1, f"{DATASET}.metric.recall_weight: "),
        (f"{DATASET}.card", ..., f"{DATASET}.card: Field required"),
        # Names become folders and addresses.
        ("id", "../mini", "id: "),
        ("id", "", "id: "),
        ("id", "小赛道", "id: "),
        ("id", "a/b", "id: "),
        ("id", "x" * 65, "id: "),
        ("id", "a\n", "id: "),
        ("id", 7, "id: "),
        (f"{DATASET}.id", ".hidden", f"{DATASET}.id: "),
    ],
)
def test_wrong_field_is_named(tmp_path: Path, path: str, value: Any, field: str) -> None:
    message = refusal(declare(tmp_path, changed(path, value)))

    assert "mini.yaml does not declare what it should" in message
    assert field in message


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = changed("colour", "red").replace("references: open", "references: ajar")

    message = refusal(declare(tmp_path, text))

    assert "colour: " in message
    assert "phases.0.references: " in message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id: [", "mini.yaml is not readable YAML in UTF-8"),
        ("id: !!python/object/apply:os.system [id]", "mini.yaml is not readable YAML in UTF-8"),
        ("a: b: c", "mini.yaml is not readable YAML in UTF-8"),
        ("", "Track"),
        ("just a text", "Track"),
        ("- a list", "Track"),
    ],
)
def test_no_declaration_at_all(tmp_path: Path, text: str, sentence: str) -> None:
    message = refusal(declare(tmp_path, text))

    assert "mini.yaml" in message
    assert sentence in message


def test_gbk_is_named(tmp_path: Path) -> None:
    (declare(tmp_path, "") / "tracks" / "mini.yaml").write_bytes(TRACK.encode("gbk"))

    assert "mini.yaml is not readable YAML in UTF-8" in refusal(tmp_path)


def test_a_folder_without_track(tmp_path: Path) -> None:
    assert f"{tmp_path} declares no track" in refusal(tmp_path)
    assert "declares no track" in refusal(tmp_path / "nowhere")


def test_a_track_declared_twice_is_served_once(tmp_path: Path) -> None:
    declare(tmp_path, TRACK, "a.yaml")
    declare(tmp_path, TRACK, "b.yaml")

    challenge = load_challenge(tmp_path)

    (fault,) = challenge.faults
    assert "b.yaml: track “mini” is declared in another file too" in str(fault)
    assert challenge.files["mini"].name == "a.yaml"


def test_a_wrong_track_keeps_no_other_from_being_served(tmp_path: Path) -> None:
    declare(tmp_path, TRACK.replace("id: mini", "id: red\ncolour: red"), "a.yaml")
    declare(tmp_path, TRACK, "b.yaml")

    challenge = load_challenge(tmp_path)

    assert list(challenge.tracks) == ["mini"]
    assert "a.yaml does not declare what it should: line 2, colour: " in str(challenge.faults[0])


def test_unknown_track_and_phase(mini: Path) -> None:
    challenge = load_challenge(mini)

    with pytest.raises(NotFound, match="There is no track “maxi”; this challenge has: mini"):
        challenge.track("maxi")
    with pytest.raises(NotFound, match="“mini” has no phase “final”; it has: dev, test"):
        challenge.track("mini").phase("final")


def test_a_phase_may_have_its_own_folder(mini: Path) -> None:
    challenge = load_challenge(mini)
    track = challenge.track("mini")

    folders = [
        challenge.items_folder(track, phase, track.dataset("Report")) for phase in track.phases
    ]

    assert folders == [mini / "mini" / "Report", mini / "mini-test" / "Report"]


def test_boards_are_every_phase(mini: Path) -> None:
    boards = load_challenge(mini).boards()

    assert [(track.id, phase.id) for track, phase in boards] == [("mini", "dev"), ("mini", "test")]


def test_a_track_needs_no_python(tmp_path: Path) -> None:
    """Two files of YAML are two tracks."""
    declare(tmp_path, TRACK, "one.yaml")
    declare(tmp_path, TRACK.replace("id: mini", "id: maxi"), "two.yaml")

    challenge: Challenge = load_challenge(tmp_path)

    assert list(challenge.tracks) == ["mini", "maxi"]
    assert all(isinstance(track, Track) for track in challenge.tracks.values())
