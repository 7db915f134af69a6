"""The Spaces of a Hub: secrets that are never told, variables, and what runs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.hub_access import Asked, Hub, fields
from tests.hub_repositories import MAIN, Refusal, Repository, Space, now
from tests.hub_server import Answer, given

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
HARDWARE = "cpu-basic"
OLD = "old "
ERRORS = ("BUILD_ERROR", "RUNTIME_ERROR", "CONFIG_ERROR", "NO_APP_FILE", "PAUSED", "STOPPED")
APP_FILES = {
    "docker": "Dockerfile",
    "gradio": "app.py",
    "streamlit": "app.py",
    "static": "index.html",
}


def space_of(sdk: str, secrets: list[Any], variables: list[Any]) -> Space:
    """Return a new Space with the secrets and variables that it starts with."""
    made = Space(sdk)
    for held, given_ones in ((made.secrets, secrets), (made.variables, variables)):
        for one in given_ones:
            _put(held, one)
    return made


def runtime(repository: Repository, space: Space) -> dict[str, Any]:
    """Return what runs: unless stages were set, built as soon as there is something to build."""
    head = repository.revision(MAIN).oid
    if space.built != head:
        space.built, space.coming = head, [*space.stages]
    runs = APP_FILES[space.sdk] in repository.revision(MAIN).tree
    stage, sha = "RUNNING" if runs else "NO_APP_FILE", head
    if space.coming:
        stage, sha = space.coming[0].removeprefix(OLD), head
        if space.coming[0].startswith((OLD, "RUNNING_")):
            sha = space.ran
    elif runs:
        space.ran = head
    told: dict[str, Any] = {"stage": stage}
    if space.reason and stage in ERRORS:
        told["errorMessage"] = space.reason
    if space.secrets.keys() & space.variables.keys():
        message = "Collision on variables and secrets names"
        told = {"stage": "CONFIG_ERROR", "errorMessage": message}
    hardware = {"current": HARDWARE if told["stage"] == "RUNNING" else None, "requested": HARDWARE}
    return {**told, "hardware": hardware, "storage": None, "gcTimeout": 172800, "sha": sha}


def told_runtime(
    hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]
) -> Answer:
    """Tell what runs; the next one to ask is told the next stage."""
    space = _space(repository)
    told = runtime(repository, space)
    if space.coming and (len(space.coming) > 1 or told["stage"] not in ERRORS):
        del space.coming[0]
    return given(told)


def host(hub: Hub, repository: Repository) -> dict[str, str]:
    """Return where a Space is seen: where a test says, else as the Hub does."""
    subdomain = re.sub(r"[^a-z0-9]+", "-", repository.name.lower())
    told = hub.hosts.get(repository.name, f"https://{subdomain}.hf.space")
    return {"host": told, "subdomain": subdomain}


def log(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Give the log of a build or of what runs, an event a line, to who may write."""
    hub.writer(asked, repository)
    lines = _space(repository).logs.get(named["log"], "").splitlines(keepends=True)
    events = [{"data": line, "timestamp": "2026-01-01T00:00:00Z"} for line in lines]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return Answer(body=body.encode(), content_type="text/event-stream")


def restart(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Restart a Space; a static one does not run."""
    hub.writer(asked, repository)
    asked.parameters("factory")
    space = _space(repository)
    if space.sdk == "static":
        raise Refusal(400, "Static Spaces cannot be restarted")
    space.restarts += 1
    return given(runtime(repository, space))


def secrets(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """List, put or delete secrets; what a secret is, nobody is told."""
    held = _changed(hub, repository, asked, _space(repository).secrets)
    return given({key: {**one, "value": None, "key": key} for key, one in held.items()})


def variables(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """List, put or delete variables."""
    held = _changed(hub, repository, asked, _space(repository).variables)
    return given({key: {**one, "key": key} for key, one in held.items()})


def _changed(
    hub: Hub, repository: Repository, asked: Asked, held: dict[str, dict[str, str]]
) -> dict[str, dict[str, str]]:
    hub.writer(asked, repository)
    if asked.method == "POST":
        _put(held, asked.json())
    if asked.method == "DELETE":
        key = fields(asked.json(), {"key": str})["key"]
        if held.pop(key, None) is None:
            raise Refusal(404, f"{key} does not exist")
    return held


def _put(held: dict[str, dict[str, str]], one: object) -> None:
    asked = fields(one, {"key": str, "value": str}, {"description": str})
    if not KEY.fullmatch(asked["key"]):
        raise Refusal(400, f'"key" must match /^{KEY.pattern}$/')
    told = {"value": asked["value"], "description": asked.get("description", "")}
    held[asked["key"]] = {**told, "updatedAt": now()}


def _space(repository: Repository) -> Space:
    if repository.space is None:
        raise Refusal(404, "Not a Space", "RepoNotFound")
    return repository.space
