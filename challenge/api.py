"""Named endpoints for programs: /validate, /submit, /status, /items, and more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, cast

import gradio as gr

from challenge.desk import Desk, Standing
from challenge.identity import Caller
from challenge.requests import caller_of
from challenge.safekeeping import NOT_KEPT
from challenge.single_items import single_items
from evaluator.entry import read_entry
from evaluator.errors import EvaluatorError
from evaluator.problems import SubmissionRefused
from evaluator.texts import Language, _, language_of, translate

Answer = dict[str, Any]
# What the description of the endpoints says.
OWN = {
    "reveal": "Show an anonymous submission's model under its name, for its own team and for good.",
    "withdraw": "Withdraw a submission and delete its content, for its own team and for good.",
}
NO_FILE = _("Drop a prediction file first.")


def add_endpoints(desk: Desk) -> None:
    """Add the endpoints to the Blocks being built.

    Each takes the language of its sentences as its last argument, and answers with a JSON
    object; what cannot be done is said in its field `message`. What /submit takes since a later
    version stands behind the language, so that older programs go on.
    """
    with gr.Column(visible=False):
        file = gr.File(label="file")
        track, phase = gr.Textbox(label="track"), gr.Textbox("dev", label="phase")
        model, organisation = gr.Textbox(label="model"), gr.Textbox(label="organisation")
        access, parameters = gr.Textbox("closed", label="access"), gr.Textbox(label="parameters")
        token = gr.Textbox(label="token")
        submission = gr.Textbox(label="submission_id")
        language = gr.Textbox("en", label="language")
        released = gr.Textbox("", label="released")
        anonymous = gr.Checkbox(False, label="anonymous")
        repository = gr.Textbox("", label="repository")
        shared = gr.Checkbox(False, label="shared")
        later = [released, anonymous, repository, shared]
        entry = [model, organisation, access, parameters]
        answer = gr.JSON()
        endpoints: dict[str, tuple[Callable[..., Answer], list[gr.Component]]] = {
            "validate": (_validate(desk), [file, track, phase, language]),
            "submit": (_submit(desk), [file, track, phase, *entry, token, language, *later]),
            "status": (_status(desk), [submission, language]),
            "items": (_items(desk), [submission, token, language]),
            "reveal": (_own(desk, "reveal", "revealed"), [submission, token, language]),
            "withdraw": (_own(desk, "withdraw", "withdrawn"), [submission, token, language]),
            "leaderboard": (_leaderboard(desk), [track, phase, language]),
        }
        for name, (function, inputs) in endpoints.items():
            gr.Button(visible=False).click(function, inputs, answer, api_name=name)


def _validate(desk: Desk) -> Callable[..., Answer]:
    def validate(file: str, track: str, phase: str, language: str) -> Answer:
        """Check a prediction file; nothing is stored."""
        said = language_of(language, None)
        if not file:
            return {"valid": False, "message": translate(NO_FILE, said), "problems": []}
        path = Path(file)
        try:
            reading = desk.validate(path, path.name, track, phase)
        except EvaluatorError as error:
            return {"valid": False, **_failure(error, said)}
        finally:
            path.unlink(missing_ok=True)
        return {
            "valid": True,
            "items": reading.items,
            "skipped": reading.skipped,
            "notices": [notice.record(said) for notice in reading.notices],
        }

    return validate


def _submit(desk: Desk) -> Callable[..., Answer]:
    def submit(
        file: str,
        track: str,
        phase: str,
        model: str,
        organisation: str,
        access: str,
        parameters: str,
        token: str,
        language: str,
        released: str,
        anonymous: bool,
        repository: str,
        shared: bool,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> Answer:
        """Submit a prediction file for scoring; answers with its id.

        `released` is the day or month on which the model came out; `anonymous` shows the model
        under a pseudonym; `repository` is its own on the Hub, as OWNER/NAME; with `shared`
        everybody may have its predictions, once the phase tells all.
        """
        said = language_of(language, None)
        if not file:
            return {"accepted": False, "message": translate(NO_FILE, said), "problems": []}
        path = Path(file)
        try:
            entry = read_entry(
                model,
                organisation,
                access,
                parameters,
                released=released,
                anonymous=anonymous,
                repository=repository,
            )
            caller = caller_of(request, token, profile)
            submission_id = desk.submit(path, path.name, track, phase, entry, caller, shared=shared)
        except EvaluatorError as error:
            return {"accepted": False, **_failure(error, said)}
        finally:
            path.unlink(missing_ok=True)
        return {"accepted": True, **_standing(desk.standing(submission_id), said)}

    return submit


def _status(desk: Desk) -> Callable[..., Answer]:
    def status(submission_id: str, language: str) -> Answer:
        """Say where a submission stands, with its result once it is finished."""
        said = language_of(language, None)
        try:
            return _standing(desk.standing(submission_id), said)
        except EvaluatorError as error:
            return _failure(error, said)

    return status


def _items(desk: Desk) -> Callable[..., Answer]:
    def items(
        submission_id: str,
        token: str,
        language: str,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> Answer:
        """List what was found for each item, in phases with open references, to its own team."""
        said = language_of(language, None)
        try:
            return {"items": single_items(desk, submission_id, caller_of(request, token, profile))}
        except EvaluatorError as error:
            return _failure(error, said)

    return items


def _own(desk: Desk, name: Literal["reveal", "withdraw"], done: str) -> Callable[..., Answer]:
    """Return an endpoint for what only its own team may do with a submission, for good."""
    action: Callable[[str, Caller], None] = getattr(desk, name)

    def act(
        submission_id: str,
        token: str,
        language: str,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> Answer:
        try:
            action(submission_id, caller_of(request, token, profile))
        except EvaluatorError as error:
            return {done: False, **_failure(error, language_of(language, None))}
        return {done: True}

    act.__doc__ = OWN[name]
    return act


def _leaderboard(desk: Desk) -> Callable[..., Answer]:
    def leaderboard(track: str, phase: str, language: str) -> Answer:
        """Return the published board of one phase."""
        try:
            return desk.library.board(track, phase)
        except EvaluatorError as error:
            return _failure(error, language_of(language, None))

    return leaderboard


def _standing(found: Standing, language: Language) -> Answer:
    record = found.record
    return {
        "id": record.id,
        "status": record.status,
        "pseudonym": record.submission.entry.pseudonym,
        "shared": record.submission.shared,
        "position": found.position,
        "items": record.items,
        "total": record.total,
        "message": _message(found, language),
        "feedback": found.told,
        "kept": found.kept,
        "result": cast(Any, found.result and found.result.model_dump(mode="json")),
    }


def _message(found: Standing, language: Language) -> str | None:
    if found.record.message:
        return found.record.message.text(language)
    return None if found.kept else translate(NOT_KEPT, language)


def _failure(error: EvaluatorError, language: Language) -> Answer:
    groups = error.groups if isinstance(error, SubmissionRefused) else []
    return {
        "message": error.text(language),
        "problems": [group.record(language) for group in groups],
    }
