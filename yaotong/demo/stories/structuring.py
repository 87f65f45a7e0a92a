"""R-P01: one buyer collects ephedrine compounds across shops, under each shop's limit."""

from __future__ import annotations

from yaotong.codes import SubjectKind
from yaotong.demo.stage import Stage
from yaotong.demo.truth import Verdict

RULE = "R-P01"
_OTC, _OTHER, _RX, _LOOKALIKE = "YP0102B", "YP0105A", "YP0107A", "YP0201A"
_SHOPS_NEEDED = 6
# A visit: (days before the end, minutes after opening, packs)
Visit = tuple[int, float, float]
_GUILTY: tuple[tuple[str, str, tuple[Visit, ...]], ...] = (
    (
        "structuring_in_a_day",
        "一天内在5家药店各买2盒，共10盒",
        ((10, 40, 2), (10, 95, 2), (10, 170, 2), (10, 260, 2), (10, 350, 2)),
    ),
    (
        "structuring_in_a_week",
        "6天内在4家药店各买2盒，任一24小时不超过2盒",
        ((24, 200, 2), (22, 200, 2), (20, 200, 2), (18, 180, 2)),
    ),
    (
        "structuring_in_a_month",
        "25天内每隔4—5天买2盒，共12盒，任一7天不超过4盒",
        ((51, 300, 2), (46, 300, 2), (41, 300, 2), (36, 300, 2), (31, 300, 2), (26, 300, 2)),
    ),
    (
        "structuring_three_shops",
        "24小时内在3家药店各买1盒",
        ((15, 30, 1), (15, 250, 1), (15, 480, 1)),
    ),
)  # fmt: skip
_MONTHLY: tuple[Visit, ...] = ((45, 120, 2), (35, 120, 2), (25, 120, 2))
_RHINITIS: tuple[Visit, ...] = ((48, 90, 4), (38, 90, 4), (28, 90, 4))
_OTHER_DRUG: tuple[Visit, ...] = ((12, 60, 2), (12, 140, 2), (12, 230, 2), (12, 320, 2))


def tell(stage: Stage) -> None:
    """Four guilty buyers and four look-alikes in every episode."""
    for shift in stage.plan.episodes:
        shops = stage.cast.extras(_SHOPS_NEEDED, offset=shift)
        if not shops:
            stage.omit(RULE, "structuring", f"fewer than {_SHOPS_NEEDED} free shops")
            return
        for story, why, visits in _GUILTY:
            _buy(stage, story, "guilty", why, visits, shops, _OTC, shift)
        _innocent(stage, shops, shift)


def _buy(
    stage: Stage,
    story: str,
    verdict: Verdict,
    why: str,
    visits: tuple[Visit, ...],
    shops: list[int],
    drug_code: str,
    shift: int,
    *,
    prescription: bool = False,
) -> None:
    """One buyer makes the visits, going from shop to shop in turn."""
    buyer, rows = stage.people.next(), []
    for turn, (days_before_end, minutes, packs) in enumerate(visits):
        shop = shops[turn % len(shops)]
        at = stage.at(shop, days_before_end + shift, minutes)
        rows.append(stage.sell(shop, at, drug_code, packs, buyer=buyer, prescription=prescription))
    stage.tell(story, RULE, verdict, SubjectKind.BUYER, buyer, why, rows=rows)


def _innocent(stage: Stage, shops: list[int], shift: int) -> None:
    why = "20天内3次各买2盒，各时间窗均未达到阈值"
    _buy(stage, "structuring_ordinary_month", "innocent", why, _MONTHLY, shops[:2], _OTHER, shift)
    why = "鼻炎患者凭处方调配，3次各4盒"
    _buy(
        stage, "structuring_rhinitis_on_prescription", "innocent", why,
        _RHINITIS, shops[:1], _RX, shift, prescription=True,
    )  # fmt: skip
    why = "一天内在4家药店买8瓶复方甲氧那明，不属含麻黄碱类复方制剂"
    _buy(stage, "structuring_other_drug", "innocent", why, _OTHER_DRUG, shops, _LOOKALIKE, shift)
    _returned(stage, shops, shift)


def _returned(stage: Stage, shops: list[int], shift: int) -> None:
    """Four packs in an afternoon, of which two went back within the hour."""
    buyer, trace = stage.people.next(), stage.new_trace_code(_OTHER)
    first, second = shops[3], shops[4]
    rows = [
        stage.sell(first, stage.at(first, 17 + shift, 200), _OTHER, 2, buyer=buyer, trace_code=trace),
        stage.sell(first, stage.at(first, 17 + shift, 220), _OTHER, -2, buyer=buyer, trace_code=trace),
        stage.sell(second, stage.at(second, 17 + shift, 290), _OTHER, 2, buyer=buyer),
    ]
    why = "当天第一家药店所买2盒20分钟后全部退回，净2盒"
    stage.tell("structuring_packs_returned", RULE, "innocent", SubjectKind.BUYER, buyer, why, rows=rows)
