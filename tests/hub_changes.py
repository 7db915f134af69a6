"""What changes the repositories of a Hub as a whole: made, moved, set, deleted and committed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from tests.hub_access import Asked, Hub, Type, fields
from tests.hub_cards import SDKS, checked
from tests.hub_commits import applied, based_on, first_commit, preuploaded, read_commit
from tests.hub_discussions import NO_DISCUSSIONS
from tests.hub_repositories import MAIN, Kind, Refusal, Repository
from tests.hub_server import Answer, given
from tests.hub_spaces import HARDWARE, space_of

NDJSON = "application/x-ndjson"
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_A_SPACE = {
    "sdk": str,
    "hardware": str,
    "sleepTimeSeconds": int,
    "secrets": list,
    "variables": list,
}


def whoami(hub: Hub, asked: Asked) -> Answer:
    """Tell whose token it is and what it allows."""
    who = hub.signed_in(asked)
    organisations = [
        {"type": "org", "id": f"org-{name}", "name": name, "roleInOrg": "write"}
        for name in who.organisations
    ]
    told = {"displayName": "tests", "role": who.role, "createdAt": "2026-01-01T00:00:00.000Z"}
    return given(
        {
            "type": "user",
            "id": f"user-{who.user}",
            "name": who.user,
            "fullname": who.user,
            "isPro": False,
            "orgs": organisations,
            "auth": {"type": "access_token", "accessToken": told},
        }
    )


def validated(hub: Hub, asked: Asked) -> Answer:
    """Say what is wrong with the metadata of a README.md."""
    wanted = fields(asked.json(), {"content": str, "repoType": str})
    said = checked(wanted["content"], kind_of(wanted["repoType"]))
    told = {
        kind: [{"message": one} for one in getattr(said, kind)] for kind in ("errors", "warnings")
    }
    if said.errors:
        raise Refusal(400, "\n".join(said.errors), None, **told)
    return given(told)


def create(hub: Hub, asked: Asked) -> Answer:
    """Make a repository, with the commit that each starts with."""
    who = hub.signed_in(asked)
    more: dict[str, Type] = {"type": str, "organization": str | None, "visibility": str}
    optional = {**more, **OF_A_SPACE}
    wanted = fields(asked.json(), {"name": str}, optional)
    kind = kind_of(wanted.get("type", "model"))
    if kind != "space" and OF_A_SPACE.keys() & wanted.keys():
        raise Refusal(400, f"Not for a {kind}: {sorted(OF_A_SPACE.keys() & wanted.keys())}")
    private = _private(wanted.get("visibility", "public"))
    name = f"{wanted.get('organization') or who.user}/{wanted['name']}"
    with hub.lock:
        hub.free(who, kind, name)
        made = Repository(kind, name, who.user, private=private)
        if kind == "space":
            if wanted.get("sdk") not in SDKS:
                raise Refusal(400, f'"sdk" must be one of [{", ".join(SDKS)}]')
            if wanted.get("hardware", HARDWARE) != HARDWARE:
                raise Refusal(402, "Payment required")
            held = wanted.get("secrets", []), wanted.get("variables", [])
            made.space = space_of(wanted["sdk"], *held)
        first_commit(made, who.user)
        hub.repositories[kind, name.lower()] = made
        hub.moved.pop((kind, name.lower()), None)
    return given({"url": f"{hub.url}/{made.page}", "name": name, "id": made.refs[MAIN][:24]})


def move(hub: Hub, asked: Asked) -> Answer:
    """Give a repository another name; its old address leads to the new one from then on."""
    who = hub.signed_in(asked)
    wanted = fields(asked.json(), {"fromRepo": str, "toRepo": str, "type": str})
    kind, old, new = kind_of(wanted["type"]), wanted["fromRepo"], wanted["toRepo"]
    with hub.lock:
        moving = hub.find(kind, old, who)
        hub.writer(asked, moving)
        hub.free(who, kind, new)
        with moving.lock:
            del hub.repositories[kind, old.lower()]
            moving.name = new
            hub.repositories[kind, new.lower()] = moving
            hub.moved.pop((kind, new.lower()), None)
            hub.moved[kind, old.lower()] = new
    return given({})


def delete(hub: Hub, asked: Asked) -> Answer:
    """Delete a repository for good."""
    who = hub.signed_in(asked)
    wanted = fields(asked.json(), {"name": str}, {"type": str, "organization": str | None})
    kind = kind_of(wanted.get("type", "model"))
    name = f"{wanted.get('organization') or who.user}/{wanted['name']}"
    with hub.lock:
        hub.writer(asked, hub.find(kind, name, who))
        del hub.repositories[kind, name.lower()]
    return given({})


def settings(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Change who may see a repository, and who may read its files."""
    hub.writer(asked, repository)
    wanted = fields(asked.json(), {}, {"visibility": str, "gated": str | bool})
    if wanted.get("gated", False) not in ("auto", "manual", False):
        raise Refusal(400, '"gated" must be one of [auto, manual, false]')
    if "visibility" in wanted:
        repository.private = _private(wanted["visibility"])
    repository.gated = wanted.get("gated", repository.gated)
    return given({"private": repository.private, "gated": repository.gated})


def preupload(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Say how each file of the next commit is to be sent."""
    hub.writer(asked, repository, named["revision"], request=_as_request(asked))
    hub.reader(asked, repository)
    return given(preuploaded(repository.revision(named["revision"]), asked.json()))


def commit(hub: Hub, repository: Repository, asked: Asked, named: Mapping[str, str]) -> Answer:
    """Put a commit on a branch, or open a pull request with it: all of it or nothing."""
    if not asked.headers.get("content-type", "").startswith(NDJSON):
        raise Refusal(415, f"Expected a Content-Type of {NDJSON}")
    request = _as_request(asked)
    ref = named["revision"].removeprefix("refs/heads/")
    who = hub.writer(asked, repository, ref, request=request)
    hub.reader(asked, repository)
    if request and not repository.discusses:
        raise Refusal(403, NO_DISCUSSIONS)
    if ref not in repository.refs:
        raise Refusal(404, f"Invalid rev id: {ref}", "RevisionNotFound")
    wanted = read_commit(asked.body)
    parent = based_on(repository, ref, wanted.parent, request=request)
    after = applied(repository, parent.tree, wanted)
    told: dict[str, Any] = {"success": True, "hookOutput": ""}
    if request:
        opened = repository.open(who.user, wanted.title, wanted.description, ref)
        repository.refs[opened.ref] = parent.oid
        told["pullRequestUrl"] = f"{hub.url}/{repository.page}/discussions/{opened.num}"
        ref = opened.ref
    made = repository.commit(ref, after, who.user, wanted.title, wanted.description)
    for one in repository.discussions.values():
        if one.base and one.ref == ref:
            one.add(who.user, "commit", {"subject": made.title, "oid": made.oid})
    url = f"{hub.url}/{repository.page}/commit/{made.oid}"
    return given({**told, "commitOid": made.oid, "commitUrl": url})


def _as_request(asked: Asked) -> bool:
    return asked.parameters("create_pr").get("create_pr", "0") == "1"


def kind_of(named: str) -> Kind:
    """Return the kind of repository that a request names."""
    for kind in KINDS:
        if kind == named:
            return kind
    raise Refusal(400, f'"type" must be one of [{", ".join(KINDS)}]')


def _private(visibility: str) -> bool:
    if visibility not in ("public", "private"):
        raise Refusal(400, '"visibility" must be one of [public, private]')
    return visibility == "private"
