"""A finding: a sentence that names file and line, and how bad it is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from evaluator.errors import DeclarationError
from evaluator.texts import Language, Sentence, _, translate

Level = Literal["error", "warning"]
LEVELS: dict[Level, str] = {"error": _("error"), "warning": _("warning")}


class Finding(NamedTuple):
    """What is wrong (an error) or doubtful (a warning)."""

    level: Level
    sentence: Sentence

    def text(self, language: Language) -> str:
        """Return the finding as one line."""
        # YAML's own words, and key points, may stand on several.
        said = " ".join(line.strip() for line in self.sentence.text(language).splitlines())
        return f"{translate(LEVELS[self.level], language)}: {said}"


def error_of(fault: DeclarationError) -> Finding:
    """Return the finding of a fault that would keep a track from being served."""
    return Finding("error", fault.sentence)


def at(level: Level, file: Path, line: int, template: str, /, **values: object) -> Finding:
    """Return a finding at a line of a file."""
    said = Sentence(template, values)
    where = {"file": file, "line": line, "said": said}
    return Finding(level, Sentence(_("{file}, line {line}: {said}"), where))
