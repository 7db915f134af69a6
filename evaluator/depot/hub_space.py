"""A Space on a Hub: a repository of files with an environment, and what runs of it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from evaluator.depot.hub import HubRepository
from evaluator.depot.repository import RepositoryError
from evaluator.variables import is_repository

if TYPE_CHECKING:
    from huggingface_hub import HfApi

MOST_LINES = 10_000


class Runtime(NamedTuple):
    """The stage of a Space, of which commit, and what the Hub says is wrong."""

    stage: str
    commit: str
    reason: str


class Seen(NamedTuple):
    """Where a Space is seen, empty where the Hub does not say, and whether by its members only."""

    address: str
    private: bool


def is_space_name(written: str) -> bool:
    """Whether a text can name a Space; the client would raise an error of its own.

    >>> [is_space_name(name) for name in ("lab/app", "app", "lab/a--b", "lab/app.git")]
    [True, False, False, False]
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(written)
    except HFValidationError:
        return False
    return is_repository(written)


class HubSpace(HubRepository):
    """A Space for Gradio. Each of its methods raises Busy or Refused where the Hub will not."""

    def __init__(self, name: str, api: HfApi, *, private: bool = False) -> None:
        super().__init__(name, api, kind="space", private=private)

    def make(self) -> None:
        """Make the Space unless it exists."""
        with self._told():
            self._api.create_repo(
                self.name,
                repo_type="space",
                space_sdk="gradio",
                private=self._private,
                exist_ok=True,
            )

    def variables(self) -> dict[str, str]:
        """Return its variables."""
        with self._told():
            found = self._api.get_space_variables(self.name)
        return {name: one.value for name, one in found.items()}

    def set_variable(self, name: str, value: str) -> None:
        """Give it a variable; a Space that runs is restarted."""
        with self._told():
            self._api.add_space_variable(self.name, name, value)

    def secrets(self) -> set[str]:
        """Return the names of its secrets; nobody is told their values."""
        with self._told():
            return set(self._api.get_space_secrets(self.name))

    def set_secret(self, name: str, value: str) -> None:
        """Give it a secret; a Space that runs is restarted."""
        with self._told():
            self._api.add_space_secret(self.name, name, value)

    def runtime(self) -> Runtime:
        """Return what runs."""
        with self._told():
            raw = self._api.get_space_runtime(self.name).raw
        return Runtime(raw["stage"], raw.get("sha") or "", raw.get("errorMessage") or "")

    def seen(self) -> Seen:
        """Return where it is seen."""
        with self._told():
            found = self._api.space_info(self.name)
        host = (found.host or "").rstrip("/")
        address = host if "://" in host or not host else f"https://{host}"
        return Seen(address, bool(found.private))

    def log(self, *, build: bool) -> str:
        """Return the log of its build, or of what runs; empty where the Hub gives none."""
        try:
            with self._told():
                lines = self._api.fetch_space_logs(self.name, build=build)
                return "".join(islice(lines, MOST_LINES))
        except RepositoryError:
            # It only explains another error, which is the one to tell.
            return ""
