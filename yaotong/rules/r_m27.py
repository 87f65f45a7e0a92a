"""R-M27 送药封签: delivered lines without a seal, of shops that seal, and seals that are used again."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import seconds_between, sending, shop_findings, unreturned
from yaotong.rules.model import Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, MINUTE_S, latest, number_of

_WEEK_DAYS = 7


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days with delivered lines unsealed or sealed again; orange when they are many in a week."""
    read = window.widened(_WEEK_DAYS - 1)
    sent = _delivered(facts, read.widened(int(values["reuse_days"])))
    week = sent.filter(sent.sold_at >= read.start)
    bare = week.filter(week.seal_id.isnull())
    known = sending(facts, bare, read, int(values["known_days"]), "seal_id")
    bare = bare.semi_join(known, ["pharmacy_id", "day"])
    again = _again(week, sent, values)
    bad = ibis.union(
        bare.select("pharmacy_id", "day", "line_id"), again.select("pharmacy_id", "day", "line_id")
    )
    grave = _grave_days(week, bad.distinct(), values)
    columns = ("pharmacy_id", "day", "at", "line_id", "measure")
    earlier = again.mutate(line_id=again.first_line, at=again.first_at, measure=ibis.literal(0.0))
    return ibis.union(
        _told(facts, window, bare.mutate(measure=ibis.literal(1.0)).select(*columns), grave, "unsealed"),
        _told(facts, window, ibis.union(again.select(*columns), earlier.select(*columns)), grave, "reused"),
    )


def _delivered(facts: Facts, read: Window) -> ir.Table:
    """Delivered lines of the drugs of which, returns of the day netted, something stayed sold."""
    sales = facts.sales
    sent = sales.filter(sales.channel == "delivery", sales.sold_at >= read.start, sales.sold_at < read.end)
    sent = sent.select("pharmacy_id", "drug_code", "seal_id", "line_id", "quantity", "sold_at")
    sent = sent.mutate(day=sent.sold_at.date(), at=sent.sold_at)
    kept = unreturned(sent, "pharmacy_id", "day", "drug_code")
    return kept.filter(kept.quantity > 0)


def _again(week: ir.Table, sent: ir.Table, values: Values) -> ir.Table:
    """Lines whose seal the shop had used for an earlier order, beside the first line of it."""
    before = sent.filter(sent.seal_id.notnull()).select(
        "pharmacy_id", "seal_id", first_at="sold_at", first_line="line_id"
    )
    pairs = week.join(before, ["pharmacy_id", "seal_id"])
    apart = seconds_between(pairs.first_at, pairs.sold_at)
    near = apart <= int(values["reuse_days"]) * DAY_S
    pairs = pairs.filter(apart > int(values["order_minutes"]) * MINUTE_S, near)
    first = pairs.group_by("pharmacy_id", "day", "at", "line_id").agg(
        first_at=pairs.first_at.min(),
        first_line=pairs.first_line.argmin(latest(pairs.first_at, pairs.first_line)),
    )
    return first.mutate(measure=ibis.literal(1.0))


def _grave_days(week: ir.Table, bad: ir.Table, values: Values) -> ir.Table:
    """Shops and days on which the bad lines of seven days are more than a share of all delivered ones."""
    daily = week.left_join(bad.select("line_id", wrong=ibis.literal(1)), "line_id")
    daily = daily.group_by("pharmacy_id", "day").agg(
        lines=daily.count(), wrong=daily.wrong.fill_null(0).sum()
    )
    other = daily.rename(other_day="day", other_lines="lines", other_wrong="wrong")
    pairs = daily.join(other, "pharmacy_id")
    apart = number_of(pairs.day) - number_of(pairs.other_day)
    pairs = pairs.filter(apart >= 0, apart < _WEEK_DAYS)
    sums = pairs.group_by("pharmacy_id", "day").agg(
        lines=pairs.other_lines.sum(), wrong=pairs.other_wrong.sum()
    )
    many = sums.wrong > (sums.lines * float(values["share"])).round(6)
    return sums.filter(many, sums.wrong >= int(values["least"])).select("pharmacy_id", "day")


def _told(facts: Facts, window: Window, rows: ir.Table, grave: ir.Table, clause: str) -> ir.Table:
    rows = rows.filter(rows.day >= window.since, rows.day <= window.until)
    grave = grave.select("pharmacy_id", "day", grave=ibis.literal(True))
    rows = rows.left_join(grave, ["pharmacy_id", "day"])
    rows = rows.mutate(
        level=rows.grave.fill_null(False).ifelse(str(Level.ORANGE), str(Level.YELLOW)),
        threshold=ibis.literal(0.0),
    )
    return shop_findings(facts, rows, clause=clause)


RULE = Rule(
    rule_id="R-M27",
    name_zh="送药封签缺失或重复",
    name_en="Deliveries unsealed, or sealed again",
    kind="statutory",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=190,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "pharmacies"),
    clauses={
        "unsealed": Clause(
            "送货上门没有封签号 {measure} 行", "{measure} delivered lines without a seal", "行"
        ),
        "reused": Clause(
            "送货上门的封签号重复使用 {measure} 行", "{measure} delivered lines with a seal used before", "行"
        ),
    },
    parameters=(
        Parameter("known_days", 90, "天", 7, 180, "药店在此前几天内送过封签号，才知道它会送这一列"),
        Parameter("order_minutes", 30, "分钟", 5, 240, "同一封签号相隔多久以内算同一单"),
        Parameter("reuse_days", 90, "天", 7, 180, "封签号在几天内再用算重复"),
        Parameter("share", 0.02, "比例", 0.005, 0.2, "七天内有问题的行超过送货行的多少升为橙色"),
        Parameter("least", 3, "行", 2, 50, "七天内至少多少行有问题才升为橙色"),
    ),
    basis=(Basis("药品经营质量管理规范附录6：药品零售配送质量管理", since=date(2023, 1, 1), verify=True),),
    find=find,
)
