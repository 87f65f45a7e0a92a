"""R-M17 and R-P06: packs that leave a shelf without a sale, or are sold without leaving it."""

from __future__ import annotations

from yaotong.demo.stage import Stage
from yaotong.demo.twists import Twist

RULE, LOST = "R-M17", "R-P06"
_DRUG, _OTHER = "YP0102B", "YP0105A"
_NEEDED = 11
_NO_ROOM = "fewer than two ends of months, or too few shops that send their purchases"


def tell(stage: Stage) -> None:
    """Five guilty shops and six look-alikes; the last month's count tells of them all."""
    shops = stage.bookkeeping(_NEEDED)
    if len(shops) < _NEEDED or len(stage.month_ends) < 2 or stage.month_ends[-1] - stage.month_ends[-2] < 12:
        stage.omit(RULE, "shelf_diverted", _NO_ROOM)
        stage.omit(LOST, "shelf_robbed", _NO_ROOM)
        return
    _gaps(stage, shops[:4])
    _thefts(stage, shops[4:6])
    _written_down(stage, shops[6:])


def _gaps(stage: Stage, shops: list[int]) -> None:
    why = "月末盘点比账面少6盒，没有销售、报损或调拨"
    stage.shelf(shops[0], _DRUG, Twist(gone={-1: 6.0}))
    _told(stage, "shelf_diverted", RULE, "guilty", shops[0], why)
    _told(stage, "shelf_a_few_packs_short", LOST, "innocent", shops[0], "少6盒，不到10盒")
    why = "开了8盒的票，货架上的药没有少"
    stage.shelf(shops[1], _DRUG, Twist(gone={-1: -8.0}))
    _told(stage, "shelf_sold_on_paper", RULE, "guilty", shops[1], why)
    why = "两种药各少7盒与5盒"
    stage.shelf(shops[2], _DRUG, Twist(gone={-1: 7.0}))
    stage.shelf(shops[2], _OTHER, Twist(gone={-1: 5.0}))
    _told(stage, "shelf_two_drugs_short", RULE, "guilty", shops[2], why)
    why = "一种含麻黄碱复方制剂少了14盒，没有报失"
    stage.shelf(shops[3], _DRUG, Twist(gone={-1: 14.0}))
    for rule in (RULE, LOST):
        _told(stage, "shelf_lost_without_report", rule, "guilty", shops[3], why)


def _thefts(stage: Stage, shops: list[int]) -> None:
    for shop, kind, packs, why in (
        (shops[0], "stolen", 12.0, "报失窃12盒，账目因此相符"),
        (shops[1], "lost", 3.0, "报丢失3盒，账目因此相符"),
    ):
        day = stage.month_ends[-1] - 8
        stage.shelf(shop, _DRUG, Twist(moves=[(day, kind, packs, "")]))
        _told(stage, f"shelf_{kind}_and_reported", LOST, "guilty", shop, why)
        _told(stage, f"shelf_{kind}_balances", RULE, "innocent", shop, why)


def _written_down(stage: Stage, shops: list[int]) -> None:
    day, numbers = stage.month_ends[-1] - 6, stage.shops.license_nos
    plans = (
        ("shelf_past_its_date", shops[0], Twist(moves=[(day, "expired", 12.0, "")]), "过期12盒，已报损"),
        ("shelf_broken", shops[1], Twist(moves=[(day, "damaged", 11.0, "")]), "破损11盒，已报损"),
        (
            "shelf_moved_out", shops[2], Twist(moves=[(day, "transfer_out", 15.0, numbers[shops[3]])]),
            "15盒调拨到另一家店，两边都记了账",
        ),
        (
            "shelf_moved_in", shops[3], Twist(moves=[(day, "transfer_in", 15.0, numbers[shops[2]])]),
            "从另一家店调入15盒，两边都记了账",
        ),
        ("shelf_sent_back", shops[4], Twist(sent_back=[(day, 10.0)]), "10盒退回供货企业，购进明细有负数一行"),
    )  # fmt: skip
    for story, shop, twist, why in plans:
        stage.shelf(shop, _DRUG, twist)
        for rule in (RULE, LOST):
            _told(stage, story, rule, "innocent", shop, why)


def _told(stage: Stage, story: str, rule: str, verdict: str, shop: int, why: str) -> None:
    first, last = stage.month_ends[-2] + 1, stage.month_ends[-1]
    stage.tell_shop(story, rule, verdict, shop, why, **stage.days(first, last))  # type: ignore[arg-type]
