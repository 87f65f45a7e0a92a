"""Thirty days in a row of small bars: their outlines for an SVG, and the same told in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from webapp.words import say
from yaotong.reads.coverage import EXCUSED, MISSING, REPORTED

STEP, WIDTH, HEIGHT = 5, 4, 16
_TOP = {REPORTED: 0, MISSING: 10, EXCUSED: 5}


def outlines(strip: Sequence[str]) -> dict[str, str]:
    """One SVG path per kind of day; a missing day is low as well as red, so that colour is not needed."""
    paths = dict.fromkeys(_TOP, "")
    for place, kind in enumerate(strip):
        top = _TOP[kind]
        paths[kind] += f"M{place * STEP} {top}h{WIDTH}v{HEIGHT - top}h-{WIDTH}z"
    return {kind: path for kind, path in paths.items() if path}


def in_words(strip: Sequence[str], days: Sequence[date]) -> str:
    """What the bars show: how many days there are lines of, and which days are missing or excused."""
    if not days:
        return say("没有任何销售数据")
    told = f"{say('有数据')} {strip.count(REPORTED)}/{len(strip)}"
    for kind, name in ((MISSING, say("无数据")), (EXCUSED, say("公告停业"))):
        some = [f"{day.month}-{day.day}" for day, one in zip(days, strip, strict=True) if one == kind]
        if some:
            told += f"; {name} {len(some)}: {', '.join(some)}"
    return told
