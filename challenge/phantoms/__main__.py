"""Draws every sample image, with the question and the reference that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
from PIL import Image

from challenge.phantoms.chest import chest
from challenge.phantoms.fundus import fundus
from challenge.phantoms.oct import oct_section

QUALITY = 85
CHALLENGE = Path(__file__).parent.parent
FUNDUS_LABELS = ("视杯扩大", "视网膜出血", "硬性渗出", "玻璃膜疣", "未见异常")
OCT_LABELS = ("黄斑裂孔", "视网膜下积液", "视网膜内囊样积液", "玻璃膜疣", "未见异常")
CHEST_LABELS = (
    *("伪影位于肺野内", "伪影位于肺野外", "体位不正", "偏中心", "无左右标识", "肩胛骨位于肺野内"),
    *("肋膈角未包全", "肺尖未包全", "吸气不足", "锁骨显示不对称", "体内植入物", "无问题"),
)
ASKS = (
    "图为一张合成的{picture}示意图。{what}？从这些标签中选：{labels}。"
    "只回答标签名称，可以有多个，用 | 分隔，不作解释。"
)


class Drawn(NamedTuple):
    """A dataset of images: where it lies, what is asked, and what each picture shows."""

    folder: str
    name: str
    picture: str
    what: str
    labels: tuple[str, ...]
    shown: Sequence[tuple[str, ...]]
    draw: Callable[[tuple[str, ...], int], Image.Image]


SETS = (
    Drawn(
        "ophthalmology/Eye-Fundus",
        "fundus",
        "眼底彩照",
        "图中有哪些所见",
        FUNDUS_LABELS,
        (
            (),
            ("视杯扩大",),
            ("视网膜出血",),
            ("硬性渗出",),
            ("玻璃膜疣",),
            ("视网膜出血", "硬性渗出"),
            (),
            ("视杯扩大",),
        ),
        lambda found, seed: fundus(found, right_eye=seed % 2 == 1, seed=seed),
    ),
    Drawn(
        "ophthalmology/Eye-OCT",
        "oct",
        "黄斑OCT断层",
        "图中有哪些所见",
        OCT_LABELS,
        (
            (),
            ("黄斑裂孔",),
            ("视网膜下积液",),
            ("视网膜内囊样积液",),
            ("玻璃膜疣",),
            ("视网膜下积液", "玻璃膜疣"),
        ),
        lambda found, seed: oct_section(found, seed=seed),
    ),
    Drawn(
        "quality-control/Xray-Quality",
        "chest",
        "胸部正位片",
        "图像质量有哪些问题",
        CHEST_LABELS,
        (
            (),
            *((label,) for label in CHEST_LABELS[:-1]),
            ("无左右标识", "伪影位于肺野内"),
            ("吸气不足", "体内植入物"),
        ),
        lambda found, seed: chest(found, seed=seed),
    ),
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
