"""Units of measure in Chinese and English, by dimension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Unit(NamedTuple):
    """What a unit measures, and how many of the dimension's first unit it is."""

    dimension: str
    factor: float


_NAMES: Mapping[str, Mapping[str, float]] = {
    "mass": {
        **dict.fromkeys(("g", "克", "gram", "grams"), 1.0),
        **dict.fromkeys(("kg", "千克", "公斤", "kilogram", "kilograms"), 1e3),
        **dict.fromkeys(("mg", "毫克", "milligram", "milligrams"), 1e-3),
        **dict.fromkeys(("ug", "μg", "mcg", "微克", "microgram", "micrograms"), 1e-6),
        **dict.fromkeys(("ng", "纳克"), 1e-9),
        **dict.fromkeys(("pg", "皮克"), 1e-12),
        "斤": 500.0,
        **dict.fromkeys(("lb", "pound", "pounds"), 453.6),
    },
    "volume": {
        **dict.fromkeys(("l", "升", "liter", "liters", "litre", "litres"), 1.0),
        **dict.fromkeys(("dl", "分升"), 0.1),
        **dict.fromkeys(("ml", "毫升", "cc"), 1e-3),
        **dict.fromkeys(("ul", "μl", "微升"), 1e-6),
    },
    "length": {
        **dict.fromkeys(("m", "米"), 1.0),
        **dict.fromkeys(("cm", "厘米", "公分"), 1e-2),
        **dict.fromkeys(("mm", "毫米"), 1e-3),
        **dict.fromkeys(("um", "μm", "微米"), 1e-6),
    },
    "time": {
        **dict.fromkeys(("d", "天", "日", "day", "days"), 1.0),
        **dict.fromkeys(("h", "hr", "小时", "钟头", "hour", "hours"), 1 / 24),
        **dict.fromkeys(("min", "分钟", "minute", "minutes"), 1 / 1440),
        **dict.fromkeys(("s", "秒", "秒钟", "second", "seconds"), 1 / 86400),
        **dict.fromkeys(("周", "星期", "礼拜", "week", "weeks"), 7.0),
        **dict.fromkeys(("月", "month", "months"), 30.0),
        **dict.fromkeys(("年", "year", "years"), 365.0),
    },
    "age": dict.fromkeys(("岁", "周岁", "years old", "years of age", "year-old"), 1.0),
    "temperature": dict.fromkeys(("°c", "摄氏度", "℃"), 1.0),
    "pressure": {**dict.fromkeys(("mmhg", "毫米汞柱"), 1.0), "kpa": 7.5, "cmh2o": 0.7356},
    "share": {**dict.fromkeys(("%", "percent"), 1.0), "‰": 0.1},
    "amount": {"mol": 1.0, "mmol": 1e-3, "umol": 1e-6, "μmol": 1e-6, "nmol": 1e-9, "pmol": 1e-12},
    "activity": {**dict.fromkeys(("u", "iu", "单位", "国际单位"), 1.0), "miu": 1e-3, "万单位": 1e4},
    "calories": {**dict.fromkeys(("kcal", "千卡", "大卡"), 1.0), "kj": 0.239},
    "times": dict.fromkeys(("次", "times", "bpm"), 1.0),
    "tablets": dict.fromkeys(("片", "tablet", "tablets"), 1.0),
    "capsules": dict.fromkeys(("粒", "capsule", "capsules"), 1.0),
    "fold": dict.fromkeys(("倍", "fold"), 1.0),
    "cells": {"/l": 1.0, "/ul": 1e6, "/μl": 1e6, "/mm3": 1e6},
}
UNITS: Mapping[str, Unit] = {
    name: Unit(dimension, factor)
    for dimension, names in _NAMES.items()
    for name, factor in names.items()
}
# A minute is 分 only under something: 80次/分. As a score 分 is no time.
DENOMINATORS: Mapping[str, Unit] = {
    **{name: unit for name, unit in UNITS.items() if not name.startswith("/")},
    "分": Unit("time", 1 / 1440),
    "m2": Unit("area", 1.0),
    "m^2": Unit("area", 1.0),
    "hp": Unit("field", 1.0),
}
