"""The commands of those who run a challenge, as they type them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.__main__ import main
from evaluator.challenge import load_challenge
from evaluator.description import describe
from evaluator.description_text import page
from evaluator.opening import open_challenge
from evaluator.settings import ROOT, Settings, settings
from evaluator.texts import LANGUAGES, Language
from tests.folders import TRACK, mini_challenge


@pytest.fixture
def served(mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The mini challenge as the one that commands are about."""
    monkeypatch.setenv("CHALLENGE_DIR", str(mini))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    yield mini
    settings.cache_clear()


def test_a_new_challenge_is_complete_and_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"

    assert main(["new-challenge", str(folder)]) == 0

    challenge = load_challenge(folder)
    track = challenge.track("my-track")
    assert [phase.id for phase in track.phases] == ["dev", "test", "final"]
    assert open_challenge(Settings(challenge_dir=folder, data_dir=tmp_path)).faults == ()
    # Everything that can be declared is at least named there.
    written = (folder / "tracks" / "my-track.yaml").read_text("utf-8")
    for model in (type(track), type(track.phases[0]), type(track.datasets[0])):
        for field in model.model_fields:
            assert f"{field}:" in written, field
    capsys.readouterr()
    assert main(["new-challenge", str(folder)]) == 1
    assert "exists and is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_describe_prints_the_page_of_a_track(
    served: Path, language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", language, "describe", "mini"]) == 0

    printed = capsys.readouterr().out
    track = load_challenge(served).track("mini")
    for text in (track.title, track.summary, *(d.card for d in track.datasets)):
        assert text.text(language) in printed
    for phase in track.phases:
        assert all(fact.text(language) in printed for fact in phase.facts())
    # Two items in four lines; the example of the open phase with its answer.
    assert "dev 2 (4), test 2 (4)" in printed
    assert "    A. 对" in printed
    assert "    <A>" in printed
    assert "mini-test" not in printed


def test_describe_of_a_track_that_is_not_there(
    served: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", "maxi"]) == 1
    assert "There is no track “maxi”" in capsys.readouterr().err


def test_every_sample_track_can_be_described() -> None:
    challenge = load_challenge(ROOT / "challenge")
    for track in challenge.tracks.values():
        description = describe(challenge, track)
        for language in LANGUAGES:
            printed = page(description, language)
            assert track.citation in printed
            assert printed.count("\n#### ") == len(track.datasets)


def test_a_wrong_track_keeps_no_other_from_being_opened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One misses its questions, one is misspelt; the third is served."""
    folder = mini_challenge(tmp_path / "challenge")
    tracks = folder / "tracks"
    (tracks / "empty.yaml").write_text(TRACK.replace("id: mini", "id: empty"), "utf-8")
    (tracks / "red.yaml").write_text(TRACK.replace("id: mini", "id: red\nred: 1"), "utf-8")

    challenge = open_challenge(Settings(challenge_dir=folder, data_dir=tmp_path / "data"))

    assert list(challenge.tracks) == ["mini"]
    assert len(challenge.faults) == 2
    assert "red.yaml does not declare what it should: line 2, red: " in caplog.text
    assert "empty/Choice/questions.jsonl is missing." in caplog.text
