"""The sets of sample images: what is asked, and what each picture shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PIL import Image

from challenge.phantoms.chest import chest
from challenge.phantoms.fundus import fundus
from challenge.phantoms.oct import oct_section

FUNDUS_LABELS = ("视杯扩大", "视网膜出血", "硬性渗出", "玻璃膜疣", "未见异常")
OCT_LABELS = ("黄斑裂孔", "视网膜下积液", "视网膜内囊样积液", "玻璃膜疣", "未见异常")
CHEST_LABELS = (
    *("伪影位于肺野内", "伪影位于肺野外", "体位不正", "偏中心", "无左右标识", "肩胛骨位于肺野内"),
    *("肋膈角未包全", "肺尖未包全", "吸气不足", "锁骨显示不对称", "体内植入物", "无问题"),
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
