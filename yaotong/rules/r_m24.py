"""R-M24 匿名比例异常: a share of a shop's special drugs went to nobody registered."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.buyers import SPECIAL
from yaotong.rules.linked import sending, shop_findings, unreturned
from yaotong.rules.model import Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import inside, number_of

_SPAN_DAYS = 30


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days after which the last 30 held too large a share of lines without a buyer."""
    lines = _lines(facts, window)
    shares = _shares(lines, window)
    over = shares.filter(
        shares.total >= int(values["least_lines"]),
        shares.bare >= int(values["least_bare"]),
        shares.measure > float(values["share_percent"]),
    )
    known = over.semi_join(
        sending(facts, over, window, int(values["known_days"]), "buyer_key"), ["pharmacy_id", "day"]
    )
    shown = lines.filter(lines.bare > 0).select("pharmacy_id", "line_id", at="sold_at", then_day="day")
    rows = known.join(shown, "pharmacy_id")
    rows = rows.filter(_near(rows)).mutate(
        threshold=ibis.literal(float(values["share_percent"])), level=ibis.literal(str(Level.YELLOW))
    )
    return shop_findings(facts, rows, clause="share", measure="max")


def _lines(facts: Facts, window: Window) -> ir.Table:
    """Purchases of special drugs that were kept; `bare` is 1 without a buyer, else 0."""
    lines = facts.sales_of(*SPECIAL)
    near = lines.filter(inside(lines, window.widened(_SPAN_DAYS - 1)))
    named = near.mutate(
        day=near.sold_at.date(),
        buyer=near.buyer_key.fill_null(""),
        bare=near.buyer_key.isnull().cast("int64"),
    )
    kept = unreturned(named, "pharmacy_id", "day", "drug_code", "buyer")
    return kept.filter(kept.quantity > 0)


def _shares(lines: ir.Table, window: Window) -> ir.Table:
    """pharmacy_id, day, total and bare (lines of the 30 days that end with it), measure (percent bare).

    Only days in the window on which a line had no buyer.
    """
    daily = lines.group_by("pharmacy_id", "day").agg(lines=lines.count(), bare=lines.bare.sum())
    ends = daily.filter(daily.day >= ibis.literal(window.since), daily.bare > 0).select("pharmacy_id", "day")
    pairs = ends.join(daily.rename(then_day="day"), "pharmacy_id")
    near = pairs.filter(_near(pairs))
    summed = near.group_by("pharmacy_id", "day").agg(total=near.lines.sum(), bare=near.bare.sum())
    return summed.mutate(measure=(summed.bare * 100.0 / summed.total).round(6))


def _near(pairs: ir.Table) -> ir.BooleanValue:
    age = number_of(pairs.day) - number_of(pairs.then_day)
    return (age >= 0) & (age < _SPAN_DAYS)


RULE = Rule(
    rule_id="R-M24",
    name_zh="匿名比例异常",
    name_en="Too many anonymous sales of special drugs",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=90,
    cooldown_days=30,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "share": Clause(
            "30 天里 {measure}% 的特药销售没有登记购药人，超过 {threshold}%",
            "{measure}% of 30 days' sales of special drugs name no buyer, limit {threshold}%",
            "%",
        )
    },
    parameters=(
        Parameter("share_percent", 5, "%", 1, 50, "没有登记的笔数占比超过多少"),
        Parameter("least_lines", 20, "笔", 10, 500, "30 天里至少有几笔特药销售才算比例"),
        Parameter("least_bare", 3, "笔", 2, 50, "其中至少有几笔没有登记"),
        Parameter("known_days", 90, "天", 7, 90, "药店在此前几天内登记过购药人，才知道会送这一列"),
    ),
    basis=(
        Basis("食药监办药化监〔2012〕260号", "查验身份证并登记", since=date(2012, 9, 4), verify=True),
        Basis("麻醉药品和精神药品管理条例", "第三十二条", since=date(2005, 11, 1), verify=True),
    ),
    find=find,
)
