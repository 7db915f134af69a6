"""The same answers score the same: twice on a machine, and but for rounding on another."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.site import ROOT, SAMPLES

# As on a processor without vector instructions, with one thread.
OLDER = {
    "OMP_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
}
SCORED = """
import json, sys
from pathlib import Path
from evaluator.scoring import Scorer
from evaluator.settings import Limits
from evaluator.submission import read_submission
from evaluator.challenge import load_challenge

file = Path(sys.argv[1])
challenge = load_challenge(file.parent.parent)
track = challenge.track("main")
phase = track.phase("dev")
reading = read_submission(file, file.name, challenge, track, phase, Limits())
scored = Scorer(challenge, track, phase).score(reading.predictions)
rows = {name: [row.values for row in found] for name, found in scored.statistics.items()}
print(json.dumps([rows, scored.result.hardware]))
"""

Rows = dict[str, list[list[float]]]


def scored(**environment: str) -> tuple[Rows, dict[str, str]]:
    """Score the first shipped entry in a process of its own; return its items and its hardware."""
    file = min(SAMPLES.glob("*.zip"))
    done = subprocess.run(
        [sys.executable, "-c", SCORED, str(file)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    rows, hardware = json.loads(done.stdout)
    return rows, hardware


@pytest.mark.slow
def test_scores_hold_on_this_machine_and_on_another() -> None:
    here, again, there = scored(), scored(), scored(**OLDER)

    assert here == again
    assert there[1]["processor"] == "DEFAULT"
    assert there[1]["threads"] == "1"
    for name, rows in here[0].items():
        for row, other in zip(rows, there[0][name], strict=True):
            assert other == pytest.approx(row, abs=1e-5), name
