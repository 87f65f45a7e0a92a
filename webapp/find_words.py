"""How the finder speaks: distances, walks, hours and their changes, how old a count is, telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint

from webapp.context import current_lang
from webapp.words import say
from yaotong import clock

bp = Blueprint("find_words", __name__)
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_DAYS = dict(zip(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), WEEKDAYS, strict=True)) | {"PH": "法定节假日"}
_RULE = re.compile(r"((?:[A-Z][A-Za-z](?:-[A-Z][a-z])?)(?:,[A-Z][A-Za-z](?:-[A-Z][a-z])?)*)?\s*(\S.*)?")
_SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
# Streets are no straight lines; and an old person's pace.
_DETOUR, _METRES_A_MINUTE, _WALKED_M = 1.3, 67.0, 3_000
_SOON = timedelta(minutes=60)


@bp.app_template_filter("far")
def far(distance_m: float) -> str:
    """320 米, 1.3 公里."""
    if distance_m < 995:
        return f"{round(distance_m, -1):.0f} {say('米')}"
    return f"{distance_m / 1000:.1f} {say('公里')}"


@bp.app_template_filter("walk")
def walk(distance_m: float) -> str:
    """An estimate of the walk in whole minutes; "" for what nobody walks."""
    if distance_m > _WALKED_M:
        return ""
    minutes = max(1, round(distance_m * _DETOUR / _METRES_A_MINUTE))
    return say("步行约 {n} 分钟").format(n=minutes)


@bp.app_template_filter("changes")
def changes(shop: dict[str, Any], now: datetime) -> str:
    """What follows the state in words: "22:00 打烊", "22 分钟后开门", "明天 08:00 开门", "请先致电"."""
    if shop.get("shut_until"):
        return say("公告停业至 {day}").format(day=shop["shut_until"])
    if shop["open_state"] == "unknown":
        return say("请先致电")
    if shop["next_change"] is None:
        return say("24 小时营业") if shop["opening_hours"] == "24/7" else ""
    change = clock.to_beijing(datetime.fromisoformat(shop["next_change"]))
    closes = shop["open_state"] == "open"
    if change - now <= _SOON:
        minutes = -(-int((change - now).total_seconds()) // 60)
        return say("{n} 分钟后打烊" if closes else "{n} 分钟后开门").format(n=minutes)
    what = say("打烊") if closes else say("开门")
    when = f"{_day(change, now)}{change:%H:%M}"
    return f"{what} {when}" if current_lang() == "en" else f"{when} {what}"


def _day(change: datetime, now: datetime) -> str:
    ahead = (change.date() - now.date()).days
    if ahead == 0:
        return ""
    if ahead == 1:
        return f"{say('明天')} "
    if change < now + timedelta(days=7):
        return f"{say(WEEKDAYS[change.weekday()])} "
    return f"{change:%Y-%m-%d} "


@bp.app_template_filter("week")
def week(text: str) -> list[tuple[str, str]]:
    """Opening hours as days and times in words, a pair a line; [] when they are not of the plain kind."""
    if text.strip() == "24/7":
        return [(say("每天"), say("24 小时营业"))]
    lines = []
    for rule in text.split(";"):
        found = _RULE.fullmatch(rule.strip())
        times = _times(found[2] or "") if found else ""
        if found is None or not times or not set(re.findall(r"[A-Z][A-Za-z]", found[1] or "")) <= set(_DAYS):
            return []
        lines.append((_named(found[1] or "Mo-Su"), times))
    return lines


def _named(days: str) -> str:
    if days == "Mo-Su":
        return say("每天")
    to = f" {say('至')} " if current_lang() == "en" else say("至")
    return say("、").join(to.join(say(_DAYS[one]) for one in part.split("-")) for part in days.split(","))


def _times(text: str) -> str:
    if text in ("off", "closed"):
        return say("休息")
    parts = [_SPAN.fullmatch(one.strip()) for one in text.split(",")]
    if not all(parts):
        return ""
    return say("、").join(_spans(one for one in parts if one is not None))


def _spans(parts: Iterator[re.Match[str]]) -> Iterator[str]:
    for one in parts:
        since, until = one[1], one[2]
        if until > "24:00":
            until = f"{int(until[:2]) - 24:02d}{until[2:]}"
        over = f"{say('次日')} " if until <= since else ""
        yield f"{since}–{over}{until}"


@bp.app_template_filter("age")
def age(moment: str, now: datetime) -> str:
    """How long ago something was counted, in its largest whole unit."""
    minutes = max(0, int((now - clock.to_beijing(datetime.fromisoformat(moment))).total_seconds() // 60))
    if minutes < 60:
        return say("{n} 分钟前").format(n=minutes)
    if minutes < 48 * 60:
        return say("{n} 小时前").format(n=minutes // 60)
    return say("{n} 天前").format(n=minutes // 1440)


@bp.app_template_filter("plainday")
def plainday(text: str) -> str:
    """2026-05-02 as 2026年5月2日, or as it is in English."""
    told = date.fromisoformat(text[:10])
    return f"{told:%Y-%m-%d}" if current_lang() == "en" else f"{told.year}年{told.month}月{told.day}日"


@bp.app_template_filter("dial")
def dial(phone: str) -> str:
    """A telephone number as a dialler wants it."""
    return "".join(one for one in phone if one.isdigit() or one == "+")
