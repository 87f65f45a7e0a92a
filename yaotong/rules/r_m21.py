"""R-M21 批量补录: lines made up or entered in bulk, and special drugs written down only at night."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import SPECIAL_CATEGORIES, Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import clause_findings, seconds_between
from yaotong.rules.model import Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, HOUR_S, MINUTE_S, inside, number_of
from yaotong.rules.weeks import sold_between

_REACH_DAYS = 30
_PAST_DAYS = 28
_SLOT_S = 5 * MINUTE_S
_LATE_S = 2 * HOUR_S
_PAIR = 2  # moments at one distance


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days of any of the four limbs."""
    moments = _moments(_suspect(facts, window, int(values["least_lines"])))
    recorded = ibis.union(_entered(facts, window, values), _night(facts, window, values))
    # Asked last, of few: whether a day's times of record are known does not change what is on it.
    known = recorded.semi_join(_known(facts, window, values), ["pharmacy_id", "day"])
    rows = ibis.union(_same_second(moments, values), _progression(moments, values), known)
    return clause_findings(facts, rows.mutate(level=ibis.literal(str(Level.YELLOW))), measure="max")


def _timed(facts: Facts, window: Window) -> ir.Table:
    """Lines sold within the window."""
    sold = facts.sales.filter(inside(facts.sales, window))
    return sold.select(
        "line_id", "pharmacy_id", at="sold_at", day=sold.sold_at.date(), second=sold.sold_at.epoch_seconds()
    )


def _moments(lines: ir.Table) -> ir.Table:
    """The seconds of a shop's day in which something was sold, and which lines."""
    return lines.group_by("pharmacy_id", "day", "second").agg(
        lines=lines.count(), at=lines["at"].min(), line_ids=lines.line_id.collect()
    )


def _exact(rows: ir.Table, moments: ir.Table) -> ir.Table:
    """Rows of shops whose clock told seconds that day: not whole minutes only.

    Asked last, of few: whatever is asked of a shop's day before does not depend on other days.
    """
    told = moments.filter(moments.second % MINUTE_S != 0)
    return rows.semi_join(told.select("pharmacy_id", "day").distinct(), ["pharmacy_id", "day"])


def _suspect(facts: Facts, window: Window, least: int) -> ir.Table:
    """Lines of the days of shops that can have enough lines in one second, or at one distance in time.

    Of `least` moments at one distance, or more lines in them, both the line two before the last and the
    one `least` before it are whole distances away, the latter no more than `least` of them.
    """
    times = _timed(facts, window).select("pharmacy_id", "day", "second")
    row = ibis.window(group_by=times.pharmacy_id, order_by=times.second)
    far, near = max(least - 1, 1), min(2, max(least - 1, 1))
    gaps = times.mutate(
        gap=times.second - times.second.lag().over(row),
        near=times.second - times.second.lag(near).over(row),
        far=times.second - times.second.lag(far).over(row),
    )
    running = (gaps.gap > 0) & (gaps.far <= gaps.gap * far)
    running = running & (gaps.near % gaps.gap == 0) & (gaps.far % gaps.gap == 0)
    same = (gaps.far == 0) | (least <= 1)
    days = gaps.filter(running | same).select("pharmacy_id", "day").distinct()
    return _timed(facts, window).semi_join(days, ["pharmacy_id", "day"])


def _same_second(moments: ir.Table, values: Values) -> ir.Table:
    many = _exact(moments.filter(moments.lines >= int(values["least_lines"])), moments)
    return _told(_each(many.mutate(measure=many.lines)), "same_second", float(values["least_lines"]))


def _each(moments: ir.Table) -> ir.Table:
    """The lines of moments, one by one."""
    return moments.mutate(line_id=moments.line_ids.unnest())


def _progression(moments: ir.Table, values: Values) -> ir.Table:
    """Moments of a shop's day, enough of them running, that follow one another at one distance."""
    least = int(values["least_lines"])
    ordered = ibis.window(group_by=[moments.pharmacy_id, moments.day], order_by=moments.second)
    last, next_one = moments.second.lag().over(ordered), moments.second.lead().over(ordered)
    gaps = moments.mutate(
        gap=moments.second - last,
        gap_before=last - moments.second.lag(2).over(ordered),
        gap_after=next_one - moments.second,
        place=ibis.row_number().over(ordered),
    )
    gaps = gaps.filter(gaps.gap.notnull())
    if least > _PAIR:
        # A distance that neither the one before nor the one after repeats is part of no longer run.
        gaps = gaps.filter((gaps.gap == gaps.gap_before) | (gaps.gap == gaps.gap_after))
    alike = ibis.window(group_by=[gaps.pharmacy_id, gaps.day, gaps.gap], order_by=gaps.second)
    islands = gaps.mutate(island=gaps.place - ibis.row_number().over(alike))
    runs = islands.group_by("pharmacy_id", "day", "gap", "island").agg(
        measure=islands.count() + 1, first=islands.second.min() - islands.gap.min(), last=islands.second.max()
    )
    long = _exact(runs.filter(runs.measure >= least), moments)
    rows = long.join(moments, ["pharmacy_id", "day"])
    on = (rows.second >= rows["first"]) & (rows.second <= rows["last"])
    return _told(_each(rows.filter(on)), "progression", float(least))


def _recorded(facts: Facts, window: Window) -> ir.Table:
    """Lines recorded within the window, no longer than 30 days after they were sold, with their lag."""
    sold = sold_between(facts.sales, window, _REACH_DAYS)
    lag = seconds_between(sold.sold_at, sold.recorded_at)
    near = sold.filter(
        sold.recorded_at >= window.start, sold.recorded_at < window.end, lag >= 0, lag <= _REACH_DAYS * DAY_S
    )
    return near.select(
        "line_id", "pharmacy_id", at="recorded_at", day=near.recorded_at.date(),
        second=near.recorded_at.epoch_seconds(),
        late=seconds_between(near.sold_at, near.recorded_at) > _LATE_S,
    )  # fmt: skip


def _known(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days in the four weeks before which at least half of the lines were recorded within 2 hours.

    Where it is not so, `recorded_at` is when the system sends, not when somebody types.
    """
    sold = sold_between(facts.sales, window, _PAST_DAYS)
    lag = seconds_between(sold.sold_at, sold.recorded_at)
    prompt = ((lag >= 0) & (lag <= _LATE_S)).fill_null(False)
    daily = sold.group_by("pharmacy_id", then=number_of(sold.sold_at.date())).agg(
        lines=sold.count(), prompt=prompt.cast("int64").sum()
    )
    days = facts.days.filter((facts.days.day >= window.since) & (facts.days.day <= window.until))
    days = days.select("day", number=number_of(days.day))
    age = days.number - daily.then
    pairs = days.join(daily, [age >= 1, age <= _PAST_DAYS])
    past = pairs.group_by("pharmacy_id", "day").agg(lines=pairs.lines.sum(), prompt=pairs.prompt.sum())
    enough = past.lines >= int(values["known_lines"])
    return past.filter(enough, past.prompt * 2 >= past.lines).select("pharmacy_id", "day")


def _entered(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Five minutes, up to some line's, in which many lines were entered, more than half of them late.

    Only where two slots of five minutes on the clock hold that many can five minutes between them do.
    """
    least = int(values["entered_lines"])
    # The five minutes are one day's, and most of their lines late: few days have that many.
    lines = _recorded(facts, window)
    late = lines.filter(lines.late)
    daily = late.group_by("pharmacy_id", "day").agg(late_lines=late.count())
    lines = lines.semi_join(daily.filter(daily.late_lines * 2 > least), ["pharmacy_id", "day"])
    lines = lines.mutate(slot=lines.second // _SLOT_S)
    slots = lines.group_by("pharmacy_id", "slot").agg(lines=lines.count())
    before = slots.select("pharmacy_id", slot=slots.slot + 1, lines_before="lines")
    both = slots.left_join(before, ["pharmacy_id", "slot"])
    full = both.filter(both.lines + both.lines_before.fill_null(0) >= least).select("pharmacy_id", "slot")
    ends = lines.semi_join(full, ["pharmacy_id", "slot"]).select("pharmacy_id", "slot", "second").distinct()
    then = lines.rename(then="second")
    pairs = ends.join(ibis.union(then, then.mutate(slot=then.slot + 1)), ["pharmacy_id", "slot"])
    age = pairs.second - pairs.then
    # The five minutes are one day's: a day is judged by itself.
    same_day = pairs.second // DAY_S == pairs.then // DAY_S
    pairs = pairs.filter(age >= 0, age < _SLOT_S, same_day)
    counts = pairs.group_by("pharmacy_id", "second").agg(
        measure=pairs.count(), late_lines=pairs.late.cast("int64").sum()
    )
    bulk = counts.filter(counts.measure >= least, counts.late_lines * 2 > counts.measure)
    rows = pairs.join(bulk, ["pharmacy_id", "second"])
    return _told(rows, "entered", float(least))


def _night(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Days of special drugs of which too many were sold before 20:00 and recorded after 21:00."""
    sold = sold_between(facts.sales_of(*SPECIAL_CATEGORIES), window, 0)
    lines = sold.filter(sold.recorded_at.notnull()).mutate(day=sold.sold_at.date())
    after = seconds_between(lines.day.cast("timestamp"), lines.recorded_at)
    early = lines.sold_at.hour() < int(values["sold_before_hour"])
    # What is recorded after midnight is of a day that is not over yet when this one is judged.
    nightly = early & (after >= int(values["recorded_hour"]) * HOUR_S) & (after < DAY_S)
    told = lines.mutate(nightly=nightly, told=after < DAY_S)
    told = told.filter(told.told).select("line_id", "pharmacy_id", "day", "nightly", at="recorded_at")
    days = told.group_by("pharmacy_id", "day").agg(lines=told.count(), late=told.nightly.cast("int64").sum())
    percent = float(values["night_percent"])
    high = days.filter(days.late >= int(values["least_night"]), days.late * 100.0 > days.lines * percent)
    high = high.mutate(measure=(high.late * 100.0 / high.lines).round(6))
    rows = high.join(told.filter(told.nightly).drop("nightly"), ["pharmacy_id", "day"])
    return _told(rows, "night", percent)


def _told(rows: ir.Table, clause: str, threshold: float) -> ir.Table:
    told = {"threshold": ibis.literal(threshold), "clause": ibis.literal(clause)}
    return rows.select("pharmacy_id", "day", "at", "line_id", measure=rows.measure.cast("float64"), **told)


RULE = Rule(
    rule_id="R-M21",
    name_zh="批量补录",
    name_en="Lines entered in bulk",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=_REACH_DAYS,
    cooldown_days=7,
    feeds=("sales", "drugs", "pharmacies", "calendar"),
    clauses={
        "same_second": Clause(
            "{measure} 行的售出时间在同一秒（{threshold} 行起提示）",
            "{measure} lines sold in one and the same second",
            "行",
        ),
        "progression": Clause(
            "售出时间连续 {measure} 次间隔完全相等（{threshold} 次起提示）",
            "{measure} moments of sale running at exactly equal distances",
            "次",
        ),
        "entered": Clause(
            "五分钟内录入 {measure} 行，过半在售出两小时后才录（{threshold} 行起提示）",
            "{measure} lines recorded within five minutes, most of them two hours after the sale or later",
            "行",
        ),
        "night": Clause(
            "当天的特药行有 {measure}% 在夜里才录入，界限 {threshold}%",
            "{measure}% of the day's lines of special drugs were recorded only at night, limit {threshold}%",
            "%",
        ),
    },
    parameters=(
        Parameter("least_lines", 20, "行", 10, 200, "同一秒售出几行，或等间隔的时刻连续几个，才提示"),
        Parameter("entered_lines", 30, "行", 10, 500, "五分钟内录入几行才看"),
        Parameter("night_percent", 30, "%", 5, 90, "当天的特药行在夜里录入的超过百分之几才提示"),
        Parameter("least_night", 5, "行", 2, 100, "至少几行在夜里录入"),
        Parameter("sold_before_hour", 20, "时", 12, 21, "几点之前售出的"),
        Parameter("recorded_hour", 21, "时", 18, 23, "当天几点及以后录入的"),
        Parameter("known_lines", 100, "行", 20, 5000, "此前四周至少几行，才知道录入时间平时准不准"),
    ),
    basis=(Basis("药品管理法", "第五十七条（真实、完整的购销记录）", since=date(2019, 12, 1), verify=True),),
    find=find,
)
