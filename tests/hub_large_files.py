"""Large files of a Hub: the batch calls of Git LFS, and a store that signed addresses open."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.hub_access import Asked, Hub, fields
from tests.hub_commits import SHA256
from tests.hub_files import ranged
from tests.hub_repositories import Refusal, Repository
from tests.hub_server import BYTES, Answer, given

LFS = "application/vnd.git-lfs+json"
PARTS = 10_000


def batch(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Say where each object is to be put; of one that is there already, say nothing."""
    if asked.headers.get("accept") != LFS:
        raise Refusal(406, f"Expected an Accept of {LFS}")
    wanted = fields(
        _lfs(asked),
        {"operation": str, "objects": list},
        {"transfers": list, "ref": dict, "hash_algo": str},
    )
    ref = fields(wanted.get("ref", {}), {}, {"name": str}).get("name")
    # Whoever opens a pull request names no ref, as he may not write to it.
    hub.writer(asked, repository, ref or "", request=ref is None)
    if wanted["operation"] != "upload" or wanted.get("hash_algo", "sha256") != "sha256":
        raise Refusal(422, "Expected an upload of objects by their sha256")
    if ref is not None:
        repository.revision(ref)
    transfers = wanted.get("transfers", ["basic"])
    objects = [fields(one, {"oid": str, "size": int}) for one in wanted["objects"]]
    large = "multipart" in transfers and any(one["size"] > hub.part for one in objects)
    told = [_where(hub, repository, one["oid"], one["size"], large) for one in objects]
    answer = given({"transfer": "multipart" if large else "basic", "objects": told})
    return Answer(200, answer.body, {}, LFS)


def _lfs(asked: Asked) -> object:
    if asked.headers.get("content-type") != LFS:
        raise Refusal(415, f"Expected a Content-Type of {LFS}")
    return json.loads(asked.body)


def _where(hub: Hub, repository: Repository, oid: str, size: int, large: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"oid": oid, "size": size}
    if not SHA256.fullmatch(oid) or size < 0:
        return {**told, "error": {"code": 422, "message": "Invalid oid or size"}}
    if oid in repository.objects:
        return told
    to = f"{hub.storage}/{repository.path}/{oid}"
    signed = {"size": size, "X-Signature": hub.signature("PUT", oid, str(size))}
    upload: dict[str, Any] = {"href": f"{to}?{urlencode(signed)}", "header": {}}
    if large and size > hub.part:
        count = -(-size // hub.part)
        if count > PARTS:
            return {**told, "error": {"code": 422, "message": "Too many parts"}}
        addresses = {str(part): f"{to}?{_part(hub, oid, part)}" for part in range(1, count + 1)}
        done = urlencode({"parts": count, "X-Signature": hub.signature("POST", oid, str(count))})
        href = f"{hub.url}/api/complete_multipart/{repository.path}/{oid}?{done}"
        upload = {"href": href, "header": {"chunk_size": str(hub.part), **addresses}}
    verify = {"href": f"{hub.url}/{repository.page}.git/info/lfs/objects/verify", "header": {}}
    return {**told, "authenticated": True, "actions": {"upload": upload, "verify": verify}}


def _part(hub: Hub, oid: str, part: int) -> str:
    signature = hub.signature("PUT", oid, f"part {part}")
    return urlencode({"partNumber": part, "X-Signature": signature})


def complete(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Put the parts of an object together; the address is what allows it."""
    query, oid = asked.parameters("parts", "X-Signature"), named["oid"]
    if query.get("X-Signature") != hub.signature("POST", oid, query.get("parts", "")):
        raise Refusal(403, "The signature of the address is wrong")
    done = fields(_lfs(asked), {"oid": str, "parts": list})
    parts = [fields(one, {"partNumber": int, "etag": str}) for one in done["parts"]]
    if done["oid"] != oid or [one["partNumber"] for one in parts] != _counted(query["parts"]):
        raise Refusal(400, "Expected every part of the object, in order")
    held = [hub.uploads.get(f"{oid}/{one['partNumber']}", b"") for one in parts]
    if [f'"{_md5(data)}"' for data in held] != [one["etag"] for one in parts]:
        raise Refusal(400, "InvalidPart: a part is not there, or its ETag is another")
    hub.uploads[oid] = b"".join(held)
    return given({"success": True})


def _counted(parts: str) -> list[int]:
    return list(range(1, int(parts) + 1))


def verify(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Take an object into the repository once all of it has come, and only then."""
    hub.writer(asked, repository, request=True)
    wanted = fields(asked.json(), {"oid": str, "size": int})
    data = hub.uploads.get(wanted["oid"])
    if data is None:
        raise Refusal(404, "Object does not exist")
    if len(data) != wanted["size"] or hashlib.sha256(data).hexdigest() != wanted["oid"]:
        raise Refusal(400, "The object is not of the size or sha256 that was told")
    repository.objects[wanted["oid"]] = data
    return given({})


def stored(hub: Hub, asked: Asked, oid: str) -> Answer:
    """Take or give the bytes of an object, as a store of objects does: by signed address alone."""
    if "authorization" in asked.headers:
        raise Refusal(400, "InvalidArgument: Only one auth mechanism allowed")
    query = {name: values[-1] for name, values in asked.query.items()}
    signature = query.get("X-Signature")
    if asked.method in ("GET", "HEAD"):
        if signature != hub.signature("GET", oid):
            raise Refusal(403, "AccessDenied")
        return ranged(hub.uploads[oid], asked, {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"})
    part = query.get("partNumber")
    size = query.get("size", "")
    if signature != hub.signature("PUT", oid, f"part {part}" if part else size):
        raise Refusal(403, "SignatureDoesNotMatch")
    if not part and hashlib.sha256(asked.body).hexdigest() != oid:
        raise Refusal(400, "XAmzContentSHA256Mismatch")
    if (not part and str(len(asked.body)) != size) or len(asked.body) > hub.part:
        raise Refusal(400, "EntityTooLarge or IncompleteBody")
    hub.uploads[f"{oid}/{part}" if part else oid] = asked.body
    return Answer(200, b"", {"ETag": f'"{_md5(asked.body)}"'}, BYTES)


def _md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()
