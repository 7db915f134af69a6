"""Deploying: what a Space is to hold, what of that is not there yet, and its one commit."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from evaluator.depot import signed
from evaluator.depot.hub_space import HubSpace
from evaluator.depot.layout import FOREIGN, LAYOUT, LAYOUT_FILE, OF_THE_HUB, check_layout
from evaluator.depot.plan import EDITED, Plan, Publication
from evaluator.depot.push import Pushed, changes, push, trying
from evaluator.depot.repository import Change, Head, Refused
from evaluator.depot.space_settings import VARIABLES, SpaceSettings
from evaluator.texts import Sentence, _

KIND = "space"
TITLE = "Deploy the challenge"
SET = _("{sign} variable {variable} = {value}")
LEFT = _("Variable {variable} = {value} is set in {name} but not here; it is left as it is.")
SECRET = _("{sign} secret {secret}")
KEPT = _("Secret {secret} of {name} is left as it is; --renew-secrets writes it anew.")


@dataclass(frozen=True)
class Deployment:
    """What of a Space differs: files, variables and secrets; `before` is what it has of these."""

    space: HubSpace
    plan: Plan
    settings: SpaceSettings
    before: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables that it does not have so."""
        wanted = self.settings.variables
        return {name: wanted[name] for name in wanted if self.before.get(name) != wanted[name]}

    def sentences(self) -> Iterator[Sentence]:
        """Yield what would change beside the files, and what would not."""
        for name, value in self.variables.items():
            sign = "~" if name in self.before else "+"
            yield Sentence(SET, {"sign": sign, "variable": name, "value": value})
        for name in VARIABLES:
            if name in self.before and name not in self.settings.variables:
                values = {"variable": name, "value": self.before[name], "name": self.space.name}
                yield Sentence(LEFT, values)
        for name in self.settings.secrets:
            if name in self.secrets:
                yield Sentence(SECRET, {"sign": "+", "secret": name})
            else:
                yield Sentence(KEPT, {"secret": name, "name": self.space.name})

    def push(self, reason: str = "") -> Pushed:
        """Make the Space what it is to be: its environment first, then all files in one commit.

        `reason` is why what others put there may go.

        Raises:
            Refused, Busy, Conflict: as `push`.
        """
        space = self.space
        if not self.plan.head.commit:
            trying()(space.make)
        for name, value in self.secrets.items():
            trying()(space.set_secret, name, value)
        for name, value in self.variables.items():
            trying()(space.set_variable, name, value)
        message = f"{TITLE}\n\nForced: {reason}" if reason else TITLE
        return push(space, self.plan.publication.wanted, message, whole=True)


def deployment(
    space: HubSpace,
    files: Mapping[str, bytes],
    settings: SpaceSettings,
    *,
    force: bool = False,
    renew: bool = False,
) -> Deployment:
    """Return what deploying files and an environment would change; secrets there stay unless told.

    Raises:
        Refused: the Space is somebody else's, holds files of others, or was edited by hand; with
            `force` only the first stops.
        Busy: it cannot be read.
    """
    head = space.head()
    check_layout(space, head, KIND, force=force)
    listed = _listed(space, head, force=force)
    gone = {path: None for path in listed if path not in files}
    wanted = {**files, **gone, LAYOUT_FILE: layout_file(files)}
    found = changes(wanted, head)
    if not force:
        _check_foreign(space, head, listed)
        _check_edited(space, head, listed, found)
    there = bool(head.commit)
    before = space.variables() if there else {}
    known: Collection[str] = space.secrets() if there and not renew else ()
    secrets = {name: one for name, one in settings.secrets.items() if name not in known}
    plan = Plan(Publication(KIND, space, wanted, TITLE), found, head)
    return Deployment(space, plan, settings, before, secrets)


def layout_file(files: Mapping[str, bytes]) -> bytes:
    """Return the file that says that a Space is this software's, and what hash each file has."""
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    return signed.signed({"kind": KIND, "layout": LAYOUT, "files": hashes})


def _listed(space: HubSpace, head: Head, *, force: bool) -> dict[str, str]:
    """Return the files that this software put into a Space, with their hashes."""
    if LAYOUT_FILE not in head.files:
        return {}
    found = signed.read(space.read(LAYOUT_FILE, head.commit))
    if found is None and not force:
        raise Refused(EDITED, file=LAYOUT_FILE, name=space.name)
    return dict(found["files"]) if found else {}


def _check_foreign(space: HubSpace, head: Head, listed: Mapping[str, str]) -> None:
    others = sorted(head.files.keys() - listed.keys() - {LAYOUT_FILE, *OF_THE_HUB})
    if others:
        raise Refused(FOREIGN, name=space.name, file=others[0])


def _check_edited(
    space: HubSpace, head: Head, listed: Mapping[str, str], found: list[Change]
) -> None:
    """Refuse to write over what somebody changed in the Space since it was deployed."""
    known = [one.path for one in found if one.path in listed and one.path in head.files]
    for path, content in space.read_all(known, head.commit).items():
        if hashlib.sha256(content).hexdigest() != listed[path]:
            raise Refused(EDITED, file=path, name=space.name)
