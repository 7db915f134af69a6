"""Makes the two made-up entries of each sample track out of its references, with a seed.

`python -m challenge.sample_entries` writes them anew. They show what a board looks like; no model
stands behind them.
"""

from __future__ import annotations

import random
import re
import zipfile
from pathlib import Path

import orjson

from evaluator.challenge import Challenge, load_challenge
from evaluator.dataset import Dataset
from evaluator.items import Question, Reference, load_items, load_references
from evaluator.pack import PACK_FOLDER
from evaluator.track import Track

CHALLENGE = Path(__file__).parent
# Name, and the share of items that it answers like the reference.
MODELS = (("sample-a", 0.78), ("sample-b", 0.52))
_SENTENCE = re.compile(r"[^。；;\n]+[。；;\n]?")


def main() -> None:
    """Write a zip of predictions for each track and made-up model."""
    challenge = load_challenge(CHALLENGE)
    for track in challenge.tracks.values():
        for name, share in MODELS:
            path = CHALLENGE / "entries" / f"{track.id}-{name}.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
                for dataset in track.datasets:
                    source = random.Random(f"{track.id} {dataset.id} {name}")
                    lines = _lines(challenge, track, dataset, share, source)
                    member = zipfile.ZipInfo(f"{PACK_FOLDER}/{dataset.id}_test.jsonl")
                    member.compress_type = zipfile.ZIP_DEFLATED
                    packed.writestr(member, b"".join(orjson.dumps(line) + b"\n" for line in lines))


def _lines(
    challenge: Challenge, track: Track, dataset: Dataset, share: float, source: random.Random
) -> list[dict[str, object]]:
    folder = challenge.items_folder(track, track.phases[0], dataset)
    items = load_items(folder)
    references = load_references(folder, items)
    lines = []
    for item in items:
        knows = source.random() < share
        for question, reference in zip(item.copies, references[item.id], strict=True):
            written = question.model_dump(mode="json", exclude_none=True)
            answer = reference.answer if knows else _worse(dataset, question, reference, source)
            lines.append({**written, "answer": answer})
    return lines


def _worse(
    dataset: Dataset, question: Question, reference: Reference, source: random.Random
) -> str:
    """Return an answer that is wrong, or right in part."""
    if dataset.convention == "letter":
        letters = "ABCDEFGH"[: len(question.options or ())]
        return f"<{source.choice([one for one in letters if one not in reference.answer])}>"
    others = [label for label in dataset.labels if label not in reference.answer]
    if dataset.convention == "labels":
        return source.choice(others) if others else "不明"
    if dataset.convention == "corrections":
        found = [{"错误类型": source.choice(others), "修改建议": "请核对原文。"}]
        return orjson.dumps(found).decode()
    return _half(reference.answer)


def _half(answer: str) -> str:
    """Return the first half of the sentences; of JSON, what can still be read of it."""
    sentences = _SENTENCE.findall(answer)
    if len(sentences) < 2:
        return answer[: len(answer) * 2 // 3]
    return "".join(sentences[: len(sentences) // 2])


if __name__ == "__main__":
    main()
