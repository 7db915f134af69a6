"""The journal of a run: every answer appended and on disk before it counts, one JSON line each.

A run that was killed goes on from here. A last line that was cut off by the kill is taken away.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple

import orjson
from filelock import FileLock, Timeout
from pydantic import AwareDatetime, ValidationError

from evaluator.baselines.reply import Outcome, Usage
from evaluator.declaration import Declaration
from evaluator.errors import EvaluatorError
from evaluator.texts import _

# skipped: it has images and the model takes none. unfit: the provider does not take the request.
# failed: no answer after every try; asked again when the run goes on.
State = Literal[Outcome, "skipped", "unfit", "failed"]


class Key(NamedTuple):
    """One question: its dataset, item, and which copy of the item, from 0."""

    dataset: str
    item: str
    number: int = 0


class Answer(Declaration):
    """What became of one question; `answer` is what is scored, without the thinking before it.

    `raw` is the text as it came, where it is more than the answer. `tries` counts requests,
    `seconds` is the time of the last, `at` when it ended. `assumed` tokens are the most that tries
    of which nobody told the tokens may have taken.
    """

    dataset: str
    item: str
    number: int
    state: State
    answer: str | None = None
    thinking: str = ""
    raw: str | None = None
    model: str = ""
    fingerprint: str = ""
    request: str = ""
    finish: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    assumed: Usage = Usage()
    tries: int = 0
    seconds: float = 0.0
    at: AwareDatetime
    reason: str = ""

    @property
    def key(self) -> Key:
        """Return which question this is of."""
        return Key(self.dataset, self.item, self.number)


class JournalError(EvaluatorError):
    """A journal that cannot be read, or written any further."""


class Journal:
    """The answers of one run so far; `with` takes it for this process and gives it back.

    `places` says where each final answer's line begins, so that answers are not kept in memory;
    `states`, `models`, `fingerprints` and `days` count final answers, `usage` and `assumed` the
    tokens of all, told and assumed; `failure` is why the last that failed did.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.places: dict[Key, int] = {}
        self.states: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.fingerprints: Counter[str] = Counter()
        self.days: set[date] = set()
        self.failure = ""
        self.usage = Usage()
        self.assumed = Usage()
        self._lock = FileLock(f"{file}.lock")
        self._waiting: list[tuple[Answer, bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._end = 0

    def __enter__(self) -> Journal:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise JournalError(
                _("Another process is working on {file}; wait until it has ended."), file=self.file
            ) from None
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)
        self._lock.release()

    def __contains__(self, key: object) -> bool:
        return key in self.places

    async def append(self, answer: Answer) -> None:
        """Return when the answer is on disk; answers that wait meanwhile are written together.

        Raises:
            JournalError: it cannot be written, and does not count.
        """
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((answer, _line(answer), written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(written)

    def answer(self, key: Key) -> Answer:
        """Return the final answer to a question, which must have one."""
        with self.file.open("rb") as file:
            file.seek(self.places[key])
            return Answer.model_validate_json(file.readline())

    def outputs_hash(self) -> str:
        """Return the SHA-256 of every final answer as it came, whatever the order they came in."""
        digest = hashlib.sha256()
        for key in sorted(self.places):
            found = self.answer(key)
            said = [*key, found.state, found.answer, found.thinking, found.raw]
            digest.update(orjson.dumps(said) + b"\n")
        return digest.hexdigest()

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            lines = b"".join(line for _answer, line, _written in batch)
            try:
                await asyncio.to_thread(self._commit, lines)
            except OSError as error:
                for *_, written in batch:
                    written.set_exception(self._unwritable(error))
                continue
            for answer, line, written in batch:
                self._note(answer, len(line))
                written.set_result(None)
        self._writing = None

    def _commit(self, lines: bytes) -> None:
        left = memoryview(lines)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError:
            # Half a line would spoil every line after it.
            os.ftruncate(self._descriptor, self._end)
            raise

    def _unwritable(self, error: OSError) -> JournalError:
        return JournalError(
            _("{file} cannot be written: {error}. What was answered before is kept."),
            file=self.file,
            error=error.strerror,
        )

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        self._descriptor = os.open(self.file, flags, 0o600)
        try:
            for line in self._whole_lines():
                self._note(self._read(line), len(line))
            os.ftruncate(self._descriptor, self._end)
            os.fsync(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _whole_lines(self) -> Iterator[bytes]:
        with self.file.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line

    def _read(self, line: bytes) -> Answer:
        try:
            return Answer.model_validate_json(line)
        except ValidationError:
            raise JournalError(
                _(
                    "{file} is no journal of a run from byte {place} on; move it away to begin "
                    "anew, or put back what stood there."
                ),
                file=self.file,
                place=self._end,
            ) from None

    def _note(self, answer: Answer, length: int) -> None:
        self.usage = self.usage.plus(Usage(answer.input_tokens, answer.output_tokens))
        self.assumed = self.assumed.plus(answer.assumed)
        if answer.state == "failed":
            self.failure = answer.reason
        elif answer.key not in self.places:
            self.places[answer.key] = self._end
            self.states[answer.state] += 1
            self.models.update([answer.model] if answer.model else [])
            self.fingerprints.update([answer.fingerprint] if answer.fingerprint else [])
            self.days.add(answer.at.astimezone(UTC).date())
        self._end += length


def _line(answer: Answer) -> bytes:
    return answer.model_dump_json(exclude_defaults=True).encode() + b"\n"
