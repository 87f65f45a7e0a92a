"""R-M18: lots that a shop sells and that its ledger of purchases does not know."""

from __future__ import annotations

from yaotong.demo.stage import Stage
from yaotong.demo.truth import Verdict

RULE = "R-M18"
_DRUG = "YP0142C"
_NEEDED, _HISTORY_DAYS, _GRACE_DAYS = 5, 200, 3
_ABOUT = 20


def tell(stage: Stage) -> None:
    """Two guilty shops and three look-alikes, where the ledger reaches far enough back."""
    shops = stage.bookkeeping(_NEEDED)
    if len(shops) < _NEEDED or stage.plan.before_end(_ABOUT) < _HISTORY_DAYS:
        stage.omit(RULE, "lot_from_nowhere", "under 220 days, or too few shops that send their purchases")
        return
    why = "售出购进明细里没有的批次：回流药"
    _sell(stage, "lot_from_nowhere", "guilty", shops[0], (4, 2, 1), "never", why)
    why = "一天里三盒出自没有购进的批次"
    _sell(stage, "lot_of_three_packs", "guilty", shops[1], (6, 6, 6), "never", why)
    why = "发票晚到两天，批次是买来的"
    _sell(stage, "lot_with_a_late_invoice", "innocent", shops[2], (5, 4), "late", why)
    why = "购进明细没有写批号，可能就是这一批"
    _sell(stage, "lot_bought_without_its_number", "innocent", shops[3], (7, 3), "nameless", why)
    _returned(stage, shops[4])


def _sell(
    stage: Stage, story: str, verdict: Verdict, shop: int, days: tuple[int, ...], how: str, why: str
) -> None:
    lot = _lot(stage, shop, how)
    rows = [
        stage.sell(
            shop, stage.at(shop, _ABOUT + day, 130 + 25 * turn), _DRUG, batch_no=lot, prescription=True
        )
        for turn, day in enumerate(days)
    ]
    span = (stage.plan.before_end(_ABOUT + max(days)), stage.plan.before_end(_ABOUT + min(days)))
    stage.tell_shop(
        story, RULE, verdict, shop, why, rows=rows, **stage.days(span[0], span[1] + _GRACE_DAYS)
    )  # fmt: skip


def _returned(stage: Stage, shop: int) -> None:
    lot, at = _lot(stage, shop, "never"), stage.at(shop, _ABOUT + 3, 160)
    trace, later = stage.new_trace_code(_DRUG), stage.at(shop, _ABOUT + 3, 200)
    rows = [
        stage.sell(shop, at, _DRUG, batch_no=lot, trace_code=trace, prescription=True),
        stage.sell(shop, later, _DRUG, -1, batch_no=lot, trace_code=trace, prescription=True),
    ]
    day = stage.plan.before_end(_ABOUT + 3)
    why = "顾客当天退回，净数为零"
    stage.tell_shop(
        "lot_returned_the_same_day", RULE, "innocent", shop, why, rows=rows,
        **stage.days(day, day + _GRACE_DAYS),
    )  # fmt: skip


def _lot(stage: Stage, shop: int, how: str) -> str:
    """A lot nobody else has, and what its purchase is: never sent, late or without a number."""
    lot = f"H{stage.plan.until:%y%m}{shop:04d}"
    stage.spared[shop, lot] = how
    return lot
