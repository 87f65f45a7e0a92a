"""R-H01: fever and cough drugs rise in whole towns."""

from __future__ import annotations

import numpy as np

from yaotong.demo.demand import season_factors
from yaotong.demo.plan import Bools, Floats
from yaotong.demo.shops import TINY_LINES
from yaotong.demo.stage import Evidence, Stage
from yaotong.demo.stories.silence import OUTAGE_DAYS, OUTAGE_TOWN

RULE = "R-H01"
SICK_TOWNS = (3, 8)  # places among the region's towns
_EPIDEMIC = (27, 16)
_HISTORY_DAYS = 29
# Times the plain demand on each of the twelve days.
_CURVE = np.array([2.0, 2.7, 3.3, 3.7, 3.8, 3.6, 3.3, 2.9, 2.5, 2.1, 1.7, 1.35])
_LEAST_PACKS = 34.0  # at the peak, each of fever and cough, so that a small city's towns are heard too
# City-wide promotions in days before the end, the first that fits; with the default last day: 双十一.
_PROMOTIONS = ((233, 231), (42, 40))
_PROMOTION_FACTOR = 2.1
_CATCH_UP = np.array([1.9, 1.15])


def tell(stage: Stage) -> None:
    """Two guilty towns; a declared city-wide promotion, a catch-up after an outage and the winter."""
    _epidemic(stage)
    _promotion(stage)
    _catch_up(stage)
    _winter(stage)


def _epidemic(stage: Stage) -> None:
    span = stage.span(*_EPIDEMIC, history_days=_HISTORY_DAYS)
    for town in SICK_TOWNS:
        area_code = stage.plan.region.place(town)
        inside = (stage.shops.town == town) & stage.shops.trading
        shops = np.flatnonzero(inside & (stage.shops.lines_per_day > TINY_LINES))
        if span is None or len(shops) < 2:
            stage.omit(RULE, "epidemic_rise", f"too few days of history, or under two shops in {area_code}")
            continue
        stage.cast.sick_towns.add(town)
        _spread(stage, area_code, [int(shop) for shop in shops], span)


def _spread(stage: Stage, area_code: str, shops: list[int], span: tuple[int, int]) -> None:
    for group in ("fever", "cough"):
        drugs = stage.catalogue.of_groups(group) & stage.catalogue.bears("FOUR")
        before = stage.demand.rate[shops][:, drugs, span[0] - 14 : span[0]]
        usual = float(before.sum() / 14)
        _raise(stage, shops, drugs, span[0], np.maximum(usual * (_CURVE - 1.0), _floor()))
    drugs = stage.catalogue.of_groups("fever", "cough") & stage.catalogue.bears("FOUR")
    why = "淡季退热、止咳类药品12天内升至平日3倍以上"
    period = stage.days(*span)
    stage.tell_town(
        "epidemic_rise", RULE, "guilty", area_code, why,
        shops=shops, evidence=Evidence(tuple(shops), drugs, *span), **period,
    )  # fmt: skip
    stage.echoes.append(
        {
            "rule": "R-M30",
            "pharmacies": stage.shops.named(shops),
            "from": period["since"].isoformat(),
            "until": period["until"].isoformat(),
            "why": "疫情镇街的药店自身退热、止咳类药品也随之上升",
        }
    )


def _floor() -> Floats:
    floor: Floats = _LEAST_PACKS * (_CURVE - 1.0) / (_CURVE.max() - 1.0)
    return floor


def _raise(stage: Stage, shops: list[int], drugs: Bools, first: int, lines: Floats) -> None:
    """Add lines on open days, shared by the shops that are open."""
    for offset, extra in enumerate(lines):
        opened = [shop for shop in shops if stage.clock.open_days[shop, first + offset]]
        if opened:
            stage.demand.add(opened, drugs, first + offset, np.array([extra]))


def _promotion(stage: Stage) -> None:
    span = next((found for one in _PROMOTIONS if (found := stage.span(*one, history_days=8))), None)
    if span is None:
        stage.omit(RULE, "epidemic_city_promotion", "too few days")
        return
    shops = np.flatnonzero(stage.shops.trading)
    drugs = stage.catalogue.of_groups("fever", "cough", "antiviral", "cold", "allergy", "other")
    stage.demand.lift(shops, drugs, span[0], np.full(span[1] - span[0] + 1, _PROMOTION_FACTOR))
    stage.announce(*span, "", "promotion", "全市药店联合促销")
    why = "全市联合促销，已登记，各镇街同步上升"
    stage.tell_town(
        "epidemic_city_promotion", RULE, "innocent", stage.plan.region.code, why, **stage.days(*span)
    )
    for town in stage.plan.region.towns:
        stage.tell_town("epidemic_city_promotion", RULE, "innocent", town.area_code, why, **stage.days(*span))


def _catch_up(stage: Stage) -> None:
    """The day after the outage of R-M20's look-alike: people buy what they could not, for one day."""
    outage = stage.span(*OUTAGE_DAYS, history_days=14)
    shops = np.flatnonzero((stage.shops.town == OUTAGE_TOWN) & stage.shops.trading)
    if outage is None or len(shops) < 3:
        stage.omit(RULE, "epidemic_catch_up", "too few days, or fewer than three shops in the town")
        return
    stage.cast.silent_towns.add(OUTAGE_TOWN)
    drugs = np.ones(len(stage.catalogue.drug_codes), dtype=np.bool_)
    stage.demand.lift(shops, drugs, outage[1] + 1, _CATCH_UP)
    why = "两天网络故障后一天补购，次日即恢复"
    stage.tell_town(
        "epidemic_catch_up",
        RULE,
        "innocent",
        stage.plan.region.place(OUTAGE_TOWN),
        why,
        **stage.days(outage[1] + 1, outage[1] + 5),
    )


def _winter(stage: Stage) -> None:
    rising = np.flatnonzero(season_factors(stage.plan, "cough") > 1.35)
    if len(rising) < 28:
        stage.omit(RULE, "epidemic_winter_season", "no winter in these days")
        return
    festivals = {day for first, last in stage.plan.spring_festivals for day in range(first - 4, last + 14)}
    calm = [int(day) for day in rising if int(day) not in festivals]
    for area_code in map(stage.plan.region.place, (0, 5)):
        why = "冬季逐周缓慢上升，全市同步"
        stage.tell_town(
            "epidemic_winter_season", RULE, "innocent", area_code, why, **stage.days(calm[0], calm[-1])
        )
