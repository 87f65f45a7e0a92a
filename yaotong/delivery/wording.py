"""What a chat or a mail says of an alert: rule, level, town, deadline, link; nothing of a person or a shop.

Chats are kept by others and read over shoulders: no name, licence, number, pseudonym or free text goes there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yaotong.terms import term

LISTED = 10
_NOWHERE = "未定位"
_NAME = "云药通"


@dataclass(frozen=True, slots=True)
class Notice:
    """All that may be told. `step` is what is waited for, by `due`; both empty when nothing is."""

    alert_id: str
    level: str
    rule_id: str
    rule_name: str
    act: str
    reason: str
    town: str | None
    step: str
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """A text for a channel, and the line it is headed by where the channel has one."""

    title: str
    text: str


def alone(notice: Notice, site: str) -> Said:
    """One message for one notice."""
    title = f"【{_NAME}】{term(f'level.{notice.level}')}预警：{notice.rule_name}（{notice.rule_id}）"
    lines = [title, f"事由：{why(notice)}", f"地点：{notice.town or _NOWHERE}"]
    if notice.due is not None:
        lines.append(f"期限：{term(f'act.{notice.step}')} {notice.due:%Y-%m-%d %H:%M} 前")
    lines.append(f"查看：{site}/alerts/{notice.alert_id}")
    return Said(title, "\n".join(lines))


def digest(shown: Sequence[Notice], counts: Sequence[tuple[str, int]], site: str, most_bytes: int) -> Said:
    """One message for many: as many of `shown` as fit, the rest as a number.

    `counts` are all that the digest stands for, by level, gravest first.
    """
    total = sum(number for _, number in counts)
    levels = "、".join(f"{term(f'level.{level}')} {number}" for level, number in counts)
    title = f"【{_NAME}】{total} 条预警通知（{levels}）"
    lines = [title]
    for number, one in enumerate(shown[:LISTED]):
        tried = [*lines, _line(one, site)]
        if len(_whole(tried, total - number - 1, site).encode()) > most_bytes:
            break
        lines = tried
    return Said(title, _whole(lines, total - len(lines) + 1, site))


def why(notice: Notice) -> str:
    """What happened, in words of the glossary."""
    if notice.act == "remind":
        return term("reason.half_time")
    if notice.act == "escalate":
        step, _, percent = notice.reason.partition(".")
        return f"{term(f'act.{step}')}时限已用 {percent}%"
    return term(f"act.{notice.act}")


def _line(one: Notice, site: str) -> str:
    due = f"，{term(f'act.{one.step}')} {one.due:%m-%d %H:%M} 前" if one.due is not None else ""
    what = f"{term(f'level.{one.level}')} {one.rule_name}，{one.town or _NOWHERE}，{why(one)}{due}"
    return f"· {what} {site}/alerts/{one.alert_id}"


def _whole(lines: Sequence[str], more: int, site: str) -> str:
    rest = f"另有 {more} 条，请登录查看：{site}/alerts" if more else f"全部预警：{site}/alerts"
    return "\n".join([*lines, rest])
