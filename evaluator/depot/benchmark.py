"""The file by which the Hub knows a dataset as a benchmark, to which models' results refer."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from evaluator.depot.config import Config

BENCHMARK_FILE = "eval.yaml"
FRAMEWORK = "medbench-open"
NAME = "Open challenge of medical LLMs"
DESCRIPTION = (
    "Chinese medical questions by track and phase, scored by one open evaluator against "
    "references that are not part of the dataset. "
    "开放医疗大模型挑战赛：分赛道、分阶段的中文医学题目，由统一的开源评测程序评分。"
)


def benchmark(configs: Sequence[Config]) -> bytes:
    """Return the file: a task for each config, of the same name."""
    tasks = [{"id": one.name, "config": one.name, "split": one.split} for one in configs]
    said = {
        "name": NAME,
        "description": DESCRIPTION,
        "evaluation_framework": FRAMEWORK,
        "tasks": tasks,
    }
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False).encode()
