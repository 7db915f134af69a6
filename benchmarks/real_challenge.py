"""What the real challenge costs: checking 2,290 items, scoring made files; a JSON line each.

    REAL_DATA=../shared/data python -m benchmarks.real_challenge

Of the four sets without recorded outputs two files each are scored: the references themselves, and
nothing but empty texts. They show that the extremes come out as they must, and stand on no board.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.build_real_challenge import CHECKS, ROOT, build, real_data
from benchmarks.real_sets import SETS

EVALUATOR = (sys.executable, "-m", "evaluator")


def run(challenge: Path, *arguments: str) -> tuple[str, dict[str, float]]:
    """Run a command on the challenge; return what it prints, its seconds and peak memory."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [*EVALUATOR, *arguments],
            cwd=ROOT,
            env={**os.environ, "CHALLENGE_DIR": str(challenge)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _pid, _status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        printed = output.read().decode()
    seconds = round(time.monotonic() - started, 1)
    return printed, {"seconds": seconds, "peak_mb": round(usage.ru_maxrss / 1024)}


def main() -> None:
    """Build, check and score in a temporary folder."""
    data = real_data(*(chosen.folder for chosen in SETS))
    with tempfile.TemporaryDirectory() as folder:
        challenge = build(data, Path(folder) / "challenge")
        printed, cost = run(challenge, "check-challenge", str(challenge))
        kinds: dict[str, int] = {}
        for line in printed.splitlines():
            level = line.partition(":")[0]
            if level in ("error", "warning"):
                kinds[level] = kinds.get(level, 0) + 1
        tell(what="check-challenge", items=2290, **kinds, **cost)
        print(printed, file=sys.stderr)
        for chosen in SETS:
            if chosen.systems:
                continue
            for name in ("reference-as-answer", "empty"):
                file = challenge / CHECKS / f"{chosen.folder}-{name}.jsonl"
                arguments = ("score", chosen.folder, str(file), "--phase", "test", "--json")
                printed, cost = run(challenge, *arguments)
                score = json.loads(printed)["datasets"][chosen.source]
                tell(
                    what=f"{chosen.folder}, {name}",
                    metric=chosen.metric,
                    items=score["items"],
                    points=round(100 * score["value"], 2),
                    **cost,
                )


def tell(**values: Any) -> None:
    """Print one JSON line."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
