"""Errors a person can act on, in Chinese and English."""

from __future__ import annotations

from evaluator.texts import Language, Sentence


class EvaluatorError(Exception):
    """Root of every error this package raises: one sentence saying where, what and how to mend."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.sentence = Sentence(template, values)
        super().__init__(self.sentence.text("en"))

    def text(self, language: Language) -> str:
        """Return the sentence in the reader's language."""
        return self.sentence.text(language)


class DeclarationError(EvaluatorError):
    """A challenge folder does not say what it must; the sentence names file and place."""


class NotFound(EvaluatorError):
    """A track, phase, submission or team that does not exist was asked for."""


class NotAllowed(EvaluatorError):
    """The person may not do this: no identity, a wrong token, a closed phase."""
