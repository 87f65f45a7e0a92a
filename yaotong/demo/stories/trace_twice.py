"""R-N01: one trace code in two sales that were not returned."""

from __future__ import annotations

from yaotong.codes import SubjectKind
from yaotong.demo.stage import Stage, minutes_later

RULE = "R-N01"
_CHRONIC, _OTHER_CHRONIC, _EPH = "YP0142C", "YP0142A", "YP0103A"
_SHOPS_NEEDED = 6


def tell(stage: Stage) -> None:
    """Three guilty codes and four look-alikes in every episode."""
    for shift in stage.plan.episodes:
        shops = stage.cast.extras(_SHOPS_NEEDED, offset=7 + shift)
        if not shops:
            stage.omit(RULE, "trace_twice", f"fewer than {_SHOPS_NEEDED} free shops")
            return
        _guilty(stage, shops, shift)
        _innocent(stage, shops, shift)


def _guilty(stage: Stage, shops: list[int], shift: int) -> None:
    plans = (
        ("trace_diverted", "医保结算售出的一盒9天后在另一家药店再次售出", ((0, 30), (1, 21))),
        ("trace_same_shop", "同一药店4天后以同一追溯码再次售出", ((2, 18), (2, 14))),
        ("trace_three_shops", "同一追溯码先后在3家药店售出", ((3, 44), (4, 31), (5, 16))),
    )
    for story, why, sales in plans:
        trace = stage.new_trace_code(_CHRONIC)
        rows = [
            stage.sell(
                shops[which],
                stage.at(shops[which], days + shift, 150 + 31 * turn),
                _CHRONIC,
                trace_code=trace,
                prescription=True,
                settlement_id=f"JSGS{len(stage.lines):08d}",
            )
            for turn, (which, days) in enumerate(sales)
        ]
        stage.tell(story, RULE, "guilty", SubjectKind.TRACE_CODE, trace, why, rows=rows)


def _innocent(stage: Stage, shops: list[int], shift: int) -> None:
    _returned_then_resold(stage, shops[0], shift)
    _split_pack(stage, shops[1], shift)
    _rescanned(stage, shops[2], shift)
    _neighbouring_codes(stage, shops[3], shift)


def _returned_then_resold(stage: Stage, shop: int, shift: int) -> None:
    trace, first = stage.new_trace_code(_OTHER_CHRONIC), stage.at(shop, 27 + shift, 100)
    rows = [
        stage.sell(shop, first, _OTHER_CHRONIC, trace_code=trace, prescription=True),
        stage.sell(shop, minutes_later(first, 35), _OTHER_CHRONIC, -1, trace_code=trace, prescription=True),
        stage.sell(shop, stage.at(shop, 25 + shift, 60), _OTHER_CHRONIC, trace_code=trace, prescription=True),
    ]
    why = "首次售出35分钟后原单退货，两天后再售出"
    stage.tell("trace_returned_then_resold", RULE, "innocent", SubjectKind.TRACE_CODE, trace, why, rows=rows)


def _split_pack(stage: Stage, shop: int, shift: int) -> None:
    trace = stage.new_trace_code(_OTHER_CHRONIC)
    halves = [stage.at(shop, day + shift, 170) for day in (23, 22)]
    rows = [stage.sell(shop, at, _OTHER_CHRONIC, 0.5, trace_code=trace, prescription=True) for at in halves]
    why = "拆零销售：同一盒分两次各售半盒，合计1盒"
    stage.tell("trace_split_pack", RULE, "innocent", SubjectKind.TRACE_CODE, trace, why, rows=rows)


def _rescanned(stage: Stage, shop: int, shift: int) -> None:
    trace, buyer, at = stage.new_trace_code(_EPH), stage.people.next(), stage.at(shop, 20 + shift, 260)
    bill = f"JSGS{len(stage.lines):08d}"
    rows = [
        stage.sell(shop, at, _EPH, buyer=buyer, trace_code=trace, settlement_id=bill),
        stage.sell(shop, minutes_later(at, 0.75), _EPH, buyer=buyer, trace_code=trace, settlement_id=bill),
    ]
    why = "同一小票45秒内误重复扫码，同店同人同结算单"
    stage.tell("trace_rescanned", RULE, "innocent", SubjectKind.TRACE_CODE, trace, why, rows=rows)


def _neighbouring_codes(stage: Stage, shop: int, shift: int) -> None:
    trace = stage.new_trace_code(_CHRONIC)
    sibling = trace[:-1] + str((int(trace[-1]) + 1) % 10)
    rows = [
        stage.sell(shop, stage.at(shop, day + shift, 330), _CHRONIC, trace_code=code, prescription=True)
        for day, code in ((28, trace), (26, sibling))
    ]
    why = "两个追溯码仅末位不同，是同箱相邻的两盒"
    stage.tell("trace_neighbouring_codes", RULE, "innocent", SubjectKind.TRACE_CODE, trace, why, rows=rows)
