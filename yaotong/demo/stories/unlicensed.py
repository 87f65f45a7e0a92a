"""R-M18: what a shop buys of firms that no register of suppliers holds, or holds no longer."""

from __future__ import annotations

from yaotong.demo.registers import LAPSED, PERMIT_ENDED, RENEWED, UNREGISTERED, supplier_code
from yaotong.demo.stage import Bought, Stage
from yaotong.demo.truth import Verdict

RULE = "R-M18"
_DRUG = "YP0208A"
_NEEDED = 6
_PLANS: tuple[tuple[str, Verdict, int, int | None, float, str], ...] = (
    ("supplier_in_no_register", "guilty", 9, UNREGISTERED, 60, "向名录里没有的商行购进60盒"),
    ("supplier_whose_permit_ended", "guilty", PERMIT_ENDED - 1, LAPSED, 36, "供货企业的许可前一天到期"),
    ("supplier_on_its_last_day", "innocent", PERMIT_ENDED, LAPSED, 36, "许可的最后一天收货"),
    ("supplier_with_a_new_permit", "innocent", PERMIT_ENDED - 1, RENEWED, 40, "旧证到期，新证已经生效"),
    ("supplier_not_written_down", "innocent", 12, None, 24, "购进明细没有写供货单位，不知道"),
    ("supplier_that_took_packs_back", "innocent", 8, UNREGISTERED, -6, "退给名录之外的单位，不是购进"),
)


def tell(stage: Stage) -> None:
    """Two guilty shops and four look-alikes, each with one delivery of an ordinary drug."""
    shops = stage.bookkeeping(_NEEDED)
    if len(shops) < _NEEDED or stage.plan.before_end(PERMIT_ENDED) < 0:
        stage.omit(
            RULE, "supplier_in_no_register", "too few shops that send their purchases, or too few days"
        )
        return
    drug = stage.catalogue.position(_DRUG)
    for shop, (story, verdict, before, number, packs, why) in zip(shops, _PLANS, strict=True):
        supplier = "" if number is None else supplier_code(stage.plan, number)
        day = stage.plan.before_end(before)
        stage.bought.append(Bought(shop, drug, day, packs, supplier))
        stage.tell_shop(story, RULE, verdict, shop, why, **stage.days(day, day))
