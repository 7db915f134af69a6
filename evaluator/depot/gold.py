"""What the private repository of references holds, and how a machine without them gets them."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import orjson
import pyarrow as pa

from evaluator.challenge import Challenge
from evaluator.dataset import Dataset
from evaluator.depot.card import card
from evaluator.depot.config import Config, items_path
from evaluator.depot.layout import LAYOUT_FILE, check_layout, layout_file
from evaluator.depot.repository import Head, Refused, Repository
from evaluator.depot.table import as_parquet, from_parquet
from evaluator.errors import DeclarationError
from evaluator.items import Question, Reference, dataset_hash, load_items, load_references
from evaluator.phase import Phase
from evaluator.replacing import replacing
from evaluator.settings import Settings
from evaluator.texts import Sentence, _
from evaluator.track import Track

SCHEMA = pa.schema([(name, pa.string()) for name in ("dataset", "id", "line")])
HASH = b"sha256"

DAMAGED = _(
    "{file} in {name} was damaged, or edited by hand: its hash does not fit. Nothing was taken "
    "from it; publish it anew from a machine that has the references."
)
MISFIT = _(
    "The references of {dataset} in {file} of {name} do not fit the questions here: {reason} "
    "Nothing was taken from it; bring the questions up to date, or publish the references anew."
)
OTHER_HASH = _("With them the items have the hash {found}, but {declared} is declared.")
UNWRITABLE = _(
    "{file} cannot be written: {reason}. Let the folder of the challenge be writable, or put the "
    "references there."
)

log = logging.getLogger(__name__)
Row = dict[str, str | None]


class Gap(NamedTuple):
    """References that are not on this machine: whose, where they belong, and where they may be."""

    phase: Phase
    dataset: Dataset
    folder: Path
    path: str


def gold(challenge: Challenge, chosen: Settings) -> dict[str, bytes]:
    """Return every file of the repository of references, by its path; none where none is here.

    A phase of which a reference is missing here, or wrong, has none: what the repository has of it
    stays. What is wrong is logged. The card names all phases, so that it is the same from anywhere.
    """
    configs = list(_configs(challenge))
    files = {
        config.path: as_parquet(rows, SCHEMA.with_metadata({HASH: _digest(rows)}))
        for config in configs
        if (rows := _rows(challenge, config))
    }
    if not files:
        return {}
    said = card("gold", configs, chosen).encode()
    return {LAYOUT_FILE: layout_file("gold"), "README.md": said, **files}


def pull_gold(repository: Repository, challenge: Challenge) -> int:
    """Write the references that the challenge's folder lacks; return how many files.

    All are checked before the first is written. What the repository does not have stays missing,
    and so does what has no questions here.

    Raises:
        Refused: the repository is public or of another kind, a file of it does not fit, or the
            folder cannot be written.
        Busy: the repository cannot be read now.
        DeclarationError: the questions of a dataset without references cannot be read.
    """
    gaps = list(_gaps(challenge))
    head = repository.head() if gaps else Head("", {})
    if not head.files:
        return 0
    check_layout(repository, head, "gold")
    found: dict[Path, bytes] = {}
    for path in sorted({gap.path for gap in gaps} & head.files.keys()):
        contents = _contents(repository, head, path)
        for gap in gaps:
            if gap.path == path and gap.dataset.id in contents:
                _check(repository, gap, contents[gap.dataset.id])
                found[gap.folder / Reference.FILE] = contents[gap.dataset.id]
    for file, content in found.items():
        _write(file, content)
    return len(found)


def _configs(challenge: Challenge) -> Iterator[Config]:
    for track, phase in challenge.boards():
        if _local(track, phase):
            yield Config(track, phase, items_path(track, phase))


def _local(track: Track, phase: Phase) -> list[Dataset]:
    """Return the datasets whose items do not lie on a Hub already."""
    return [dataset for dataset in track.datasets if phase.id not in dataset.hub]


def _rows(challenge: Challenge, config: Config) -> list[Row]:
    """Return every line of a phase's references; none where not all are here and right."""
    track, phase = config.track, config.phase
    folders = [challenge.items_folder(track, phase, dataset) for dataset in _local(track, phase)]
    if not all((folder / Reference.FILE).is_file() for folder in folders):
        return []
    try:
        for dataset, folder in zip(_local(track, phase), folders, strict=True):
            challenge.check_hash(track, phase, dataset)
            load_references(folder, load_items(folder))
    except DeclarationError as error:
        log.error("The references of %s are not published. %s", config.name, error)
        return []
    return [row for folder in folders for row in _lines(folder)]


def _lines(folder: Path) -> Iterator[Row]:
    """Yield a row for each line of a file, its end included, and blank ones too."""
    with (folder / Reference.FILE).open("rb") as file:
        for line in file:
            read = Reference.model_validate(orjson.loads(line)) if line.strip() else None
            key = read.other.id if read else None
            yield {"dataset": folder.name, "id": key, "line": line.decode()}


def _digest(rows: Sequence[Row]) -> bytes:
    return hashlib.sha256(orjson.dumps(rows)).hexdigest().encode()


def _gaps(challenge: Challenge) -> Iterator[Gap]:
    for track, phase in challenge.boards():
        for dataset in _local(track, phase):
            folder = challenge.items_folder(track, phase, dataset)
            here = (folder / Reference.FILE).is_file()
            if not here and (folder / Question.FILE).is_file():
                yield Gap(phase, dataset, folder, items_path(track, phase))


def _contents(repository: Repository, head: Head, path: str) -> dict[str, bytes]:
    """Return the files of references that a file of the repository holds, by dataset."""
    content = repository.read(path, head.commit)
    rows = _written(content) if head.files[path].fits(content) else None
    if rows is None:
        raise Refused(DAMAGED, file=path, name=repository.name)
    lines: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        lines[str(row["dataset"])].append(str(row["line"]))
    return {dataset: "".join(written).encode() for dataset, written in lines.items()}


def _written(content: bytes) -> list[Row] | None:
    """Return rows just as they were published; None of anything else."""
    try:
        table = from_parquet(content)
    except pa.ArrowException:
        return None
    if not table.schema.equals(SCHEMA):
        return None
    rows: list[Row] = table.to_pylist()
    return rows if (table.schema.metadata or {}).get(HASH) == _digest(rows) else None


def _check(repository: Repository, gap: Gap, content: bytes) -> None:
    if reason := _fault(gap, content):
        raise Refused(
            MISFIT, dataset=gap.dataset.id, file=gap.path, name=repository.name, reason=reason
        )


def _fault(gap: Gap, content: bytes) -> Sentence | None:
    """Return why references do not fit the questions here, tried in a folder of its own."""
    items = load_items(gap.folder)
    with TemporaryDirectory() as made:
        draft = Path(made) / gap.folder.name
        draft.mkdir()
        for file in gap.folder.resolve().iterdir():
            if file.name != Reference.FILE:
                (draft / file.name).symlink_to(file)
        (draft / Reference.FILE).write_bytes(content)
        try:
            load_references(draft, items)
        except DeclarationError as error:
            # The draft is gone when this is read.
            values = {**error.sentence.values, "file": Reference.FILE}
            return Sentence(error.sentence.template, values)
        declared, found = gap.dataset.hashes.get(gap.phase.id), dataset_hash(draft)
    if declared in (None, found):
        return None
    return Sentence(OTHER_HASH, {"found": found, "declared": declared})


def _write(file: Path, content: bytes) -> None:
    try:
        with replacing(file) as draft:
            draft.write_bytes(content)
    except OSError as error:
        raise Refused(UNWRITABLE, file=file, reason=error.strerror) from error
