"""Records (记录): the feeds of contract §3 as data. A record is what a file says, before it is a fact."""

from __future__ import annotations

from collections.abc import Mapping

from yaotong.columns import Column, Feed, Kind, choice, date, flag, ident, moment, number, text
from yaotong.receipts import Receipt, Rejection

__all__ = [
    "AREAS", "CALENDAR", "DEPARTMENTS", "DRUGS", "DUTY", "FEEDS", "INSPECTIONS", "PHARMACIES", "PLACES",
    "PRESCRIPTIONS", "PURCHASES", "RECALLS", "SALES", "SETTLEMENTS", "STOCK_COUNTS", "STOCK_MOVES",
    "SUPPLIERS", "Column", "Feed", "Kind", "Receipt", "Rejection",
]  # fmt: skip

_LEAST_PACKS = 0.001  # split packs are sold by the piece, and nobody writes of less
_VALIDITY = (date("valid_from"), date("valid_to"))

AREAS = Feed(
    "areas",
    "行政区域",
    ("area_code", "generation"),
    (
        ident("area_code", True),
        text("area_name", True),
        Column("geometry", Kind.GEOMETRY, True),
        ident("generation"),
        ident("parent_code"),
        ident("level"),
        Column("population", Kind.INTEGER, low=0, high=2e9),
        text("note"),
        *_VALIDITY,
    ),
)
PHARMACIES = Feed(
    "pharmacies",
    "药店名录",
    ("license_no",),
    (
        ident("license_no", True),
        ident("uscc"),
        text("name", True),
        text("address", True),
        Column("lon", Kind.NUMBER, True),
        Column("lat", Kind.NUMBER, True),
        choice("crs", "wgs84", "cgcs2000", "gcj02", "bd09", required=True),
        ident("town_code"),
        text("phone"),
        text("opening_hours"),
        Column("insurance_designated", Kind.FLAG),
        Column("dual_channel", Kind.FLAG),
        Column("scope", Kind.CATEGORIES),
        text("chain"),
        ident("kind"),
        text("services"),
        choice("status", "active", "suspended", "closed"),
        *_VALIDITY,
    ),
)
DRUGS = Feed(
    "drugs",
    "药品目录",
    ("drug_code", "valid_from"),
    (
        ident("drug_code", True),
        text("drug_name", True),
        Column("category", Kind.CATEGORIES, True, held_as="categories"),
        text("pack"),
        Column("active_mg_per_pack", Kind.NUMBER, low=0, high=1e6),
        choice("prescription", "rx", "otc"),
        Column("limit_per_sale", Kind.NUMBER, low=0, high=1e4),
        ident("product_code"),
        text("brand_name"),
        *_VALIDITY,
    ),
)
SALES = Feed(
    "sales",
    "销售明细",
    ("pharmacy_id", "sale_id"),
    (
        ident("sale_id", True),
        ident("pharmacy_id", True),
        Column("sold_at", Kind.MOMENT, True),
        ident("drug_code", True),
        ident("trace_code"),
        ident("batch_no"),
        Column("quantity", Kind.NUMBER, True, low=-1e5, high=1e5),
        number("unit_price", 0, 1e6, held_as="unit_price_fen"),
        ident("buyer_id_no", personal=True),
        ident("prescription_no"),
        ident("prescriber_id", personal=True),
        ident("pharmacist_id"),
        choice("channel", "store", "online", "delivery"),
        Column("paid_by_insurance", Kind.FLAG),
        ident("settlement_id"),
        ident("seal_id"),
        Column("recorded_at", Kind.MOMENT),
    ),
    moment="sold_at",
)
PURCHASES = Feed(
    "purchases",
    "购进明细",
    ("pharmacy_id", "purchase_id"),
    (
        ident("purchase_id", True),
        ident("pharmacy_id", True),
        Column("received_at", Kind.MOMENT, True),
        ident("supplier_uscc"),
        ident("drug_code", True),
        ident("batch_no"),
        Column("quantity", Kind.NUMBER, True, low=-1e7, high=1e7),
        date("expiry"),
        ident("trace_code"),
    ),
    moment="received_at",
)
SUPPLIERS = Feed(
    "suppliers",
    "供货企业名录",
    ("uscc", "valid_from"),
    (
        ident("uscc", True),
        text("name", True),
        ident("permit_no"),  # of the drug trade or manufacturing permit
        choice("kind", "wholesaler", "maker", "headquarters"),
        *_VALIDITY,
    ),
)
STOCK_COUNTS = Feed(
    "stock_counts",
    "库存盘点",
    ("pharmacy_id", "drug_code", "counted_at"),
    (
        ident("pharmacy_id", True),
        ident("drug_code", True),
        moment("counted_at", True),
        number("quantity", 0, 1e7, True),
        ident("batch_no"),
    ),
    moment="counted_at",
)
STOCK_MOVES = Feed(
    "stock_moves",
    "调拨与报损",
    ("pharmacy_id", "move_id"),
    (
        ident("move_id", True),
        ident("pharmacy_id", True),
        moment("moved_at", True),
        choice("kind", "transfer_in", "transfer_out", "damaged", "expired", "lost", "stolen", required=True),
        ident("drug_code", True),
        number("quantity", _LEAST_PACKS, 1e7, True),
        ident("batch_no"),
        ident("counterpart"),  # the other pharmacy of a transfer
        ident("report_no"),  # of the report to the police or the regulator
    ),
    moment="moved_at",
)
PRESCRIPTIONS = Feed(
    "prescriptions",
    "处方",
    ("prescription_no",),
    (
        ident("prescription_no", True),
        moment("issued_at", True),
        ident("prescriber_id", personal=True),
        ident("drug_code", True),
        number("quantity", _LEAST_PACKS, 1e5, True),
        Column("days", Kind.INTEGER, low=1, high=366),
        ident("patient_id_no", personal=True),
    ),
    moment="issued_at",
)
SETTLEMENTS = Feed(
    "settlements",
    "医保结算",
    ("settlement_id",),
    (
        ident("settlement_id", True),
        moment("settled_at", True),
        ident("pharmacy_id", True),
        ident("person_no", personal=True),
        ident("drug_code", True),
        number("quantity", -1e5, 1e5, True),
        number("amount", -1e7, 1e7, held_as="amount_fen"),
        ident("trace_code"),
    ),
    moment="settled_at",
)
DUTY = Feed(
    "duty",
    "药师在岗",
    ("pharmacy_id", "pharmacist_id", "from"),
    (
        ident("pharmacy_id", True),
        ident("pharmacist_id", True),
        moment("from", True, held_as="duty_from"),
        moment("until", held_as="duty_until"),
    ),
    moment="from",
)
INSPECTIONS = Feed(
    "inspections",
    "监督检查",
    ("pharmacy_id", "inspection_id"),
    (
        ident("inspection_id", True),
        ident("pharmacy_id", True),
        moment("inspected_at", True),
        choice("kind", "routine", "random", "special", "complaint", "alert", "follow_up", required=True),
        choice("outcome", "passed", "corrected", "ordered", "filed", "not_met", required=True),
        ident("department_code"),
        flag("hours_confirmed"),
        flag("place_confirmed"),
        flag("phone_confirmed"),
        flag("pharmacist_present"),
        flag("stock_agrees"),
        text("note"),
    ),
    moment="inspected_at",
)
RECALLS = Feed(
    "recalls",
    "召回通知",
    ("batch_no", "drug_code"),
    (
        ident("batch_no", True),
        ident("drug_code", True),
        Column("effective_at", Kind.MOMENT, True),
        ident("level"),
    ),
)
CALENDAR = Feed(
    "calendar",
    "日历与公告",
    ("date_from", "date_until", "scope", "kind"),
    (
        date("date_from", True),
        date("date_until", True),
        text("scope"),
        choice("kind", "promotion", "closure", "school", "holiday", "outage", required=True),
        text("name"),
    ),
)
PLACES = Feed(
    "places",
    "地名",
    ("place_id",),
    (
        ident("place_id", True),
        text("name", True),
        choice("kind", "village", "street", "bus_stop", "landmark", required=True),
        text("other_names"),
        Column("lon", Kind.NUMBER, True),
        Column("lat", Kind.NUMBER, True),
        choice("crs", "wgs84", "cgcs2000", "gcj02", "bd09", required=True),
        ident("town_code"),
        *_VALIDITY,
    ),
)
DEPARTMENTS = Feed(
    "departments",
    "机构名录",
    ("department_code",),
    (
        ident("department_code", True),
        text("department_name", True),
        ident("role", True),
        ident("area_code", True),
        ident("parent_code"),
        text("phone"),
    ),
)

FEEDS: Mapping[str, Feed] = {
    feed.name: feed
    for feed in (
        AREAS,
        PHARMACIES,
        DRUGS,
        SALES,
        PURCHASES,
        SUPPLIERS,
        STOCK_COUNTS,
        STOCK_MOVES,
        PRESCRIPTIONS,
        SETTLEMENTS,
        DUTY,
        RECALLS,
        INSPECTIONS,
        CALENDAR,
        DEPARTMENTS,
        PLACES,
    )
}
