"""Items that lie on a Hub: rows of a dataset at a revision, kept as files on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from evaluator.challenge import Challenge
from evaluator.dataset import Dataset, HubSource
from evaluator.declaration import line_of
from evaluator.errors import DeclarationError
from evaluator.items import Question, Reference
from evaluator.phase import Phase
from evaluator.replacing import replacing
from evaluator.texts import _
from evaluator.track import Track

FIELDS = {
    Question.FILE: ("question", "options", "answer", "img_path", "other"),
    Reference.FILE: ("answer", "point", "options", "other"),
}
IMAGES = "images"


def fetch(
    challenge: Challenge,
    track: Track,
    phases: Iterable[Phase] | None = None,
    *,
    references: bool = False,
    token: str | None = None,
) -> None:
    """Keep the questions of phases that lie on a Hub, and with `references` those as well.

    What is kept of a revision is not fetched again. The token is for references only. A column
    `images` (or `image`) of pictures becomes files beside the questions.

    Raises:
        DeclarationError: a dataset is gone, gated or not readable, with file and line.
    """
    for phase in track.phases if phases is None else phases:
        for dataset in track.datasets:
            if phase.id in dataset.hub:
                _fetch(challenge, track, phase, dataset, references, token)


def _fetch(
    challenge: Challenge,
    track: Track,
    phase: Phase,
    dataset: Dataset,
    references: bool,
    token: str | None,
) -> None:
    folder = challenge.items_folder(track, phase, dataset)
    items = dataset.hub[phase.id]
    wanted = {Question.FILE: items.questions}
    if references:
        wanted[Reference.FILE] = items.references
    for name, source in wanted.items():
        stamp = folder / f"{name}.source"
        if stamp.is_file() and stamp.read_text("utf-8") == source.model_dump_json():
            continue
        try:
            # In a shared cache the client finds, silently, another revision or what a token bars.
            with TemporaryDirectory() as cache:
                # False: not even one that this machine is logged in with.
                allowed = token if name == Reference.FILE else False
                _keep(_rows(source, allowed, cache), folder, name)
        # Anything: the client, its transport and its readers raise errors of a dozen libraries.
        except Exception as error:
            raise _unreadable(challenge, track, phase, dataset, source, error) from error
        stamp.write_text(source.model_dump_json(), "utf-8")


def _rows(source: HubSource, token: str | bool | None, cache: str) -> Any:
    # Heavy, and needed by few.
    from datasets import Image, List, load_dataset
    from datasets.exceptions import DatasetsError

    try:
        found = load_dataset(
            source.id,
            source.config,
            split=source.split,
            revision=source.revision,
            token=token,
            cache_dir=cache,
        )
    except DatasetsError as error:
        raise ValueError(str(error)) from error
    for name, feature in found.features.items():
        if isinstance(feature, Image):
            found = found.cast_column(name, Image(decode=False))
        elif isinstance(feature, List) and isinstance(feature.feature, Image):
            found = found.cast_column(name, List(Image(decode=False)))
    return found


def _keep(rows: Iterable[Mapping[str, Any]], folder: Path, name: str) -> None:
    """Write rows as lines, all at once."""
    with replacing(folder / name) as draft, draft.open("wb") as file:
        for row in rows:
            line = {key: _plain(row[key]) for key in FIELDS[name] if row.get(key) is not None}
            if name == Question.FILE:
                line |= _images(row, folder)
            file.write(orjson.dumps(line) + b"\n")


def _plain(value: Any) -> Any:
    """Return a value without the empty fields that a table of equal rows needs."""
    if isinstance(value, date):
        raise ValueError("texts that look like dates were read as times; Parquet keeps them texts")
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _images(row: Mapping[str, Any], folder: Path) -> dict[str, list[str]]:
    """Write the pictures of a row into files named by what they hold; return their field."""
    found = row.get("images") or ([row["image"]] if row.get("image") else [])
    paths = []
    for image in found:
        # The path is not followed: it may name any file of this machine.
        if image["bytes"] is None:
            raise ValueError("a picture is not in the table; push_to_hub puts it there")
        suffix = Path(image["path"] or "").suffix.lower() or ".png"
        path = f"{IMAGES}/{hashlib.sha256(image['bytes']).hexdigest()[:16]}{suffix}"
        (folder / IMAGES).mkdir(exist_ok=True)
        (folder / path).write_bytes(image["bytes"])
        paths.append(path)
    return {"img_path": paths} if paths else {}


def _unreadable(
    challenge: Challenge,
    track: Track,
    phase: Phase,
    dataset: Dataset,
    source: HubSource,
    error: Exception,
) -> DeclarationError:
    file = challenge.files[track.id]
    return DeclarationError(
        _(
            "{file}, line {line}: {id} at {revision} cannot be read from the Hub: {reason} Check "
            "the name and the revision, and that the token may read it."
        ),
        file=file,
        line=line_of(file, track.loc(dataset.id, "hub", phase.id)),
        id=source.id,
        revision=source.revision,
        reason=_first_line(error),
    )


def _first_line(error: Exception) -> str:
    lines: Iterator[str] = (line.strip() for line in str(error).splitlines())
    said = next((line for line in lines if line), type(error).__name__)
    return said if said.endswith(".") else f"{said}."
