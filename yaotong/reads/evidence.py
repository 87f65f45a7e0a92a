"""The lines that findings rest on, of whatever feed, in columns that all feeds share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

import pandas as pd

from yaotong.alerts.model import Finding
from yaotong.departments import EVIDENCE_FIELDS
from yaotong.fact_schemas import FACT_MOMENTS, FACT_SCHEMAS
from yaotong.rules.model import Rule
from yaotong.store import Connection, Store, registry
from yaotong.store.factbase import drugs_of
from yaotong.store.linelookup import Span, lines_by_id
from yaotong.store.schema import area, pharmacy, placement, supplier

# Whose line it is, by the feed's own name.
_PERSONS = {"settlements": "person_key", "prescriptions": "patient_key"}
# Rules that look back for years mostly find what is near.
_SEASON_DAYS = 92
# Fields that feeds call otherwise.
_SENT_AS = {
    "pharmacy": "pharmacy_id", "drug": "drug_code", "unit_price": "unit_price_fen",
    "supplier": "supplier_uscc", "buyer": "buyer_key",
}  # fmt: skip
COLUMNS = (
    "feed", "line_id", "sold_at", "pharmacy_id", "pharmacy", "shop_area_name", "drug_code", "drug_name",
    "quantity", "unit_price_fen", "amount_fen", "active_mg_per_pack", "batch_no", "trace_code", "buyer_key",
    "supplier", "prescription_no", "settlement_id", "channel", "paid_by_insurance", "recorded_at", "load_id",
    "file",
)  # fmt: skip


def evidence_lines(
    store: Store, rule: Rule, line_ids: Collection[str], near: Span | None = None
) -> pd.DataFrame:
    """The lines of some ids among the feeds a rule reads: COLUMNS, `sold_at` their moment, in its order.

    `near`: the days on which they most likely lie; other months are read only for ids that no feed has there.
    """
    left = set(line_ids)
    feeds = [feed for feed in FACT_MOMENTS if feed in rule.feeds] or ["sales"]
    parts: list[pd.DataFrame] = []
    for outside in (False, True) if near else (False,):
        found = [_lines(store, feed, left, near, outside=outside) for feed in feeds] if left else []
        parts += [part for part in found if len(part)]
        left = left.difference(*(part["line_id"] for part in found if len(part)))
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    ordered: pd.DataFrame = frame.sort_values(["sold_at", "feed", "line_id"], ignore_index=True)
    return ordered


def fields_of(feeds: Iterable[str]) -> frozenset[str]:
    """Fields of an evidence line that lines of some feeds can hold: what none is sent with is none."""
    sent = {"sold_at"}
    for feed in feeds:
        sent.update(FACT_SCHEMAS[feed].names, {"buyer_key"} if feed in _PERSONS else ())
    return frozenset(name for name in EVIDENCE_FIELDS if _SENT_AS.get(name, name) in sent)


def near_of(rule: Rule, found: Sequence[Finding]) -> Span | None:
    """The days on which the lines of some findings of a rule most likely lie."""
    days = [one.behaviour_day for one in found]
    back = timedelta(days=min(rule.lookback_days, _SEASON_DAYS) + 1)
    return (min(days) - back, max(days)) if days else None


def _lines(
    store: Store, feed: str, wanted: Collection[str], near: Span | None, *, outside: bool
) -> pd.DataFrame:
    """Chosen lines of one feed with the names of shop, town and drug."""
    chosen = lines_by_id(store, feed, wanted, near, outside=outside)
    if chosen.empty:
        return pd.DataFrame()
    chosen = chosen.rename(columns={FACT_MOMENTS[feed]: "sold_at"}).assign(feed=feed)
    if feed in _PERSONS:
        chosen["buyer_key"] = chosen[_PERSONS[feed]]
    if feed == "settlements":
        chosen["paid_by_insurance"] = True
    with store.read() as connection:
        return _named(connection, chosen).reindex(columns=list(COLUMNS))


def _suppliers(connection: Connection, codes: pd.Series) -> pd.Series:
    """Who sold to the shop: the register's name and the credit code, the code alone where it has none."""
    names = registry.called(connection, supplier, "uscc", "name", codes.dropna())
    told = [f"{names[code]} {code}" if code in names else code for code in codes]
    return pd.Series(told, index=codes.index, dtype=object)


def _named(connection: Connection, lines: pd.DataFrame) -> pd.DataFrame:
    if "supplier_uscc" in lines.columns:
        lines = lines.assign(supplier=_suppliers(connection, lines["supplier_uscc"]))
    if "pharmacy_id" in lines.columns:
        shops = set(lines["pharmacy_id"].dropna())
        names = registry.called(connection, pharmacy, "license_no", "name", shops)
        placed = registry.called(connection, placement, "license_no", "area_code", shops)
        areas = registry.called(connection, area, "area_code", "area_name", filter(None, placed.values()))
        towns = {shop: areas.get(code) for shop, code in placed.items()}
        lines = lines.assign(
            pharmacy=lines["pharmacy_id"].map(names), shop_area_name=lines["pharmacy_id"].map(towns)
        )
    return _with_drugs(connection, lines) if "drug_code" in lines.columns else lines


def _with_drugs(connection: Connection, lines: pd.DataFrame) -> pd.DataFrame:
    """Adds what the catalogue said of the drug on the line's day, or last said where it was not in force."""
    known = drugs_of(connection, lines["drug_code"].dropna().unique())
    known = known[["drug_code", "drug_name", "active_mg_per_pack", "valid_from", "valid_to"]]
    # In seconds: 9999-12-31 lies beyond what nanoseconds reach.
    known = known.astype({"valid_from": "datetime64[s]", "valid_to": "datetime64[s]"})
    both = lines.merge(known, on="drug_code", how="left")
    day = both["sold_at"].dt.normalize()
    both["in_force"] = (both["valid_from"] <= day) & (day <= both["valid_to"])
    both = both.sort_values(["in_force", "valid_from"]).drop_duplicates("line_id", keep="last")
    return both.drop(columns=["in_force", "valid_from", "valid_to"])
