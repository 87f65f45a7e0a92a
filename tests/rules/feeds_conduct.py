"""Shops whose lines look made up, priced too high or bought anew: about the limits of each rule."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.rules.cities import DRUGS, MONDAY, NOON_S, SHOPS, Example, at, drug, notices_over, shop, windows
from tests.rules.feeds_weeks import BLANK
from tests.rules.twins import DAY, City

HOUR_S = 3_600


def line(name: str, day: int, second: int, code: str, number: int, **cells: Any) -> dict[str, Any]:
    """One line of one pack at a second of a day."""
    sale_id = f"{day:03d}-{number:04d}-{code}"
    own = {"pharmacy_id": name, "sale_id": sale_id, "line_id": f"{name}/{sale_id}"}
    return {**BLANK, "drug_code": code, "quantity": 1.0, "sold_at": at(day, second), **own, **cells}


@st.composite
def entered(draw: st.DrawFn) -> Example:
    """Lines of one second or at equal distances, and some recorded at once in the evening."""
    sales: list[dict[str, Any]] = []
    for name in ("甲", "未登记")[: draw(st.integers(1, 2))]:
        first, gap = draw(st.sampled_from((NOON_S, NOON_S + 7))), draw(st.sampled_from((0, 1, 60, 61)))
        for number in range(draw(st.sampled_from((0, 19, 20, 21)))):
            sales.append(line(name, 0, first + gap * number, "普通", number))
        for number in range(draw(st.integers(0, 2))):
            sales.append(line(name, 0, first + 19 * gap + 30 * number, "普通", 100 + number))
        lag = timedelta(seconds=draw(st.sampled_from((60, 60, 7200, 7201))))
        for number in range(draw(st.sampled_from((99, 100, 100)))):
            one = line(
                name,
                -draw(st.sampled_from((1, 28))) if number < 2 else -3,
                NOON_S + number,
                "普通",
                200 + number,
            )
            sales.append(one | {"recorded_at": one["sold_at"] + lag})
        _bulk(draw, name, sales)
    return Example(City(sales, DRUGS, SHOPS), draw(windows(0, 1)))


def _bulk(draw: st.DrawFn, name: str, sales: list[dict[str, Any]]) -> None:
    """Lines of a morning and an evening recorded in the evening, some at the edge of five minutes."""
    evening = at(0, draw(st.sampled_from((21 * HOUR_S, 21 * HOUR_S - 1, 21 * HOUR_S + 290, 86_300))))
    early, later = draw(
        st.sampled_from(((30, 0), (16, 14), (15, 15), (29, 0), (29, 1), (6, 14), (7, 14), (4, 0)))
    )
    code = draw(st.sampled_from(("普通", "麻720")))
    steps = draw(st.sampled_from(((0,), (0, 299), (0, 300), (0, -301))))
    for number in range(early + later):
        second = 8 * HOUR_S + number * 13 if number < early else 20 * HOUR_S + number
        then = evening + timedelta(seconds=steps[number % len(steps)])
        sales.append(line(name, 0, second, code, 400 + number, recorded_at=then))


SEDATIVES = (drug("安定", "|PSY2|RX|"), drug("艾司", "|PSY2|RX|"), drug("普通", "|OTC|"))


@st.composite
def templated(draw: st.DrawFn) -> Example:
    """A month of a daily line, with a day left out, moved, of another price or quantity, or taken back."""
    sales: list[dict[str, Any]] = []
    for name in ("甲", "未登记")[: draw(st.integers(1, 2))]:
        count, step = draw(st.sampled_from(((30, DAY), (29, DAY), (30, DAY), (40, DAY / 2))))
        other = draw(st.sampled_from((0, 1, 1, 2, 6)))
        cells = draw(st.sampled_from(({}, {"unit_price_fen": 700}, {"quantity": 2.0}, {"drug_code": "艾司"})))
        for number in range(count):
            one = line(name, 0, NOON_S, "安定", number, unit_price_fen=780)
            shift = (
                timedelta(seconds=draw(st.sampled_from((0, 0, 20_000)))) if number % 9 == 5 else timedelta(0)
            )
            one["sold_at"] = at(-23, NOON_S) + number * step + shift
            sales.append(one | (cells if number < other else {}))
        if draw(st.booleans()):
            back = line(name, draw(st.sampled_from((-20, 6, 9))), NOON_S + 9, "安定", 99, quantity=-1.0)
            sales.append(back)
    return Example(City(sales, SEDATIVES, SHOPS), draw(windows(4, 15)))


PRICED = (
    drug("药", "|OTC|"),
    drug("新", "|OTC|", valid_from=MONDAY - 23 * DAY, valid_to=date(9999, 12, 31)),
    drug("旧", "|OTC|", valid_from=MONDAY - 24 * DAY, valid_to=date(9999, 12, 31)),
)
STREET = tuple(
    shop(name, "镇1", None) | {"kind": kind}
    for name, kind in zip(
        "甲乙丙丁戊己庚", ("single", "single", "single", "single", "single", "single", None), strict=True
    )
)


@st.composite
def priced(draw: st.DrawFn) -> Example:
    """A shop's price about half above its own past and about a third above five others."""
    code = draw(st.sampled_from(("药", "药", "旧", "新", "未知药")))
    sales: list[dict[str, Any]] = []
    for name in "乙丙丁戊己庚"[: draw(st.sampled_from((4, 5, 5, 6)))]:
        for day in draw(st.sampled_from(((0,), (-23,), (-22,), (0, 6)))):
            price = draw(st.sampled_from((1000, 1000, 1000, 1200)))
            sales.append(line(name, day, NOON_S, code, 0, unit_price_fen=price))
    days = (-24, -23, 0, 1, 2, 3, 4, 5)[draw(st.integers(0, 3)) :]
    for day in days[: draw(st.sampled_from((4, 5, 5, 8)))]:
        sales.append(
            line("甲", day, NOON_S, code, 0, unit_price_fen=draw(st.sampled_from((1000, 1000, 800, 900))))
        )
    high = draw(st.sampled_from((1500, 1501, 1600, 1300, 1301, 2000)))
    for number in range(draw(st.sampled_from((2, 3, 3, 4)))):
        odd = draw(st.sampled_from((high,) * 5 + (None, 0, 100)))
        sales.append(
            line(
                "甲",
                draw(st.sampled_from((6, 6, 6, 7))),
                NOON_S + number,
                code,
                10 + number,
                unit_price_fen=odd,
            )
        )
    notices = draw(notices_over(6, ("promotion", "closure")))
    return Example(City(sales, PRICED, STREET, notices=notices), draw(windows(5, 8)))


NEW_YEAR = (date(2026, 1, 1) - MONDAY).days


@st.composite
def rebought(draw: st.DrawFn) -> Example:
    """Some persons with baskets before and after the first of January, or another month."""
    rows: list[dict[str, Any]] = []

    def settle(person: str, name: str, day: int, drugs: str, quantity: float = 1.0) -> None:
        for one in drugs:
            own = {
                "line_id": f"结{len(rows):04d}",
                "settlement_id": f"结{len(rows):04d}",
                "settled_at": at(day, NOON_S),
            }
            rows.append(
                {**own, "person_key": person, "pharmacy_id": name, "drug_code": one, "quantity": quantity}
            )

    for name in ("甲", "乙")[: draw(st.integers(1, 2))]:
        reset = NEW_YEAR + draw(st.sampled_from((0, 0, 0, 31)))
        for number in range(draw(st.integers(4, 6))):
            before = reset - draw(st.sampled_from((1, 1, 10, 10, 10, 11)))
            settle(f"{name}{number}", name, before, draw(st.sampled_from(("子丑",) * 5 + ("子", "子丑寅"))))
            after = reset + draw(st.sampled_from((0, 4, 4, 4, 5)))
            settle(f"{name}{number}", name, after, draw(st.sampled_from(("子丑",) * 7 + ("子",))))
            if draw(st.integers(0, 9)) == 9:
                settle(f"{name}{number}", name, after, "子", -1.0)
        for number in range(draw(st.sampled_from((0, 14, 15, 20, 21)))):
            settle(f"别{number}", name, reset + draw(st.sampled_from((0, 3, 4))), "子丑")
        settle(None, name, reset, "子丑")  # type: ignore[arg-type]
    city = City([], DRUGS, SHOPS, settlements=rows)
    return Example(city, draw(windows(NEW_YEAR - 1, NEW_YEAR + 6)))
