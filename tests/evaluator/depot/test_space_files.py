"""Which files a Space gets, and what never becomes public with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evaluator.challenge import Challenge, load_challenge
from evaluator.depot.space_files import space_files
from evaluator.depot.space_settings import LOCAL, SECRETS, VARIABLES, space_settings
from evaluator.errors import DeclarationError
from evaluator.settings import OAUTH_VARIABLES, ROOT, read_settings
from tests.folders import TRACK, mini_challenge

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PART = """\
  - {id: part, title: {zh: 甲, en: Part}, references: hidden, folder: mini-part, part_of: test,
     visible: 2026-05-01T00:00Z}
"""
# Of the hidden phase: what mini_challenge writes, without the end of its line.
HIDDEN = "references: hidden, folder: mini-test"


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A small challenge; the references of its hidden phase are like no others."""
    return mini_challenge(tmp_path / "challenge", "Goldstandard")


def declare(folder: Path, track: str) -> Challenge:
    """Write the only track of a challenge and read it."""
    (folder / "tracks" / "mini.yaml").write_text(track, "utf-8")
    return load_challenge(folder)


def of_challenge(files: dict[str, bytes]) -> list[str]:
    """Return the paths of items."""
    return sorted(path for path in files if path.endswith((".jsonl", ".jpg")))


def with_part(folder: Path) -> str:
    """Return the track with a private part, whose items are those of the hidden phase, renumbered.

    The phase that it belongs to is closed.
    """
    shutil.copytree(folder / "mini-test", folder / "mini-part")
    closed = TRACK.replace(HIDDEN, f"{HIDDEN}, closes: 2026-04-01T00:00Z")
    return closed.replace("dimensions:\n", f"{PART}dimensions:\n", 1)


def test_the_sample_is_served_whole() -> None:
    """All that lies in the folders of the software goes along, but for a new one's skeleton."""
    found = space_files(load_challenge(ROOT / "challenge")).keys()

    assert found - {*whole()} == {
        ".streamlit/config.toml",
        "LICENSE",
        "README.md",
        "app.py",
        "requirements.txt",
    }
    assert [path for path in whole() if path not in found] == []


def whole() -> Iterator[str]:
    """Yield the paths of all files in the folders of the software."""
    for folder in ("baselines", "challenge", "evaluator", "leaderboard"):
        for file in sorted((ROOT / folder).rglob("*")):
            path = file.relative_to(ROOT)
            made = any(part.startswith((".", "__pycache__")) for part in path.parts)
            if file.is_file() and not made and path.parts[1] != "skeleton":
                yield path.as_posix()


def test_what_merely_lies_there_stays(tmp_path: Path, mini: Path) -> None:
    software = ("app.py", "challenge/desk.py", "evaluator/a/b.py", ".streamlit/config.toml")
    lying = (
        ".env",
        "secrets.py",
        ".streamlit/secrets.toml",
        "challenge/.env",
        "challenge/notes.md",
        "challenge/mini/Choice/references.jsonl.bak",
        "evaluator/.cache/key.py",
        "evaluator/__pycache__/a.pyc",
        "evaluator/skeleton/x/references.jsonl",
        "tests/test_x.py",
        "docs/hub.md",
        "data/submissions.sqlite",
        "benchmarks/x.py",
    )
    for path in (*software, *lying):
        (tmp_path / "root" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / path).write_text(path)
    (mini / "mini" / "notes.txt").write_text("private")
    (mini / ".env").write_text("KEY=1")

    found = space_files(load_challenge(mini), NOW, tmp_path / "root")
    items = {path for path in found if path.startswith(("challenge/mini", "challenge/tracks"))}
    assert found.keys() - items == {*software}


def test_hidden_references_stay_at_home(mini: Path) -> None:
    assert of_challenge(space_files(load_challenge(mini), NOW)) == [
        "challenge/mini-test/Choice/questions.jsonl",
        "challenge/mini-test/Report/questions.jsonl",
        "challenge/mini/Choice/questions.jsonl",
        "challenge/mini/Choice/references.jsonl",
        "challenge/mini/Report/questions.jsonl",
        "challenge/mini/Report/references.jsonl",
    ]


@pytest.mark.parametrize("way", ["another track", "a link", "a copy"])
def test_hidden_references_find_no_other_way(mini: Path, way: str) -> None:
    if way == "another track":
        other = TRACK.split("  - {id: test")[0] + "dimensions:" + TRACK.split("dimensions:")[1]
        other = other.replace("references: open", "references: open, folder: mini-test")
        (mini / "tracks" / "other.yaml").write_text(other.replace("id: mini", "id: other"), "utf-8")
    else:
        shutil.rmtree(mini / "mini")
        (mini / "mini").symlink_to("mini-test") if way == "a link" else shutil.copytree(
            mini / "mini-test", mini / "mini"
        )

    with pytest.raises(DeclarationError, match="the hidden references of phase “test” of track"):
        space_files(load_challenge(mini), NOW)


def test_a_phase_that_has_not_opened_stops(mini: Path) -> None:
    later = TRACK.replace(HIDDEN, f"{HIDDEN}, opens: 2026-06-01T00:01Z")
    with pytest.raises(DeclarationError) as caught:
        space_files(declare(mini, later), NOW)
    assert str(caught.value) == (
        "Phase “test” of track “mini” opens at 2026-06-01 00:01 (UTC); in a Space everybody could "
        f"read its questions before. Take the phase out of {mini}/tracks/mini.yaml until then, and "
        "deploy again when it opens."
    )

    opened = later.replace("00:01Z", "00:00Z")
    assert len(of_challenge(space_files(declare(mini, opened), NOW))) == 6


def test_a_private_part_stops_until_it_is_revealed(mini: Path) -> None:
    track = with_part(mini)
    assert "challenge/mini-part/Choice/questions.jsonl" in space_files(declare(mini, track), NOW)

    later = track.replace("visible: 2026-05-01", "visible: 2026-07-01")
    with pytest.raises(DeclarationError, match="is a private part until 2026-07-01 00:00"):
        space_files(declare(mini, later), NOW)


def test_items_of_a_hub_are_not_uploaded(mini: Path) -> None:
    source = "{id: lab/items, revision: v1}"
    hub = f"        hub: {{test: {{questions: {source}, references: {source}}}}}\n"
    one = TRACK.replace("        metric: {name: acc", f"{hub}        metric: {{name: acc")
    both = one.replace("        metric: {name: rouge", f"{hub}        metric: {{name: rouge")
    later = f"{HIDDEN}, opens: 2099-01-01T00:00Z"

    assert "challenge/mini-test/Choice/questions.jsonl" not in space_files(declare(mini, one), NOW)
    with pytest.raises(DeclarationError, match="opens at 2099"):
        space_files(declare(mini, one.replace(HIDDEN, later)), NOW)
    # Nothing of that phase is uploaded.
    found = space_files(declare(mini, both.replace(HIDDEN, later)), NOW)
    assert [path for path in found if "mini-test" in path] == []


def test_a_track_that_is_wrong_stops(mini: Path) -> None:
    (mini / "tracks" / "other.yaml").write_text("id: other\n", "utf-8")
    with pytest.raises(DeclarationError, match=r"other\.yaml"):
        space_files(load_challenge(mini), NOW)


def test_entries_go_along_from_their_folder_only(mini: Path) -> None:
    entries = mini / "entries"
    entries.mkdir()
    (entries / "a.jsonl").write_text("answers")
    (entries / "lying.jsonl").write_text("x")
    declared = "{track: mini, phase: dev, model: A, organisation: B, access: open, predictions: %s}"
    (entries / "a.yaml").write_text(declared % "a.jsonl")
    found = space_files(load_challenge(mini), NOW)
    assert [path for path in sorted(found) if "/entries/" in path] == [
        "challenge/entries/a.jsonl",
        "challenge/entries/a.yaml",
    ]

    (entries / "a.yaml").write_text(declared % "../mini-test/Choice/references.jsonl")
    with pytest.raises(DeclarationError, match="lie outside its folder; put them beside it"):
        space_files(load_challenge(mini), NOW)
    (entries / "a.yaml").write_text(declared % "b.jsonl")
    with pytest.raises(DeclarationError, match=r"b\.jsonl cannot be read: No such file"):
        space_files(load_challenge(mini), NOW)


class Read(dict[str, str]):
    """An environment that notes which names are asked for."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(OAUTH_VARIABLES, "x"))
        self |= {"SYSTEM": "spaces", "JUDGE_BASE_URL": "https://judge.example"}
        self |= {"JUDGE_MODEL": "m", "DATA_DIR": "/d", "CHALLENGE_DIR": "/c", "DEPOT_DIR": "/e"}
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Note a name."""
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)


def test_every_variable_that_is_read_has_its_place() -> None:
    environ = Read()
    read_settings(environ)

    told_by_the_hub = {"SYSTEM", *OAUTH_VARIABLES}
    assert environ.names == {*VARIABLES, *SECRETS, *LOCAL, *told_by_the_hub}


def test_secrets_and_variables_are_kept_apart() -> None:
    environ = {"HUB_RESULTS": "a/b", "HUB_TOKEN": "hf_x", "MAX_LINES": "", "PORT": "1", "HOME": "/"}
    found = space_settings(environ)

    assert (found.variables, found.secrets) == ({"HUB_RESULTS": "a/b"}, {"HUB_TOKEN": "hf_x"})
    assert "hf_x" not in repr(found)
    # A Space that writes nowhere is given no token that could.
    assert space_settings({**environ, "HUB_RESULTS": ""}).secrets == {}
