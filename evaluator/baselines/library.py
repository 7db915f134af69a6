"""Where declarations of models are looked for, by name or by path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evaluator.baselines.declaration import Model
from evaluator.declaration import read_declaration
from evaluator.entry import EntryRefused
from evaluator.errors import DeclarationError, NotFound
from evaluator.settings import ROOT
from evaluator.texts import _

FOLDER = "baselines"


def folders(challenge_dir: Path) -> Sequence[Path]:
    """Return where models may be declared: in the challenge, and beside the software."""
    return [challenge_dir / FOLDER, ROOT / FOLDER]


def declared(challenge_dir: Path) -> dict[str, Path]:
    """Return the file of every declared model by its name; a challenge's own comes first."""
    found: dict[str, Path] = {}
    for folder in folders(challenge_dir):
        for file in sorted(folder.glob("*.yaml")):
            found.setdefault(file.stem, file)
    return found


def find_model(asked: str, challenge_dir: Path) -> Model:
    """Return the model of a name, or that a file declares.

    Raises:
        NotFound: there is none.
        DeclarationError: the file does not declare one, or one of another name, or the board would
            not take what it says.
    """
    known = declared(challenge_dir)
    file = Path(asked) if asked.endswith((".yaml", ".yml")) else known.get(asked)
    if file is None or not file.is_file():
        raise NotFound(
            _("There is no model “{asked}”; declared are: {known}. A path to a file works too."),
            asked=asked,
            known=", ".join(known) or "–",
        )
    model = read_declaration(file, Model)
    if model.name != file.stem:
        raise DeclarationError(
            _("{file} declares the name “{name}”; file and name must be the same."),
            file=file,
            name=model.name,
        )
    _check_entry(model, file)
    return model


def _check_entry(model: Model, file: Path) -> None:
    """Read what the board is to say, so that it is not refused after all has been paid for."""
    try:
        _entry = model.entry
    except EntryRefused as refused:
        raise DeclarationError(
            _("{file} declares no entry: {why}"), file=file, why=refused.sentence
        ) from None
