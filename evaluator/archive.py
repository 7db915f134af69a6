"""Lines of an upload: plain, gzipped or zipped, read as a stream within limits."""

from __future__ import annotations

import gzip
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from evaluator.problems import Findings, Place, clip
from evaluator.settings import Limits
from evaluator.texts import _

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
ARCHIVES = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz")
RATIO_FROM_BYTES = 1_000_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DIRECTORY_ENTRY = b"PK\x01\x02"


class Line(NamedTuple):
    """One line of text: the file it is in, its number from 1, and its text without ending.

    Where `readable` is false the bytes were no UTF-8: that is a problem already, and the text
    holds replacement characters.
    """

    file: str
    number: int
    text: str
    readable: bool = True


class _Stopped(Exception):
    """Reading goes no further; the finding says why."""


class Archive:
    """Reads one upload; everything wrong with its packing goes into `findings`.

    `whole` turns false where reading ended before the content did.
    """

    def __init__(self, path: Path, name: str, limits: Limits, findings: Findings) -> None:
        self._path = path
        self._name = clip(name)
        self._limits = limits
        self._findings = findings
        self.whole = True
        self._unpacked = 0
        self._lines = 0
        self._packed = max(path.stat().st_size, 1)

    def lines(self) -> Iterator[Line]:
        """Yield every line that is not blank, of every file."""
        if self._packed > self._limits.upload_bytes:
            self._findings.problem(
                Place(self._name),
                _("The file is larger than {limit} bytes; leave out what is not needed."),
                limit=f"{self._limits.upload_bytes:,}",
            )
            return
        try:
            yield from self._any_kind()
        except _Stopped:
            self.whole = False

    def _any_kind(self) -> Iterator[Line]:
        with self._path.open("rb") as file:
            magic = file.read(4)
        if not magic:
            self._findings.problem(Place(self._name), _("The file is empty; upload predictions."))
        elif magic == b"PK\x05\x06":
            self._findings.problem(Place(self._name), _("The zip holds no file."))
        elif magic == b"PK\x03\x04":
            yield from self._zip()
        elif magic[:2] == b"\x1f\x8b":
            with gzip.open(self._path) as stream:
                yield from self._text(stream, self._name.removesuffix(".gz"))
        else:
            with self._path.open("rb") as stream:
                yield from self._text(stream, self._name)

    def _zip(self) -> Iterator[Line]:
        self._check_count()
        try:
            with zipfile.ZipFile(self._path) as archive:
                members = [member for member in archive.infolist() if self._is_wanted(member)]
                if not members:
                    self._findings.problem(
                        Place(self._name),
                        _(
                            "The zip holds no .jsonl file that can be read; put one for each "
                            "dataset into it."
                        ),
                    )
                for member in members:
                    with archive.open(member) as stream:
                        yield from self._text(stream, clip(member.filename))
        # ValueError: a name that is not in the encoding it says, or an offset below 0.
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            OSError,
            ValueError,
            struct.error,
        ) as error:
            self.whole = False
            self._findings.problem(
                Place(self._name), _("The zip is damaged; pack it again."), found=error
            )

    def _check_count(self) -> None:
        # Before the zip is opened: a directory of a million entries takes half a gigabyte to read.
        if self._path.read_bytes().count(DIRECTORY_ENTRY) > self._limits.members:
            self._findings.problem(
                Place(self._name),
                _("The zip holds more than {limit} files; pack one for each dataset."),
                limit=self._limits.members,
            )
            raise _Stopped

    def _is_wanted(self, member: zipfile.ZipInfo) -> bool:
        """Whether a member is read; whatever is suspicious about it becomes a problem."""
        place = Place(self._name)
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if not path.name or member.filename.endswith("/") or "__MACOSX" in path.parts:
            return False
        if path.name.startswith(".") and ".." not in path.parts:
            return False
        refusal = self._refusal(member, path)
        if refusal:
            self._findings.problem(place, refusal, found=member.filename)
            return False
        if path.suffix.lower() != ".jsonl":
            self._findings.notice(
                place, _("A file that is not .jsonl was left out."), found=member.filename
            )
            return False
        return True

    def _refusal(self, member: zipfile.ZipInfo, path: PurePosixPath) -> str | None:
        if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
            return _("The zip holds a path that leaves its folder; use plain relative names.")
        if stat.S_ISLNK(member.external_attr >> 16):
            return _("The zip holds a symbolic link; put the file itself into it.")
        if member.flag_bits & 0x1:
            return _("The zip is encrypted; pack it without a password.")
        if path.suffix.lower() in ARCHIVES:
            return _("The zip holds another archive; put the .jsonl files directly into it.")
        if member.compress_type not in METHODS:
            return _("The zip uses a method that is not supported; use deflate.")
        return None

    def _text(self, stream: IO[bytes] | gzip.GzipFile, file: str) -> Iterator[Line]:
        number = 0
        try:
            while raw := stream.readline(self._limits.line_bytes + 1):
                number += 1
                self._count(raw, file, number)
                line = self._decoded(raw, Place(file, number))
                if line is not None:
                    yield line
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            self.whole = False
            self._findings.problem(
                Place(file, number or None),
                _("The compressed data is damaged from here on; pack it again."),
                found=error,
            )

    def _count(self, raw: bytes, file: str, number: int) -> None:
        self._unpacked += len(raw)
        self._lines += 1
        place = Place(file, number)
        if len(raw) > self._limits.line_bytes:
            self._findings.problem(
                place,
                _("The line is longer than {limit} bytes; write one item a line."),
                limit=f"{self._limits.line_bytes:,}",
            )
            raise _Stopped
        if self._lines > self._limits.lines:
            self._findings.problem(
                place,
                _("There are more than {limit} lines; upload this track's items only."),
                limit=f"{self._limits.lines:,}",
            )
            raise _Stopped
        if self._unpacked > self._limits.unpacked_bytes:
            self._findings.problem(
                place,
                _("The content is larger than {limit} bytes; leave out what is not needed."),
                limit=f"{self._limits.unpacked_bytes:,}",
            )
            raise _Stopped
        if self._unpacked > max(RATIO_FROM_BYTES, self._packed * self._limits.ratio):
            self._findings.problem(
                place,
                _("The file unpacks to more than {limit} times its size, as no real answers do."),
                limit=self._limits.ratio,
            )
            raise _Stopped

    def _decoded(self, raw: bytes, place: Place) -> Line | None:
        number = place.line or 0
        if number == 1 and (raw.startswith(UTF16_BOMS) or 0 in raw[:2]):
            self._findings.problem(
                place, _("The file is in UTF-16; save it as UTF-8 (without BOM).")
            )
            raise _Stopped
        if number == 1 and raw.startswith(UTF8_BOM):
            self._findings.notice(place, _("The byte order mark at the start was left out."))
            raw = raw.removeprefix(UTF8_BOM)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self._findings.problem(
                place,
                _("The line is not UTF-8; save the file as UTF-8 (it may be in GBK)."),
                found=f"0x{raw[error.start]:02X} @ {error.start}",
            )
            return Line(place.file, number, raw.decode("utf-8", "replace"), readable=False)
        if text.endswith("\r\n"):
            self._findings.notice(Place(place.file), _("Windows line endings were read as such."))
        if not text.strip():
            self._findings.notice(place, _("A blank line was left out."))
            return None
        return Line(place.file, number, text.strip())
