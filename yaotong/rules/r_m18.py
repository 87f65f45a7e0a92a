"""R-M18 无购进来源: a lot that the shop's ledger does not know, or that came from whom nobody licensed."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import day_after, shop_findings, unreturned
from yaotong.rules.model import Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of

_LOT = ("pharmacy_id", "drug_code", "batch_no", "sold_on")


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops that sold lots they never bought, and shops that bought of firms without a permit."""
    return ibis.union(_from_nowhere(facts, window, values), _from_unlicensed(facts, window))


def _from_nowhere(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Lots that were never bought, on the day the invoice had had its time to come."""
    grace = timedelta(days=int(values["grace_days"]))
    sales = facts.sales
    sold = sales.filter(
        sales.batch_no.notnull(), sales.sold_at >= window.start - grace, sales.sold_at < window.end - grace
    )
    sold = sold.mutate(sold_on=sold.sold_at.date())
    # Most lots were bought: only of the few others the returns and the ledger are looked at.
    unknown = unreturned(_unbought(facts, sold, values), *_LOT)
    days = unknown.select("pharmacy_id", "sold_on").distinct()
    days = days.mutate(number=number_of(days.sold_on))
    kept = unknown.semi_join(_watched(facts, days, values), ["pharmacy_id", "sold_on"])
    rows = kept.mutate(
        day=day_after(kept.sold_at, int(values["grace_days"])),
        at=kept.sold_at,
        measure=kept.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.RED)),
    )
    return shop_findings(facts, rows, clause="unbought")


def _from_unlicensed(facts: Facts, window: Window) -> ir.Table:
    """Purchases of firms that the register does not hold on the day; none while no register was sent."""
    bought, firms = facts.purchases, facts.suppliers
    came = bought.filter(
        bought.supplier_uscc.notnull(),
        bought.quantity > 0,
        bought.received_at >= window.start,
        bought.received_at < window.end,
    )
    came = came.mutate(day=came.received_at.date())
    sent = firms.aggregate(firms=firms.count())
    judged = came.cross_join(sent.filter(sent.firms > 0)).drop("firms")
    permits = firms.select(holder="uscc", since="valid_from", until="valid_to")
    in_force = [permits.since <= judged.day, permits.until >= judged.day]
    other = judged.anti_join(permits, [judged.supplier_uscc == permits.holder, *in_force])
    rows = other.mutate(
        at=other.received_at,
        measure=other.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.RED)),
    )
    return shop_findings(facts, rows, clause="unlicensed")


def _unbought(facts: Facts, sold: ir.Table, values: Values) -> ir.Table:
    """Lines whose lot no purchase of the shop can have brought; one without a lot number may be any."""
    bought = facts.purchases.filter(facts.purchases.quantity > 0).select(
        "pharmacy_id",
        "drug_code",
        bought_no="batch_no",
        received=number_of(facts.purchases.received_at.date()),
    )
    sold = sold.mutate(number=number_of(sold.sold_on))
    of_lot = bought.filter(bought.bought_no.notnull())
    sold = sold.anti_join(of_lot, [sold.batch_no == of_lot.bought_no, *_may(sold, of_lot, values)])
    of_any = bought.filter(bought.bought_no.isnull())
    return sold.anti_join(of_any, _may(sold, of_any, values)).drop("number")


def _may(sold: ir.Table, bought: ir.Table, values: Values) -> list[ir.BooleanValue]:
    """That a purchase was of the drug, by the shop, and in time."""
    after = bought.received - sold.number
    timely = [after <= int(values["grace_days"]), after >= -int(values["back_days"])]
    return [sold.pharmacy_id == bought.pharmacy_id, sold.drug_code == bought.drug_code, *timely]


def _watched(facts: Facts, days: ir.Table, values: Values) -> ir.Table:
    """Shops and days whose ledger reaches far enough back and is being kept up."""
    bought = facts.purchases.select(
        "pharmacy_id", received=number_of(facts.purchases.received_at.date())
    ).distinct()
    pairs = days.join(bought, "pharmacy_id")
    after = pairs.received - pairs.number
    old = after <= -int(values["known_days"])
    fresh = (after >= -int(values["alive_days"])) & (after <= int(values["grace_days"]))
    told = pairs.group_by("pharmacy_id", "sold_on").agg(old=old.any(), fresh=fresh.any())
    return told.filter(told.old & told.fresh)


RULE = Rule(
    rule_id="R-M18",
    name_zh="无购进来源",
    name_en="Sold without a purchase",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=1825,
    cooldown_days=30,
    feeds=("sales", "purchases", "pharmacies", "suppliers"),
    clauses={
        "unbought": Clause(
            "售出购进明细里没有的批次 {measure} 盒",
            "{measure} packs sold of lots that the ledger of purchases does not hold",
            "盒",
            Adds("packs"),
        ),
        "unlicensed": Clause(
            "向名录里没有、或当天许可不在有效期的供货企业购进 {measure} 盒",
            "{measure} packs bought of firms that held no permit on the day",
            "盒",
            Adds("packs"),
            awaits="suppliers",
        ),
    },
    parameters=(
        Parameter("back_days", 730, "天", 365, 1825, "往前找购进记录的天数（24 个月）"),
        Parameter("grace_days", 3, "天", 0, 14, "等购进记录到来的天数，其间收货的也算来源"),
        Parameter("known_days", 180, "天", 30, 730, "药店的购进明细至少早于售出多少天，才够得着老批次"),
        Parameter("alive_days", 30, "天", 7, 90, "药店在此前几天内有过购进，才知道它还在送购进明细"),
    ),
    basis=(Basis("药品管理法", "第五十五条、第一百二十九条", since=date(2019, 12, 1), verify=True),),
    find=find,
    assists=(Assist("nhsa"), Assist("psb")),
)
