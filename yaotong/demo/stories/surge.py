"""R-M30: a shop's daily packs of a category far above its own past."""

from __future__ import annotations

import numpy as np

from yaotong.demo.demand import season_factors
from yaotong.demo.plan import Bools
from yaotong.demo.stage import Evidence, Stage

RULE = "R-M30"
HISTORY_DAYS = 56  # the rule compares with the same weekday of eight weeks
BIG_TOWN = 0  # place among the region's towns: large enough that one shop does not move the town
_DIVERTING = (95, 61)
_SHORT = (3, 1)
_PROMOTION = (20, 18)
_BLIP = 15
_GROWTH_DAYS = 150


def tell(stage: Stage) -> None:
    """Two guilty shops and five kinds of look-alikes."""
    _diverting(stage)
    _short(stage)
    _promotion(stage)
    _blip(stage)
    _growth(stage)
    _season(stage)
    _stocking(stage)


def _drugs(stage: Stage, *drug_codes: str) -> Bools:
    return np.isin(stage.catalogue.drug_codes.astype(str), drug_codes)


def _diverting(stage: Stage) -> None:
    """Codeine compounds leave one shop in volumes no street needs, week after week."""
    span, story = stage.span(*_DIVERTING, history_days=HISTORY_DAYS), "surge_diverting_shop"
    shops = stage.cast.take(1, town=BIG_TOWN) if span else []
    if span is None or not shops:
        stage.omit(RULE, story, "fewer than 56 days of history before it, or no free shop in the big town")
        return
    drugs, days = _drugs(stage, "YP0110A", "YP0111A"), span[1] - span[0] + 1
    stage.demand.add(shops, drugs, span[0], np.linspace(22.0, 30.0, days))
    why = "含可待因类复方制剂连续5周每天20余盒，此前每天不足1盒"
    evidence = Evidence((shops[0],), drugs, *span)
    stage.tell_shop(story, RULE, "guilty", shops[0], why, evidence=evidence, **stage.days(*span))


def _short(stage: Stage) -> None:
    """Ephedrine compounds on prescription, three days, just before the data end."""
    span, story = stage.span(*_SHORT, history_days=HISTORY_DAYS), "surge_three_days"
    shops = stage.cast.take(1, town=BIG_TOWN) if span else []
    if span is None or not shops:
        stage.omit(RULE, story, "fewer than 56 days of history before it, or no free shop in the big town")
        return
    drugs, days = _drugs(stage, "YP0101A", "YP0107A"), span[1] - span[0] + 1
    stage.demand.add(shops, drugs, span[0], np.full(days, 30.0))
    why = "处方含麻黄碱类复方制剂连续3天每天约30盒，此前每天不足1盒"
    evidence = Evidence((shops[0],), drugs, *span)
    stage.tell_shop(story, RULE, "guilty", shops[0], why, evidence=evidence, **stage.days(*span))


def _promotion(stage: Stage) -> None:
    """One shop's declared promotion of cold drugs; its town is too large to notice."""
    span, story = stage.span(*_PROMOTION), "surge_declared_promotion"
    shops = stage.cast.take(1, town=BIG_TOWN, busy=True) if span else []
    if span is None or not shops:
        stage.omit(RULE, story, "too few days or no free busy shop in the big town")
        return
    drugs = stage.catalogue.of_groups("eph", "fever", "cough", "antiviral", "cold", "other")
    stage.demand.lift(shops, drugs, span[0], np.full(span[1] - span[0] + 1, 3.0))
    stage.announce(*span, stage.shops.license_nos[shops[0]], "promotion", "店庆促销")
    why = "店庆促销3天，已登记"
    stage.tell_shop(story, RULE, "innocent", shops[0], why, **stage.days(*span))
    why = "街道内仅一家药店促销，街道合计无明显变化"
    story = "epidemic_one_shop_promotion"
    stage.tell_town(
        story, "R-H01", "innocent", stage.plan.region.place(BIG_TOWN), why, shops=shops, **stage.days(*span)
    )


def _blip(stage: Stage) -> None:
    """One busy day (a holiday camp bought ahead) and nothing after."""
    span, story = stage.span(_BLIP, _BLIP), "surge_one_day"
    shops = stage.cast.take(1, town=BIG_TOWN) if span else []
    if span is None or not shops:
        stage.omit(RULE, story, "too few days or no free shop in the big town")
        return
    stage.demand.add(shops, _drugs(stage, "YP0110A", "YP0111A"), span[0], np.array([26.0]))
    why = "只有一天放量，次日恢复"
    stage.tell_shop(story, RULE, "innocent", shops[0], why, **stage.days(span[0], span[0] + 1))


def _growth(stage: Stage) -> None:
    """A shop beside a growing hospital: its codeine compounds double in five months, never in eight weeks."""
    shops, days = stage.cast.take(1, town=BIG_TOWN), stage.plan.days
    if not shops:
        stage.omit(RULE, "surge_slow_growth", "no free shop in the big town")
        return
    growing = min(days, _GROWTH_DAYS)
    lines = np.concatenate([np.full(days - growing, 18.0), 18.0 + 0.12 * np.arange(growing)])
    drugs = _drugs(stage, "YP0110A", "YP0111A")
    stage.demand.add(shops, drugs, 0, lines * stage.clock.open_days[shops[0]])
    why = "毗邻医院，5个月内缓慢翻倍，任一8周内未达2倍"
    stage.tell_shop(
        "surge_slow_growth", RULE, "innocent", shops[0], why, **stage.days(days - growing, days - 1)
    )


def _season(stage: Stage) -> None:
    """The winter rise of cold drugs, the same in every shop."""
    story, season = "surge_winter_season", season_factors(stage.plan, "cough")
    rising = np.flatnonzero(season > 1.35)
    shops = stage.cast.largest(3)
    if len(rising) < 28 or not shops:
        stage.omit(RULE, story, "no winter in these days, or no free shop")
        return
    why = "全市冬季感冒类药品同步缓慢上升"
    for shop in shops:
        stage.tell_shop(story, RULE, "innocent", shop, why, **stage.days(int(rising[0]), int(rising[-1])))


def _stocking(stage: Stage) -> None:
    """Everybody stocks up a little before the Spring Festival and comes back after it."""
    story, shops = "surge_festival_stocking", stage.cast.largest(2)
    festivals = [one for one in stage.plan.spring_festivals if one[0] >= 10 and one[1] + 6 < stage.plan.days]
    if not festivals or not shops:
        stage.omit(RULE, story, "no Spring Festival in these days, or no free shop")
        return
    first, last = festivals[0]
    for shop in shops:
        why = "春节前全市备药约多三成，节后小幅反弹"
        stage.tell_shop(story, RULE, "innocent", shop, why, **stage.days(first - 5, last + 6))
