"""The paths of a question's images, as its line gives them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
# Other signs mean something in an address.
_PLAIN = re.compile(r"[\w./-]+")


def _inner_path(written: str) -> str:
    """Return the path of an image, which must lie in its dataset's folder."""
    path = PurePosixPath(written)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise ValueError("an image's path must lead into the dataset's own folder")
    if not _PLAIN.fullmatch(written):
        raise ValueError("an image's path may hold letters, digits and . _ - / only")
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"an image must be one of {', '.join(SUFFIXES)}")
    return str(path)


def _as_list(written: object) -> object:
    # MedBench v4 writes a list, or one path as a text.
    return [written] if isinstance(written, str) else written


ImagePaths = Annotated[
    tuple[Annotated[str, AfterValidator(_inner_path)], ...] | None, BeforeValidator(_as_list)
]
