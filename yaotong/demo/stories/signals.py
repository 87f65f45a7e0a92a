"""R-S01 and R-S02: what only the detector sees, and what it must not mistake for it.

Sold line by line, beside what the crowd buys: no other story, and no shop of another, is touched. Towns that
fall ill, promotions, the winter and the festival are told already; here they are told again of these rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from yaotong.codes import SubjectKind
from yaotong.demo.plan import Floats
from yaotong.demo.stage import Stage
from yaotong.demo.stories.surge import BIG_TOWN
from yaotong.demo.truth import Story

SHOP_RULE, TOWN_RULE = "R-S01", "R-S02"
_DRUG = "YP0131A"  # pregabalin, under special attention: less than a pack a fortnight in most shops
_HISTORY_DAYS = 100
_GROWTH = (130, 31)
_MOST_A_DAY = 7.0
_STEP = (70, 30)
_STEP_A_DAY = 3.0
# The growth must be found before the half of its time, at three packs a day; the step within ten days, a town
# within three.
_GROWTH_BY_DAYS, _STEP_BY_DAYS, _TOWN_BY_DAYS = 45, 10, 3
# What is over is still seen in the longest span that holds it.
_SEEN_DAYS = 28
# Stories of other rules that hold for these too, and under which name.
_SHOPS_AGAIN = {
    "surge_declared_promotion": "signal_declared_promotion",
    "surge_winter_season": "signal_winter_season",
    "surge_festival_stocking": "signal_festival_stocking",
}
_TOWNS_AGAIN = {
    "epidemic_rise": "signal_town_rise",
    "epidemic_city_promotion": "signal_city_promotion",
    "epidemic_catch_up": "signal_catch_up",
    "epidemic_winter_season": "signal_town_winter",
    "epidemic_one_shop_promotion": "signal_one_shop_promotion",
}


def tell(stage: Stage) -> None:
    """Two guilty shops, and the towns and look-alikes of others."""
    shops = _bystanders(stage)
    _stepping(stage, next(shops, None))
    _growing(stage, next(shops, None))
    for story, evidence in list(stage.stories):
        for rule, names in ((SHOP_RULE, _SHOPS_AGAIN), (TOWN_RULE, _TOWNS_AGAIN)):
            if story.story in names:
                stage.stories.append((_again(story, rule, names[story.story]), evidence))


def _again(story: Story, rule: str, name: str) -> Story:
    by = story.since + timedelta(days=_TOWN_BY_DAYS - 1) if story.verdict == "guilty" else None
    # Its lines are a shop's; a finding about a town rests on none.
    until = story.until + timedelta(days=_SEEN_DAYS if by else 0)
    return dataclasses.replace(story, rule=rule, story=name, by=by, until=until)


def _bystanders(stage: Stage) -> Iterator[int]:
    """Ordinary shops that play in no story and are lent to none, each in another quiet town."""
    busy = stage.cast.taken | stage.cast.lent | {shop for shop, _ in stage.twists}
    busy |= {line.shop for line in stage.lines}
    towns = stage.cast.sick_towns | stage.cast.silent_towns | {BIG_TOWN}
    for shop in np.flatnonzero(stage.shops.ordinary):
        if int(shop) not in busy and int(stage.shops.town[shop]) not in towns:
            towns.add(int(stage.shops.town[shop]))
            yield int(shop)


def _growing(stage: Stage, shop: int | None) -> None:
    """A little more every week, for three months: no day of it stands out."""
    span = stage.span(*_GROWTH, history_days=_HISTORY_DAYS)
    if span is None or shop is None:
        stage.omit(SHOP_RULE, "signal_growing", "too few days of history before it, or no free shop")
        return
    days = span[1] - span[0] + 1
    rows = _sold(stage, shop, span[0], np.linspace(0.0, _MOST_A_DAY, days))
    by = stage.plan.day(span[0] + _GROWTH_BY_DAYS)
    _tell(stage, "signal_growing", shop, "普瑞巴林三个多月里从几乎没有慢慢涨到每天约7盒", rows, by)


def _stepping(stage: Stage, shop: int | None) -> None:
    """From one day on three packs a day, where there was one a fortnight."""
    span = stage.span(*_STEP, history_days=_HISTORY_DAYS)
    if span is None or shop is None:
        stage.omit(SHOP_RULE, "signal_step", "too few days of history before it, or no free shop")
        return
    rows = _sold(stage, shop, span[0], np.full(span[1] - span[0] + 1, _STEP_A_DAY))
    by = stage.plan.day(span[0] + _STEP_BY_DAYS)
    _tell(stage, "signal_step", shop, "普瑞巴林从某天起每天约3盒，此前半个月不到1盒", rows, by)


def _tell(stage: Stage, story: str, shop: int, why: str, rows: list[int], by: date) -> None:
    days = [stage.lines[row].at.date() for row in rows]
    stage.tell(
        story, SHOP_RULE, "guilty", SubjectKind.PHARMACY, stage.shops.license_nos[shop], why,
        shops=[shop], rows=rows, since=min(days), until=max(days) + timedelta(days=_SEEN_DAYS), by=by,
    )  # fmt: skip


def _sold(stage: Stage, shop: int, first: int, a_day: Floats) -> list[int]:
    """Single packs at so many a day on the days the shop is open, at moments of their own."""
    luck = stage.plan.stream(f"stories/signals/{shop}")
    whole = np.diff(np.floor(np.r_[0.0, np.cumsum(a_day)])).astype(int)
    closed = {day for begin, end in stage.plan.spring_festivals for day in range(begin - 2, end + 3)}
    rows = []
    for offset, packs in enumerate(whole):
        day = first + offset
        if day in closed or not stage.clock.open_days[shop, day]:
            continue
        for minutes in sorted(luck.uniform(20.0, 480.0, size=packs)):
            at = stage.clock.after_opening(shop, day, float(minutes))
            rows.append(stage.sell(shop, at, _DRUG, prescription=True))
    return rows
