"""R-H08 短缺断供: half of a town's shops that count a drug have none of it, for days."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, number_of, numbers

CATEGORIES = ("VBP", "FOUR", "DUAL")
_SHELF = ["pharmacy_id", "drug_code"]
_STATE = [*_SHELF, "day_number"]


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Towns and drugs on the days by which so large a share of shops has had none for some days running."""
    days = int(values["days"])
    wide = window.widened(days - 1)
    counts = _counts(facts, wide, values)
    state = _state(_last(counts), wide, int(values["known_days"]))
    bare = _bare(facts, state, wide, values)
    carried = _carried(facts, bare, counts, wide, int(values["carried_days"]))
    empty = bare.semi_join(carried, _STATE)
    counting = state.anti_join(bare.anti_join(carried, _STATE), _STATE)
    return _findings(facts, _short(facts, counting, empty, values), empty, window, days)


def _counts(facts: Facts, wide: Window, values: Values) -> ir.Table:
    """Counts of the watched drugs, as far back as a shop may have carried one."""
    far = max(int(values["known_days"]), int(values["carried_days"]))
    counts, drugs = facts.stock_counts, facts.drugs
    watched = drugs.filter(ibis.or_(*(drugs.categories.contains(f"|{one}|") for one in CATEGORIES)))
    day = counts.counted_at.date()
    counts = counts.filter(counts.counted_at >= wide.widened(far).start, counts.counted_at < wide.end)
    same = [
        counts.drug_code == watched.drug_code, day >= watched.valid_from, day <= watched.valid_to
    ]  # fmt: skip
    some = counts.semi_join(watched, same)
    some = some.mutate(lot=some.batch_no.fill_null(""), number=number_of(some.counted_at.date()))
    return some.select(*_SHELF, "lot", "number", "counted_at", "quantity", "line_id")


def _last(counts: ir.Table) -> ir.Table:
    """Of each day the last count of each lot."""
    latest = ibis.window(
        group_by=[counts.pharmacy_id, counts.drug_code, counts.lot, counts.number],
        order_by=[counts.counted_at.desc(), counts.line_id.desc()],
    )
    last = counts.mutate(place=ibis.row_number().over(latest)).filter(lambda one: one.place == 0)
    return last.drop("place")


def _state(counts: ir.Table, wide: Window, known_days: int) -> ir.Table:
    """What the last count of each lot says at the end of each day, while it is not too old.

    A drug's shelf is the sum of its lots: pharmacy_id, drug_code, day_number, left, counted_at, line_ids.
    """
    ordered = ibis.window(group_by=[counts.pharmacy_id, counts.drug_code, counts.lot], order_by=counts.number)
    until = counts.mutate(following=counts.number.lead().over(ordered))
    old = until.number + known_days
    until = until.mutate(ends=ibis.least(until.following.fill_null(old), old))
    days = numbers(wide).rename(day_number="number")
    held = until.join(days, [until.number <= days.day_number, until.ends > days.day_number])
    return held.group_by(*_STATE).agg(
        left=held.quantity.max(), counted_at=held.counted_at.max(), line_ids=held.line_id.collect()
    )


def _bare(facts: Facts, state: ir.Table, wide: Window, values: Values) -> ir.Table:
    """States of nothing left, unless the drug was bought or sold since the count."""
    none, since = state.filter(state.left <= 0), wide.widened(int(values["known_days"])).start
    moves = []
    for lines, moment in ((facts.sales, "sold_at"), (facts.purchases, "received_at")):
        some = lines.filter(lines.quantity > 0, lines[moment] >= since, lines[moment] < wide.end)
        moves.append(some.select(*_SHELF, moved_at=moment))
    moved = none.select(*_STATE, "counted_at").join(ibis.union(*moves), _SHELF)
    seen = moved.filter(
        moved.moved_at > moved.counted_at, number_of(moved.moved_at.date()) <= moved.day_number
    )
    return none.anti_join(seen.select(*_STATE).distinct(), _STATE)


def _carried(facts: Facts, bare: ir.Table, counts: ir.Table, wide: Window, days: int) -> ir.Table:
    """The states of shops that had the drug not long before: on the shelf, or bought."""
    bought = facts.purchases
    some = bought.filter(
        bought.quantity > 0, bought.received_at >= wide.widened(days).start, bought.received_at < wide.end
    )
    had = ibis.union(
        counts.filter(counts.quantity > 0).select(*_SHELF, had_on="number"),
        some.select(*_SHELF, had_on=number_of(some.received_at.date())),
    )
    pairs = bare.select(*_STATE).join(had, _SHELF)
    age = pairs.day_number - pairs.had_on
    return pairs.filter(age >= 0, age <= days).select(*_STATE).distinct()


def _short(facts: Facts, counting: ir.Table, empty: ir.Table, values: Values) -> ir.Table:
    """(area_code, drug_code, day_number, measure in %, threshold) of days short, the last of a run."""
    key = ["area_code", "drug_code", "day_number"]
    placed = _placed(facts, counting)
    all_of = placed.group_by(*key).agg(shops=placed.count())
    none = _placed(facts, empty)
    both = all_of.join(none.group_by(*key).agg(none=none.count()), key)
    share = (100.0 * both.none / both.shops).round(6)
    low = both.mutate(measure=share, threshold=ibis.literal(float(values["share_percent"])))
    low = low.filter(low.shops >= int(values["least_shops"]), low.measure >= low.threshold)
    before = int(values["days"]) - 1
    ordered = ibis.window(group_by=[low.area_code, low.drug_code], order_by=low.day_number)
    runs = low.mutate(first=low.day_number.lag(before).over(ordered) if before else low.day_number)
    return runs.filter(runs.day_number - runs.first == before)


def _placed(facts: Facts, states: ir.Table) -> ir.Table:
    """States of shops in business, with the town each lies in."""
    shops = facts.pharmacies
    active = shops.filter(shops.area_code.notnull(), shops.status.fill_null("active") == "active")
    return states.join(active.select("pharmacy_id", "area_code"), "pharmacy_id")


def _findings(facts: Facts, short: ir.Table, empty: ir.Table, window: Window, days: int) -> ir.Table:
    """One finding for each town, drug and day; the evidence is the counts that found nothing."""
    key = ["area_code", "drug_code", "day_number"]
    last = short.filter(short.day_number >= (window.since - date(1970, 1, 1)).days)
    none = _placed(facts, empty)
    lines = none.select(*key, "pharmacy_id", line_id=none.line_ids.unnest())
    rows = last.join(lines, key)
    found = rows.group_by(*key).agg(
        measure=rows.measure.max(),
        threshold=rows.threshold.max(),
        pharmacy_ids=rows.pharmacy_id.collect(),
        line_ids=rows.line_id.collect(),
    )
    day = (found.day_number * DAY_S).as_timestamp("s")
    return found.mutate(
        subject=found.area_code + ":" + found.drug_code,
        behaviour_day=day.date(),
        behaviour_from=((found.day_number - (days - 1)) * DAY_S).as_timestamp("s"),
        behaviour_until=day,
        clause=ibis.literal("short"),
        level=ibis.literal(str(Level.YELLOW)),
    ).select(*FINDING_COLUMNS)


RULE = Rule(
    rule_id="R-H08",
    name_zh="短缺断供",
    name_en="A drug short in a town",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.DRUG,
    lookback_days=200,
    cooldown_days=14,
    feeds=("stock_counts", "purchases", "sales", "drugs", "pharmacies"),
    clauses={
        "short": Clause(
            "连续几天，盘点这种药的药店有 {measure}% 没有货，达到 {threshold}% 即提示",
            "for days, {measure}% of the shops that count this drug have none, told from {threshold}%",
            "%",
        )
    },
    parameters=(
        Parameter("share_percent", 50, "%", 20, 100, "没有货的药店占多少"),
        Parameter("least_shops", 4, "家", 3, 50, "至少有几家药店在盘点这种药"),
        Parameter("days", 3, "天", 1, 14, "连续多少天"),
        Parameter("known_days", 31, "天", 3, 62, "最后一次盘点在几天以内才算知道"),
        Parameter("carried_days", 92, "天", 31, 184, "此前几天内有过货、进过货，才算在卖这种药"),
    ),
    basis=(Basis("药品管理法", "第九十五条", since=date(2019, 12, 1), verify=True),),
    find=find,
    assists=(Assist("nhsa"), Assist("msa")),
)
