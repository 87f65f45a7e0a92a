"""R-J03 数据质量: weeks in which a shop left too many due fields empty, or sent too many lines late."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import seconds_between
from yaotong.rules.model import FINDING_COLUMNS, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import located, number_of
from yaotong.rules.weeks import WEEK_DAYS, day_of, sold_between, sunday_of

REGISTERED = ("EPH", "OPI_CMP", "PSY2", "TOXIC")
# A system writes these or does not: expected of a shop that wrote them in the weeks before.
USUAL = ("unit_price_fen", "pharmacist_id", "channel", "recorded_at")
_WEEKS_BEFORE = 4


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and weeks, told when lines had had their time to come."""
    weeks = _weeks(facts, window, values)
    usual = _usual(weeks, values)
    judged = weeks.left_join(usual, ["pharmacy_id", "sunday"]).drop("pharmacy_id_right", "sunday_right")
    judged = judged.filter(judged.lines >= int(values["least_lines"]))
    return ibis.union(_incomplete(facts, judged, values), _late(facts, judged, values))


def _weeks(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Each shop's week: lines, cells due by law and those filled, and lines that tell each usual thing."""
    grace, late_s = int(values["grace_days"]), int(values["late_hours"]) * 3600
    sold = facts.sales_with_drug()
    sold = sold_between(sold, window, (_WEEKS_BEFORE + 1) * WEEK_DAYS + grace, grace)
    lines = sold.filter(sold.quantity > 0)
    registered = ibis.or_(*(lines.categories.contains(f"|{one}|") for one in REGISTERED)).fill_null(False)
    prescribed = lines.categories.contains("|RX|").fill_null(False)
    timely = seconds_between(lines.sold_at, lines.arrived_at) <= late_s
    due = 1 + registered.cast("int64") + prescribed.cast("int64")
    filled = (
        lines.batch_no.notnull().cast("int64")
        + (registered & lines.buyer_key.notnull()).cast("int64")
        + (prescribed & lines.prescription_no.notnull()).cast("int64")
    )
    told = {name: lines[name].notnull().cast("int64") for name in USUAL}
    flags = lines.select(
        "pharmacy_id", sunday=sunday_of(number_of(lines.sold_at.date())), due=due, filled=filled,
        timely=timely.fill_null(False).cast("int64"), dated=lines.arrived_at.notnull().cast("int64"), **told,
    )  # fmt: skip
    sums = {name: flags[name].sum() for name in ("due", "filled", "timely", "dated", *USUAL)}
    return flags.group_by("pharmacy_id", "sunday").agg(lines=flags.count(), **sums)


def _usual(weeks: ir.Table, values: Values) -> ir.Table:
    """What at least half of a shop's lines of the four weeks before told: pharmacy_id, sunday and flags."""
    names = (*USUAL, "timely")
    then = weeks.select(
        "pharmacy_id", then_sunday="sunday", then_lines="lines", **{f"then_{name}": name for name in names}
    )
    pairs = weeks.select("pharmacy_id", "sunday").join(then, "pharmacy_id")
    apart = pairs.sunday - pairs.then_sunday
    past = pairs.filter(apart >= WEEK_DAYS, apart <= _WEEKS_BEFORE * WEEK_DAYS)
    sums = {f"sum_{name}": past[f"then_{name}"].sum() for name in names}
    whole = past.group_by("pharmacy_id", "sunday").agg(before=past.then_lines.sum(), **sums)
    whole = whole.filter(whole.before >= int(values["least_lines"]))
    flags = {f"usual_{name}": whole[f"sum_{name}"] * 2 >= whole.before for name in names}
    return whole.select("pharmacy_id", "sunday", **flags)


def _incomplete(facts: Facts, weeks: ir.Table, values: Values) -> ir.Table:
    due, filled = weeks.due, weeks.filled
    for name in USUAL:
        expected = weeks[f"usual_{name}"].fill_null(False)
        due = due + expected.ifelse(weeks.lines, 0)
        filled = filled + expected.ifelse(weeks[name], 0)
    told = weeks.mutate(all_due=due, all_filled=filled)
    low = told.filter(told.all_filled * 100.0 < told.all_due * float(values["least_percent"]))
    share = (low.all_filled * 100.0 / low.all_due).round(6)
    return _told(facts, low.mutate(measure=share), "fields", float(values["least_percent"]), values)


def _late(facts: Facts, weeks: ir.Table, values: Values) -> ir.Table:
    known = weeks.filter(weeks.usual_timely.fill_null(False), weeks.dated > 0)
    late = known.mutate(late=known.dated - known.timely)
    high = late.filter(late.late * 100.0 > late.dated * float(values["late_percent"]))
    share = (high.late * 100.0 / high.dated).round(6)
    return _told(facts, high.mutate(measure=share), "late", float(values["late_percent"]), values)


def _told(facts: Facts, weeks: ir.Table, clause: str, threshold: float, values: Values) -> ir.Table:
    """Findings of weeks, without lines: they are about what is not there."""
    placed = weeks.left_join(located(facts), "pharmacy_id")
    return placed.mutate(
        subject=placed.pharmacy_id,
        behaviour_day=day_of(placed.sunday + int(values["grace_days"])),
        behaviour_from=day_of(placed.sunday - (WEEK_DAYS - 1)).cast("timestamp"),
        behaviour_until=day_of(placed.sunday).cast("timestamp"),
        clause=ibis.literal(clause),
        threshold=ibis.literal(threshold),
        level=ibis.literal(str(Level.BLUE)),
        pharmacy_ids=ibis.array([placed.pharmacy_id]),
        line_ids=ibis.literal([], type="array<string>"),
    ).select(*FINDING_COLUMNS)


RULE = Rule(
    rule_id="R-J03",
    name_zh="数据质量",
    name_en="Data quality",
    kind="model",
    level=Level.BLUE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=49,
    cooldown_days=28,
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "fields": Clause(
            "一周应填的项目只填了 {measure}%，应不低于 {threshold}%",
            "only {measure}% of a week's due fields are filled, {threshold}% expected",
            "%",
        ),
        "late": Clause(
            "一周的销售行有 {measure}% 迟到，界限 {threshold}%",
            "{measure}% of a week's lines came late, limit {threshold}%",
            "%",
        ),
    },
    parameters=(
        Parameter("least_percent", 98, "%", 50, 100, "应填的项目至少填了百分之几"),
        Parameter("late_hours", 24, "小时", 1, 168, "售出后多少小时才到达算迟到"),
        Parameter("late_percent", 5, "%", 1, 50, "迟到的行超过百分之几才提示"),
        Parameter("least_lines", 50, "行", 20, 1000, "一周（以及此前四周）至少几行才看"),
        Parameter("grace_days", 2, "天", 0, 7, "一周过完后等几天再看"),
    ),
    basis=(Basis("药品管理法", "第五十七条（真实、完整的购销记录）", since=date(2019, 12, 1), verify=True),),
    find=find,
)
