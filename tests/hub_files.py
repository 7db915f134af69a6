"""What a Hub tells of a repository and its files, and the files themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from tests.hub_access import Asked, Hub
from tests.hub_cards import checked
from tests.hub_repositories import MAIN, Blob, Commit, Refusal, Repository, folders_of
from tests.hub_server import BYTES, RANGE, Answer, given
from tests.hub_spaces import host, runtime

EXPANDED_PAGE = 50
EXTRA = ("author", "cardData", "createdAt", "description", "disabled", "downloads", "gated")
EXPANDABLE = {
    *EXTRA,
    "lastModified",
    "likes",
    "private",
    "runtime",
    "sdk",
    "sha",
    "siblings",
    "subdomain",
    "tags",
}


def info(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Tell of a repository at one revision."""
    query = asked.query
    commit = repository.revision(named.get("revision", MAIN))
    expand = {*query.pop("expand", []), *query.pop("expand[]", [])}
    blobs = query.pop("blobs", ["false"]) == ["true"]
    if query or expand - EXPANDABLE:
        raise Refusal(400, f"Unknown parameters: {[*query, *(expand - EXPANDABLE)]}")
    readme = commit.tree.get("README.md")
    card = checked(readme.data.decode("utf-8", "replace"), repository.kind) if readme else None
    told: dict[str, Any] = {
        "author": repository.owner,
        "sha": commit.oid,
        "lastModified": commit.date,
        "private": repository.private,
        "gated": repository.gated,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": card.metadata.get("tags") or [] if card else [],
        "description": "",
        "createdAt": repository.created,
        "cardData": card.metadata if card else None,
        "siblings": [_sibling(path, blob, blobs) for path, blob in sorted(commit.tree.items())],
    }
    if repository.space is not None:
        told |= {"sdk": repository.space.sdk, "runtime": runtime(repository, repository.space)}
        told |= host(hub, repository)
    if expand:
        told = {name: value for name, value in told.items() if name in expand}
    key = hashlib.sha1(repository.created.encode()).hexdigest()[:24]
    return given({"_id": key, "id": repository.name, **told})


def _sibling(path: str, blob: Blob, detailed: bool) -> dict[str, Any]:
    if not detailed:
        return {"rfilename": path}
    told = {"rfilename": path, "size": len(blob.data), "blobId": blob.oid}
    lfs = {"sha256": blob.sha256, "size": len(blob.data), "pointerSize": len(blob.pointer)}
    return {**told, "lfs": lfs} if blob.lfs else told


def tree(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """List a folder, or all that is below it, a page at a time."""
    asked_for = asked.parameters("recursive", "expand", "limit", "cursor")
    commit, folder = repository.revision(named["revision"]), named.get("path", "").strip("/")
    recursive, expand = (_flag(asked_for, name) for name in ("recursive", "expand"))
    folders = folders_of(commit.tree)
    if folder and folder not in folders:
        message = f"{folder} does not exist on {named['revision']}"
        raise Refusal(404, message, "EntryNotFound")
    below = sorted(path for path in {*folders, *commit.tree} if _inside(path, folder, recursive))
    size = min(hub.page, EXPANDED_PAGE) if expand else hub.page
    start = below.index(asked_for["cursor"]) if "cursor" in asked_for else 0
    page, rest = below[start : start + size], below[start + size :]
    answer = given([entry(repository, commit, path, expand) for path in page])
    if not rest:
        return answer
    following = urlencode({**asked_for, "limit": size, "cursor": rest[0]})
    link = f'<{hub.url}{asked.path}?{following}>; rel="next"'
    return Answer(200, answer.body, {"Link": link})


def _inside(path: str, folder: str, recursive: bool) -> bool:
    if recursive:
        return not folder or path.startswith(f"{folder}/")
    return str(PurePosixPath(path).parent) == (folder or ".")


def _flag(asked_for: Mapping[str, str], name: str) -> bool:
    value = asked_for.get(name, "false").lower()
    if value not in ("true", "false"):
        raise Refusal(400, f'"{name}" must be a boolean')
    return value == "true"


def entry(repository: Repository, commit: Commit, path: str, expand: bool) -> dict[str, Any]:
    """Return what a listing says of a file or folder."""
    blob = commit.tree.get(path)
    if blob is None:
        told = {"type": "directory", "oid": _folder_id(commit, path), "size": 0, "path": path}
    else:
        told = {"type": "file", "oid": blob.oid, "size": len(blob.data), "path": path}
    if blob is not None and blob.lfs:
        size = {"size": len(blob.data), "pointerSize": len(blob.pointer)}
        told["lfs"] = {"oid": blob.sha256, **size}
    if not expand:
        return told
    last = _last_change(repository, commit, path)
    changed = {"id": last.oid, "title": last.title, "date": last.date}
    return {**told, "lastCommit": changed, "securityFileStatus": None}


def _folder_id(commit: Commit, path: str) -> str:
    inside = [
        f"{name}\0{blob.oid}" for name, blob in commit.tree.items() if name.startswith(f"{path}/")
    ]
    return hashlib.sha1("\0".join(sorted(inside)).encode()).hexdigest()


def _last_change(repository: Repository, commit: Commit, path: str) -> Commit:
    def state(at: Commit) -> object:
        return at.tree.get(path) or _folder_id(at, path)

    last = commit
    for one in repository.history(commit.oid):
        if state(one) != state(commit):
            break
        last = one
    return last


def paths_info(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Tell of the files and folders that are asked for; say nothing of those that are not there."""
    form = parse_qs(asked.body.decode(), keep_blank_values=True)
    commit = repository.revision(named["revision"])
    expand = _flag({"expand": form.get("expand", ["false"])[0]}, "expand")
    known = {*commit.tree, *folders_of(commit.tree)}
    paths = [path.strip("/") for path in form.get("paths", [])]
    return given([entry(repository, commit, one, expand) for one in paths if one in known])


def refs(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """List the branches and, if asked, the refs of pull requests."""
    requests = asked.parameters("include_prs").get("include_prs") == "1"
    found: dict[str, list[dict[str, str]]] = {"branches": [], "tags": [], "converts": []}
    found["pullRequests"] = []
    for name, oid in repository.refs.items():
        pull = name.startswith("refs/pr/")
        ref = name if pull else f"refs/heads/{name}"
        kind = "pullRequests" if pull else "branches"
        found[kind].append({"name": name, "ref": ref, "targetCommit": oid})
    if not requests:
        del found["pullRequests"]
    return given(found)


def commits(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """List the commits of a revision, the newest first."""
    asked.parameters("expand[]")
    return given(
        [
            {
                "id": one.oid,
                "title": one.title,
                "message": one.description,
                "date": one.date,
                "authors": [{"user": one.author}],
            }
            for one in repository.history(repository.revision(named["revision"]).oid)
        ]
    )


def resolve(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Give a file, or where the object of an LFS one is."""
    asked.parameters("download")
    hub.reader(asked, repository)
    commit, path = repository.revision(named["revision"]), named["path"]
    headers = {"X-Repo-Commit": commit.oid, "Accept-Ranges": "bytes"}
    if path not in commit.tree:
        missing = Refusal(404, "Entry not found", "EntryNotFound").answer
        return Answer(404, missing.body, {**missing.headers, "X-Repo-Commit": commit.oid})
    blob = commit.tree[path]
    if not blob.lfs:
        return ranged(blob.data, asked, {**headers, "ETag": f'"{blob.oid}"'})
    name = quote(PurePosixPath(path).name)
    signed = urlencode({"X-Signature": hub.signature("GET", blob.sha256)})
    headers["Location"] = f"{hub.storage}/{repository.path}/{blob.sha256}?{signed}&name={name}"
    headers["X-Linked-Size"] = str(len(blob.data))
    headers["X-Linked-ETag"] = f'"{blob.sha256}"'
    return Answer(302, b"Found. Redirecting", headers, "text/plain")


def ranged(whole: bytes, asked: Asked, headers: Mapping[str, str]) -> Answer:
    """Give some bytes, or the part of them that is asked for."""
    wanted = asked.headers.get("range")
    if wanted is None:
        return Answer(200, whole, headers, BYTES)
    part = RANGE.fullmatch(wanted)
    if not part:
        raise Refusal(400, f"Unknown range: {wanted}")
    first, last = int(part[1]), min(int(part[2] or len(whole)), len(whole) - 1)
    if first > last:
        outside = {"Content-Range": f"bytes */{len(whole)}"}
        return Answer(416, b"Range Not Satisfiable", outside, "text/plain")
    told = {**headers, "Content-Range": f"bytes {first}-{last}/{len(whole)}"}
    return Answer(206, whole[first : last + 1], told, BYTES)
