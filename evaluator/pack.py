"""The question pack: what a participant downloads, in MedBench's upload layout."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from evaluator.challenge import Challenge
from evaluator.errors import DeclarationError
from evaluator.items import Item, Question, load_items
from evaluator.phase import Phase
from evaluator.texts import _
from evaluator.track import Track

PACK_FOLDER = "MedBench"


def question_pack(challenge: Challenge, track: Track, phase: Phase) -> bytes:
    """Return the zip a participant downloads: a file of questions a dataset, and their images.

    An image lies where its line says, seen from the file of questions.

    Raises:
        DeclarationError: as `pictures`.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as pack:
        for dataset in track.datasets:
            folders = [challenge.items_folder(track, part, dataset) for part in track.parts(phase)]
            _write(pack, f"{dataset.id}_test.jsonl", _lines(folders))
        for name, path in sorted(pictures(challenge, track, phase).items()):
            _write(pack, name, path.read_bytes())
    return buffer.getvalue()


def pictures(challenge: Challenge, track: Track, phase: Phase) -> dict[str, Path]:
    """Return where the images of a phase's pack lie, by their names in it.

    Raises:
        DeclarationError: two datasets, or two parts, have different images of one name.
    """
    found: dict[str, Path] = {}
    for part in track.parts(phase):
        for dataset in track.datasets:
            folder = challenge.items_folder(track, part, dataset)
            for item in load_items(folder):
                for image in item.images:
                    _keep_apart(found, image, folder / image)
    return found


def _write(pack: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(str(PurePosixPath(PACK_FOLDER) / name))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    pack.writestr(member, content)


def _lines(folders: list[Path]) -> bytes:
    """Return the question lines of a phase; of several parts, in an order that tells no part."""
    if len(folders) == 1:
        return (folders[0] / Question.FILE).read_bytes()
    lines = [
        (hashlib.sha256(item.id.encode()).digest(), number, raw)
        for folder in folders
        for item, raws in _raw_items(folder)
        for number, raw in enumerate(raws)
    ]
    return b"".join(raw.rstrip(b"\r\n") + b"\n" for _digest, _number, raw in sorted(lines))


def _raw_items(folder: Path) -> Iterator[tuple[Item, list[bytes]]]:
    raw = (folder / Question.FILE).read_bytes().splitlines(keepends=True)
    for item in load_items(folder):
        yield item, [raw[number - 1] for number in item.lines]


def _keep_apart(images: dict[str, Path], name: str, path: Path) -> None:
    """Note an image of the pack, unless another one has its name."""
    before = images.setdefault(name, path)
    if before != path and before.read_bytes() != path.read_bytes():
        raise DeclarationError(
            _(
                "{file}: another dataset, or part of the phase, has another image {image}; give "
                "one a name of its own."
            ),
            file=path.parent,
            image=name,
        )
