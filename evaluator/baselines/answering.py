"""What a reply, or the want of one, makes of a question: its line in the journal."""

from __future__ import annotations

from datetime import UTC, datetime

from evaluator.answers import apart
from evaluator.baselines.journal import Answer
from evaluator.baselines.prompt import Asking
from evaluator.baselines.reply import Usage
from evaluator.baselines.trying import Asked


def answered(asking: Asking, asked: Asked, assumed: Usage) -> Answer:
    """Return the answer that a reply is; of `assumed` tokens nobody told."""
    reply = asked.reply
    thinking, text = apart(reply.text)
    if reply.outcome == "filtered":
        # What came before the filter is kept, and is no answer.
        text = ""
    return Answer(
        **asking.key._asdict(),
        state=reply.outcome,
        answer=text,
        thinking="\n".join(part for part in (reply.thinking, thinking) if part),
        raw=reply.text if reply.text != text else None,
        model=reply.model,
        fingerprint=reply.fingerprint,
        request=reply.request,
        finish=reply.finish,
        input_tokens=reply.usage.input_tokens,
        output_tokens=reply.usage.output_tokens,
        assumed=assumed,
        tries=asked.tries,
        seconds=round(asked.seconds, 3),
        at=datetime.now(UTC),
    )


def unanswered(asking: Asking, state: str, reason: str, tries: int = 0) -> Answer:
    """Return what is kept of a question without a reply; one that is unfit gets an empty answer."""
    answer = "" if state == "unfit" else None
    said = {"state": state, "answer": answer, "reason": reason, "tries": tries}
    return Answer.model_validate({**asking.key._asdict(), **said, "at": datetime.now(UTC)})
