"""Quantities in a text, compared as numbers: 0.5 g is 500 mg, 38.5℃ is not 35.8℃.

>>> conflict(quantities("口服0.5 g，每日两次"), quantities("500mg bid"))
False
>>> conflict(quantities("疗程10~15天"), quantities("疗程三周"))
True
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from evaluator.metrics.keypoints.units import DENOMINATORS, UNITS, Unit

# Two ways to write one number; where units differ or it is said to be rough, months have 28 to 31
# days and 2 pounds are a kilogram.
EXACT = 0.01
ROUGH = 0.1
# Two ranges agree if they share half of what they span.
SHARED = 0.5

OFTEN = "times/time"
# From this on 年 names a year, in days.
EARLIEST_DATE = 1000 * 365.0
_SUPERSCRIPT = str.maketrans({c: f"^{n}" for n, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_ENGLISH = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi")

_PLAIN = r"\d{1,12}(?:,\d{3}){0,3}(?:\.\d{1,9})?"
_WORDS = "|".join(_ENGLISH[1:])
_NUMBER = (
    rf"(?:{_PLAIN}(?:\s?[x×*]\s?10\s?\^?\d{{1,2}})?"
    r"|[零〇一二两三四五六七八九十百半]{1,6}"
    rf"|\b(?:{_WORDS})\b)"
)
_TO = r"\s?(?:~|～|-|–|—|―|至|到|\bto\b|\band\b)\s?"
_BELOW = (
    r"(?:不(?:[要得应宜能可该])?|别|勿)(?:超过|多于|高于|大于)|小于|少于|低于|不足|不到|至多|最多|[<≤]=?"
    r"|\b(?:up to|less than|below|under|within|at most)\b"
)
_ABOVE = (
    r"(?:不(?:[要得应宜能可该])?|别|勿)(?:少于|低于|小于)|大于|多于|高于|超过|至少|最少|[>≥]=?"
    r"|\b(?:at least|more than|longer than|over|above)\b"
)
_ABOUT = r"大?约|将近|接近|近|\b(?:about|around|approximately|roughly)\b"
_UNIT = "|".join(sorted((re.escape(name) for name in UNITS), key=len, reverse=True))
_PER = "|".join(sorted((re.escape(name) for name in DENOMINATORS), key=len, reverse=True))
_MEASURED = re.compile(
    rf"(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE})|(?P<about>{_ABOUT}))?\s?(?<![\d.第])"
    rf"(?P<first>{_NUMBER})\s?(?:(?:{_UNIT})?{_TO}(?P<second>{_NUMBER})|/(?P<under>\d{{1,3}}))?"
    rf"\s?(?:个|余|多|-)?\s?(?P<unit>{_UNIT})(?![a-z])"
    rf"(?P<per>(?:\s?(?:/|每|\bper\b|\ba\b)\s?(?:{_PER})(?![a-z]))*)"
    r"(?P<after>\s?(?:及|或|\bor\b|\band\b)?\s?(?:以上|以下|以内|之内|左右|上下|higher|more|less|lower))?"
)
_CLASS = re.compile(
    r"(?:\b(?P<name>type|stage|grade|class|phase)\s?)?(?P<value>\d|[一二三四五六]|\b(?:iii|ii|iv|vi|i|v)(?![a-z]))"
    r"(?P<mark>型|级|期|度|类)?(?![\d.a-z])"
)
_MARKS = {"type": "型", "stage": "期", "grade": "级", "class": "级", "phase": "期"}
_OFTEN = re.compile(
    rf"(?:每|一|1)(?P<span>日|天|周|月|晚|小时)\s?(?P<count>{_NUMBER})\s?次"
    rf"|(?P<word>once|twice|(?:{_WORDS}) times)\s?(?:a |an |per |every |each )?"
    r"(?P<each>day|daily|week|weekly|month|hour)"
    r"|\b(?P<latin>qd|bid|tid|qid)\b|\bq(?P<hours>\d{1,2})h\b"
)
_BARE = re.compile(
    r"\b(?P<name>ph|inr|bmi|gcs)\s?(?:值|指数|评分)?\s?[:=为是]?\s?(?P<value>\d{1,3}(?:\.\d{1,3})?)(?![\d.])"
)
_DAYS = {
    "日": 1,
    "天": 1,
    "晚": 1,
    "周": 7,
    "月": 30,
    "小时": 1 / 24,
    "day": 1,
    "daily": 1,
    "week": 7,
    "weekly": 7,
    "month": 30,
    "hour": 1 / 24,
}
_LATIN = {"qd": 1, "bid": 2, "tid": 3, "qid": 4}


class Quantity(NamedTuple):
    """What is measured, and from where to where, in the dimension's first unit."""

    dimension: str
    low: float
    high: float
    unit: str
    rough: bool = False


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities of a text: measured ones, frequencies, and classes as 2型 or stage III.

    A number without a unit is none, but for pH, INR, BMI and GCS.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_SUPERSCRIPT)).casefold()
    found = [quantity for match in _OFTEN.finditer(plain) for quantity in _often(match)]
    rest = _OFTEN.sub(" ; ", plain)
    found += [quantity for match in _MEASURED.finditer(rest) for quantity in _measured(match)]
    rest = _MEASURED.sub(" ; ", rest)
    found += [quantity for match in _CLASS.finditer(rest) for quantity in _class(match)]
    return (*found, *(_point(m["name"], float(m["value"]), "") for m in _BARE.finditer(rest)))


def conflict(wanted: Sequence[Quantity], found: Sequence[Quantity]) -> bool:
    """Return whether in some dimension both have quantities, and none of one is one of the other.

    A quantity that is not found at all is an omission, not a conflict.
    """
    for dimension in {quantity.dimension for quantity in wanted}:
        alike = [other for other in found if other.dimension == dimension]
        own = [quantity for quantity in wanted if quantity.dimension == dimension]
        if alike and not any(_agree(quantity, other) for quantity in own for other in alike):
            return True
    return False


def _agree(a: Quantity, b: Quantity) -> bool:
    slack = ROUGH if a.rough or b.rough or a.unit != b.unit else EXACT
    if _bounded(a) and _bounded(b):
        return _near(a.low, b.low, slack) and _near(a.high, b.high, slack)
    if _near(a.low, b.low, slack) and _near(a.high, b.high, slack):
        return True
    shared = min(a.high, b.high) - max(a.low, b.low)
    if a.low == a.high or b.low == b.high or _bounded(a) or _bounded(b):
        return shared >= -slack * abs(min(a.high, b.high))
    return shared >= SHARED * (max(a.high, b.high) - min(a.low, b.low))


def _bounded(quantity: Quantity) -> bool:
    return math.isinf(quantity.low) or math.isinf(quantity.high)


def _near(a: float, b: float, slack: float) -> bool:
    return a == b or abs(a - b) <= slack * max(abs(a), abs(b)) < math.inf


def _measured(match: re.Match[str]) -> list[Quantity]:
    unit = UNITS[match["unit"]]
    dimension, factor = unit.dimension, unit.factor
    for name in re.findall(_PER, match["per"]):
        per: Unit = DENOMINATORS[name]
        dimension, factor = f"{dimension}/{per.dimension}", factor / per.factor
    first = number(match["first"]) * factor
    if match["unit"] == "年" and first >= EARLIEST_DATE:
        return []
    if match["under"]:
        if unit.dimension != "pressure":
            return [_point(dimension, first / max(float(match["under"]), 1), match["unit"])]
        under = float(match["under"]) * factor
        return [_point("systolic", first, ""), _point("diastolic", under, "")]

    second = number(match["second"]) * factor if match["second"] else first
    low, high = min(first, second), max(first, second)
    after = match["after"] or ""
    rough = bool(match["about"] or re.search("左右|上下", after))
    if match["below"] or re.search("以下|以内|之内|less|lower", after):
        low = -math.inf
    elif match["above"] or re.search("以上|more|higher", after):
        high = math.inf
    return [Quantity(dimension, low, high, match["unit"] + match["per"], rough)]


def _often(match: re.Match[str]) -> list[Quantity]:
    if match["latin"]:
        return [_point(OFTEN, float(_LATIN[match["latin"]]), "")]
    if match["hours"]:
        return [_point(OFTEN, 24 / max(float(match["hours"]), 1), "")]
    count = match["count"] or match["word"].removesuffix(" times")
    often = {"once": 1.0, "twice": 2.0}.get(count) or number(count)
    return [_point(OFTEN, often / _DAYS[match["span"] or match["each"]], "")]


def _class(match: re.Match[str]) -> list[Quantity]:
    if not (match["name"] or match["mark"]):
        return []
    value = match["value"]
    order = _ROMAN.index(value) + 1.0 if value in _ROMAN else number(value)
    return [_point(match["mark"] or _MARKS[match["name"]], order, "")]


def _point(dimension: str, value: float, unit: str) -> Quantity:
    return Quantity(dimension, value, value, unit)


def number(written: str) -> float:
    """Return the value of an Arabic, Chinese or English number.

    >>> number("1,200.5"), number("二十五"), number("半"), number("12×10^9"), number("two")
    (1200.5, 25.0, 0.5, 12000000000.0, 2.0)
    """
    if written in _ENGLISH:
        return float(_ENGLISH.index(written))
    if not written[0].isascii():
        return _chinese(written)
    mantissa, *power = re.split(r"\s?[x×*]\s?10\s?\^?", written)
    exponent = float(power[0]) if power else 0.0
    return float(mantissa.replace(",", "")) * math.pow(10.0, exponent)


def _chinese(written: str) -> float:
    total, digit = 0.0, 0.0
    for character in written:
        if character == "半":
            total += 0.5
        elif character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0.0
        else:
            digit = digit * 10 + _DIGITS[character]
    return total + digit
