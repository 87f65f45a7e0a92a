"""Shops whose weeks lie at the limits of a share: returns, trace codes, prescription numbers, full fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.rules.cities import DRUGS, FAR, MONDAY, SHOPS, Example, drug, windows
from tests.rules.cities import sold as sold_then
from tests.rules.twins import DAY, City
from yaotong.facts import Window

NAMES = ("甲", "乙", "未登记")
BLANK = dict.fromkeys(
    (
        "trace_code", "batch_no", "buyer_key", "prescription_no", "unit_price_fen", "pharmacist_id", "channel",
        "paid_by_insurance", "recorded_at", "arrived_at",
    )
)  # fmt: skip


def sold(name: str, day: int, code: str, quantity: float, number: int, **cells: Any) -> dict[str, Any]:
    """One line with every column, those not given empty."""
    line = sold_then(name, day, code, quantity, number)
    return {**BLANK, **line, "line_id": f"{line['line_id']}-{quantity}", **cells}


def run_of(
    name: str, days: Sequence[int], code: str, count: int, start: int = 0, **cells: Any
) -> list[dict[str, Any]]:
    """So many lines of one pack, dealt to the days in turn."""
    return [
        sold(name, days[number % len(days)], code, 1.0, start + number, **cells) for number in range(count)
    ]


@st.composite
def taken_back(draw: st.DrawFn) -> Example:
    """A return on day 100 with a sale about ninety days before or later, or many returns of a week."""
    sales: list[dict[str, Any]] = []
    for name in NAMES[: draw(st.integers(1, 3))]:
        codes, lots = ("码1", "码1", "码2", None), ("批1", "批1", "批2", None)
        for number in range(draw(st.integers(1, 2))):
            cells = {"trace_code": draw(st.sampled_from(codes)), "batch_no": draw(st.sampled_from(lots))}
            sales.append(
                sold(name, 100, draw(st.sampled_from(("普通", "普通", "麻无"))), -1.0, number, **cells)
            )
        days = draw(st.lists(st.sampled_from((100, 101, 10, 9, 50, 103)), max_size=2))
        for number, day in enumerate(days, 5):
            cells = {"trace_code": draw(st.sampled_from(codes)), "batch_no": draw(st.sampled_from(lots))}
            packs = draw(st.sampled_from((1.0, 1.0, 2.0)))
            sales.append(sold(name, day, "普通", packs, draw(st.sampled_from((number, 0))), **cells))
        first = draw(st.sampled_from((10, 11, -19, -20, 9)))
        sales.append(sold(name, first, "麻720", 1.0, 9))
        returns, lines = draw(st.sampled_from(((0, 0), (5, 95), (6, 94), (5, 45), (5, 44), (4, 60))))
        week = draw(st.sampled_from(((98, 100, 104), (97, 98), (104,))))
        sales += run_of(name, week, "麻300", lines, 20)
        sales += [sold(name, 104, "麻300", -1.0, 200 + number) for number in range(returns)]
    unique = list({one["line_id"]: one for one in sales}.values())
    return Example(City(unique, DRUGS, SHOPS), draw(windows(99, 106)))


CODED = (
    *DRUGS,
    drug("黄芪饮片", "|OTC|") | {"product_code": "8000001"},
    drug("川乌", "|TOXIC|RX|") | {"product_code": "8000001"},
    # Known to the catalogue from the middle of a week on, and another since the next.
    drug("片", "|OTC|", valid_from=MONDAY - 999 * DAY, valid_to=MONDAY + 2 * DAY),
    drug("片", "|OTC|", valid_from=MONDAY + 3 * DAY, valid_to=MONDAY + 6 * DAY) | {"product_code": "8000001"},
    drug("片", "|OTC|", valid_from=MONDAY + 7 * DAY, valid_to=FAR) | {"product_code": "8000002"},
)
_SHARES = ((29, 12), (30, 12), (30, 9), (199, 10), (200, 10), (200, 11), (50, 10), (50, 11), (40, 40))


@st.composite
def scanned(draw: st.DrawFn) -> Example:
    """Weeks about the limits of the share of codes read, in the weeks about which the duty began."""
    shift = draw(st.sampled_from((0, 0, -63, -56, -245, -252)))
    sales: list[dict[str, Any]] = []
    for name in NAMES[: draw(st.integers(1, 2))]:
        lines, bare = draw(st.sampled_from(_SHARES))
        paid = draw(st.sampled_from((True, True, False, None)))
        days = [shift + one for one in draw(st.sampled_from(((0, 3, 6), (0,), (1, 6))))]
        code = draw(st.sampled_from(("普通",) * 5 + ("黄芪饮片", "川乌", "不明")))
        none = draw(st.sampled_from((None, None, "6901234567890", "0" * 20, "码")))
        sales += run_of(name, days, "普通", lines - bare, trace_code="8" * 20, paid_by_insurance=paid)
        sales += run_of(name, days, code, bare, 300, trace_code=none, paid_by_insurance=paid)
        if draw(st.booleans()):
            # Whole packs only: what is split bears no code.
            sales += [sold(name, days[0], "普通", 0.5, 600 + number) for number in range(12)]
        sales += _of_another(draw, name)
        early = shift + 6 - draw(st.sampled_from((89, 90, 91)))
        known = draw(st.sampled_from(({}, {"trace_code": "码"}, {"paid_by_insurance": True})))
        sales.append(sold(name, early, "普通", 1.0, 700, **known))
    since = MONDAY + (shift + draw(st.integers(-1, 6))) * DAY
    return Example(City(sales, CODED, SHOPS), Window(since, since + draw(st.integers(0, 7)) * DAY))


def _of_another(draw: st.DrawFn, name: str) -> list[dict[str, Any]]:
    """A few lines about the days on which a drug's product code becomes known and changes; most are alike."""
    wrong = "80000020000000000001"
    other: dict[str, Sequence[Any]] = {
        "code": ("普通", "黄芪饮片", "川乌", "不明"),
        "quantity": (2.0, 0.5, -1.0),
        "day": (2, 4, 6, 7),
        "trace": ("80000010000000000002", "8000002000000000000A", wrong[:-1], wrong + "1", "0" * 20, None),
    }
    sales: list[dict[str, Any]] = []
    for number in range(draw(st.sampled_from((0, 2, 3, 3, 4)))):
        cells: dict[str, Any] = {"code": "片", "quantity": 1.0, "day": 3, "trace": wrong}
        changed = draw(st.sampled_from((None, None, None, *other)))
        if changed is not None:
            cells[changed] = draw(st.sampled_from(other[changed]))
        line = sold(name, cells["day"], cells["code"], cells["quantity"], 800 + number)
        sales.append(line | {"trace_code": cells["trace"]})
    return sales


ABX = (drug("头孢", "|ABX|RX|"), drug("软膏", "|ABX|OTC|"), drug("普通", "|OTC|"))


@st.composite
def antibacterials(draw: st.DrawFn) -> Example:
    """Weeks about one bare line in a hundred and three bare lines, of shops known for ninety days or not."""
    sales: list[dict[str, Any]] = []
    for name in NAMES[: draw(st.integers(1, 2))]:
        lines, bare = draw(
            st.sampled_from(((29, 3), (30, 3), (30, 3), (35, 2), (40, 40), (300, 3), (299, 3)))
        )
        days = draw(st.sampled_from(((0, 6), (0, 3), (-1, 5), (6,))))
        code = draw(st.sampled_from(("头孢",) * 4 + ("软膏", "普通")))
        numbered = draw(st.sampled_from(("方1", "方1", None)))
        sales += run_of(name, days, "头孢", lines - bare, prescription_no=numbered)
        sales += run_of(name, [days[-1]], code, bare, 400)
        if draw(st.booleans()):
            back = {"prescription_no": draw(st.sampled_from((None, "方1")))}
            quantity = draw(st.sampled_from((-1.0, -3.0, -40.0)))
            sales.append(sold(name, draw(st.sampled_from(days)), "头孢", quantity, 900, **back))
        early = draw(st.sampled_from((-84, -85, -90, -91, None)))
        if early is not None:
            sales.append(sold(name, early, "普通", 1.0, 901, prescription_no="方0"))
    return Example(City(sales, ABX, SHOPS), draw(windows(-1, 9)))


def _came(line: dict[str, Any], minutes: int | None) -> dict[str, Any]:
    return line if minutes is None else line | {"arrived_at": line["sold_at"] + timedelta(minutes=minutes)}


@st.composite
def kept_well(draw: st.DrawFn) -> Example:
    """Weeks of about fifty lines with some cells empty or some lines late, after weeks that did better."""
    sales: list[dict[str, Any]] = []
    for name in NAMES[: draw(st.integers(1, 2))]:
        usual = draw(
            st.sampled_from(({}, {"unit_price_fen": 100}, {"channel": "store", "pharmacist_id": "药1"}))
        )
        punctual = draw(st.sampled_from((60, 1440, 1440, 1441, None)))
        earlier = draw(st.sampled_from(((-7, -1), (-28, -27), (-29, -8), (-14,))))
        half, count = draw(st.sampled_from(((25, 25), (24, 26), (25, 24), (50, 0))))
        sales += [
            _came(one, punctual) for one in run_of(name, earlier, "普通", half, 0, batch_no="批", **usual)
        ]
        sales += run_of(name, earlier, "普通", count, 100, batch_no="批")
        lines, lack = draw(st.sampled_from(((50, 0), (49, 5), (50, 2), (100, 2), (100, 5), (100, 6))))
        code, days = draw(st.sampled_from(("普通", "普通", "麻720", "麻300", "不明"))), (0, 6)
        full = {"batch_no": "批", "buyer_key": "k:1", "prescription_no": "方1"}
        now = draw(st.sampled_from((usual, usual, {})))
        sales += [_came(one, 1440) for one in run_of(name, days, "普通", lines - lack, 200, **full, **now)]
        cells = draw(st.sampled_from((full, {}, {"batch_no": "批"})))
        late = draw(st.sampled_from((1441, 1441, 1440, None)))
        sales += [_came(one, late) for one in run_of(name, days, code, lack, 400, **cells, **now)]
        sales.append(sold(name, 1, "普通", -1.0, 600))
    return Example(City(sales, DRUGS, SHOPS), draw(windows(-1, 9)))
