"""R-M20: a shop that reports nothing on days it is normally open."""

from __future__ import annotations

import numpy as np

from yaotong.demo import hours
from yaotong.demo.shops import TINY_LINES
from yaotong.demo.stage import Stage

RULE = "R-M20"
OUTAGE_TOWN = 1  # place among the region's towns
OUTAGE_DAYS = (33, 32)  # days before the end; the catch-up follows on the next day
_TO_THE_END = (8, 0)
_MID_PERIOD = (26, 22)
_CLOSURE = (42, 33)


def tell(stage: Stage) -> None:
    """Two guilty shops and look-alikes: weekly rest, declared closure, town-wide outage, tiny shop."""
    _guilty(stage)
    _declared_closure(stage)
    _sunday(stage)
    _tiny(stage)
    _outage(stage)


def _guilty(stage: Stage) -> None:
    plans = (
        ("silent_to_the_end", _TO_THE_END, "从某日起不再上传任何销售，直到数据期末"),
        ("silent_five_days", _MID_PERIOD, "期间连续5天无销售，无公告，邻店正常"),
    )
    for story, period, why in plans:
        span = stage.span(*period, history_days=14)
        shops = stage.cast.take(1, busy=True, beside=3) or stage.cast.take(1, busy=True)
        if span is None or not shops:
            stage.omit(RULE, story, "fewer than 14 days of history or no free busy shop")
            continue
        stage.demand.hush(shops, *span)
        stage.tell_shop(story, RULE, "guilty", shops[0], why, **stage.days(*span))


def _declared_closure(stage: Stage) -> None:
    span, shops = stage.span(*_CLOSURE), stage.cast.take(1, busy=True)
    if span is None or not shops:
        stage.omit(RULE, "silent_declared_closure", "too few days or no free busy shop")
        return
    stage.demand.hush(shops, *span)
    stage.announce(*span, stage.shops.license_nos[shops[0]], "closure", "装修停业公告")
    why = "装修停业10天，已公告"
    stage.tell_shop("silent_declared_closure", RULE, "innocent", shops[0], why, **stage.days(*span))


def _sunday(stage: Stage) -> None:
    resting = stage.shops.trading & (stage.shops.pattern == hours.CLOSED_SUNDAYS)
    whole = stage.days(0, stage.plan.days - 1)
    for shop in np.flatnonzero(resting)[:3]:
        why = "登记营业时间为周日休息，周日无销售"
        stage.tell_shop("silent_on_sundays", RULE, "innocent", int(shop), why, **whole)


def _tiny(stage: Stage) -> None:
    whole = stage.days(0, stage.plan.days - 1)
    for shop in np.flatnonzero(stage.shops.trading & (stage.shops.lines_per_day == TINY_LINES)):
        why = "村级小店平均每天约1笔，偶有整日无销售"
        stage.tell_shop("silent_tiny_shop", RULE, "innocent", int(shop), why, **whole)


def _outage(stage: Stage) -> None:
    """Nine in ten shops of a town fall silent together for two days (a network failure)."""
    span = stage.span(*OUTAGE_DAYS, history_days=14)
    inside = np.flatnonzero((stage.shops.town == OUTAGE_TOWN) & stage.shops.trading)
    inside = inside[~np.isin(inside, stage.shops.mismatched)]  # whose town the register gets wrong
    spared = len(inside) // 10
    struck = inside[: len(inside) - spared]
    if span is None or len(struck) < 3:
        stage.omit(RULE, "silent_town_outage", "too few days, or fewer than three shops in the town")
        return
    stage.demand.hush(struck, *span)
    for shop in struck:
        why = f"{stage.plan.region.towns[OUTAGE_TOWN].area_name}网络故障，同日多数药店均无上传"
        stage.tell_shop("silent_town_outage", RULE, "innocent", int(shop), why, **stage.days(*span))


def tell_festival(stage: Stage, closures: list[tuple[int, int, int]]) -> None:
    """Family closures inside the Spring Festival holiday: some announced, most not."""
    told = 0
    for turn, (shop, first, last) in enumerate(closures):
        stage.demand.hush([shop], first, last)
        if turn % 4 == 0:
            stage.announce(first, last, stage.shops.license_nos[shop], "closure", "春节放假公告")
        if stage.shops.ordinary[shop] and told < 6:
            told += 1
            why = "春节法定假期内闭店"
            stage.tell_shop("silent_spring_festival", RULE, "innocent", shop, why, **stage.days(first, last))
    if not told:
        stage.omit(RULE, "silent_spring_festival", "no Spring Festival, or no shop closed for it")
