"""Draws every sample image, with the question and the reference that belong to it."""

from __future__ import annotations

from pathlib import Path

import orjson

from challenge.phantoms.sets import SETS

QUALITY = 85
CHALLENGE = Path(__file__).parent.parent
ASKS = (
    "图为一张合成的{picture}示意图。{what}？从这些标签中选：{labels}。"
    "只回答标签名称，可以有多个，用 | 分隔，不作解释。"
)


def main() -> None:
    """Write images, questions and references of every set."""
    for drawn in SETS:
        folder = CHALLENGE / drawn.folder
        (folder / "images").mkdir(parents=True, exist_ok=True)
        labels = "、".join(drawn.labels)
        question = ASKS.format(picture=drawn.picture, what=drawn.what, labels=labels)
        questions, references = [], []
        for number, found in enumerate(drawn.shown, start=1):
            path = f"images/{drawn.name}-{number:02}.jpg"
            drawn.draw(found, number).save(folder / path, quality=QUALITY)
            other = {"id": number, "source": folder.name}
            asked = {"question": question, "options": None, "answer": None}
            questions.append({**asked, "img_path": [path], "other": other})
            references.append({"answer": "|".join(found) or drawn.labels[-1], "other": other})
        for name, lines in (("questions", questions), ("references", references)):
            text = b"".join(orjson.dumps(line) + b"\n" for line in lines)
            (folder / f"{name}.jsonl").write_bytes(text)


if __name__ == "__main__":
    main()
