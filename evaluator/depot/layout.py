"""How the files of a repository lie, and whether a repository is this software's at all."""

from __future__ import annotations

import orjson

from evaluator.depot.repository import Head, Refused, Repository
from evaluator.texts import _

# Raised when the files of a repository would be read otherwise.
LAYOUT = 1
LAYOUT_FILE = "layout.json"
NEWER = _(
    "{name} was written by a newer version of this software (layout {found}, here {known}); update "
    "it first."
)
# What a Hub puts into a new repository by itself.
OF_THE_HUB = (".gitattributes", "README.md")
FOREIGN = _(
    "{name} holds files that this software did not put there, such as {file}; name "
    "another repository, or use --force to publish into this one."
)


def layout_file(kind: str) -> bytes:
    """Return the file that says what a repository is, such as "results", and its layout."""
    return orjson.dumps({"kind": kind, "layout": LAYOUT}) + b"\n"


def check_layout(repository: Repository, head: Head, kind: str, *, force: bool = False) -> None:
    """Refuse a repository of another kind, of a newer layout, or with files of others.

    Raises:
        Refused: so it is; with `force` files of others are no reason.
    """
    mark = head.files.get(LAYOUT_FILE)
    if mark and mark.fits(layout_file(kind)):
        return
    if mark:
        written = _written(repository.read(LAYOUT_FILE, head.commit))
        found, layout = written.get("kind", kind), written.get("layout")
        if isinstance(layout, int) and layout > LAYOUT:
            raise Refused(
                NEWER,
                name=repository.name,
                found=layout,
                known=LAYOUT,
            )
        if isinstance(layout, int) and found != kind:
            raise Refused(
                _("{name} holds the {found} of a challenge, not its {kind}; name another one."),
                name=repository.name,
                found=found,
                kind=kind,
            )
        if isinstance(layout, int):
            return
    others = sorted(head.files.keys() - set(OF_THE_HUB))
    if others and not force:
        raise Refused(FOREIGN, name=repository.name, file=others[0])


def _written(content: bytes) -> dict[str, object]:
    try:
        written = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return written if isinstance(written, dict) else {}
