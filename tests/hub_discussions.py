"""Discussions and pull requests through the API of a Hub."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from tests.hub_access import Asked, Hub, Token, fields
from tests.hub_repositories import MAIN, Blob, Discussion, Refusal, Repository, Tree
from tests.hub_server import Answer, given

PAGE = 50
STATUSES = ("open", "closed")
NO_DISCUSSIONS = "Discussions are disabled for this repo"


def listed(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """List discussions, the newest first, a page at a time."""
    query = asked.parameters("type", "status", "author", "p")
    _discussed(repository)
    pull = {"pull_request": True, "discussion": False}.get(query.get("type", "all"))
    found = [
        _told(repository, one)
        for one in reversed(repository.discussions.values())
        if (pull is None or (one.base is not None) is pull)
        and query.get("status", "all") in ("all", _closed_or_open(one))
        and query.get("author", one.author) == one.author
    ]
    start = PAGE * int(query.get("p", "0"))
    page = found[start : start + PAGE]
    return given({"discussions": page, "count": len(found), "start": start})


def _discussed(repository: Repository) -> None:
    if not repository.discusses:
        raise Refusal(403, NO_DISCUSSIONS)


def _closed_or_open(one: Discussion) -> str:
    return "open" if one.status in ("open", "draft") else "closed"


def opened(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Open a discussion, or a pull request that is a draft until somebody opens it."""
    who = hub.writer(asked, repository, request=True)
    _discussed(repository)
    wanted = fields(asked.json(), {"title": str, "description": str}, {"pullRequest": bool})
    if not 3 <= len(wanted["title"]) <= 200:
        raise Refusal(400, '"title" length must be from 3 to 200 characters')
    pull = wanted.get("pullRequest", False)
    made = repository.open(who.user, wanted["title"], wanted["description"], MAIN if pull else None)
    if pull:
        made.status = "draft"
        repository.refs[made.ref] = repository.refs[MAIN]
    url = f"{hub.url}/{repository.page}/discussions/{made.num}"
    return given({"num": made.num, "pullRequest": pull, "url": url})


def details(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Tell all of one discussion."""
    with_diff = asked.parameters("diff").get("diff") == "1"
    one = _named(repository, named)
    told = {**_told(repository, one), "events": one.events}
    if one.base is None:
        return given(told)
    merge = {"mergeCommitId": one.merged_as} if one.merged_as else {}
    told["changes"] = {"base": f"refs/heads/{one.base}", **merge}
    told["filesWithConflicts"] = [] if one.merged_as else repository.merged(one)[1]
    if with_diff:
        before, after = repository.fork_of(one).tree, repository.revision(one.ref).tree
        told["diff"] = "".join(_differences(before, after))
    return given(told)


def comment(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Add a comment."""
    who = hub.writer(asked, repository, request=True)
    text = fields(asked.json(), {"comment": str})["comment"]
    if not text.strip():
        raise Refusal(400, '"comment" is not allowed to be empty')
    return given({"newMessage": _named(repository, named).comment(who.user, text)})


def status(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Close or open a discussion; its author may, and whoever writes to the repository."""
    one = _named(repository, named)
    who = _in_charge(hub, repository, asked, one)
    wanted = fields(asked.json(), {"status": str}, {"comment": str})
    if wanted["status"] not in STATUSES:
        raise Refusal(400, f'"status" must be one of [{", ".join(STATUSES)}]')
    if one.status == "merged":
        raise Refusal(400, "The pull request is merged")
    if wanted.get("comment"):
        one.comment(who.user, wanted["comment"])
    one.status = "closed" if wanted["status"] == "closed" else "open"
    return given({"newStatus": one.add(who.user, "status-change", {"status": one.status})})


def merge(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Put what a pull request changes onto its base, as one commit."""
    who = hub.writer(asked, repository)
    one = _named(repository, named)
    text = fields(asked.json(), {}, {"comment": str}).get("comment") if asked.body else None
    if one.base is None or one.status != "open":
        raise Refusal(400, "Only an open pull request can be merged")
    after, conflicts = repository.merged(one)
    if conflicts:
        raise Refusal(409, f"Conflicts in {', '.join(conflicts)}")
    fork = repository.fork_of(one).oid
    made = takewhile(lambda it: it.oid != fork, repository.history(repository.refs[one.ref]))
    listing = "\n".join(f"- {it.title} ({it.oid})" for it in made)
    title = f"{one.title} (#{one.num})"
    one.merged_as = repository.commit(one.base, after, who.user, title, listing).oid
    one.status = "merged"
    if text:
        one.comment(who.user, text)
    one.add(who.user, "status-change", {"status": "merged"})
    return given({"success": True})


def _named(repository: Repository, named: Mapping[str, str]) -> Discussion:
    found = repository.discussions.get(int(named["num"]))
    if found is None:
        raise Refusal(404, "Discussion not found")
    return found


def _in_charge(hub: Hub, repository: Repository, asked: Asked, one: Discussion) -> Token:
    who = hub.writer(asked, repository, request=True)
    if one.author != who.user and repository.owner not in who.namespaces:
        raise Refusal(403, "Only its author or a writer of the repository may do that")
    return who


def _told(repository: Repository, one: Discussion) -> dict[str, Any]:
    return {
        "num": one.num,
        "title": one.title,
        "author": {"name": one.author, "type": "user"},
        "status": one.status,
        "createdAt": one.created,
        "isPullRequest": one.base is not None,
        "repo": {"name": repository.name, "type": repository.kind},
        "pinned": False,
        "locked": False,
    }


def _differences(before: Tree, after: Tree) -> Iterator[str]:
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old != new:
            yield f"diff --git a/{path} b/{path}\n"
            yield from difflib.unified_diff(
                _lines(old),
                _lines(new),
                f"a/{path}" if old else "/dev/null",
                f"b/{path}" if new else "/dev/null",
            )


def _lines(blob: Blob | None) -> list[str]:
    if blob is None:
        return []
    data = blob.pointer if blob.lfs else blob.data
    return data.decode("utf-8", "replace").splitlines(keepends=True)
