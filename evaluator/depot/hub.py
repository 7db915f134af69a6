"""A repository on a Hub, through its own client; what goes wrong is said in sentences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from evaluator.depot.hub_errors import told
from evaluator.depot.repository import Change, Head, Mark, Refused
from evaluator.texts import _

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub import HfApi, RepoFile, RepoFolder

Kind = Literal["dataset", "space", "model"]

SECONDS = 60.0
# More files than that are found faster by listing all.
MOST_ASKED = 500
PARALLEL = 8

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
    """A repository, private unless told otherwise."""

    def __init__(
        self,
        name: str,
        api: HfApi,
        *,
        kind: Kind = "dataset",
        private: bool = True,
    ) -> None:
        self.name = name
        self._api = api
        self._kind = kind
        self._private = private

    @property
    def place(self) -> str:
        """Return the Hub and the name there."""
        return f"{self._api.endpoint}/{self.name}"

    def make(self) -> None:
        """Make the repository unless it exists.

        Raises:
            Busy, Refused: it cannot be made.
        """
        with self._told():
            self._api.create_repo(
                self.name, repo_type=self._kind, private=self._private, exist_ok=True
            )

    def head(self, paths: Collection[str] | None = None) -> Head:
        """Return the newest commit; of a repository that does not exist it has no name, no files.

        With `paths` only these files are looked for, where they are not too many.

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
            listed = self._listed(commit, paths)
            files = {one.path: _mark(one) for one in listed if isinstance(one, RepoFile)}
        if found.id != self.name:
            raise Refused(RENAMED, name=self.name, found=found.id)
        if self._private and not found.private:
            raise Refused(EXPOSED, name=self.name)
        return Head(commit, files)

    def _listed(
        self, commit: str, paths: Collection[str] | None
    ) -> Iterable[RepoFile | RepoFolder]:
        if paths is not None and len(paths) <= MOST_ASKED:
            return self._api.get_paths_info(
                self.name, list(paths), revision=commit, repo_type=self._kind
            )
        return self._api.list_repo_tree(
            self.name, recursive=True, revision=commit, repo_type=self._kind
        )

    def read(self, path: str, commit: str) -> bytes:
        """Return a file as it is at a commit.

        Raises:
            Busy, Refused: it cannot be read.
        """
        # Not a cache that stays: it would hold what was withdrawn long after.
        with TemporaryDirectory() as cache, self._told():
            file = self._api.hf_hub_download(
                self.name, path, repo_type=self._kind, revision=commit, cache_dir=cache
            )
            return Path(file).read_bytes()

    def read_all(self, paths: Collection[str], commit: str) -> dict[str, bytes]:
        """Return many files as they are at a commit, by path.

        Raises:
            Busy, Refused: they cannot be read.
        """
        with ThreadPoolExecutor(PARALLEL) as pool:
            read = pool.map(lambda path: self.read(path, commit), paths)
            return dict(zip(paths, read, strict=True))

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
        title, _blank, more = message.partition("\n\n")
        with self._told():
            made = self._api.create_commit(
                self.name,
                operations,
                commit_message=title,
                commit_description=more,
                repo_type=self._kind,
                parent_commit=parent,
                num_threads=1,
            )
        return made.oid

    def forget(self, is_gone: Callable[[str], bool]) -> None:
        """Delete for good what former commits hold of large files that are gone.

        The commits are rewritten without them. Small files, which Git holds itself, stay there. So
        does content that another file has: a Hub keeps equal ones once.

        Raises:
            Busy, Refused: it cannot be.
        """
        kept = {mark.sha256 for mark in self.head().files.values()}
        with self._told():
            held = self._api.list_lfs_files(self.name, repo_type=self._kind)
            gone = [
                file
                for file in held
                if is_gone(file.filename) and not kept & {file.oid, file.file_oid}
            ]
            if gone:
                self._api.permanently_delete_lfs_files(self.name, gone, repo_type=self._kind)

    def _told(self) -> AbstractContextManager[None]:
        return told(self.name)


def _mark(file: object) -> Mark:
    lfs = getattr(file, "lfs", None)
    return Mark(getattr(file, "blob_id", ""), lfs.sha256 if lfs else "")
