"""R-M19 追溯码未采集: weeks in which a shop sold too many coded packs without reading their trace codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of
from yaotong.rules.weeks import WEEK_DAYS, day_of, sold_between, sunday_of

PAID_SINCE, FULL_SINCE = date(2025, 7, 1), date(2026, 1, 1)
# supervision.md §3.5: no code is printed on these.
UNCODED_NAMES = ("饮片", "配方颗粒", "院内制剂", "医院制剂")
UNCODED_CATEGORY = "TOXIC"
# A bar code of goods or a row of zeros is no trace code; makers' own forms with letters are.
_BARE_DIGITS = 19
NO_CODE = f"^[0-9]{{1,{_BARE_DIGITS}}}$|^0+$"


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and Sundays whose week's share of lines with a code is too low."""
    lines = _coded(facts, window)
    daily = lines.group_by("pharmacy_id", "sunday", "number").agg(
        lines=lines.count(),
        read_lines=lines.read.cast("int64").sum(),
        paid_lines=lines.paid.cast("int64").sum(),
        paid_read=(lines.paid & lines.read).cast("int64").sum(),
    )
    dated = daily.join(_known(facts, daily, window, int(values["known_days"])), ["pharmacy_id", "sunday"])
    # Who never sent a code before full collection lacks the column; afterwards it is the breach.
    due = dated.filter(
        dated.sends | (dated.designated & (dated.sunday - (WEEK_DAYS - 1) >= _number(FULL_SINCE)))
    )
    since = _number(PAID_SINCE)
    paid = dated.filter(dated.number >= since).drop("lines", "read_lines")
    paid = paid.rename(lines="paid_lines", read_lines="paid_read")
    bare = lines.filter(~lines.read)
    return ibis.union(
        _low(facts, due, bare, "collected", values),
        _low(facts, paid, bare.filter(bare.paid & (bare.number >= since)), "paid", values),
    )


def _coded(facts: Facts, window: Window) -> ir.Table:
    """Whole packs sold of drugs that bear codes, with the Sunday of their week and whether one was read."""
    drugs = facts.drugs
    bare_kind = drugs.categories.contains(f"|{UNCODED_CATEGORY}|")
    for name in UNCODED_NAMES:
        bare_kind = bare_kind | drugs.drug_name.contains(name)
    bearing = replace(facts, drugs=drugs.filter(~bare_kind.fill_null(False)))
    sold = sold_between(bearing.sales_with_drug(), window, WEEK_DAYS - 1)
    lines = sold.filter((sold.quantity > 0) & (sold.quantity == sold.quantity.floor()))
    number, code = number_of(lines.sold_at.date()), lines.trace_code.fill_null("0")
    # Only what is short or begins with a zero can be no code: nearly all lines are spared the pattern.
    doubtful = (code.length() <= _BARE_DIGITS) | code.startswith("0")
    return lines.select(
        "line_id", "pharmacy_id", "sold_at",
        number=number,
        sunday=sunday_of(number),
        read=~doubtful.ifelse(code.re_search(NO_CODE), False),
        paid=lines.paid_by_insurance.fill_null(False),
    )  # fmt: skip


def _known(facts: Facts, days: ir.Table, window: Window, known_days: int) -> ir.Table:
    """Shops and Sundays, and whether the shop not long before sent a code, or a line the fund pays for."""
    sales = sold_between(facts.sales, window, known_days + WEEK_DAYS)
    daily = sales.group_by("pharmacy_id", sent_number=number_of(sales.sold_at.date())).agg(
        coded=sales.trace_code.notnull().any(), insured=sales.paid_by_insurance.fill_null(False).any()
    )
    pairs = days.select("pharmacy_id", "sunday").distinct().join(daily, "pharmacy_id")
    age = pairs.sunday - pairs.sent_number
    near = pairs.filter(age >= 0, age <= known_days)
    return near.group_by("pharmacy_id", "sunday").agg(sends=near.coded.any(), designated=near.insured.any())


def _low(facts: Facts, daily: ir.Table, bare: ir.Table, clause: str, values: Values) -> ir.Table:
    """Weeks of too low a share, with the lines that lack a code."""
    weeks = daily.group_by("pharmacy_id", "sunday").agg(
        lines=daily.lines.sum(), read_lines=daily.read_lines.sum()
    )
    low = weeks.filter(
        weeks.lines >= int(values["least_lines"]),
        weeks.lines - weeks.read_lines >= int(values["least_unread"]),
        weeks.read_lines * 100.0 < weeks.lines * float(values["yellow_percent"]),
    )
    orange = low.read_lines * 100.0 < low.lines * float(values["orange_percent"])
    low = low.mutate(level=orange.ifelse(str(Level.ORANGE), str(Level.YELLOW)))
    unread = bare.select("pharmacy_id", "sunday", "line_id", at="sold_at")
    rows = low.join(unread, ["pharmacy_id", "sunday"])
    rows = rows.mutate(
        day=day_of(rows.sunday),
        measure=(rows.read_lines * 100.0 / rows.lines).round(6),
        threshold=ibis.literal(float(values["yellow_percent"])),
    )
    return shop_findings(facts, rows, clause=clause, measure="max")


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


RULE = Rule(
    rule_id="R-M19",
    name_zh="追溯码未采集",
    name_en="Trace codes not collected",
    kind="statutory",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=371,
    cooldown_days=7,
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "collected": Clause(
            "一周售出的有码药品只有 {measure}% 的行采集了追溯码，应不低于 {threshold}%",
            "trace codes on only {measure}% of a week's lines of coded drugs, {threshold}% expected",
            "%",
        ),
        "paid": Clause(
            "一周由医保结算的有码药品只有 {measure}% 的行采集了追溯码，应不低于 {threshold}%",
            "trace codes on only {measure}% of a week's lines paid by the fund, {threshold}% expected",
            "%",
        ),
    },
    parameters=(
        Parameter("yellow_percent", 95, "%", 50, 100, "一周的采集率低于多少提示（黄色）"),
        Parameter("orange_percent", 80, "%", 0, 95, "一周的采集率低于多少升为橙色"),
        Parameter("least_lines", 30, "行", 10, 500, "一周至少几行有码药品才看"),
        Parameter("least_unread", 10, "行", 2, 100, "一周至少几行没有采集：几行漏扫是偶然"),
        Parameter("known_days", 90, "天", 7, 365, "往前几天内送过追溯码（或结算过医保）才算会送（或定点）"),
    ),
    basis=(
        Basis("药品管理法", "第十二条、第三十六条", since=date(2019, 12, 1), verify=True),
        Basis("关于加强药品追溯码采集应用的通知", "医保发〔2025〕7号", since=date(2025, 3, 19), verify=True),
    ),
    find=find,
    assists=(Assist("nhsa"),),
)
