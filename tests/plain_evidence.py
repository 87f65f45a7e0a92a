"""The lines that findings rest on as one reads them off the facts: what the look-up by ids is held to."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from yaotong.facts import FACT_MOMENTS, Facts
from yaotong.reads.evidence import COLUMNS
from yaotong.rules.model import Rule

# Whose line it is, by the feed's own name.
_PERSONS = {"settlements": "person_key", "prescriptions": "patient_key"}


def plain_evidence(facts: Facts, rule: Rule, line_ids: Collection[str]) -> pd.DataFrame:
    """The lines of some ids among the feeds a rule reads: COLUMNS, `sold_at` their moment, in its order."""
    wanted = sorted(set(line_ids))
    feeds = [feed for feed in FACT_MOMENTS if feed in rule.feeds] or ["sales"]
    parts = [_lines(facts, feed, wanted) for feed in feeds] if wanted else []
    full = [part for part in parts if len(part)]
    if not full:
        return pd.DataFrame(columns=list(COLUMNS))
    frame = pd.concat(full, ignore_index=True) if len(full) > 1 else full[0]
    ordered: pd.DataFrame = frame.sort_values(["sold_at", "feed", "line_id"], ignore_index=True)
    return ordered


def _lines(facts: Facts, feed: str, wanted: list[str]) -> pd.DataFrame:
    """Chosen lines of one feed with the names of shop, town and drug."""
    table = getattr(facts, feed)
    chosen: pd.DataFrame = table.filter(table.line_id.isin(wanted)).to_pandas()
    if chosen.empty:
        return pd.DataFrame()
    chosen = chosen.rename(columns={FACT_MOMENTS[feed]: "sold_at"}).assign(feed=feed)
    if feed in _PERSONS:
        chosen["buyer_key"] = chosen[_PERSONS[feed]]
    if feed == "purchases":
        firms = facts.suppliers.select("uscc", "name").to_pandas()
        names = dict(zip(firms["uscc"], firms["name"], strict=True))
        codes = chosen["supplier_uscc"]
        chosen["supplier"] = [f"{names[one]} {one}" if one in names else one for one in codes]
    if feed == "settlements":
        chosen["paid_by_insurance"] = True
    return _named(facts, chosen).reindex(columns=list(COLUMNS))


def _named(facts: Facts, lines: pd.DataFrame) -> pd.DataFrame:
    if "pharmacy_id" in lines.columns:
        shops = facts.pharmacies.select("pharmacy_id", "area_code", pharmacy="name")
        areas = facts.areas.select("area_code", shop_area_name="area_name")
        known = shops.filter(shops.pharmacy_id.isin(lines["pharmacy_id"].dropna().unique().tolist()))
        placed = known.left_join(areas, "area_code").to_pandas()
        lines = lines.merge(
            placed[["pharmacy_id", "pharmacy", "shop_area_name"]], on="pharmacy_id", how="left"
        )
    return _with_drugs(facts, lines) if "drug_code" in lines.columns else lines


def _with_drugs(facts: Facts, lines: pd.DataFrame) -> pd.DataFrame:
    """Adds what the catalogue said of the drug on the line's day, or last said where it was not in force."""
    drugs = facts.drugs.filter(facts.drugs.drug_code.isin(lines["drug_code"].dropna().unique().tolist()))
    known = drugs.select("drug_code", "drug_name", "active_mg_per_pack", "valid_from", "valid_to").to_pandas()
    # In seconds: 9999-12-31 lies beyond what nanoseconds reach.
    known = known.astype({"valid_from": "datetime64[s]", "valid_to": "datetime64[s]"})
    both = lines.merge(known, on="drug_code", how="left")
    day = both["sold_at"].dt.normalize()
    both["in_force"] = (both["valid_from"] <= day) & (day <= both["valid_to"])
    both = both.sort_values(["in_force", "valid_from"]).drop_duplicates("line_id", keep="last")
    return both.drop(columns=["in_force", "valid_from", "valid_to"])
