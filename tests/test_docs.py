"""The documentation is true: every track, metric, command and variable is in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import yaml

from evaluator.challenge import load_challenge
from evaluator.dataset import Convention
from evaluator.depot.space_settings import LOCAL, SECRETS, VARIABLES
from evaluator.description import FORMS
from evaluator.metrics import METRICS
from evaluator.phase import Phase
from evaluator.settings import ROOT, Settings

README = (ROOT / "README.md").read_text("utf-8")
DOCS = {path.name: path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md")}
EVERYTHING = README + "".join(DOCS.values()) + (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    assert len(README.splitlines()) <= 120
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_front_matter_runs_as_a_space() -> None:
    front = yaml.safe_load(README.split("---")[1])
    requirements = (ROOT / "requirements.txt").read_text("utf-8")
    assert front["sdk"] == "gradio"
    assert f"gradio[oauth]=={front['sdk_version']}\n" in requirements
    assert front["python_version"] == "3.11"
    assert front["hf_oauth"] is True
    assert (ROOT / front["app_file"]).exists()


def test_every_metric_is_described() -> None:
    for name in METRICS:
        assert f"`{name}`" in DOCS["metrics.md"], name


def test_every_track_of_the_sample_is_named() -> None:
    challenge = load_challenge(ROOT / "challenge")
    assert challenge.faults == ()
    for track, file in challenge.files.items():
        assert f"`{track}`" in EVERYTHING, track
        assert file.name.endswith(f"-{track}.yaml")


def test_every_command_is_named() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "evaluator", "--help"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    commands = re.findall(r"^    ([a-z-]+)(?: |$)", shown, re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        assert command in EVERYTHING, command


def test_every_declared_model_and_command_of_baselines_is_named() -> None:
    for file in (ROOT / "baselines").glob("*.yaml"):
        assert file.stem in DOCS["baselines.md"], file.stem
    for command in ("run", "repeat", "import", "list", "reported"):
        assert f"evaluator baseline {command}" in DOCS["baselines.md"], command


def test_every_variable_is_named_with_its_default() -> None:
    source = (ROOT / "evaluator" / "settings.py").read_text("utf-8")
    for variable in re.findall(
        r'"((?:MAX_|KEPT_|DATA_|CHALLENGE_|ABANDONED_|JUDGE_)[A-Z_]+|HOST|PORT)"', source
    ):
        assert f"`{variable}`" in README, variable
    assert str(Settings().port) in README
    for variable in (*VARIABLES, *SECRETS, *LOCAL):
        assert f"`{variable}`" in EVERYTHING or f"export {variable}=" in EVERYTHING, variable


def test_every_direct_dependency_is_pinned_and_has_its_reason() -> None:
    for file in ("requirements.txt", "requirements-test.txt"):
        for line in (ROOT / file).read_text("utf-8").splitlines():
            if line.startswith("-r"):
                continue
            name, pinned, _version = re.split(r"(\[.*\])?(==)", line)[0], "==" in line, line
            assert pinned, line
            assert name.lower() in DOCS["dependencies.md"].lower(), name


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", ".github/workflows/test.yml"])
def test_a_repository_has(name: str) -> None:
    assert (Path(ROOT) / name).exists()


def test_every_field_of_a_phase_is_explained() -> None:
    for field in Phase.model_fields.keys() - {"id", "title"}:
        assert f"`{field}`" in DOCS["challenges.md"], field


def test_every_convention_has_a_form_and_is_described() -> None:
    conventions = {one for kind in get_args(Convention) for one in get_args(kind) or (kind,)}

    assert set(FORMS) == conventions
    for name in conventions:
        assert f"| `{name}` |" in DOCS["metrics.md"], name
