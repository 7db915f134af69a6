"""Items that are nearly the same, and images that are the same or no images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rapidfuzz import fuzz, process

from evaluator.check.finding import Finding, at
from evaluator.items import Item, Question
from evaluator.shuffle import parted
from evaluator.texts import _

# Of 100: two questions that differ in one character of ten.
NEARLY = 90
# More would take minutes; the first are compared.
MOST = 5_000
NAMED = 5


def check_twins(folder: Path, items: Sequence[Item]) -> Iterator[Finding]:
    """Yield groups of items whose texts are nearly the same, what all of them share aside."""
    plain = [item for item in items if not item.images][:MOST]
    groups = _groups([_text(item) for item in plain])
    for group in groups:
        ids = [plain[number].id for number in group]
        yield at(
            "warning",
            folder / Question.FILE,
            plain[group[0]].lines[0],
            _("{count} items are nearly the same: ids {ids}."),
            count=len(ids),
            ids=", ".join(ids[:NAMED]) + (" …" if len(ids) > NAMED else ""),
        )


def check_images(folder: Path, items: Sequence[Item]) -> Iterator[Finding]:
    """Yield images that cannot be opened, and items that show the same images."""
    seen: dict[tuple[str, ...], Item] = {}
    file = folder / Question.FILE
    for item in items:
        for path in _present(folder, item):
            if not _opens(path):
                sentence = _("image {image} cannot be opened.")
                yield at("error", file, item.lines[0], sentence, image=path.name)
        digests = _digests(folder, item)
        before = seen.setdefault(digests, item) if digests else item
        if before is not item:
            yield at(
                "warning",
                file,
                item.lines[0],
                _("id {id} shows the same image as id {other}."),
                id=item.id,
                other=before.id,
            )


def content(folder: Path, item: Item) -> tuple[str, ...]:
    """Return what makes an item that item: its text, and what its images hold."""
    return (_text(item), *_digests(folder, item))


def _digests(folder: Path, item: Item) -> tuple[str, ...]:
    """Return what the images of an item hold."""
    found = (path.read_bytes() for path in _present(folder, item))
    return tuple(hashlib.sha256(content).hexdigest() for content in found)


def _present(folder: Path, item: Item) -> list[Path]:
    """Return the images of an item that are there."""
    return [folder / path for path in item.images if (folder / path).is_file()]


def _text(item: Item) -> str:
    """Return what is asked; options in one order, whatever that of the first copy."""
    first = item.copies[0]
    return "\n".join(
        [first.question, *sorted(text for _letter, text in parted(first.options or ()))]
    )


def _groups(texts: list[str]) -> list[list[int]]:
    """Return groups of texts that are nearly the same, by their numbers."""
    bare = _without_frame(texts)
    alike = process.cdist(bare, bare, scorer=fuzz.ratio, score_cutoff=NEARLY, dtype=np.uint8) > 0
    groups: list[list[int]] = []
    taken: set[int] = set()
    for number in range(len(texts)):
        if number in taken:
            continue
        group = [int(other) for other in np.flatnonzero(alike[number]) if other not in taken]
        taken.update(group)
        if len(group) > 1:
            groups.append(group)
    return groups


def _without_frame(texts: list[str]) -> list[str]:
    """Return texts without what all begin and end with: the instruction of their dataset."""
    if len(set(texts)) < 2:
        return texts
    start = _shared_start(texts)
    end = _shared_start([text[start:][::-1] for text in texts])
    return [text[start : len(text) - end] for text in texts]


def _shared_start(texts: list[str]) -> int:
    """Return how many characters all texts begin with alike."""
    # Whatever the first and the last in order share, those between share as well.
    first, last = min(texts), max(texts)
    return next((n for n, sign in enumerate(first) if sign != last[n]), len(first))


def _opens(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            # Not verify(), which does not look at the pixels of a JPEG.
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True
