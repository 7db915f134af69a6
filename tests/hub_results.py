"""What the Hub asks of the results of evaluations that lie in a model's repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import yaml

from tests.hub_repositories import Refusal, Tree

FILE = re.compile(r"\.eval_results/[^/]+\.yaml")
FIELDS = {"dataset", "value", "verifyToken", "date", "source", "evaluation_framework", "notes"}
OF_A_DATASET = {"id", "task_id", "revision"}
OF_A_SOURCE = {"url", "name", "user", "org"}
NAME = re.compile(r"[\w.-]+/[\w.-]+")
REVISION = re.compile(r"[0-9a-f]{40}")


def check_results(before: Tree, after: Tree) -> None:
    """Refuse a commit that changes a file of results into none."""
    for path, blob in after.items():
        if FILE.fullmatch(path) and blob != before.get(path):
            errors = list(_errors(blob.data))
            if errors:
                raise Refusal(400, "\n".join(f"{path}: {error}" for error in errors))


def _errors(content: bytes) -> Iterator[str]:
    try:
        entries = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        yield f"Invalid YAML: {error}"
        return
    if not isinstance(entries, list) or not entries:
        yield "must be an array with at least 1 item"
        return
    for number, entry in enumerate(entries):
        yield from (f"[{number}] {error}" for error in _wrong(entry))


def _wrong(entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict) or entry.keys() - FIELDS:
        yield f"must be an object of {sorted(FIELDS)}"
        return
    yield from _of("dataset", entry.get("dataset"), OF_A_DATASET, ("id", "task_id"))
    dataset = entry["dataset"] if isinstance(entry.get("dataset"), dict) else {}
    if not NAME.fullmatch(str(dataset.get("id"))):
        yield '"dataset.id" must name a dataset'
    if not REVISION.fullmatch(dataset.get("revision", "0" * 40)):
        yield '"dataset.revision" must be a commit'
    if not isinstance(entry.get("value"), int | float):
        yield '"value" must be a number'
    if "source" in entry:
        yield from _of("source", entry["source"], OF_A_SOURCE, ("url",))
    if "date" in entry and not _is_moment(entry["date"]):
        yield '"date" must be an ISO 8601 date'
    if not isinstance(entry.get("notes", ""), str):
        yield '"notes" must be a string'


def _of(name: str, value: Any, known: set[str], needed: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(value, dict) or value.keys() - known:
        yield f'"{name}" must be an object of {sorted(known)}'
        return
    for one in needed:
        if not isinstance(value.get(one), str):
            yield f'"{name}.{one}" is required'


def _is_moment(written: object) -> bool:
    if isinstance(written, date):
        return True
    try:
        datetime.fromisoformat(str(written))
    except ValueError:
        return False
    return True
