"""Special drugs on pharmacies' shelves, as the dual map shows them: the last count and what moved since.

The stock of a drug is what its last count says, all lots counted on that day together, with what was bought
and without what was sold after it. It is unknown when the drug moved lately and was never counted, and when
the sum is below nothing, for then not every purchase was sent.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Facts

COLUMNS = ("license_no", "category", "packs", "counted_on")
# A drug without any count makes a shop's stock unknown when it was bought or sold within so many days.
MOVED_DAYS = 90
_SHELF = ["pharmacy_id", "drug_code"]


def no_stock() -> pd.DataFrame:
    """What is known where nobody counts."""
    frame = pd.DataFrame({name: [] for name in COLUMNS}, dtype="str")
    return frame.astype({"packs": float, "counted_on": "datetime64[s]"})


def read_stock(facts: Facts, as_of: date | None) -> pd.DataFrame:
    """Packs by shop and special category at a Beijing day's end: license_no, category, packs, counted_on.

    SPECIAL is all categories together, a drug of two once. `packs` is NaN where it is unknown; a shop without
    a row never counted and moved none. `counted_on`: the day of the oldest count that it rests on.
    """
    if as_of is None or facts.stock_counts.count().execute() == 0:
        return no_stock()
    end = datetime.combine(as_of + timedelta(days=1), datetime.min.time())
    special = _special(facts.drugs, as_of)
    held = _held(facts, special, end)
    shelves = held.mutate(wrong=held.packs.isnull() | (held.packs < 0))
    sums = shelves.group_by("pharmacy_id", "categories").agg(
        packs=shelves.packs.sum(), wrong=shelves.wrong.any(), counted_on=shelves.counted_at.min()
    )
    return _by_category(sums.to_pandas())


def _special(drugs: ir.Table, day: date) -> ir.Table:
    """drug_code and categories of the drugs that are special on a day."""
    named = reduce(or_, (drugs.categories.contains(f"|{one}|") for one in SPECIAL_CATEGORIES))
    today = (drugs.valid_from <= day) & (drugs.valid_to >= day)
    return drugs.filter(named, today).select("drug_code", "categories").distinct(on="drug_code")


def _held(facts: Facts, special: ir.Table, end: datetime) -> ir.Table:
    """Each shop's special drugs that were ever counted or moved lately: packs (NULL unknown), counted_at."""
    counted = last_counts(facts.stock_counts.filter(facts.stock_counts.counted_at < end), special)
    moves = _moves(facts, special, end)
    pairs = moves.left_join(counted, _SHELF).drop("pharmacy_id_right", "drug_code_right")
    after = (pairs.moved_at > pairs.counted_at) | pairs.counted_at.isnull()
    lately = pairs.moved_at >= end - timedelta(days=MOVED_DAYS)
    since = pairs.filter(after).group_by(*_SHELF).agg(moved=pairs.packs.sum(), lately=lately.any())
    both = counted.outer_join(since, _SHELF)
    both = both.select(
        "counted", "counted_at", "moved", "lately",
        **{one: ibis.coalesce(both[one], both[f"{one}_right"]) for one in _SHELF},
    )  # fmt: skip
    kept = both.filter(both.counted.notnull() | both.lately)
    packs = (kept.counted + kept.moved.fill_null(0.0)).round(6)
    return kept.mutate(packs=packs).join(special, "drug_code")


def last_counts(counts: ir.Table, drugs: ir.Table) -> ir.Table:
    """The last count of each shop's drugs (those of `drugs`), `counted` packs at `counted_at`.

    Its lots of that day together, each by its last line.
    """
    some = counts.semi_join(drugs, "drug_code")
    some = some.mutate(lot=some.batch_no.fill_null(""), day=some.counted_at.date())
    latest = ibis.window(group_by=[*_SHELF, some.lot], order_by=[some.counted_at.desc(), some.line_id.desc()])
    last_day = some.day.max().over(ibis.window(group_by=_SHELF))
    lots = some.mutate(place=ibis.row_number().over(latest), last_day=last_day)
    lots = lots.filter(lots.place == 0, lots.day == lots.last_day)
    return lots.group_by(*_SHELF).agg(counted=lots.quantity.sum(), counted_at=lots.counted_at.max())


def _moves(facts: Facts, special: ir.Table, end: datetime) -> ir.Table:
    """What came onto the shelves (positive) and left them: pharmacy_id, drug_code, moved_at, packs."""
    sold, bought = facts.sales, facts.purchases
    both = ibis.union(
        sold.select(*_SHELF, moved_at="sold_at", packs=-sold.quantity),
        bought.select(*_SHELF, moved_at="received_at", packs=bought.quantity),
    )
    return both.filter(both.moved_at < end).semi_join(special, "drug_code")


def _by_category(sums: pd.DataFrame) -> pd.DataFrame:
    """From shops and lists of categories to one row for each category, and one for all."""
    sums["packs"] = sums["packs"].astype(float).where(~sums["wrong"].astype(bool))
    each = {
        text: [one for one in SPECIAL_CATEGORIES if f"|{one}|" in text]
        for text in sums["categories"].unique()
    }
    named = sums.assign(category=sums["categories"].map(each)).explode("category")
    both = pd.concat([named, sums.assign(category="SPECIAL")], ignore_index=True)
    grouped = both.rename(columns={"pharmacy_id": "license_no"}).groupby(["license_no", "category"])
    # One unknown part makes the whole unknown.
    packs = grouped["packs"].sum().where(~grouped["wrong"].any())
    found = pd.DataFrame({"packs": packs, "counted_on": grouped["counted_on"].min().dt.floor("D")})
    return found.reset_index()[list(COLUMNS)]
