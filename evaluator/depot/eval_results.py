"""The file of a model's repository that says what a benchmark found of the model.

Its format is the Hub's own: https://huggingface.co/docs/hub/eval-results
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from evaluator.depot.repository import Refused
from evaluator.texts import _

if TYPE_CHECKING:
    from huggingface_hub import EvalResultEntry

FOLDER = ".eval_results"
NOTHING = "–"
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """Leaves a date as it is written, so that it stays so in the entries of others."""


_Loader.yaml_implicit_resolvers = {
    sign: [one for one in resolvers if one[0] != TIMESTAMP]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def results_path(benchmark: str) -> str:
    """Return where the file of a benchmark lies in a model's repository."""
    return f"{FOLDER}/{benchmark}.yaml"


class ResultsFile(NamedTuple):
    """The file of one benchmark in a model's repository; ours are the entries of its dataset."""

    repository: str
    benchmark: str
    dataset: str

    @property
    def path(self) -> str:
        """Return where it lies in the repository."""
        return results_path(self.benchmark)

    def ours(self, content: bytes | None) -> list[dict[str, Any]]:
        """Return our entries, in the order of their tasks.

        Raises:
            Refused: the file is no list of results.
        """
        found = [one for one in self._entries(content) if self._is_ours(one)]
        return sorted(found, key=_task)

    def renewed(self, content: bytes | None, wanted: Sequence[EvalResultEntry]) -> bytes | None:
        """Return the file with just these entries of ours; None where it would be empty.

        An entry that is there already with another date, revision or name of its source stays, so
        that a new commit to the dataset alone changes no file; entries of others stay as well.

        Raises:
            Refused: the file is no list of results.
        """
        from huggingface_hub import eval_result_entries_to_yaml

        had = self.ours(content)
        kept = {_task(one): one for one in had}
        listed = eval_result_entries_to_yaml(sorted(wanted, key=lambda one: one.task_id))
        ours = [_kept(kept.get(_task(one)), one) for one in listed]
        if ours == had:
            return content
        entries = [*(one for one in self._entries(content) if not self._is_ours(one)), *ours]
        if not entries:
            return None
        return yaml.safe_dump(entries, allow_unicode=True, sort_keys=False).encode()

    def differences(self, content: bytes | None, wanted: Sequence[EvalResultEntry]) -> list[str]:
        """Return by task how what is wanted differs from what is there, such as `a: 70.0 → 75.0`.

        Raises:
            Refused: the file is no list of results.
        """
        before = {_task(one): one for one in self.ours(content)}
        after = {_task(one): one for one in self.ours(self.renewed(content, wanted))}
        return [
            f"{task}: {_value(before.get(task))} → {_value(after.get(task))}"
            for task in sorted({*before, *after})
            if before.get(task) != after.get(task)
        ]

    def _entries(self, content: bytes | None) -> list[dict[str, Any]]:
        try:
            found = yaml.load(content or b"[]", _Loader)
        except (yaml.YAMLError, UnicodeDecodeError):
            found = None
        if isinstance(found, list) and all(isinstance(one, dict) for one in found):
            return found
        raise Refused(
            _(
                "{file} in {name} is no list of results, so nothing is offered there; ask its "
                "owner to mend or delete it."
            ),
            file=self.path,
            name=self.repository,
        )

    def _is_ours(self, entry: dict[str, Any]) -> bool:
        dataset = entry.get("dataset")
        return isinstance(dataset, dict) and dataset.get("id") == self.dataset


def _task(entry: dict[str, Any]) -> str:
    return str(entry["dataset"].get("task_id"))


def _value(entry: dict[str, Any] | None) -> str:
    return NOTHING if entry is None else str(entry.get("value"))


def _kept(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Return the entry that is there where it says what the new one says."""
    return old if old is not None and _said(old) == _said(new) else new


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what makes an entry another one; when and at which revision does not."""
    source = entry.get("source")
    url = source.get("url") if isinstance(source, dict) else source
    return {**entry, "dataset": _task(entry), "source": url, "date": None}
