"""A repository on a Hub, through its own client; what goes wrong is said in sentences."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from evaluator.depot.repository import Busy, Change, Conflict, Head, Mark, Refused
from evaluator.retry_after import retry_after
from evaluator.texts import _

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub import HfApi

Kind = Literal["dataset", "space", "model"]

SECONDS = 60.0
STALE = (409, 412)
BUSY = (408, 425, 429)
FAILED = 500

THROTTLED = _("{name} cannot be read or written now: the Hub is busy (HTTP status {status}).")
UNREACHABLE = _("{name} cannot be read or written now: the Hub cannot be reached.")
CHANGED = _("{name} was changed meanwhile.")
NOT_OURS = _(
    "{name} cannot be read or written with this token (HTTP status {status}). Check the name, that "
    "it is yours or your organisation's, and that the token may write."
)
EXPOSED = _(
    "{name} is public, but what belongs there is private: make it private on the Hub, or name "
    "another one."
)
RENAMED = _("{name} is called {found} now; name it so in the settings.")


def open_api(token: str) -> HfApi:
    """Return the client of the Hub; it gives up on a server that is silent for a minute."""
    from huggingface_hub import HfApi, set_client_factory
    from huggingface_hub.utils.tqdm import disable_progress_bars

    set_client_factory(_client)
    disable_progress_bars()
    return HfApi(token=token)


def _client() -> httpx2.Client:
    from huggingface_hub.utils._http import default_client_factory

    client = default_client_factory()
    client.timeout = SECONDS
    return client


class HubRepository:
    """A repository, private unless told otherwise; what is downloaded of it lies in `cache`."""

    def __init__(
        self,
        name: str,
        api: HfApi,
        cache: Path,
        *,
        kind: Kind = "dataset",
        private: bool = True,
    ) -> None:
        self.name = name
        self._api = api
        self._cache = cache
        self._kind = kind
        self._private = private

    def make(self) -> None:
        """Make the repository unless it exists.

        Raises:
            Busy, Refused: it cannot be made.
        """
        with self._told():
            self._api.create_repo(
                self.name, repo_type=self._kind, private=self._private, exist_ok=True
            )

    def head(self) -> Head:
        """Return the newest commit; of a repository that does not exist it has no name, no files.

        Raises:
            Busy, Refused: it cannot be read.
        """
        from huggingface_hub import RepoFile
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        with self._told():
            try:
                found = self._api.repo_info(self.name, repo_type=self._kind)
            except GatedRepoError:
                raise
            except RepositoryNotFoundError:
                return Head("", {})
            commit = found.sha or ""
            listed = self._api.list_repo_tree(
                self.name, recursive=True, revision=commit, repo_type=self._kind
            )
            files = {one.path: _mark(one) for one in listed if isinstance(one, RepoFile)}
        if found.id != self.name:
            raise Refused(RENAMED, name=self.name, found=found.id)
        if self._private and not found.private:
            raise Refused(EXPOSED, name=self.name)
        return Head(commit, files)

    def read(self, path: str, commit: str) -> bytes:
        """Return a file as it is at a commit.

        Raises:
            Busy, Refused: it cannot be read.
        """
        with self._told():
            file = self._api.hf_hub_download(
                self.name, path, repo_type=self._kind, revision=commit, cache_dir=self._cache
            )
        return Path(file).read_bytes()

    def read_all(self, paths: Collection[str], commit: str) -> dict[str, bytes]:
        """Return many files as they are at a commit, by path.

        Raises:
            Busy, Refused: they cannot be read.
        """
        if not paths:
            return {}
        with self._told():
            folder = self._api.snapshot_download(
                self.name,
                repo_type=self._kind,
                revision=commit,
                cache_dir=self._cache,
                # Its patterns are not paths: a bracket in a name would mean something else.
                allow_patterns=[glob.escape(path) for path in paths],
            )
        return {path: (Path(folder) / path).read_bytes() for path in paths}

    def commit(self, changes: Sequence[Change], parent: str, message: str) -> str:
        """Make all changes at once on top of `parent`; return the new commit.

        Raises:
            Conflict: another commit came between.
            Busy, Refused: it cannot be written; whether it was is to be seen at the head.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operations = [
            CommitOperationDelete(change.path)
            if change.content is None
            # A stream is sent by the way that every Hub knows.
            else CommitOperationAdd(change.path, BytesIO(change.content))
            for change in changes
        ]
        with self._told():
            made = self._api.create_commit(
                self.name,
                operations,
                commit_message=message,
                repo_type=self._kind,
                parent_commit=parent,
                num_threads=1,
            )
        return made.oid

    def _told(self) -> AbstractContextManager[None]:
        return told(self.name)


@contextmanager
def told(name: str, refused: str = NOT_OURS) -> Iterator[None]:
    """Say in sentences what the client raises, without its words: they may quote the token."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HfHubHTTPError as error:
        status, headers = error.response.status_code, error.response.headers
    except (httpx2.HTTPError, OSError):
        raise Busy(UNREACHABLE, name=name) from None
    else:
        return
    if status in STALE:
        raise Conflict(CHANGED, name=name)
    if status in BUSY or status >= FAILED:
        raise Busy(THROTTLED, name=name, status=status, retry_after=_pause(headers))
    raise Refused(refused, name=name, status=status)


def _pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the Hub asks to wait, in its own way or the usual one.

    >>> _pause({"ratelimit": '"api";r=0;t=55'}), _pause({"retry-after": "2"})
    (55.0, 2.0)
    """
    from huggingface_hub.utils._http import parse_ratelimit_headers

    told = parse_ratelimit_headers(headers)
    if told and told.remaining == 0:
        return float(told.reset_in_seconds)
    return retry_after(headers)


def _mark(file: object) -> Mark:
    lfs = getattr(file, "lfs", None)
    return Mark(getattr(file, "blob_id", ""), lfs.sha256 if lfs else "")
