"""Declarations: what a YAML file says, read into frozen values with unknown fields refused."""

from __future__ import annotations

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
        DeclarationError: with file and field of every fault.
    """
    try:
        return kind.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DeclarationError(
            _("{file} is not readable YAML in UTF-8: {error}"), file=file, error=error
        ) from error
    except ValidationError as error:
        raise DeclarationError(
            _("{file} does not declare what it should: {faults}."), file=file, faults=faults(error)
        ) from error


def faults(error: ValidationError) -> str:
    """Return field and fault of everything pydantic refused, without the refused values."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or error.title}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )
