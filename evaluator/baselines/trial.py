"""A run before it is one: what would be asked, and what it may cost."""

from __future__ import annotations

from evaluator.baselines.prompt import Asking
from evaluator.baselines.run import Run
from evaluator.texts import Sentence, _

# For want of the provider's own tokenizer: about what current ones make of Chinese and English.
BYTES_A_TOKEN = 3.5
# Tokens of an answer, where none was seen yet.
USUAL_ANSWER = 300


def shown(asking: Asking) -> str:
    """Return what would be asked, turn by turn, as text."""
    lines = [f"--- {asking.key.dataset} {asking.key.item} #{asking.key.number + 1}"]
    for turn in asking.turns():
        pictures = "".join(f" [{one.media_type}, {len(one.content)} B]" for one in turn.pictures)
        lines.append(f"{turn.role}:{pictures}\n{turn.text}")
    return "\n".join(lines)


def estimate(run: Run) -> Sentence:
    """Return how much a run would ask and cost, at least roughly and at most.

    What images cost is each provider's own affair: it is said how many questions have some.
    """
    model = run.model
    asked = [one for one in run.questions() if model.images or not one.pictures]
    skipped = sum(1 for _one in run.questions()) - len(asked)
    size = sum(one.size for one in asked)
    tokens = size / BYTES_A_TOKEN
    values: dict[str, object] = {
        "questions": len(asked),
        "skipped": skipped,
        "tokens": f"{tokens:.0f}",
        "pictures": sum(bool(one.pictures) for one in asked),
    }
    if not model.price:
        said = _(
            "{questions} questions to ask, {pictures} of them with images; {skipped} skipped for "
            "their images. About {tokens} tokens in, images aside. The declaration says no price."
        )
        return Sentence(said, values)
    likely = model.price.of(tokens, USUAL_ANSWER * len(asked))
    most = model.price.of(size, model.decoding.max_tokens * len(asked))
    said = _(
        "{questions} questions to ask, {pictures} of them with images; {skipped} skipped for their "
        "images. About {tokens} tokens in, images aside. Estimated cost {likely} USD with {usual} "
        "tokens an answer, thinking included; at most {most} USD."
    )
    values |= {"likely": f"{likely:.2f}", "most": f"{most:.2f}", "usual": USUAL_ANSWER}
    return Sentence(said, values)
