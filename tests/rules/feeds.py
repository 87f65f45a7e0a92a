"""Cities with more than sales: prescriptions, settlements, purchases, counts and shifts for Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.rules.cities import BLOCK_SHOPS, BLOCKS, MONDAY, NOON_S, Example, at, drug, lines, sold, windows
from tests.rules.twins import DAY, City

DAY_S = 86_400
RX_DRUGS = (
    drug("安定", "|PSY2|RX|"),
    drug("头孢", "|ABX|RX|"),
    drug("双药", "|DUAL|RX|"),
    drug("头孢二厂", "|ABX|RX|") | {"drug_name": "头孢"},
    drug("麻720", "|EPH|OTC|"),
    drug("普通", "|OTC|"),
)
# Columns that name something of a block's own.
_OWN = (
    "pharmacy_id", "buyer_key", "person_key", "trace_code", "batch_no", "prescription_no", "prescriber_key",
    "settlement_id", "patient_key", "pharmacist_id",
)  # fmt: skip


def suffixed(row: Mapping[str, Any], block: int) -> dict[str, Any]:
    """A row with its block in every name of its own."""
    return {
        name: f"{value}-{block}" if name in _OWN and value is not None else value
        for name, value in row.items()
    }


def selling(
    draw: st.DrawFn, days: Sequence[int], seconds: Sequence[int], **choices: Any
) -> list[dict[str, Any]]:
    """Sales lines by blocks, their prescriptions, settlements and pharmacists named by block too."""
    some = {"drug_code": ("安定", "安定", "头孢", "普通"), "prescription_no": ("方1", "方1", "方2", None)}
    rows = draw(lines(days, seconds, **{"least": 2, **some, **choices}))
    marked = ("prescription_no", "settlement_id", "pharmacist_id", "prescriber_key")
    for row in rows:
        block = str(row["pharmacy_id"]).rpartition("-")[2]
        row.update({name: f"{row[name]}-{block}" for name in marked if row.get(name) is not None})
    return rows


def feed(
    draw: st.DrawFn,
    moment: str,
    days: Sequence[int],
    seconds: Sequence[int],
    /,
    least: int = 1,
    most: int = 4,
    **choices: Sequence[Any],
) -> list[dict[str, Any]]:
    """Rows of a feed by blocks; most rows of a block are alike but for their moment and quantity."""
    usual = {name: some[0] for name, some in choices.items()}
    free = [name for name in choices if name == "quantity"]
    changed = [st.fixed_dictionaries({name: st.sampled_from(some)}) for name, some in choices.items()]
    one = st.fixed_dictionaries(
        {
            moment: st.builds(at, st.sampled_from(days), st.sampled_from(seconds)),
            "own": st.one_of(st.just({}), *changed, *changed),
            **{name: st.sampled_from(choices[name]) for name in free},
        }
    )
    rows = []
    for block in range(BLOCKS):
        for row in draw(st.lists(one, min_size=least, max_size=most)):
            whole = {**usual, **{name: value for name, value in row.items() if name != "own"}, **row["own"]}
            rows.append(suffixed(whole, block) | {"line_id": f"{moment}-{len(rows):04d}"})
    return rows


def keyed(rows: Sequence[dict[str, Any]], *key: str) -> list[dict[str, Any]]:
    """One row for each key, the last: as a store keeps them."""
    return list({tuple(row[name] for name in key): row for row in rows}.values())


def papers_of(draw: st.DrawFn, days: Sequence[int], seconds: Sequence[int]) -> list[dict[str, Any]]:
    """Prescriptions of one or two packs, for few days or for months."""
    rows = feed(
        draw, "issued_at", days, seconds, least=1, most=3,
        prescription_no=("方1", "方1", "方2"), drug_code=("安定", "安定", "头孢"), quantity=(2.0, 2.0, 1.0),
        days=(3, 7, 10, 60, None), prescriber_key=("医1", "医1", "医2"), patient_key=("k:1", "k:1", "k:2"),
    )  # fmt: skip
    return [row | {"line_id": row["prescription_no"]} for row in keyed(rows, "prescription_no")]


@st.composite
def papers(draw: st.DrawFn) -> Example:
    """Prescriptions, and sales on them at the edges of a visit and of three days."""
    noon = (NOON_S - 1, NOON_S, NOON_S, NOON_S + 1, NOON_S + 600, NOON_S + 601, NOON_S + 1800, NOON_S + 1801)
    # The unknown shop has no block of its own place.
    sales = selling(draw, (0, 0, 3, 4), noon, pharmacy_id=("甲", "甲", "乙", "未登记"))
    prescriptions = papers_of(draw, (0, 0, 0, 1, 4), noon)
    return Example(City(sales, RX_DRUGS, BLOCK_SHOPS, prescriptions=prescriptions), draw(windows(0, 4)))


@st.composite
def shelves(draw: st.DrawFn) -> Example:
    """Purchases from two years back to some days after, lots with and without an expiry, and sales."""
    noon = (NOON_S, NOON_S, NOON_S + 1)
    drugs, lots = ("头孢", "头孢", "头孢", "安定"), ("批1", "批1", "批1", "批2", None)
    sales = selling(draw, (0, 0, 1, 4), noon, drug_code=drugs, batch_no=lots, pharmacy_id=("甲", "甲", "乙"))
    purchases = feed(
        draw, "received_at", (-800, -731, -730, -180, -180, -179, -30, -5, -5, 0, 3, 4), noon, 2, 6,
        pharmacy_id=("甲", "甲", "乙"), drug_code=("头孢", "头孢", "安定"), quantity=(5.0, 5.0, -1.0),
        batch_no=("批2", "批3", "批1", None), expiry=(MONDAY, MONDAY + DAY, MONDAY - DAY, None),
        supplier_uscc=("企1", "企1", "企2", None),
    )  # fmt: skip
    city = City(
        sales, RX_DRUGS, BLOCK_SHOPS, purchases=purchases, suppliers=draw(st.lists(permits(), max_size=3))
    )
    return Example(city, draw(windows(0, 7)))


def permits() -> st.SearchStrategy[dict[str, Any]]:
    """Permits of firms that begin and end about the days on which something is bought."""
    spans = {
        "valid_from": st.sampled_from((MONDAY, MONDAY + 3 * DAY, MONDAY - 365 * DAY)),
        "valid_to": st.sampled_from((MONDAY - DAY, MONDAY, MONDAY + 3 * DAY, MONDAY + 365 * DAY)),
    }
    return st.fixed_dictionaries({"uscc": st.sampled_from(("企1", "企2", "企3"))}, optional=spans)


@st.composite
def counted(draw: st.DrawFn) -> Example:
    """Two or three counts of a shelf, with sales and purchases before, at and after each."""
    moments = (NOON_S - 1, NOON_S, NOON_S, NOON_S + 1)
    drugs, lots = ("头孢", "头孢", "安定"), (None, None, "批1", "批2")
    sales = selling(
        draw, (0, 1, 7, 31), moments, drug_code=drugs, batch_no=lots, pharmacy_id=("甲", "甲", "乙")
    )
    purchases = feed(
        draw, "received_at", (-92, -61, -60, -1, 1, 7), moments, 1, 3, pharmacy_id=("甲", "甲", "乙"),
        drug_code=drugs, quantity=(2.0, 5.0, -1.0), batch_no=lots,
    )  # fmt: skip
    counts = feed(
        draw, "counted_at", (0, 0, 7, 31), moments, 2, 4, pharmacy_id=("甲", "甲", "乙"), drug_code=drugs,
        quantity=(0.0, 2.0, 4.0, 5.0, 6.5, 7.0), batch_no=(None, None, None, "批1"),
    )  # fmt: skip
    counts = keyed(counts, "pharmacy_id", "drug_code", "counted_at")
    city = City(
        sales, RX_DRUGS, BLOCK_SHOPS, purchases=purchases, stock_counts=counts,
        stock_moves=moving(draw, moments, lots, drugs),
    )  # fmt: skip
    return Example(city, draw(windows(0, 31)))


def moving(
    draw: st.DrawFn, moments: tuple[int, ...], lots: tuple[str | None, ...], drugs: tuple[str, ...]
) -> list[dict[str, Any]]:
    """A few transfers and losses about the counts of a shelf."""
    kinds = ("transfer_in", "transfer_out", "damaged", "expired", "lost", "stolen")
    return feed(
        draw, "moved_at", (-1, 0, 1, 7, 31), moments, 0, 3, pharmacy_id=("甲", "甲", "乙"),
        drug_code=drugs, quantity=(0.5, 2.0, 4.0), batch_no=lots, kind=kinds,
    )  # fmt: skip


# Places of a block's shops: 甲 and 乙 lie 2.9 km apart, 甲 and 丙 under one, 丁 nowhere.
PLACES = {"甲": (121.0, 30.7), "乙": (121.03, 30.7), "丙": (121.005, 30.7)}
PLACED_SHOPS = tuple(
    {**one, **dict(zip(("lon", "lat"), PLACES.get(one["pharmacy_id"][0], (None, None)), strict=True))}
    for one in BLOCK_SHOPS
)


@st.composite
def shifts(draw: st.DrawFn) -> Example:
    """Shifts with gaps of a lunch, a night and a fortnight, and sales a quarter of an hour off their ends."""
    # Noon is the end of a shift, an hour later the next begins.
    moments = (NOON_S, NOON_S + 900, NOON_S + 901, NOON_S + 1800, NOON_S + 1801, NOON_S + 2699, NOON_S + 2700)
    sales = selling(
        draw, (0, 0, 1, 14), moments, drug_code=("头孢", "头孢", "安定", "普通"),
        pharmacy_id=("甲", "甲", "乙", "乙", "丙", "丁"), pharmacist_id=("师1", "师1", "师2", None),
    )  # fmt: skip
    some = {"pharmacy_id": ("甲", "甲", "乙"), "pharmacist_id": ("师1", "师1", "师2")}
    duty = feed(
        draw, "duty_from", (0, 0, 1, 14), (NOON_S - 3600, NOON_S + 3600), 1, 4,
        hours=(1, 1, 1, 2, 47, None), **some,
    )  # fmt: skip
    for row in duty:
        row["duty_until"] = row["duty_from"] + timedelta(hours=row["hours"]) if row["hours"] else None
    duty = keyed(duty, "pharmacy_id", "pharmacist_id", "duty_from")
    return Example(City(sales, RX_DRUGS, PLACED_SHOPS, duty=duty), draw(windows(0, 15)))


def paid(
    draw: st.DrawFn,
    days: Sequence[int],
    seconds: Sequence[int],
    least: int = 2,
    most: int = 6,
    **choices: Any,
) -> list[dict[str, Any]]:
    """Settlements, mostly of one person for one drug; each has a number of its own."""
    some = {
        "pharmacy_id": ("甲", "甲", "乙", "丙", "丁"), "person_key": ("k:1", "k:1", "k:1", "k:2", None),
        "drug_code": ("头孢", "头孢", "安定"), "quantity": (1.0, 1.0, 1.0, 1.0, 2.0, -1.0), **choices,
    }  # fmt: skip
    rows = feed(draw, "settled_at", days, seconds, least, most, **some)
    for number, row in enumerate(rows):
        row["settlement_id"] = row["line_id"] = row.get("settlement_id") or f"结{number:04d}"
    return keyed(rows, "settlement_id")


@st.composite
def travels(draw: st.DrawFn) -> Example:
    """One person at shops near and far, at once, an hour and a day apart, some of it by parcel."""
    seconds = (NOON_S, NOON_S, NOON_S + 100, NOON_S + 290, NOON_S + 3600, 86_399, 0)
    settlements = paid(draw, (0, 0, 1, 2), seconds, 2, 4)
    far = tuple({**one, "lon": one["lon"] and 121 + (one["lon"] - 121) * 3} for one in PLACED_SHOPS)
    parcels = [
        sold(one["pharmacy_id"], 0, "头孢", 1.0, number)
        | {"settlement_id": one["settlement_id"], "channel": draw(st.sampled_from(("store", "delivery")))}
        for number, one in enumerate(settlements[::5])
    ]
    return Example(City(parcels, RX_DRUGS, far, settlements=settlements), draw(windows(0, 2)))


@st.composite
def swipes(draw: st.DrawFn) -> Example:
    """One person's visits at the edges of a visit, a day and a week, and ten shops of a month."""
    seconds = (NOON_S, NOON_S, NOON_S + 1800, NOON_S + 1801, NOON_S + 3602, NOON_S - 1, NOON_S + 5403)
    settlements = paid(draw, (23, 24, 29, 30, 30), seconds, 2, 5)
    for block in range(draw(st.integers(0, 2))):
        for number in range(draw(st.integers(6, 8))):
            line = {"line_id": f"月{block}-{number}", "settlement_id": f"月{block}-{number}", "quantity": 1.0}
            shop_day = {"pharmacy_id": f"远{number}", "settled_at": at(3 * number + 1, NOON_S)}
            settlements.append({**line, **shop_day, "person_key": f"k:1-{block}", "drug_code": "头孢"})
    return Example(City([], RX_DRUGS, PLACED_SHOPS, settlements=settlements), draw(windows(24, 31)))


@st.composite
def pools(draw: st.DrawFn) -> Example:
    """Six persons at one shop, ten minutes or a second more apart."""
    seconds = (NOON_S, NOON_S + 1, NOON_S + 600, NOON_S + 601, 86_100, 86_399, 299)
    persons = tuple(f"k:{number}" for number in range(7))
    settlements = paid(
        draw, (0, 0, 0, 1), seconds, 5, 9, pharmacy_id=("甲",) * 9 + ("乙",), drug_code=("头孢",) * 9 + ("安定",),
        quantity=(1.0,) * 9 + (-1.0, 2.0), person_key=persons,
    )  # fmt: skip
    # All of a block are drawn alike but for one column: persons are dealt in turn.
    for number, row in enumerate(settlements):
        row["person_key"] = f"k:{number % draw(st.integers(5, 7))}-{row['pharmacy_id'][-1]}"
    return Example(City([], RX_DRUGS, PLACED_SHOPS, settlements=settlements), draw(windows(0, 2)))


@st.composite
def answered(draw: st.DrawFn) -> Example:
    """Settlements and sales of a few numbers, days apart, some of another drug, shop or sign."""
    numbers = ("结1", "结1", "结2", "结3")
    settlements = paid(
        draw, (0, 0, 0, 1, 2, 3), (NOON_S,), 1, 3, pharmacy_id=("甲", "甲", "甲", "乙"), settlement_id=numbers
    )
    sales = selling(
        draw, (0, 0, 0, 1, 2, 3), (NOON_S,), drug_code=("头孢", "头孢", "安定"),
        pharmacy_id=("甲", "甲", "甲", "乙"), settlement_id=(*numbers, None),
    )  # fmt: skip
    return Example(City(sales, RX_DRUGS, BLOCK_SHOPS, settlements=settlements), draw(windows(0, 6)))


@st.composite
def treated(draw: st.DrawFn) -> Example:
    """One person's settlements with the sales and prescriptions behind them, some links missing."""
    days, choices = draw(st.sampled_from((((0, 3), 3), ((0, 14, 60), 7)))), ("甲", "甲", "乙", "乙", "丙")
    settlements = paid(
        draw, (days[0][0], days[0][-1], days[1]), (NOON_S, NOON_S, NOON_S + 21_600), 2, 4, pharmacy_id=choices,
        drug_code=("头孢", "头孢", "头孢二厂", "安定"), quantity=(1.0, 1.0, 2.0, 0.5, 4.0, -1.0),
    )  # fmt: skip
    sales, papers = [], []
    for number, one in enumerate(settlements):
        link = draw(
            st.sampled_from(
                ("whole",) * 4 + ("unsold", "no paper", "other shop", "no days", "sold late", "late")
            )
        )
        line = sold(one["pharmacy_id"], 0, one["drug_code"], 1.0, number)
        line |= {"settlement_id": one["settlement_id"], "prescription_no": f"方{number}"}
        paper = {
            "prescription_no": f"方{number}", "line_id": f"方{number}", "drug_code": one["drug_code"],
            "issued_at": at(-1, NOON_S), "quantity": draw(st.sampled_from((1.0, 2.0, 3.0))),
            "days": None if link == "no days" else draw(st.sampled_from((7, 7, 14, 28, 60))),
        }  # fmt: skip
        if link == "other shop":
            line["pharmacy_id"] = "别处"
        day_after = one["settled_at"] + timedelta(days=1)
        line |= {"sold_at": day_after} if link == "sold late" else {}
        paper |= {"issued_at": day_after} if link == "late" else {}
        sales += [] if link == "unsold" else [line]
        papers += [] if link == "no paper" else [paper]
    city = City(sales, RX_DRUGS, BLOCK_SHOPS, settlements=settlements, prescriptions=papers)
    return Example(city, draw(windows(0, 60)))
