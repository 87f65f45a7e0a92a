"""Cities about licences: what a shop may sell, until when, at what hours, sealed and settled how."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from tests.rules.cities import BLOCK_SHOPS, MONDAY, NOON_S, Example, at, drug, sold, windows
from tests.rules.feeds import RX_DRUGS, paid, selling
from tests.rules.twins import DAY, City

SCOPED_DRUGS = (
    drug("一类", "|PSY1|RX|"),
    drug("安定", "|PSY2|RX|"),
    drug("胰岛素针", "|PEPTIDE|COLD|RX|"),
    drug("生长素", "|PEPTIDE|COLD|RX|"),
    drug("罂粟壳", "|NARC|"),
    drug("头孢", "|ABX|RX|"),
    drug("甲类", "|OTC_A|"),
    drug("乙类", "|OTC_B|"),
    drug("白蛋白", "|BLOOD|COLD|"),
)
SCOPES = (
    None, "|RX|OTC_A|OTC_B|", "|RX|OTC_A|OTC_B|PSY2|COLD|", "|OTC_B|", "|OTC_A|OTC_B|", "|OTC|", "|COLD|",
    "|RX|NARC|PEPTIDE|", "|BLOOD|",
)  # fmt: skip


def shops_with(draw: st.DrawFn, **choices: tuple[Any, ...]) -> list[dict[str, Any]]:
    """The shops of all blocks, each with a choice of every column."""
    return [
        {**one, **{name: draw(st.sampled_from(some)) for name, some in choices.items()}}
        for one in BLOCK_SHOPS
    ]


@st.composite
def scoped(draw: st.DrawFn) -> Example:
    """Drugs of every regime at shops of every scope, some returned."""
    names = tuple(one["drug_code"] for one in SCOPED_DRUGS)
    sales = selling(
        draw, (0, 0, 1), (NOON_S, NOON_S + 60), least=3, drug_code=names,
        pharmacy_id=("甲", "甲", "乙", "丙", "未登记"), quantity=(1.0, 1.0, 2.0, 0.5, -1.0),
    )  # fmt: skip
    return Example(City(sales, SCOPED_DRUGS, shops_with(draw, scope=SCOPES)), draw(windows(0, 1)))


@st.composite
def ending(draw: st.DrawFn) -> Example:
    """Licences that end, or were stopped, about the days of sale and half a year later."""
    sales = selling(draw, (0, 0, 1, 2, 60, 151), (0, NOON_S, 86_399), least=2)
    ends = (
        date(9999, 12, 31),
        *(MONDAY + offset * DAY for offset in (-1, 0, 1, 30, 31, 90, 91, 180, 181, 182)),
    )
    shops = shops_with(
        draw, valid_to=ends, status=("active", "active", "closed", "suspended", None),
        status_since=(None, MONDAY - DAY, MONDAY, MONDAY + DAY),
    )  # fmt: skip
    return Example(City(sales, RX_DRUGS, shops), draw(windows(0, 151)))


# The texts that the twin of R-M10 knows by hand.
HOURS = (
    None, "24/7", "Mo-Su 08:00-21:00", "Mo-Sa 08:00-12:00,13:30-18:00; Su off", "Mo-Su 10:00-20:00; PH off",
    "Mo-Su 18:00-02:00", "nonsense",
)  # fmt: skip
HOUR_S = 3600


@st.composite
def hourly(draw: st.DrawFn) -> Example:
    """Sales at the half hours about opening and closing, on workdays, Sundays and a holiday (清明)."""
    seconds = [
        hour * HOUR_S + minute * 60 + off
        for hour, minute in (
            (7, 30),
            (9, 30),
            (12, 30),
            (13, 0),
            (18, 30),
            (20, 30),
            (21, 30),
            (2, 30),
            (17, 30),
        )
        for off in (-1, 0, 1)
    ] + [0, 86_399]
    sales = selling(
        draw, (0, 0, 6, 32, 33, 33, 36), seconds, least=5, most=9, drug_code=("麻720", "普通", "普通", "安定"),
        pharmacy_id=("甲", "甲", "乙", "未登记"), quantity=(1.0, 1.0, 1.0, 2.0, -1.0),
    )  # fmt: skip
    for row in sales:
        if draw(st.integers(0, 2)) == 0:
            row["sold_at"] = sales[0]["sold_at"]
    notices = [
        {"date_from": MONDAY, "date_until": MONDAY, "scope": "甲-0", "kind": kind, "name": kind}
        for kind in draw(st.sampled_from(((), ("outage",), ("promotion",), ("closure",))))
    ]
    shops = shops_with(draw, opening_hours=HOURS, kind=("single", "single", None, "vending"))
    return Example(City(sales, RX_DRUGS, shops, notices=notices), draw(windows(0, 36)))


@st.composite
def online(draw: st.DrawFn) -> Example:
    """Listed and other drugs sold in every way, some returned."""
    drugs = (*SCOPED_DRUGS, drug("地高辛", "|RX|ONLINE_BAN|"), drug("麻720", "|EPH|"))
    names = ("麻720", "麻720", "地高辛", "胰岛素针", "生长素", "头孢", "白蛋白", "罂粟壳")
    sales = selling(
        draw, (0, 0, 1), (NOON_S, NOON_S + 60), least=3, drug_code=names, quantity=(1.0, 1.0, 2.0, -1.0),
        channel=("online", "online", "delivery", "store", None), pharmacy_id=("甲", "甲", "乙", "未登记"),
    )  # fmt: skip
    # Two of the blocks lie about the first day of the list.
    old = [row | {"sold_at": row["sold_at"] - (MONDAY - date(2022, 11, 30))} for row in sales[-4:]]
    since = draw(st.sampled_from((date(2022, 11, 30), MONDAY)))
    window = draw(windows(0, 1))
    shift = since - MONDAY
    moved = type(window)(window.since + shift, window.until + shift)
    return Example(City([*sales[:-4], *old], drugs, shops_with(draw)), moved)


@st.composite
def sealed(draw: st.DrawFn) -> Example:
    """Deliveries with a seal, without, and with one used half an hour, a week and ninety days before."""
    seconds = (NOON_S, NOON_S, NOON_S + 1, NOON_S + 1800, NOON_S + 1801)
    sales = selling(
        draw, (0, 90, 90, 91, 97), seconds, least=3, drug_code=("头孢", "头孢", "普通"),
        channel=("delivery", "delivery", "delivery", "store"), seal_id=("封1", "封1", "封2", None),
        pharmacy_id=("甲", "甲", "乙", "未登记"), quantity=(1.0, 1.0, 1.0, 2.0, -1.0),
    )  # fmt: skip
    return Example(City(sales, RX_DRUGS, BLOCK_SHOPS), draw(windows(89, 97)))


@st.composite
def designated(draw: st.DrawFn) -> Example:
    """Settlements at shops that are designated, are not, or are no longer."""
    settlements = paid(draw, (0, 0, 1, 2), (0, NOON_S, 86_399), 2, 5)
    shops = shops_with(
        draw, insurance_designated=(True, False, False, None),
        designated_since=(None, None, MONDAY - DAY, MONDAY, MONDAY + DAY),
    )  # fmt: skip
    return Example(City([], RX_DRUGS, shops, settlements=settlements), draw(windows(0, 2)))


@st.composite
def opened(draw: st.DrawFn) -> Example:
    """New shops beside a score of old ones: four weeks of about sixty lines, some of them special."""
    sales: list[dict[str, Any]] = []
    shops: list[dict[str, Any]] = []

    def trade(name: str, special: int, lines: int, **own: Any) -> None:
        town = {"area_code": "330482001", "chain": None, "status": "active", "kind": "single"}
        shops.append({"pharmacy_id": name, **town, **own})
        for number in range(lines):
            code = "麻720" if number < special else "普通"
            sales.append(sold(name, number % 28, code, 1.0, number // 28))

    few = draw(st.sampled_from((2, 5, 6)))
    # Two of the old shops may be too young or too small to be compared with.
    odd = st.sampled_from(({}, {"valid_from": MONDAY - 90 * DAY}, {"valid_from": MONDAY - 89 * DAY}))
    for number in range(draw(st.sampled_from((20, 21, 22, 22, 25)))):
        own = draw(odd) if number < 2 else {}
        lines = draw(st.sampled_from((60, 66, 59))) if number < 2 else 60
        trade(f"老{number}", 11 if number == 0 else few, lines, **{"valid_from": date(1900, 1, 1), **own})
    for number in range(3):
        since = MONDAY + draw(st.sampled_from((0, 0, 0, -62, -62, -63, 1))) * DAY
        place = draw(
            st.sampled_from(({}, {}, {}, {"kind": None}, {"kind": "chain_store"}, {"area_code": None}))
        )
        special = draw(st.sampled_from((9, 10, 12, 12, 20)))
        trade(f"新{number}", special, draw(st.sampled_from((60, 60, 59, 66))), valid_from=since, **place)
        before = draw(st.sampled_from((None,) * 6 + (1, 90, 91)))
        if before is not None:
            day = (since - MONDAY).days - before
            sales.append(sold(f"新{number}", 0, "普通", 1.0, 99) | {"sold_at": at(day, NOON_S)})
    return Example(City(sales, RX_DRUGS, shops), draw(windows(27, 29)))
