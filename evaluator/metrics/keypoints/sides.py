"""Opposites in a text: left and right, upper and lower, rise and fall, positive and negative.

>>> conflict(sides("左肺上叶结节"), sides("右肺上叶见结节"))
'side'
>>> conflict(sides("左侧肢体无力"), sides("双侧肢体无力，右侧为重"))
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Axis = Literal["side", "level", "front", "depth", "trend", "finding"]
Contradiction = Literal["side", "direction"]
PLACES: tuple[Axis, ...] = ("side", "level", "front", "depth")

_PARTS = "叶|肢|腹|段|颌|睑|极|方|盏|消化道|象限|1/3"
_POLES: tuple[tuple[Axis, str, str], ...] = (
    (
        "side",
        "both",
        r"双侧|两侧|双(?=[肺肾眼耳下上膝髋足手踝肩侧乳颈肘腕])|两(?=[肺肾眼耳])|\bbilateral(?:ly)?\b",
    ),
    ("side", "left", r"左(?!右|氧|旋|卡|乙)侧?|\bleft\b(?!\s+(?:untreated|alone|over|to\b))"),
    (
        "side",
        "right",
        r"(?<!左)右(?!旋|美)侧?|\bright\b(?!\s+(?:away|now|after|before|amount|dose|drug))",
    ),
    ("level", "upper", rf"上(?={_PARTS})|\bupper\b"),
    ("level", "middle", r"中(?=叶|腹|段|1/3)|\bmiddle\b"),
    ("level", "lower", rf"下(?={_PARTS})|\blower (?=lobe|limb|leg|extremit|abdom|back|pole|lid)"),
    ("front", "front", r"前(?=壁|角|叶|间隔|交叉|臂|循环|房|囊)|\banterior\b"),
    ("front", "back", r"后(?=壁|角|叶|间隔|交叉|循环|房|囊)|\bposterior\b"),
    ("front", "below", r"下(?=壁)|\binferior\b"),
    ("depth", "inner", r"内(?=侧|踝|耳|髁|眦|痔|上象限|下象限)|\bmedial\b"),
    ("depth", "outer", r"外(?=侧|踝|耳|髁|眦|痔|上象限|下象限)|\blateral\b"),
    (
        "trend",
        "up",
        r"升高|增高|上升|升(?=至|到)|增加|增多|增大|增强|增快|加快|偏高|过高|亢进"
        r"|\b(?:increas|elevat|rais|ris(?=es|ing))\w*|\bhigh(?:er)?\b|\bhyper(?=\w{4})",
    ),
    (
        "trend",
        "down",
        r"降低|下降|减低|降(?=至|到)|减少|减小|减弱|减慢|减退|偏低|过低|低下|缩小"
        r"|\b(?:decreas|reduc|lower(?:s|ed|ing))\w*|\blow(?:er)?\b(?! back)|\bhypo(?=\w{4})",
    ),
    ("finding", "positive", r"阳性|\(\+{1,4}\)|（\+{1,4}）|\bpositive\b"),
    ("finding", "negative", r"阴性|\(-\)|（-）|\bnegative\b"),
)
_SIDE = re.compile("|".join(f"(?P<p{k}>{form})" for k, (_, _, form) in enumerate(_POLES)), re.I)
_ANCHOR = re.compile(r"[\s的侧]*([\w%])")


class Side(NamedTuple):
    """One mention: of which axis which pole, and the first letter of what follows."""

    axis: Axis
    pole: str
    anchor: str


def sides(text: str) -> tuple[Side, ...]:
    """Return the sides a text names, in order."""
    return tuple(_side(text, mention) for mention in _SIDE.finditer(text))


def conflict(wanted: Sequence[Side], found: Sequence[Side]) -> Contradiction | None:
    """Return how what is found is opposed to what is wanted, None if it is not.

    Of left and right only mentions of the same part are compared, where there are such. Both
    sides include each; one side alone is less than both. What is not mentioned is no opposite.
    """
    for side in wanted:
        alike = [other for other in found if other.axis == side.axis]
        if side.axis in PLACES:
            alike = [other for other in alike if other.anchor == side.anchor] or alike
        if alike and not _said(side.pole, {other.pole for other in alike}):
            return "side" if side.axis in PLACES else "direction"
    return None


def _said(pole: str, poles: set[str]) -> bool:
    if pole == "both":
        return "both" in poles or {"left", "right"} <= poles
    return pole in poles or (pole in ("left", "right") and "both" in poles)


def _side(text: str, mention: re.Match[str]) -> Side:
    axis, pole, _form = _POLES[int((mention.lastgroup or "p0")[1:])]
    anchor = _ANCHOR.match(text, mention.end())
    return Side(axis, pole, anchor[1].casefold() if anchor else "")
