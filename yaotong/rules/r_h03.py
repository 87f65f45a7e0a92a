"""R-H03 处方医师离群: one who prescribes watched drugs far beyond the others, or too many a day."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import CATEGORIES, Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING
from yaotong.rules.model import FINDING_COLUMNS, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of, numbers

WATCHED = ("PSY2", "OPI_CMP", "ABX")
SPAN_DAYS = 30
# A robust deviation by the median: 1.4826 makes it the standard deviation of a normal distribution.
_MAD = 1.4826


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Prescribers and days whose prescriptions stand out from the others' of the same 30 days."""
    papers = _papers(facts, window)
    watched = ibis.union(*(_bearing(facts, papers, one) for one in WATCHED))
    judged = _against_others(_shares(papers, watched, window, values), values)
    high = judged.filter(judged.share >= judged.bound)
    shown = high.join(watched.drop("day").rename(line_number="number"), ["prescriber_key", "category"])
    age = shown.at_number - shown.line_number
    shown = shown.filter(age >= 0, age < SPAN_DAYS).select(
        "prescriber_key", "issued_at", "line_id",
        number="at_number", clause="category", measure="share", threshold="bound",
    )  # fmt: skip
    return _findings(ibis.union(shown, _busy(watched, window, values)))


def _papers(facts: Facts, window: Window) -> ir.Table:
    """Prescriptions of known prescribers from 29 days before the window on."""
    papers = facts.prescriptions
    since = window.widened(SPAN_DAYS - 1).start
    some = papers.filter(
        papers.prescriber_key.notnull(), papers.issued_at >= since, papers.issued_at < window.end
    )
    day = some.issued_at.date()
    return some.select("line_id", "prescriber_key", "drug_code", "issued_at", day=day, number=number_of(day))


def _bearing(facts: Facts, papers: ir.Table, category: str) -> ir.Table:
    """Prescriptions of a drug that bore the category on the day of issue."""
    drugs = facts.drugs.filter(facts.drugs.categories.contains(f"|{category}|"))
    same = [papers.drug_code == drugs.drug_code, papers.day >= drugs.valid_from, papers.day <= drugs.valid_to]
    some = papers.semi_join(drugs, same)
    return some.select(
        "line_id", "prescriber_key", "issued_at", "day", "number", category=ibis.literal(category)
    )


def _shares(papers: ir.Table, watched: ir.Table, window: Window, values: Values) -> ir.Table:
    """(prescriber_key, category, at_number, own, share in %): all who wrote enough in the 30 days."""
    totals = _rolled(papers, window, "prescriber_key").rename(papers="rolled")
    totals = totals.filter(totals.papers >= int(values["least_papers"]))
    kinds = ibis.union(*(totals.mutate(category=ibis.literal(one)) for one in WATCHED))
    own = _rolled(watched, window, "prescriber_key", "category").rename(own="rolled")
    both = kinds.left_join(own, ["prescriber_key", "category", "at_number"])
    counted = both.select("prescriber_key", "category", "at_number", "papers", own=both.own.fill_null(0))
    return counted.mutate(share=(100.0 * counted.own / counted.papers).round(6)).drop("papers")


def _rolled(papers: ir.Table, window: Window, *by: str) -> ir.Table:
    """How many prescriptions of the last 30 days there are on every day of the window that has any."""
    daily = papers.group_by(*by, "number").agg(papers=papers.count())
    days = numbers(window).rename(at_number="number")
    near = [daily.number <= days.at_number, daily.number > days.at_number - SPAN_DAYS]
    spread = daily.join(days, near)
    return spread.group_by(*by, "at_number").agg(rolled=spread.papers.sum())


def _against_others(shares: ir.Table, values: Values) -> ir.Table:
    """Those with enough of a category beside the bound that all others' shares set."""
    # Of six and more, all others' median is above the 30th percentile: who is nowhere near a bound need
    # not be held to everybody.
    low = shares.group_by("category", "at_number").agg(low=shares.share.quantile(0.3))
    least = float(values["least_spread"]) * float(values["score"]) - NOTHING
    some = shares.join(low, ["category", "at_number"])
    mine = some.filter(some.own >= int(values["least_own"]), some.share >= some.low + least).drop("low")
    theirs = shares.select("category", "at_number", other="prescriber_key", other_share="share")
    pairs = mine.join(theirs, ["category", "at_number"])
    pairs = pairs.filter(pairs.prescriber_key != pairs.other)
    key = ("prescriber_key", "category", "at_number")
    middle = pairs.group_by(*key).agg(
        others=pairs.count(), median=pairs.other_share.median().cast("float64"), share=pairs.share.max()
    )
    both = pairs.join(middle.select(*key, "median"), key)
    spread = both.group_by(*key).agg(mad=(both.other_share - both.median).abs().median().cast("float64"))
    judged = middle.filter(middle.others >= int(values["least_others"])).join(spread, key)
    deviation = ibis.greatest(judged.mad * _MAD, float(values["least_spread"]))
    return judged.mutate(bound=(judged.median + deviation * float(values["score"])).round(6))


def _busy(watched: ir.Table, window: Window, values: Values) -> ir.Table:
    """Prescriptions of the days on which one prescriber wrote too many of the psychotropics."""
    mine = watched.filter(watched.category == "PSY2", watched.issued_at >= window.start)
    counted = mine.group_by("prescriber_key", "number").agg(papers=mine.count())
    high = counted.filter(counted.papers > int(values["a_day"]))
    rows = mine.join(high, ["prescriber_key", "number"])
    return rows.select(
        "prescriber_key", "issued_at", "line_id", "number",
        clause=ibis.literal("a_day"),
        measure=rows.papers.cast("float64"),
        threshold=ibis.literal(float(values["a_day"])),
    )  # fmt: skip


def _findings(rows: ir.Table) -> ir.Table:
    """One finding for each prescriber, day and limb. A prescription has no place."""
    found = rows.group_by("prescriber_key", "number", "clause").agg(
        behaviour_from=rows.issued_at.min(),
        behaviour_until=rows.issued_at.max(),
        measure=rows.measure.max(),
        threshold=rows.threshold.max(),
        line_ids=rows.line_id.collect(),
    )
    # Told on days on which the prescriber wrote one.
    own = found.behaviour_until.date()
    return (
        found.filter(number_of(own) == found.number)
        .mutate(
            subject=found.prescriber_key,
            behaviour_day=own,
            level=ibis.literal(str(Level.ORANGE)),
            pharmacy_ids=ibis.literal([], type="array<string>"),
            area_code=ibis.null(str),
        )
        .select(*FINDING_COLUMNS)
    )


RULE = Rule(
    rule_id="R-H03",
    name_zh="处方医师离群",
    name_en="A prescriber unlike the others",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PRESCRIBER,
    lookback_days=SPAN_DAYS,
    cooldown_days=30,
    feeds=("prescriptions", "drugs"),
    clauses={
        **{
            one: Clause(
                f"30 天处方里{CATEGORIES[one]}占 {{measure}}%，别的医师的界线是 {{threshold}}%",
                f"{one}: {{measure}}% of the prescriptions of 30 days, the others' limit is {{threshold}}%",
                "%",
            )
            for one in WATCHED
        },
        "a_day": Clause(
            "一天开具第二类精神药品 {measure} 张，超过 {threshold} 张",
            "{measure} prescriptions of psychotropics in one day, above {threshold}",
            "张",
        ),
    },
    parameters=(
        Parameter("least_papers", 30, "张", 10, 500, "30 天里至少开多少张才比较"),
        Parameter("least_own", 10, "张", 3, 200, "其中这一类至少多少张才判断"),
        Parameter("least_others", 8, "位", 5, 200, "至少有几位别的医师可比"),
        Parameter("score", 3.5, "倍离差", 2.5, 10, "高出别人中位数多少倍离差（中位数绝对偏差）"),
        Parameter("least_spread", 3, "%", 1, 20, "离差至少按多少算，别人都一样时也不至于一点就超"),
        Parameter("a_day", 30, "张", 10, 200, "一天开具第二类精神药品超过多少张"),
    ),
    basis=(
        Basis("处方管理办法", "第四十五条", since=date(2007, 5, 1), verify=True),
        Basis("抗菌药物临床应用管理办法", since=date(2012, 8, 1), verify=True),
    ),
    find=find,
    assists=(Assist("nhsa"), Assist("msa")),
)
