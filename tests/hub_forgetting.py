"""Deleting large files from the whole history of a repository, through the API of a Hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.hub_access import Asked, Hub, fields
from tests.hub_repositories import Commit, Repository
from tests.hub_server import Answer, given


def listed(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """List the large files of all commits, each content under each of its names once."""
    hub.writer(asked, repository)
    found = {
        (path, blob.sha256): _told(path, blob.sha256, len(blob.data), commit)
        for commit in repository.commits.values()
        for path, blob in commit.tree.items()
        if blob.lfs
    }
    return given([*found.values()])


def deleted(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Delete contents for good, and rewrite the commits without them."""
    hub.writer(asked, repository)
    wanted = fields(asked.json(), {"deletions": dict})["deletions"]
    wanted = fields(wanted, {"sha": list}, {"rewriteHistory": bool})
    gone = set(wanted["sha"])
    for sha in gone:
        repository.objects.pop(sha, None)
    if not wanted.get("rewriteHistory", False):
        return given({"success": True})
    commits, names = repository.commits, {}
    repository.commits = {}
    for oid, commit in commits.items():
        tree = {
            path: blob
            for path, blob in commit.tree.items()
            if not (blob.lfs and blob.sha256 in gone)
        }
        same = tree == commit.tree and commit.parent == names.get(commit.parent, commit.parent)
        names[oid] = oid if same else f"{int(oid, 16) ^ 1:040x}"
        parent = names[commit.parent] if commit.parent else None
        repository.commits[names[oid]] = replace(commit, oid=names[oid], parent=parent, tree=tree)
    repository.refs = {ref: names[oid] for ref, oid in repository.refs.items()}
    return given({"success": True})


def _told(path: str, sha: str, size: int, commit: Commit) -> dict[str, Any]:
    return {
        "fileOid": sha,
        "filename": path,
        "oid": sha,
        "pushedAt": commit.date,
        "ref": "main",
        "size": size,
    }
