"""Facts (事实): the tables every rule and every read sees, with their exact columns and types.

All timestamps are naive Beijing time to the second, so that a Beijing day is a plain cast on any
engine. `line_id` is the key of the feed, its parts joined by "/" (moments as 2026-05-01T08:30:00):
"<pharmacy_id>/<sale_id>" for a sale. It stays the same through corrections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import ibis.expr.types as ir
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
Apart = Literal["", "pharmacy", "buyer", "trace_code"]
# The column of each feed that tells whom a line is about.
KEYS: Mapping[Apart, Mapping[str, str]] = {
    "pharmacy": dict.fromkeys(
        ("sales", "purchases", "stock_counts", "settlements", "duty", "inspections"), "pharmacy_id"
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


# What a sale is told of its drug.
_OF_DRUGS = (
    "drug_name", "categories", "active_mg_per_pack", "prescription", "limit_per_sale", "product_code",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sold:
    """Sales and the drugs they are of, at one data version; a corrected line stands in its last wording."""

    sales: ir.Table
    drugs: ir.Table

    def sales_of(self, *categories: str) -> ir.Table:
        """Sales lines of drugs that bore any of the categories on the day of sale.

        Adds drug_name, categories, active_mg_per_pack, prescription, limit_per_sale and product_code.
        """
        drugs = self.drugs
        wanted = drugs.categories.contains(f"|{categories[0]}|")
        for category in categories[1:]:
            wanted = wanted | drugs.categories.contains(f"|{category}|")
        return self._with_drug(drugs.filter(wanted))

    def sales_with_drug(self) -> ir.Table:
        """All sales lines with the drug's attributes on the day of sale."""
        return self._with_drug(self.drugs)

    def _with_drug(self, drugs: ir.Table) -> ir.Table:
        sales, day = self.sales, self.sales.sold_at.date()
        joined = sales.join(
            drugs,
            [sales.drug_code == drugs.drug_code, day >= drugs.valid_from, day <= drugs.valid_to],
        )
        return joined.select(*(sales[name] for name in sales.columns), *(drugs[name] for name in _OF_DRUGS))


@dataclass(frozen=True, slots=True)
class Facts(Sold):
    """One consistent set of tables at one data version, as Ibis expressions of the same backend.

    Every table of lines holds current ones only: a corrected line stands once, in its last wording.
    `days` covers every day from the first sale to the last day of the window asked for. `openings`
    reaches one day further; a shop has no row on a day for which its hours are unknown.
    """

    purchases: ir.Table
    pharmacies: ir.Table
    areas: ir.Table
    recalls: ir.Table
    notices: ir.Table
    days: ir.Table
    stock_counts: ir.Table
    prescriptions: ir.Table
    settlements: ir.Table
    duty: ir.Table
    inspections: ir.Table
    openings: ir.Table

    def sharing(self, feed: str, link: Link, since: datetime) -> ir.Table:
        """Lines of a feed: at the least all that share a key with a line of any feed since a moment."""
        lines: ir.Table = getattr(self, feed)
        return lines

    def shop_days(self, since: datetime, until: datetime) -> ir.Table:
        """pharmacy_id, day, lines, and those of them sold and returned, from day to day (until excluded)."""
        sales = self.sales
        some = sales.filter(sales.sold_at >= since, sales.sold_at < until)
        return some.group_by("pharmacy_id", day=some.sold_at.date()).agg(
            lines=some.count(),
            sold=(some.quantity > 0).ifelse(1, 0).sum(),
            returned=(some.quantity < 0).ifelse(1, 0).sum(),
        )

    def first_sold(self) -> ir.Table:
        """One row, `first`: the day of the first sale ever sent."""
        return self.sales.aggregate(first=self.sales.sold_at.min().date())


@dataclass(frozen=True, slots=True)
class Window:
    """The Beijing days a run is asked about, both included."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise ValueError(f"a window cannot end ({self.until}) before it starts ({self.since})")

    @property
    def start(self) -> datetime:
        """First moment inside."""
        return datetime.combine(self.since, datetime.min.time())

    @property
    def end(self) -> datetime:
        """First moment after."""
        return datetime.combine(self.until + timedelta(days=1), datetime.min.time())

    def widened(self, days: int) -> Window:
        """The same window starting `days` earlier: what a rule must read to judge its first day."""
        return Window(self.since - timedelta(days=days), self.until)


FACT_SCHEMAS: Mapping[str, pa.Schema] = {
    "sales": SALES_SCHEMA,
    "purchases": PURCHASES_SCHEMA,
    "drugs": DRUGS_SCHEMA,
    "pharmacies": PHARMACIES_SCHEMA,
    "areas": AREAS_SCHEMA,
    "recalls": RECALLS_SCHEMA,
    "notices": NOTICES_SCHEMA,
    "days": DAYS_SCHEMA,
    "stock_counts": STOCK_COUNTS_SCHEMA,
    "prescriptions": PRESCRIPTIONS_SCHEMA,
    "settlements": SETTLEMENTS_SCHEMA,
    "duty": DUTY_SCHEMA,
    "inspections": INSPECTIONS_SCHEMA,
    "openings": OPENINGS_SCHEMA,
}
