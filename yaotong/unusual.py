"""R-J04 越权与批量查询: browsing of people that is out of the ordinary, told from who looked when and where.

What was seen is no part of it: a view has an account, a moment, an area and whether a case was named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_AN_HOUR = 50
NIGHT_UNTIL_HOUR = 6
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class View:
    """One look at people. `inside`: in the looker's own area; None where the thing lies in no area."""

    actor: str
    at: datetime
    inside: bool | None
    with_case: bool


@dataclass(frozen=True, slots=True)
class Unusual:
    """`kind`: "many" (over 50 within 60 minutes), "night" (midnight to six, without a case) or "outside"."""

    actor: str
    kind: str
    since: datetime
    until: datetime
    views: int


def unusual(views: Iterable[View]) -> list[Unusual]:
    """What is out of the ordinary, newest first; of an account and kind one a day, of the worst hour."""
    by_actor: dict[str, list[View]] = defaultdict(list)
    for one in views:
        by_actor[one.actor].append(one)
    found = [
        told
        for actor, own in by_actor.items()
        for told in _of_one(actor, sorted(own, key=lambda one: one.at))
    ]
    return sorted(found, key=lambda one: (one.until, one.actor, one.kind), reverse=True)


def _of_one(actor: str, own: list[View]) -> Iterator[Unusual]:
    yield from _many(actor, own)
    night = [one for one in own if one.at.hour < NIGHT_UNTIL_HOUR and not one.with_case]
    outside = [one for one in own if one.inside is False and not one.with_case]
    for kind, some in (("night", night), ("outside", outside)):
        days: dict[object, list[View]] = defaultdict(list)
        for one in some:
            days[one.at.date()].append(one)
        for day in days.values():
            yield Unusual(actor, kind, day[0].at, day[-1].at, len(day))


def _many(actor: str, own: list[View]) -> Iterator[Unusual]:
    """The worst hour of each day, by the moment it ends at, where it holds more views than allowed."""
    worst: dict[object, Unusual] = {}
    first = 0
    for last, one in enumerate(own):
        while one.at - own[first].at >= _HOUR:
            first += 1
        count, day = last - first + 1, one.at.date()
        if count > MOST_AN_HOUR and (day not in worst or count > worst[day].views):
            worst[day] = Unusual(actor, "many", own[first].at, one.at, count)
    yield from worst.values()
