"""Commits through the API of a Hub: how a file is to be sent, and what a commit may hold."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tests.hub_access import fields
from tests.hub_cards import checked
from tests.hub_repositories import MAIN, Blob, Commit, Refusal, Repository, Tree, folders_of
from tests.hub_results import check_results

LARGE = 10 * 1024 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}")
SHORT_ID = re.compile(r"[0-9a-f]{5,40}")
NOT_IN_A_PATH = frozenset({"", ".", "..", ".git"})
# As the Hub writes it into a new repository; datasets get pictures, sound and film beside.
LARGE_KINDS = (
    "*.7z *.arrow *.bin *.bz2 *.ckpt *.ftz *.gz *.h5 *.joblib *.lfs.* *.mlmodel *.model *.msgpack "
    "*.npy *.npz *.onnx *.ot *.parquet *.pb *.pickle *.pkl *.pt *.pth *.rar *.safetensors "
    "saved_model/**/* *.tar.* *.tar *.tflite *.tgz *.wasm *.xz *.zip *.zst *tfevents*"
)
MEDIA = (
    "*.lz4 *.mds *.pcm *.sam *.raw *.aac *.flac *.mp3 *.ogg *.wav *.bmp *.gif *.png *.tiff "
    "*.jpg *.jpeg *.webp *.mp4 *.webm"
)
CHANGED_SINCE = "The branch was updated since you opened this page. Please refresh and try again."
DANGLING = (
    "Your push was rejected because an LFS pointer pointed to a file that does not exist. "
    "Offending file: - {}"
)


class Asked(NamedTuple):
    """A commit as it was asked for."""

    title: str
    description: str
    parent: str | None
    operations: list[tuple[str, dict[str, Any]]]


def git_attributes(kind: str) -> bytes:
    """Return the .gitattributes of a new repository."""
    patterns = f"{LARGE_KINDS} {MEDIA if kind == 'dataset' else ''}".split()
    return "".join(f"{one} filter=lfs diff=lfs merge=lfs -text\n" for one in patterns).encode()


def sent_as(tree: Tree, path: str, size: int, sample: bytes) -> str:
    """Return "lfs" of a file that is large, binary or of a kind that is sent so, or "regular"."""
    attributes = tree[".gitattributes"].data.decode() if ".gitattributes" in tree else ""
    lines = [line.split() for line in attributes.splitlines() if line and line[0] != "#"]
    tracked = [words[0] for words in lines if "filter=lfs" in words[1:]]
    large = size > LARGE or b"\0" in sample or _matches(path, tracked)
    return "lfs" if large else "regular"


def ignored(rules: str, path: str) -> bool:
    """Tell whether a .gitignore leaves a file out: the last rule that speaks of it counts."""
    out = False
    for rule in (line.strip() for line in rules.splitlines()):
        pattern = rule.removeprefix("!").strip("/")
        if pattern and rule[0] != "#" and _matches(path, [pattern, f"{pattern}/*"]):
            out = rule[0] != "!"
    return out


def _matches(path: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(path, one) or fnmatchcase(path, f"*/{one}") for one in patterns)


def preuploaded(at: Commit, body: object) -> dict[str, Any]:
    """Say of each file how it is to be sent, whether it is ignored and what the Hub has of it."""
    asked = fields(body, {"files": list}, {"gitIgnore": str})
    known = at.tree[".gitignore"].data.decode() if ".gitignore" in at.tree else ""
    rules = asked.get("gitIgnore", known)
    files = []
    for given in asked["files"]:
        one = fields(given, {"path": str, "size": int, "sample": str})
        path, size, sample = _clean(one["path"]), one["size"], base64.b64decode(one["sample"])
        if len(sample) != min(size, 512):
            raise Refusal(400, f'"sample" must be the first 512 bytes of "{path}"')
        told = {"path": path, "uploadMode": sent_as(at.tree, path, size, sample)}
        held = {"oid": at.tree[path].etag} if path in at.tree else {}
        files.append({**told, "shouldIgnore": ignored(rules, path), **held})
    return {"commitOid": at.oid, "files": files}


def read_commit(body: bytes) -> Asked:
    """Read the lines of a commit: a header, then at least one operation."""
    try:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        header, *rest = [(line["key"], line["value"]) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(400, "Expected lines of JSON with a key and a value") from error
    if header[0] != "header" or any(key == "header" for key, _value in rest):
        raise Refusal(400, "Expected the first line, and no other, to have the key `header`")
    if not rest:
        message = "Add a line with the key `lfsFile`, `file` or `deletedFile`"
        raise Refusal(400, message)
    optional = {"description": str, "parentCommit": str}
    given = fields(header[1], {"summary": str}, optional)
    title, parent = given["summary"], given.get("parentCommit")
    if not title.strip():
        raise Refusal(400, '"summary" is not allowed to be empty')
    if parent is not None and not SHORT_ID.fullmatch(parent):
        raise Refusal(400, '"parentCommit" must be a commit id')
    return Asked(title, given.get("description", ""), parent, rest)


def applied(repository: Repository, tree: Tree, asked: Asked) -> Tree:
    """Return the files after a commit, or refuse the whole of it."""
    after = dict(tree)
    for key, value in asked.operations:
        if key not in OPERATIONS:
            raise Refusal(400, f"Unknown key: {key}")
        OPERATIONS[key](repository, after, value)
    for path in after.keys() & folders_of(after):
        raise Refusal(400, f'"{path}" is both a file and a folder')
    readme = after.get("README.md")
    if readme is not None and readme != tree.get("README.md"):
        errors = checked(readme.data.decode("utf-8", "replace"), repository.kind).errors
        if errors:
            raise Refusal(400, "\n".join(errors))
    if repository.kind == "model":
        check_results(tree, after)
    return after


def based_on(repository: Repository, ref: str, parent: str | None, *, request: bool) -> Commit:
    """Return the commit that the next one follows; refuse if the ref has moved on since.

    A pull request may start from any commit that is there.
    """
    head = repository.revision(ref)
    if parent is None or head.oid.startswith(parent):
        return head
    if not request:
        raise Refusal(412, CHANGED_SINCE)
    for commit in repository.history(head.oid):
        if commit.oid.startswith(parent):
            return commit
    raise Refusal(404, f"Invalid rev id: {parent}", "RevisionNotFound")


def first_commit(repository: Repository, author: str) -> Commit:
    """Put the commit that a new repository starts with."""
    tree = {".gitattributes": Blob(git_attributes(repository.kind))}
    if repository.space is not None:
        title = repository.name.partition("/")[2]
        card = f"title: {title}\nemoji: 🐢\ncolorFrom: red\ncolorTo: gray\nsdk: "
        readme = f"---\n{card}{repository.space.sdk}\npinned: false\n---\n"
        tree["README.md"] = Blob(readme.encode())
    return repository.commit(MAIN, tree, author, "initial commit")


def _clean(path: object) -> str:
    if not isinstance(path, str) or NOT_IN_A_PATH.intersection(path.split("/")):
        raise Refusal(400, f"Invalid path: {path}")
    return path


def _file(repository: Repository, tree: dict[str, Blob], value: Mapping[str, Any]) -> None:
    path = _clean(value.get("path"))
    if value.get("encoding", "utf-8") not in ("utf-8", "base64"):
        raise Refusal(400, '"encoding" must be one of [utf-8, base64]')
    try:
        content = value["content"]
        coded = value.get("encoding") == "base64"
        data = base64.b64decode(content, validate=True) if coded else content.encode()
    except (KeyError, AttributeError, binascii.Error, TypeError) as error:
        raise Refusal(400, f'"content" of "{path}" is not as "encoding" says') from error
    if len(data) > LARGE:
        message = f"{path} is larger than 10 MiB: send it by LFS"
        raise Refusal(400, f"Your push was rejected because it contains a large file: {message}")
    tree[path] = Blob(data)


def _large_file(repository: Repository, tree: dict[str, Blob], value: Mapping[str, Any]) -> None:
    path, oid = _clean(value.get("path")), value.get("oid", "")
    if value.get("algo") != "sha256" or not SHA256.fullmatch(oid):
        raise Refusal(400, f'"oid" of "{path}" must be a sha256')
    held = repository.objects.get(oid)
    # Who copies a file that is there gives no size.
    if held is None or value.get("size", len(held)) != len(held):
        raise Refusal(400, DANGLING.format(path))
    tree[path] = Blob(held, lfs=True)


def _delete_file(repository: Repository, tree: dict[str, Blob], value: Mapping[str, Any]) -> None:
    if tree.pop(_clean(value.get("path")), None) is None:
        raise Refusal(404, f"A file with this name doesn't exist: {value['path']}", "EntryNotFound")


def _delete_folder(repository: Repository, tree: dict[str, Blob], value: Mapping[str, Any]) -> None:
    folder = _clean(str(value.get("path")).removesuffix("/"))
    inside = [path for path in tree if path.startswith(f"{folder}/")]
    if not inside:
        raise Refusal(404, f"A folder with this name doesn't exist: {folder}", "EntryNotFound")
    for path in inside:
        del tree[path]


Operation = Callable[[Repository, dict[str, Blob], Mapping[str, Any]], None]
OPERATIONS: Mapping[str, Operation] = {
    "file": _file,
    "lfsFile": _large_file,
    "deletedFile": _delete_file,
    "deletedFolder": _delete_folder,
}
