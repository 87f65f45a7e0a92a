"""R-M01: more than two packs of an ephedrine compound on one receipt, or to one buyer within 30 minutes.

What lies more than half an hour apart at one shop is R-M03's: the same lines tell its stories.
"""

from __future__ import annotations

from yaotong.demo.stage import Stage, minutes_later

RULE, SPLIT = "R-M01", "R-M03"
_OTC, _OTHER, _RX, _LOOKALIKE = "YP0102A", "YP0103A", "YP0101A", "YP0201A"


def tell(stage: Stage) -> None:
    """Three guilty shops and five look-alikes, each in a shop of its own, in every episode with room."""
    for shift in stage.plan.episodes:
        for teller in (_three, _on_rx, _returned, _split, _family, _two_products, _lookalike, _apart):
            shops = stage.cast.take(1, sick=True)
            if not shops:
                stage.omit(
                    RULE, f"eph{teller.__name__}", f"no free shop left from the episode {shift} days back"
                )
                return
            teller(stage, shops[0], shift)


def _three(stage: Stage, shop: int, shift: int) -> None:
    row = stage.sell(shop, stage.at(shop, 12 + shift, 130), _OTC, 3, buyer=stage.people.next())
    why = "一笔销售3盒含麻黄碱类复方制剂，无处方"
    stage.tell_shop("eph_three_on_one_line", RULE, "guilty", shop, why, rows=[row])


def _split(stage: Stage, shop: int, shift: int) -> None:
    buyer, at = stage.people.next(), stage.at(shop, 19 + shift, 300)
    rows = [
        stage.sell(shop, at, _OTC, 2, buyer=buyer),
        stage.sell(shop, minutes_later(at, 12), _OTC, 1, buyer=buyer),
    ]
    why = "同一购买人12分钟内在同一药店分两次买3盒"
    stage.tell_shop("eph_split_in_minutes", RULE, "guilty", shop, why, rows=rows)
    stage.tell_shop("split_within_one_visit", SPLIT, "innocent", shop, "12分钟内是同一次", rows=rows)


def _two_products(stage: Stage, shop: int, shift: int) -> None:
    buyer, at = stage.people.next(), stage.at(shop, 33 + shift, 210)
    rows = [stage.sell(shop, at, _OTC, 2, buyer=buyer), stage.sell(shop, at, _OTHER, 1, buyer=buyer)]
    why = "同一张小票两个品种合计3盒含麻黄碱类复方制剂"
    stage.tell_shop("eph_two_products_one_receipt", RULE, "guilty", shop, why, rows=rows)


def _on_rx(stage: Stage, shop: int, shift: int) -> None:
    at, buyer = stage.at(shop, 13 + shift, 180), stage.people.next()
    row = stage.sell(shop, at, _RX, 3, buyer=buyer, prescription=True)
    stage.tell_shop("eph_on_prescription", RULE, "innocent", shop, "凭处方按处方量调配3盒", rows=[row])


def _returned(stage: Stage, shop: int, shift: int) -> None:
    buyer, at = stage.people.next(), stage.at(shop, 21 + shift, 240)
    trace = stage.new_trace_code(_OTC)
    rows = [
        stage.sell(shop, at, _OTC, 2, buyer=buyer),
        stage.sell(shop, at, _OTC, 1, buyer=buyer, trace_code=trace),
        stage.sell(shop, minutes_later(at, 5), _OTC, -1, buyer=buyer, trace_code=trace),
    ]
    why = "多买的1盒5分钟后退回，净2盒"
    stage.tell_shop("eph_returned_minutes_later", RULE, "innocent", shop, why, rows=rows)
    stage.tell_shop("split_returned_minutes_later", SPLIT, "innocent", shop, why, rows=rows)


def _family(stage: Stage, shop: int, shift: int) -> None:
    at = stage.at(shop, 29 + shift, 400)
    rows = [
        stage.sell(shop, at, _OTC, 2, buyer=stage.people.next()),
        stage.sell(shop, minutes_later(at, 1.5), _OTC, 2, buyer=stage.people.next()),
    ]
    why = "两名家庭成员各持本人证件各买2盒"
    stage.tell_shop("eph_two_family_members", RULE, "innocent", shop, why, rows=rows)
    stage.tell_shop("split_two_family_members", SPLIT, "innocent", shop, why, rows=rows)


def _lookalike(stage: Stage, shop: int, shift: int) -> None:
    row = stage.sell(shop, stage.at(shop, 36 + shift, 150), _LOOKALIKE, 3, buyer=stage.people.next())
    why = "买的是复方甲氧那明，不属含麻黄碱类复方制剂"
    stage.tell_shop("eph_lookalike_drug", RULE, "innocent", shop, why, rows=[row])


def _apart(stage: Stage, shop: int, shift: int) -> None:
    buyer, at = stage.people.next(), stage.at(shop, 41 + shift, 220)
    rows = [
        stage.sell(shop, at, _OTC, 2, buyer=buyer),
        stage.sell(shop, minutes_later(at, 47), _OTHER, 1, buyer=buyer),
    ]
    why = "两次购买相隔47分钟"
    stage.tell_shop("eph_more_than_30_minutes_apart", RULE, "innocent", shop, why, rows=rows)
    why = "同一购买人47分钟后又来买1盒，24小时内合计3盒"
    stage.tell_shop("split_more_than_30_minutes_apart", SPLIT, "guilty", shop, why, rows=rows)
