"""A model's repository on a Hub, which is somebody else's, and our pull requests to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from evaluator.depot.hub_errors import told
from evaluator.texts import _

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.community import DiscussionEvent

MAIN = "main"
# Invisible where a comment is shown: tells our own closing from a refusal by the same user.
CLOSED_BY_US = "<!-- closed by its publisher -->"

NOT_OPEN = _(
    "Results cannot be offered to {name} (HTTP status {status}): it does not exist, is private or "
    "gated, takes no pull requests, or the token may open none. Correct the repository of the "
    "entry, or ask its owner."
)
NO_NAME = _(
    "Results cannot be offered to {name}: no repository can have that name. Correct the repository "
    "of the entry."
)


class Version(NamedTuple):
    """A commit, and the file as it is there; None where it is not."""

    commit: str
    content: bytes | None


class PullRequest(NamedTuple):
    """One of our pull requests; a draft counts as open."""

    number: int
    is_open: bool
    is_merged: bool

    @property
    def ref(self) -> str:
        """Return the ref that holds its commits."""
        return f"refs/pr/{self.number}"


class History(NamedTuple):
    """What became of a pull request.

    `refused`: somebody else closed it. `conflicts`: it cannot be merged any more. `unsaid` is the
    title of its newest commit where that is not the first and no comment says it yet.
    """

    refused: bool
    conflicts: bool
    unsaid: str


class ModelRepository:
    """One model's repository; all our pull requests there have one title and change one file."""

    def __init__(self, name: str, api: HfApi, path: str, title: str) -> None:
        self.name = name
        self.title = title
        self._api = api
        self._path = path

    def current_name(self) -> str:
        """Return what the repository is called now, in its own spelling.

        Raises:
            Busy, Refused: it cannot be read.
        """
        with self._told():
            return self._api.model_info(self.name).id

    def version(self, revision: str = MAIN) -> Version:
        """Return the file at a branch or at the ref of a pull request.

        Raises:
            Busy, Refused: it cannot be read.
        """
        from huggingface_hub.errors import RemoteEntryNotFoundError

        with TemporaryDirectory() as cache, self._told():
            commit = self._api.model_info(self.name, revision=revision).sha or ""
            try:
                file = self._api.hf_hub_download(
                    self.name, self._path, revision=commit, cache_dir=cache
                )
            except RemoteEntryNotFoundError:
                return Version(commit, None)
            return Version(commit, Path(file).read_bytes())

    def requests(self) -> list[PullRequest]:
        """Return our pull requests, the oldest first.

        Raises:
            Busy, Refused: they cannot be read.
        """
        with self._told():
            found = self._api.get_repo_discussions(
                self.name, author=self._user(), discussion_type="pull_request"
            )
            ours = [one for one in found if one.title == self.title]
        return [
            PullRequest(one.num, one.status in ("open", "draft"), one.status == "merged")
            for one in sorted(ours, key=lambda one: one.num)
        ]

    def history(self, request: PullRequest) -> History:
        """Return what became of a pull request.

        Raises:
            Busy, Refused: it cannot be read.
        """
        with self._told():
            found = self._api.get_discussion_details(self.name, request.number)
            refused = _is_refused(found.events, self._user())
        return History(refused, bool(found.conflicting_files), self._unsaid(found.events))

    def offer(self, content: bytes | None, parent: str, text: str) -> None:
        """Open a pull request with the file as it is to be on top of a commit.

        Raises:
            Conflict, Busy, Refused: it cannot be opened; whether it was is to be seen there.
        """
        self._commit(content, parent, self.title, text, None)

    def renew(
        self, request: PullRequest, content: bytes | None, parent: str, differences: str
    ) -> None:
        """Commit to a pull request.

        Raises:
            Conflict, Busy, Refused: it cannot be written; whether it was is to be seen there.
        """
        self._commit(content, parent, f"{self.title}: {differences}", "", request.ref)

    def comment(self, request: PullRequest, text: str) -> None:
        """Add a comment to a pull request.

        Raises:
            Busy, Refused: it cannot be added.
        """
        with self._told():
            self._api.comment_discussion(self.name, request.number, text)

    def close(self, request: PullRequest, text: str) -> None:
        """Close a pull request with a comment.

        Raises:
            Busy, Refused: it cannot be closed.
        """
        said = f"{text}\n\n{CLOSED_BY_US}"
        with self._told():
            self._api.change_discussion_status(self.name, request.number, "closed", comment=said)

    def _commit(
        self, content: bytes | None, parent: str, title: str, text: str, ref: str | None
    ) -> None:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operation = (
            CommitOperationDelete(self._path)
            if content is None
            else CommitOperationAdd(self._path, BytesIO(content))
        )
        with self._told():
            self._api.create_commit(
                self.name,
                [operation],
                commit_message=title,
                commit_description=text,
                parent_commit=parent,
                revision=ref,
                create_pr=ref is None,
                num_threads=1,
            )

    def _user(self) -> str:
        # The Hub lets nobody ask this often.
        name: str = self._api.whoami(cache=True)["name"]
        return name

    def _unsaid(self, events: Sequence[DiscussionEvent]) -> str:
        from huggingface_hub.community import DiscussionComment, DiscussionCommit

        unsaid = ""
        for event in events:
            if isinstance(event, DiscussionCommit):
                unsaid = event.summary.partition(f"{self.title}: ")[2]
            elif isinstance(event, DiscussionComment) and unsaid in event.content:
                unsaid = ""
        return unsaid

    def _told(self) -> AbstractContextManager[None]:
        return told(self.name, NOT_OPEN, NO_NAME)


def _is_refused(events: Sequence[DiscussionEvent], user: str) -> bool:
    """Whether the last who closed it was somebody else, or this user by hand."""
    from huggingface_hub.community import DiscussionComment, DiscussionStatusChange

    closings = [
        event
        for event in events
        if isinstance(event, DiscussionStatusChange) and event.new_status == "closed"
    ]
    by_us = any(
        isinstance(event, DiscussionComment)
        and event.author == user
        and CLOSED_BY_US in event.content
        for event in events
    )
    return bool(closings) and not (by_us and closings[-1].author == user)
