"""Declarations: what a YAML file says, read into frozen values with unknown fields refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluator.errors import DeclarationError
from evaluator.texts import _

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Declaration(BaseModel):
    """Base of everything a YAML file declares: frozen, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


D = TypeVar("D", bound=Declaration)


def read_declaration(file: Path, kind: type[D]) -> D:
    """Read one YAML file as a declaration of that kind.

    Raises:
        DeclarationError: with file, line and field of every fault.
    """
    try:
        text = file.read_text(encoding="utf-8")
        return kind.model_validate(yaml.safe_load(text))
    # ValueError: among others a date that does not exist.
    except ValidationError as error:
        raise DeclarationError(
            _("{file} does not declare what it should: {faults}."),
            file=file,
            faults=faults(error, yaml.compose(text, yaml.SafeLoader)),
        ) from error
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise DeclarationError(
            _("{file} is not readable YAML in UTF-8: {error}"), file=file, error=error
        ) from error


def faults(error: ValidationError, written: yaml.Node | None = None) -> str:
    """Return field and fault of everything pydantic refused, without the refused values.

    With the YAML as it was written, each fault has its line.
    """
    return "; ".join(
        _line(written, fault["loc"])
        + f"{'.'.join(str(part) for part in fault['loc']) or error.title}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )


def line_of(file: Path, loc: Sequence[str | int]) -> int:
    """Return the line of a declared field, or of the nearest one around it."""
    written = yaml.compose(file.read_text("utf-8"), yaml.SafeLoader)
    return _node(written, loc).start_mark.line + 1 if written else 1


def _line(written: yaml.Node | None, loc: Sequence[str | int]) -> str:
    return f"line {_node(written, loc).start_mark.line + 1}, " if written else ""


def _node(node: yaml.Node, loc: Sequence[str | int]) -> yaml.Node:
    """Return the key or member that a path leads to, as far as it is written."""
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == part]
            if not found:
                break
            key, value = found[0]
            node = value if part != loc[-1] else key
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
        else:
            break
    return node
