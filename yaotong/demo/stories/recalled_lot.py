"""R-M14: a recalled lot sold more than 24 hours after the notice took effect."""

from __future__ import annotations

from datetime import timedelta

from yaotong.codes import SubjectKind
from yaotong.demo.stage import Stage
from yaotong.demo.truth import Verdict

RULE = "R-M14"
_SHOPS_NEEDED = 5
# A sale: (which of the shops, days before the end, minutes after opening, packs)
Sale = tuple[int, int, float, float]
_LOTS: tuple[tuple[str, Verdict, str, str, int, str, tuple[Sale, ...]], ...] = (
    (
        "recall_sold_on", "guilty", "YP0139A", "召回生效2天后仍在2家药店售出", 45, "1",
        ((0, 50, 60, 1), (0, 43, 75, 2), (0, 42, 200, 1), (1, 40, 90, 1), (0, 37, 310, 1)),
    ),
    (
        "recall_one_late_sale", "guilty", "YP0142B", "召回生效约29小时后售出1盒", 29, "2",
        ((2, 33, 80, 1), (2, 28, 450, 1)),
    ),
    (
        "recall_stopped_in_time", "innocent", "YP0137A", "只在生效前和生效后24小时内售出", 35, "2",
        ((3, 39, 60, 2), (3, 36, 100, 1), (3, 35, 330, 1)),
    ),
    (
        "recall_only_returns", "innocent", "YP0205A", "生效后只有退货，没有销售", 38, "2",
        ((4, 41, 90, 1), (4, 35, 120, -1)),
    ),
    (
        "recall_held_not_sold", "innocent", "YP0206A", "生效后在店封存，没有再售出", 26, "3",
        ((1, 34, 140, 1), (3, 31, 140, 1)),
    ),
)  # fmt: skip
_OTHER_DRUG = "YP0207A"


def tell(stage: Stage) -> None:
    """Two guilty lots and four look-alikes in every episode."""
    for shift in stage.plan.episodes:
        shops = stage.cast.extras(_SHOPS_NEEDED, offset=3 + shift)
        if not shops:
            stage.omit(RULE, "recalled_lot", f"fewer than {_SHOPS_NEEDED} free shops")
            return
        for number, (story, verdict, drug_code, why, day, level, sales) in enumerate(_LOTS):
            batch_no = _recall(stage, drug_code, day + shift, level, number)
            _sell(stage, story, verdict, drug_code, batch_no, why, sales, shops, shift)
        _same_number_other_drug(stage, shops[0], shift)


def _recall(stage: Stage, drug_code: str, days_before_end: int, level: str, number: int) -> str:
    """Publish a recall at 10:00 and answer the lot it names; its form differs from the crowd's lots."""
    day = stage.plan.before_end(days_before_end)
    batch_no = f"ZH{stage.plan.day(day) - timedelta(days=90):%y%m}{number + 1:02d}"
    stage.recalls.append(
        {
            "batch_no": batch_no,
            "drug_code": drug_code,
            "effective_at": f"{stage.plan.moment(day, 600):%Y-%m-%d %H:%M:%S}",
            "level": level,
        }
    )
    return batch_no


def _sell(
    stage: Stage,
    story: str,
    verdict: Verdict,
    drug_code: str,
    batch_no: str,
    why: str,
    sales: tuple[Sale, ...],
    shops: list[int],
    shift: int,
) -> None:
    rows, trace = [], ""
    for which, days, minutes, packs in sales:
        trace = trace if packs < 0 else stage.new_trace_code(drug_code)
        at = stage.at(shops[which], days + shift, minutes)
        rows.append(stage.sell(shops[which], at, drug_code, packs, trace_code=trace, batch_no=batch_no))
    subject = f"{drug_code}:{batch_no}"
    stage.tell(story, RULE, verdict, SubjectKind.LOT, subject, why, rows=rows, until=stage.plan.until)


def _same_number_other_drug(stage: Stage, shop: int, shift: int) -> None:
    """Another maker's drug bears, by chance, the number of a recalled lot."""
    batch_no = next(one["batch_no"] for one in reversed(stage.recalls) if one["drug_code"] == _LOTS[0][2])
    row = stage.sell(shop, stage.at(shop, 34 + shift, 180), _OTHER_DRUG, 1, batch_no=batch_no)
    subject, why = f"{_OTHER_DRUG}:{batch_no}", "批号与召回批号相同，但是另一种药品"
    stage.tell("recall_same_number_other_drug", RULE, "innocent", SubjectKind.LOT, subject, why, rows=[row])
