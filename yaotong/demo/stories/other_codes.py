"""R-M19: packs rung up as one drug with the trace codes of another."""

from __future__ import annotations

from typing import Literal

from yaotong.demo.stage import Stage

RULE = "R-M19"
_SOLD, _SCANNED = "YP0142C", "YP0203A"
_SHOPS_NEEDED = 5
_WEEK = 7


def tell(stage: Stage) -> None:
    """Two guilty shops and three look-alikes in every episode, each within whole weeks."""
    for shift in stage.plan.episodes:
        shops = stage.cast.extras(_SHOPS_NEEDED, offset=13 + shift)
        about = stage.plan.before_end(24 + shift)
        monday = about - stage.plan.day(about).weekday()
        if not shops or monday < 0:
            stage.omit(RULE, "other_codes", f"fewer than {_SHOPS_NEEDED} free shops, or too few weeks")
            return
        _guilty(stage, shops[:2], monday)
        _innocent(stage, shops[2:], monday)


def _guilty(stage: Stage, shops: list[int], monday: int) -> None:
    why = "一周里5盒按降脂药结算，扫的却是另一种药的追溯码：串换药品"
    _tell(stage, "codes_of_swapped_drugs", "guilty", shops[0], monday, [0, 1, 2, 4, 5], why)
    why = "一周里3盒扫的是另一种药存下的追溯码：应付采集"
    _tell(stage, "codes_kept_in_a_drawer", "guilty", shops[1], monday, [1, 3, 5], why)


def _innocent(stage: Stage, shops: list[int], monday: int) -> None:
    why = "一周里只有2盒扫错了旁边的药"
    _tell(stage, "codes_mistaken_twice", "innocent", shops[0], monday, [1, 4], why)
    why = "两周里各有2盒扫错，每一周都不到3盒"
    _tell(stage, "codes_mistaken_over_two_weeks", "innocent", shops[1], monday, [4, 5, 7, 8], why)
    why = "拆零销售，扫的是分装袋上的码"
    _tell(stage, "codes_of_split_packs", "innocent", shops[2], monday, [0, 1, 2, 3], why, packs=0.5)


def _tell(
    stage: Stage,
    story: str,
    verdict: Literal["guilty", "innocent"],
    shop: int,
    monday: int,
    days: list[int],
    why: str,
    packs: float = 1.0,
) -> None:
    """Sell on days counted from a Monday; the story lasts to the end of the last of its weeks."""
    rows = [
        stage.sell(
            shop,
            stage.clock.after_opening(shop, monday + day, 95 + 23 * day),
            _SOLD,
            packs,
            trace_code=stage.new_trace_code(_SCANNED),
            prescription=True,
            settlement_id=f"JSGS{len(stage.lines):08d}",
        )
        for day in days
    ]
    last = monday + days[-1] // _WEEK * _WEEK + _WEEK - 1
    stage.tell_shop(story, RULE, verdict, shop, why, rows=rows, **stage.days(monday, last))
