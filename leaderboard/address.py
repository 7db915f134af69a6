"""The view that an address names: read when a page opens, written back after each change."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")
Params = dict[str, list[str]]
# What the next page needs of this one; the rest are choices of one page.
CARRIED = ("lang", "track", "phase")
# A change made before the browser has taken over the former one still carries the old address.
STALE_SECONDS = 2.0
STATE = "address"
MOST_FORMER = 6
MOST_CHARACTERS = 200


@dataclass
class Address:
    """The parameters of one visit; widgets read their first value here and note what they hold.

    Where `opened` is set, the address was followed from elsewhere and wins over what the widgets
    of this session held. `unknown` collects parameters that name nothing, for a sentence.
    """

    params: Params
    opened: bool
    noted: Params = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return the last value of a parameter, empty where there is none."""
        return (self.params.get(name) or [""])[-1][:MOST_CHARACTERS]

    def one_of(self, name: str, options: Sequence[T], default: T) -> T:
        """Return which of the options a parameter names."""
        written = self.text(name)
        by_text = {str(option): option for option in options}
        if written and written not in by_text:
            self.unknown.append(f"{name}={written}")
        return by_text.get(written, default)

    def some_of(self, name: str, options: Iterable[T], default: Sequence[T]) -> list[T]:
        """Return which of the options a parameter names; an empty one names none."""
        if name not in self.params:
            return list(default)
        by_text = {str(option): option for option in options}
        given = [written for written in self.params[name] if written]
        self.unknown += [f"{name}={written[:40]}" for written in given if written not in by_text]
        found = [by_text[written] for written in dict.fromkeys(given) if written in by_text]
        return found or ([] if not given else list(default))

    def number(self, name: str, low: float, high: float, default: float) -> float:
        """Return a parameter's number, held within bounds."""
        written = self.text(name)
        try:
            found = float(written) if written else default
        except ValueError:
            found = float("nan")
        if found != found:
            self.unknown.append(f"{name}={written[:40]}")
            return default
        return min(max(found, low), high)

    def note(self, name: str, value: object, default: object = None) -> None:
        """Write a value back, unless it is the default, which an address need not say."""
        if value == default:
            return
        values = value if isinstance(value, list | tuple) else [value]
        self.noted[name] = [str(one) for one in values] or [""]

    def link(self, **changed: str | None) -> dict[str, str]:
        """Return the parameters that a link to another page carries, some of them changed."""
        kept = {name: self.noted[name][-1] for name in CARRIED if name in self.noted}
        return {name: value for name, value in {**kept, **changed}.items() if value}

    @property
    def query(self) -> str:
        """Return what restores this view, as it stands after the `?`."""
        return urlencode(self.noted, doseq=True)


class State(Protocol):
    """What a session remembers between runs."""

    def get(self, key: str, default: Any, /) -> Any: ...
    def __setitem__(self, key: str, value: Any, /) -> None: ...


def open_address(params: Mapping[str, list[str]], state: State) -> Address:
    """Return the address of this run; `state` remembers what the former runs wrote."""
    given = {name: list(values) for name, values in params.items()}
    written, former, moment = state.get(STATE, (None, (), 0.0))
    late = given in former and time.monotonic() - moment < STALE_SECONDS
    return Address(given, opened=given != written and not late)


def close_address(address: Address, state: State) -> bool:
    """Remember what this run wrote; return whether the browser's address must change."""
    written, former, _moment = state.get(STATE, (None, (), 0.0))
    if written != address.noted:
        known = [one for one in (*former, written, address.params) if one is not None]
        state[STATE] = (address.noted, known[-MOST_FORMER:], time.monotonic())
    return address.noted != address.params
