"""What the stores already know, handed to intake so that it need not ask them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Column of a feed → what it must be found in, and the reason when it is not.
_PHARMACY, _DRUG = ("pharmacies", "unknown_pharmacy"), ("drugs", "unknown_drug")
REFERENCES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("sales", "pharmacy_id"): _PHARMACY,
    ("sales", "drug_code"): _DRUG,
    ("purchases", "pharmacy_id"): _PHARMACY,
    ("purchases", "drug_code"): _DRUG,
    ("stock_counts", "pharmacy_id"): _PHARMACY,
    ("stock_counts", "drug_code"): _DRUG,
    ("stock_moves", "pharmacy_id"): _PHARMACY,
    ("stock_moves", "drug_code"): _DRUG,
    ("prescriptions", "drug_code"): _DRUG,
    ("settlements", "pharmacy_id"): _PHARMACY,
    ("settlements", "drug_code"): _DRUG,
    ("duty", "pharmacy_id"): _PHARMACY,
    ("inspections", "pharmacy_id"): _PHARMACY,
    ("recalls", "drug_code"): _DRUG,
    ("pharmacies", "town_code"): ("towns", "unknown_town"),
    ("places", "town_code"): ("towns", "unknown_town"),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """Known keys to check against; None: do not check.

    `region` is a WGS-84 box (lon_min, lat_min, lon_max, lat_max) that every pharmacy must lie in.
    """

    pharmacies: frozenset[str] | None = None
    drugs: frozenset[str] | None = None
    towns: frozenset[str] | None = None
    region: tuple[float, float, float, float] | None = None

    def known(self, feed: str, column: str) -> tuple[frozenset[str], str] | None:
        """The known keys of a column and the reason for an unknown one; None when there is no check."""
        found = REFERENCES.get((feed, column))
        keys = getattr(self, found[0]) if found is not None else None
        return None if found is None or keys is None else (keys, found[1])
