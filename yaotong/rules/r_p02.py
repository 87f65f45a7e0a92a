"""R-P02 跨区域购买: special drugs bought in quantity by people who have come from elsewhere."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.buyers import SPECIAL, registered, spanned
from yaotong.rules.linked import shop_findings
from yaotong.rules.model import FINDING_COLUMNS, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, located, number_of, packs_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days at which people from elsewhere bought together, or one of them at several shops."""
    lines = registered(facts, window, 1, *SPECIAL, on_paper=False)
    lines = _uninsured(facts, window, _from_elsewhere(lines, values), int(values["insured_days"]))
    return ibis.union(_crowd(facts, window, lines, values), _roaming(facts, window, lines, values))


def _from_elsewhere(lines: ir.Table, values: Values) -> ir.Table:
    """Lines of known origin outside the home and the neighbouring region.

    Residence permits (8…) and permits of foreigners (9…) tell of living here, not of coming from elsewhere.
    """
    region = lines.buyer_region
    province = (region.length() == 4) & (region >= "1100") & (region < "6600")
    near = [str(int(values[name])) for name in ("home_prefix", "neighbour_prefix")]
    return lines.filter(province, region.notin(near))


def _uninsured(facts: Facts, window: Window, lines: ir.Table, insured_days: int) -> ir.Table:
    """Lines of persons for whom no settlement of the city's insurance was made of late: others live here."""
    settled = facts.settlements
    near = settled.filter(
        settled.settled_at >= window.widened(insured_days + 1).start, settled.settled_at < window.end
    )
    paid = near.select(buyer_key=near.person_key, paid_on=near.settled_at.date())
    pairs = lines.select("line_id", "buyer_key", "day").join(paid, "buyer_key")
    age = number_of(pairs.day) - number_of(pairs.paid_on)
    here = pairs.filter(age >= 0, age <= insured_days).select("line_id").distinct()
    return lines.anti_join(here, "line_id")


def _crowd(facts: Facts, window: Window, lines: ir.Table, values: Values) -> ir.Table:
    """Several such buyers of one product at one shop, who took many packs together."""
    pairs = spanned(lines, window, DAY_S, "pharmacy_id", "drug_code")
    each = pairs.group_by("at_line", "buyer_key").agg(packs=packs_of(pairs.quantity))
    kept = each.filter(each.packs > 0)
    totals = kept.group_by("at_line").agg(measure=kept.count(), packs=packs_of(kept.packs))
    hits = totals.filter(totals.measure >= int(values["crowd"]), totals.packs >= float(values["crowd_packs"]))
    rows = pairs.join(hits.select("at_line", "measure"), "at_line")
    told = rows.select(
        "pharmacy_id", "measure", "line_id",
        day=rows["at"].date(),
        at="sold_at",
        threshold=ibis.literal(float(values["crowd"])),
        level=ibis.literal(str(Level.ORANGE)),
    )  # fmt: skip
    return shop_findings(facts, told, clause="crowd", measure="max")


def _roaming(facts: Facts, window: Window, lines: ir.Table, values: Values) -> ir.Table:
    """One such buyer who took some packs at several shops, told of the last of them."""
    pairs = spanned(lines, window, DAY_S, "buyer_key")
    each = pairs.group_by("at_line", "pharmacy_id").agg(packs=packs_of(pairs.quantity))
    kept = each.filter(each.packs > 0)
    totals = kept.group_by("at_line").agg(shops=kept.count(), measure=packs_of(kept.packs))
    hits = totals.filter(
        totals.shops >= int(values["roaming_shops"]), totals.measure >= float(values["roaming_packs"])
    )
    rows = pairs.join(hits.select("at_line", "measure"), "at_line")
    found = rows.group_by(subject=rows.at_shop, behaviour_day=rows["at"].date()).agg(
        behaviour_from=rows.sold_at.min(),
        behaviour_until=rows.sold_at.max(),
        measure=rows.measure.max(),
        pharmacy_ids=rows.pharmacy_id.collect(),
        line_ids=rows.line_id.collect(),
    )
    placed = found.left_join(located(facts), found.subject == located(facts).pharmacy_id)
    return placed.mutate(
        clause=ibis.literal("roaming"),
        threshold=ibis.literal(float(values["roaming_packs"])),
        level=ibis.literal(str(Level.ORANGE)),
    ).select(*FINDING_COLUMNS)


RULE = Rule(
    rule_id="R-P02",
    name_zh="跨区域购买特药",
    name_en="Special drugs bought by people from elsewhere",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=365,
    cooldown_days=7,
    feeds=("sales", "drugs", "settlements", "pharmacies"),
    clauses={
        "crowd": Clause(
            "24 小时内有 {measure} 名外来购药人在本店买同一种特药，达到 {threshold} 人，合计盒数也达到界限",
            "{measure} buyers from elsewhere took many packs of one special drug here within 24 hours, "
            "limit {threshold}",
            "人",
        ),
        "roaming": Clause(
            "一名外来购药人 24 小时内在本店和别的店共买特药 {measure} 盒，达到 {threshold} 盒",
            "a buyer from elsewhere took {measure} packs of special drugs here and at other shops "
            "within 24 hours, limit {threshold}",
            "盒",
        ),
    },
    parameters=(
        Parameter("home_prefix", 3304, "区划前四位", 1100, 6599, "本地：证件地区码的前四位"),
        Parameter("neighbour_prefix", 3101, "区划前四位", 1100, 6599, "接壤而不算外来的地区（上海市）"),
        Parameter("insured_days", 365, "天", 30, 365, "此前几天内有本地医保结算的不算外来"),
        Parameter("crowd", 5, "人", 3, 50, "同店同一种药有几名外来购药人"),
        Parameter("crowd_packs", 8, "盒", 5, 200, "他们合计至少买了几盒"),
        Parameter("roaming_shops", 2, "家", 2, 10, "一名外来购药人去了几家店"),
        Parameter("roaming_packs", 3, "盒", 3, 20, "他合计至少买了几盒"),
    ),
    basis=(
        Basis("食药监办药化监〔2012〕260号", "大量或多次购买应当报告", since=date(2012, 9, 4), verify=True),
        Basis("浙江省禁毒条例", "第十八条", verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
