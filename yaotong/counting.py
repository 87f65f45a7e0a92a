"""How packs are added and which days a notice speaks of: the same for rules and for signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

if TYPE_CHECKING:
    from yaotong.facts import Facts


def packs_of(quantity: ir.NumericColumn) -> ir.FloatingScalar:
    """The sum of packs without binary dust: 0.1 + 0.2 - 0.3 is nothing, in whatever order it is added."""
    return quantity.sum().round(6)


def noticed(facts: Facts, *kinds: str) -> ir.Table:
    """(pharmacy_id, day) pairs under a notice of one of the kinds: for all, a shop, a chain or an area."""
    shops, days, notices = facts.pharmacies, facts.days, facts.notices
    wanted = notices.filter(notices.kind.isin(kinds))
    spans = wanted.join(days, [days.day >= wanted.date_from, days.day <= wanted.date_until])
    spans = spans.select("scope", "day")
    everywhere = spans.filter(spans.scope.isnull()).cross_join(shops.select("pharmacy_id"))
    named = [everywhere.select("pharmacy_id", "day")]
    for column in ("pharmacy_id", "chain", "area_code"):
        some = spans.filter(spans.scope.notnull())
        hit = some.join(shops, some.scope == shops[column])
        named.append(hit.select("pharmacy_id", "day"))
    return ibis.union(*named, distinct=True)
