"""The lines a ledger is made of: what came in and went out, what was counted, and who sends what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Facts
from yaotong.ledger.entries import MOVE_KINDS
from yaotong.ledger.tables import Ledger, ledger_of
from yaotong.rules.shapes import bears

_PLACE = ("pharmacy_id", "drug_code", "batch_no")
_FEEDS = ("sales", "purchases", "stock_moves", "stock_counts")


def ledger_from(
    facts: Facts, *, shops: Collection[str] | None = None, drugs: Collection[str] | None = None
) -> Ledger:
    """The ledger of some shops and drugs, or of all."""
    told = narrowed(facts, shops=shops)
    few = narrowed(told, drugs=drugs)
    return ledger_of(entries_of(few), counts_of(few), sent_days(told), special_drugs(facts))


def narrowed(
    facts: Facts, *, shops: Collection[str] | None = None, drugs: Collection[str] | None = None
) -> Facts:
    """The facts with only the lines of some shops and drugs."""
    tables = {name: getattr(facts, name) for name in _FEEDS}
    for column, wanted in (("pharmacy_id", shops), ("drug_code", drugs)):
        if wanted is not None:
            some = ibis.memtable(pd.DataFrame({column: pd.Series(sorted(set(wanted)), dtype="string")}))
            tables = {name: one.semi_join(some, column) for name, one in tables.items()}
    return replace(facts, **tables)


def entries_of(facts: Facts) -> pd.DataFrame:
    """Entries as `ledger_of` takes them; a negative sale is a return, a negative purchase was sent back."""
    sales, bought, moves = facts.sales, facts.purchases, facts.stock_moves
    kind = ibis.cases(*((moves.kind == one, ledger) for one, ledger in MOVE_KINDS.items()), else_="lost")
    lines = ibis.union(
        _signed(sales, sales.sold_at, "sold", "returned"),
        _signed(bought, bought.received_at, "bought", "sent_back"),
        moves.select(*_PLACE, at=_seconds(moves.moved_at), kind=kind, packs=moves.quantity, id=moves.line_id),
    )
    # Within one second in the order of their ids, so that the same lines always make the same book.
    frame: pd.DataFrame = lines.filter(lines.packs != 0).order_by("at", "id").to_pandas()
    return frame


def counts_of(facts: Facts) -> pd.DataFrame:
    """Counts as `ledger_of` takes them."""
    counts = facts.stock_counts
    frame: pd.DataFrame = counts.select(
        *_PLACE, at=_seconds(counts.counted_at), packs=counts.quantity
    ).to_pandas()
    return frame


def sent_days(facts: Facts) -> pd.DataFrame:
    """On which days a shop sent any sale or purchase at all."""
    sold = facts.sales.select("pharmacy_id", kind=ibis.literal("sold"), day=facts.sales.sold_at.date())
    bought = facts.purchases.select(
        "pharmacy_id", kind=ibis.literal("bought"), day=facts.purchases.received_at.date()
    )
    frame: pd.DataFrame = ibis.union(sold.distinct(), bought.distinct()).to_pandas()
    return frame


def special_drugs(facts: Facts) -> frozenset[str]:
    """Drugs that are special ones now or were: a shelf is not counted loosely for having been freed."""
    drugs = facts.drugs.filter(bears(facts.drugs.categories, *SPECIAL_CATEGORIES))
    return frozenset(drugs.select("drug_code").distinct().to_pandas()["drug_code"])


def _signed(lines: ir.Table, moment: ir.TimestampValue, plus: str, minus: str) -> ir.Table:
    back = lines.quantity < 0
    return lines.select(
        *_PLACE,
        at=_seconds(moment),
        kind=back.ifelse(minus, plus),
        packs=lines.quantity.abs(),
        id=lines.line_id,
    )


def _seconds(moment: ir.TimestampValue) -> ir.TimestampValue:
    return moment.cast("timestamp(0)")
