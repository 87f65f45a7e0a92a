"""Opening hours as people write them in Chinese, in OpenStreetMap's syntax."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DAYS = dict(zip("一二三四五六日", ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), strict=True))
_DAYS["天"] = "Su"
_ALL_DAY = re.compile(r"(?:全天|24小时)(?:营业|服务)?|0?0:00-24:00")
_DAILY = "Mo-Su"
_DAY = r"(?:周|星期|礼拜)?[一二三四五六日天]"
_SPAN = rf"{_DAY}(?:-{_DAY})?"
_WHEN = re.compile(rf"(每天|每日|工作日|周末|{_SPAN}(?:[、,和及]?{_SPAN})*)?:?\s*")
_TIMES = re.compile(r"(\d{1,2}):(\d{2})-(?:次日)?(\d{1,2}):(\d{2})")
_HALF_PAST = re.compile(r"(\d{1,2})[点时](\d{2})分?")
_FULL_HOUR = re.compile(r"(\d{1,2})[点时]整?(?!\d)")
_CLOSED = ("休息", "不营业", "店休")
_NAMED = {"每天": _DAILY, "每日": _DAILY, "工作日": "Mo-Fr", "周末": "Sa-Su"}
_DASHES = re.compile(r"\s*(?:[-~—–－至到]|--)+\s*")


@lru_cache(maxsize=65_536)
def hours_from_words(text: str) -> str:
    """ "周一至周五 8:00-20:00；周末9点-18点" as "Mo-Fr 08:00-20:00; Sa-Su 09:00-18:00".

    What is not understood comes back as it is, for the check of hours to judge.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = _HALF_PAST.sub(r"\1:\2", plain)
    plain = _FULL_HOUR.sub(r"\1:00", plain)
    plain = _DASHES.sub("-", plain).rstrip("。;")
    if _ALL_DAY.fullmatch(plain):
        return "24/7"
    parts = [_part(one.strip()) for one in plain.split(";")]
    return "; ".join(one for one in parts if one) if all(parts) else text


def _part(text: str) -> str | None:
    """Days and times of one part; None where anything else stands in it."""
    when = _WHEN.match(text)
    rest = text[when.end() :] if when else text
    days = _days(when[1] if when else None)
    if rest in _CLOSED:
        return f"{days} off"
    spans = [_TIMES.fullmatch(one.strip()) for one in re.split(r"[,、\s]+", rest) if one.strip()]
    if not spans or not all(spans):
        return None
    times = [f"{int(one[1]):02d}:{one[2]}-{int(one[3]):02d}:{one[4]}" for one in spans if one is not None]
    return f"{days} {','.join(times)}"


def _days(words: str | None) -> str:
    if not words:
        return _DAILY
    if words in _NAMED:
        return _NAMED[words]
    spans = re.findall(_SPAN, words)
    return ",".join("-".join(_DAYS[day[-1]] for day in span.split("-")) for span in spans)
