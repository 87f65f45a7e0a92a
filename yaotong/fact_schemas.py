"""The exact columns and types of the facts; see :mod:`yaotong.facts` for what they mean together.

All timestamps are naive Beijing time to the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa

from yaotong.records import FEEDS

_TS = pa.timestamp("s")

SALES_SCHEMA = pa.schema(
    [
        ("line_id", pa.string()),
        ("pharmacy_id", pa.string()),
        ("sale_id", pa.string()),
        ("sold_at", _TS),
        ("drug_code", pa.string()),
        ("trace_code", pa.string()),
        ("batch_no", pa.string()),
        ("quantity", pa.float64()),  # packs; negative: return
        ("unit_price_fen", pa.int64()),
        ("buyer_key", pa.string()),  # keyed pseudonym "<key id>:<hex>", NULL when nobody was registered
        ("buyer_region", pa.string()),  # first four digits of the ID's area: a hint, never a reason alone
        ("buyer_age_years", pa.int32()),  # on the day of sale
        ("prescription_no", pa.string()),
        ("prescriber_key", pa.string()),
        ("pharmacist_id", pa.string()),
        ("channel", pa.string()),
        ("paid_by_insurance", pa.bool_()),
        ("settlement_id", pa.string()),
        ("seal_id", pa.string()),
        ("recorded_at", _TS),
        ("arrived_at", _TS),
    ]
)
PURCHASES_SCHEMA = pa.schema(
    [
        ("line_id", pa.string()),
        ("pharmacy_id", pa.string()),
        ("purchase_id", pa.string()),
        ("received_at", _TS),
        ("supplier_uscc", pa.string()),
        ("drug_code", pa.string()),
        ("batch_no", pa.string()),
        ("quantity", pa.float64()),
        ("expiry", pa.date32()),
        ("trace_code", pa.string()),
        ("arrived_at", _TS),
    ]
)
STOCK_COUNTS_SCHEMA = pa.schema(
    [
        ("line_id", pa.string()),
        ("pharmacy_id", pa.string()),
        ("drug_code", pa.string()),
        ("counted_at", _TS),
        ("quantity", pa.float64()),  # packs on the shelf
        ("batch_no", pa.string()),
        ("arrived_at", _TS),
    ]
)
STOCK_MOVES_SCHEMA = pa.schema(
    [
        ("line_id", pa.string()),
        ("pharmacy_id", pa.string()),
        ("move_id", pa.string()),
        ("moved_at", _TS),
        ("kind", pa.string()),
        ("drug_code", pa.string()),
        ("quantity", pa.float64()),  # packs, always positive: the kind tells the way
        ("batch_no", pa.string()),
        ("counterpart", pa.string()),
        ("report_no", pa.string()),
        ("arrived_at", _TS),
    ]
)
PRESCRIPTIONS_SCHEMA = pa.schema(
    [
        ("line_id", pa.string()),
        ("prescription_no", pa.string()),
        ("issued_at", _TS),
        ("prescriber_key", pa.string()),
        ("drug_code", pa.string()),
        ("quantity", pa.float64()),
        ("days", pa.int64()),  # of treatment
        ("patient_key", pa.string()),
        ("patient_region", pa.string()),
        ("patient_age_years", pa.int32()),  # on the day of issue
        ("arrived_at", _TS),
    ]
)
SETTLEMENTS_SCHEMA = pa.schema(
    [
        ("line_id", pa.string()),
        ("settlement_id", pa.string()),
        ("settled_at", _TS),
        ("pharmacy_id", pa.string()),
        ("person_key", pa.string()),
        ("drug_code", pa.string()),
        ("quantity", pa.float64()),  # packs; negative: withdrawn
        ("amount_fen", pa.int64()),  # negative: paid back
        ("trace_code", pa.string()),
        ("arrived_at", _TS),
    ]
)
DUTY_SCHEMA = pa.schema(
    [
        ("line_id", pa.string()),
        ("pharmacy_id", pa.string()),
        ("pharmacist_id", pa.string()),
        ("duty_from", _TS),
        ("duty_until", _TS),  # first moment after the shift; NULL while it lasts
        ("arrived_at", _TS),
    ]
)
INSPECTIONS_SCHEMA = pa.schema(
    [
        ("line_id", pa.string()),
        ("inspection_id", pa.string()),
        ("pharmacy_id", pa.string()),
        ("inspected_at", _TS),
        ("kind", pa.string()),
        ("outcome", pa.string()),
        ("department_code", pa.string()),
        ("hours_confirmed", pa.bool_()),  # NULL: not looked at
        ("place_confirmed", pa.bool_()),
        ("phone_confirmed", pa.bool_()),
        ("pharmacist_present", pa.bool_()),
        ("stock_agrees", pa.bool_()),
        ("note", pa.string()),
        ("arrived_at", _TS),
    ]
)
DRUGS_SCHEMA = pa.schema(
    [
        ("drug_code", pa.string()),
        ("drug_name", pa.string()),
        ("categories", pa.string()),  # "|EPH|RX|": test with contains("|EPH|")
        ("pack", pa.string()),
        ("active_mg_per_pack", pa.float64()),
        ("prescription", pa.string()),
        ("limit_per_sale", pa.float64()),
        ("product_code", pa.string()),  # first 7 of the 20 digits on its smallest pack; NULL unknown
        ("valid_from", pa.date32()),  # never NULL here: 1900-01-01 when open
        ("valid_to", pa.date32()),  # last valid day, 9999-12-31 when open
    ]
)
# The feeds whose lines are facts: kept as Parquet, with the moment that decides their month.
FACT_MOMENTS: Mapping[str, str] = {
    feed.name: feed.column(feed.moment).stored for feed in FEEDS.values() if feed.moment
}
# Registers of which a row is of a day, with the column that tells it.
REGISTER_DAYS: Mapping[str, str] = {"browsing": "day"}
Apart = Literal["", "pharmacy", "buyer", "trace_code"]
# The column of each feed that tells whom a line is about.
KEYS: Mapping[Apart, Mapping[str, str]] = {
    "pharmacy": dict.fromkeys(
        ("sales", "purchases", "stock_counts", "stock_moves", "settlements", "duty", "inspections"),
        "pharmacy_id",
    ),
    "buyer": {"sales": "buyer_key", "settlements": "person_key", "prescriptions": "patient_key"},
    "trace_code": dict.fromkeys(("sales", "purchases", "settlements"), "trace_code"),
}
# What the lines of a few days are met with the past by (see NearFacts), and the column of each feed.
Link = Literal["trace_code", "buyer", "settlement_id", "prescription_no"]
LINKS: Mapping[Link, Mapping[str, str]] = {
    "trace_code": KEYS["trace_code"],
    "buyer": KEYS["buyer"],
    "settlement_id": dict.fromkeys(("sales", "settlements"), "settlement_id"),
    "prescription_no": dict.fromkeys(("sales", "prescriptions"), "prescription_no"),
}

PHARMACIES_SCHEMA = pa.schema(
    [
        ("pharmacy_id", pa.string()),
        ("name", pa.string()),
        ("area_code", pa.string()),  # where the point lies; NULL outside every area
        ("town_code", pa.string()),  # where the register claims it is
        ("chain", pa.string()),
        ("kind", pa.string()),
        ("status", pa.string()),
        ("opening_hours", pa.string()),
        ("scope", pa.string()),  # "|RX|COLD|", as categories; NULL unknown
        ("insurance_designated", pa.bool_()),  # NULL unknown
        ("dual_channel", pa.bool_()),
        ("valid_from", pa.date32()),  # the licence's first day, 1900-01-01 when open
        ("valid_to", pa.date32()),  # its last day, 9999-12-31 when open
        # Since when the register says so; NULL: ever since it knows the shop.
        ("status_since", pa.date32()),
        ("designated_since", pa.date32()),
        ("lon", pa.float64()),  # WGS-84
        ("lat", pa.float64()),
    ]
)
OPENINGS_SCHEMA = pa.schema(
    [
        ("pharmacy_id", pa.string()),
        ("day", pa.date32()),  # on which the span begins
        ("open_from", _TS),  # both NULL on a day that is closed throughout
        ("open_until", _TS),  # first moment closed again, perhaps on the next day
    ]
)
AREAS_SCHEMA = pa.schema(
    [
        ("area_code", pa.string()),
        ("area_name", pa.string()),
        ("parent_code", pa.string()),
        ("level", pa.string()),
        ("population", pa.int64()),
    ]
)
RECALLS_SCHEMA = pa.schema(
    [("batch_no", pa.string()), ("drug_code", pa.string()), ("effective_at", _TS), ("level", pa.string())]
)
SUPPLIERS_SCHEMA = pa.schema(
    [
        ("uscc", pa.string()),
        ("name", pa.string()),
        ("permit_no", pa.string()),
        ("kind", pa.string()),
        ("valid_from", pa.date32()),  # both included
        ("valid_to", pa.date32()),
    ]
)
CROSS_MATCHES_SCHEMA = pa.schema(
    [
        ("token", pa.string()),  # the name that both regions know the match by
        ("buyer_key", pa.string()),
        ("region", pa.string()),  # the other region's admin code
        ("categories", pa.string()),  # "|EPH|"
        ("window_since", pa.date32()),  # both included
        ("window_until", pa.date32()),
        ("measure", pa.string()),  # packs or mg
        ("total", pa.float64()),  # here and there together, at least so much
        ("threshold", pa.float64()),
    ]
)
BROWSING_SCHEMA = pa.schema(
    [
        ("actor", pa.string()),  # whose account
        ("kind", pa.string()),  # many, night or outside: see yaotong.unusual
        ("day", pa.date32()),
        ("began", _TS),
        ("ended", _TS),
        ("views", pa.int64()),  # how many; never of what
    ]
)
# What the detector says of the sales: a row for each shop, town or city, group and day that stands out.
SIGNALS_SCHEMA = pa.schema(
    [
        ("level", pa.string()),  # pharmacy, town or city
        ("key", pa.string()),  # pharmacy_id or area code
        ("drug_group", pa.string()),  # of yaotong.watched.GROUPS
        ("day", pa.date32()),
        ("span_days", pa.int64()),  # the days up to this one that are judged together
        ("lasting", pa.bool_()),  # a rise that began before those days and goes on
        ("observed", pa.float64()),  # packs of those days; one day's bulk is capped within several
        ("expected", pa.float64()),
        ("upper", pa.float64()),  # what ninety-nine in a hundred such spans stay within
        ("excess", pa.float64()),
        ("p", pa.float64()),
        ("q", pa.float64()),  # over all series of the level on that day
        ("best", pa.bool_()),  # no other level explains it better
        ("figures", pa.string()),  # these numbers as a finding carries them
    ]
)
NOTICES_SCHEMA = pa.schema(
    [
        ("date_from", pa.date32()),
        ("date_until", pa.date32()),
        ("scope", pa.string()),  # NULL: everywhere; else a pharmacy_id, a chain or an area_code
        ("kind", pa.string()),
        ("name", pa.string()),
    ]
)
DAYS_SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("weekday", pa.int32()),  # 0 Monday to 6 Sunday
        ("is_workday", pa.bool_()),  # 调休 included
        ("is_holiday", pa.bool_()),  # inside a statutory holiday, weekends outside one excepted
        ("holiday", pa.string()),
    ]
)

FACT_SCHEMAS: Mapping[str, pa.Schema] = {
    "sales": SALES_SCHEMA,
    "purchases": PURCHASES_SCHEMA,
    "drugs": DRUGS_SCHEMA,
    "pharmacies": PHARMACIES_SCHEMA,
    "areas": AREAS_SCHEMA,
    "recalls": RECALLS_SCHEMA,
    "suppliers": SUPPLIERS_SCHEMA,
    "notices": NOTICES_SCHEMA,
    "days": DAYS_SCHEMA,
    "stock_counts": STOCK_COUNTS_SCHEMA,
    "stock_moves": STOCK_MOVES_SCHEMA,
    "prescriptions": PRESCRIPTIONS_SCHEMA,
    "settlements": SETTLEMENTS_SCHEMA,
    "duty": DUTY_SCHEMA,
    "inspections": INSPECTIONS_SCHEMA,
    "openings": OPENINGS_SCHEMA,
    "cross_matches": CROSS_MATCHES_SCHEMA,
    "browsing": BROWSING_SCHEMA,
}
