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
    totals = _rolled(papers, watched, window)
    totals = totals.filter(totals.papers >= int(values["least_papers"]))
    counted = ibis.union(
        *(
            totals.select(
                "prescriber_key", "at_number", "papers", category=ibis.literal(one), own=totals[one]
            )
            for one in WATCHED
        )
    )
    return counted.mutate(share=(100.0 * counted.own / counted.papers).round(6)).drop("papers")


def _rolled(papers: ir.Table, watched: ir.Table, window: Window) -> ir.Table:
    """How many prescriptions of the last 30 days each prescriber has on every day of the window: all of
    them (papers), and those of each category by its code.
    """
    every = ibis.union(
        papers.select("prescriber_key", "number", category=ibis.literal("")),
        watched.select("prescriber_key", "number", "category"),
    )
    kinds = {"papers": "", **{one: one for one in WATCHED}}
    daily = every.group_by("prescriber_key", "number").agg(
        **{name: every.count(where=every.category == kind) for name, kind in kinds.items()}
    )
    days = daily.select("prescriber_key").distinct().cross_join(numbers(window.widened(SPAN_DAYS - 1)))
    filled = days.left_join(daily, ["prescriber_key", "number"])
    last = ibis.window(
        group_by=[filled.prescriber_key], order_by=[filled.number], preceding=SPAN_DAYS - 1, following=0
    )
    rolled = filled.select(
        "prescriber_key",
        at_number="number",
        **{name: filled[name].fill_null(0).sum().over(last) for name in kinds},
    )
    return rolled.filter(rolled.at_number >= (window.since - date(1970, 1, 1)).days)


def _against_others(shares: ir.Table, values: Values) -> ir.Table:
    """Those with enough of a category beside the bound that all others' shares set."""
    group, key = ["category", "at_number"], ["prescriber_key", "category", "at_number", "median"]
    least = float(values["least_spread"]) * float(values["score"]) - NOTHING
    beside = _beside_others(shares, "share", group)
    mine = beside.filter(
        beside.own >= int(values["least_own"]),
        beside.others >= int(values["least_others"]),
        beside.share >= beside.median + least,  # nowhere near a bound else
    )
    # Nearly all who stand out have the same median of others: deviations are ordered once for all of them.
    asked = mine.select(*group, "median").distinct()
    all_of = asked.join(shares.select("prescriber_key", *group, "share"), group)
    apart = all_of.mutate(apart=(all_of.share - all_of.median).abs()).drop("share")
    spread = _beside_others(apart.rename(of="median"), "apart", [*group, "of"])
    spread = spread.select("prescriber_key", *group, mad="median", median="of")
    judged = mine.select(*key, "share").join(spread, key)
    deviation = ibis.greatest(judged.mad * _MAD, float(values["least_spread"]))
    return judged.mutate(bound=(judged.median + deviation * float(values["score"])).round(6))


def _beside_others(rows: ir.Table, column: str, by: list[str]) -> ir.Table:
    """Rows of prescribers beside how many `others` their group has and the `median` of the others' column.

    Without a row's own value, those after it in order move up by one place: so the middle of the others
    is read off the order of all, and nobody is held to everybody.
    """
    ordered = ibis.window(group_by=by, order_by=[column, "prescriber_key"])
    rows = rows.mutate(
        place=ibis.row_number().over(ordered), others=rows.count().over(ibis.window(group_by=by)) - 1
    )
    low, high = (rows.others - 1) // 2, rows.others // 2
    value, unknown = rows[column], ibis.null("float64")
    places = {"low": low, "after_low": low + 1, "high": high, "after_high": high + 1}
    middle = rows.group_by(by).agg(
        **{name: (rows.place == place).ifelse(value, unknown).max() for name, place in places.items()}
    )
    both = rows.join(middle, by)
    below = (both.place > (both.others - 1) // 2).ifelse(both.low, both.after_low)
    above = (both.place > both.others // 2).ifelse(both.high, both.after_high)
    return both.mutate(median=(below + above) / 2).drop("place", *places)


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
