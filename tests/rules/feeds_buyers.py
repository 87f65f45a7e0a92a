"""Cities of registered buyers for Hypothesis: who they are, how often they come and with whom."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.rules.cities import (
    BLOCK_SHOPS,
    BLOCKS,
    FAR,
    MONDAY,
    NOON_S,
    Example,
    at,
    drug,
    edges,
    lines,
    sold,
    windows,
)
from tests.rules.feeds import PLACED_SHOPS, paid
from tests.rules.twins import DAY, City

DAY_S = 86_400
# The last becomes a psychotropic on the second day; 安定 has packs of two sizes.
SPECIAL_DRUGS = (
    drug("麻720", "|EPH|OTC_A|", 720, 2),
    drug("氨酚待因片(I)（12片）", "|OPI_CMP|RX|"),
    drug("地西泮片（20片）", "|PSY2|RX|"),
    drug("地西泮片(100片)", "|PSY2|RX|"),
    drug("艾司唑仑片", "|PSY2|RX|"),
    drug("唑吡坦片", "|PSY2|RX|"),
    drug("右美沙芬片", "|OTC_A|", valid_from=MONDAY - 999 * DAY, valid_to=MONDAY),
    drug("右美沙芬片", "|PSY2|RX|", valid_from=MONDAY + DAY, valid_to=FAR),
    drug("普通", "|OTC|"),
)
CODES = tuple(dict.fromkeys(one["drug_code"] for one in SPECIAL_DRUGS))


@st.composite
def unregistered(draw: st.DrawFn) -> Example:
    """Lines with and without a buyer on the days about the ninetieth before."""
    sales = draw(
        lines(
            (0, 90, 90, 91), (NOON_S, NOON_S + 60), least=2,
            buyer_key=(None, None, "k:1"), drug_code=("麻720", CODES[1], "地西泮片（20片）", "普通"),
        )
    )  # fmt: skip
    return Example(City(sales, SPECIAL_DRUGS, BLOCK_SHOPS), draw(windows(89, 91)))


@st.composite
def split(draw: st.DrawFn) -> Example:
    """One buyer at one shop again: half an hour, a day or a week later, or a second off."""
    some = {
        "pharmacy_id": ("甲",) * 8 + ("乙",), "buyer_key": ("k:1",) * 8 + ("k:2", None),
        "drug_code": ("麻720",) * 8 + (CODES[1],), "prescription_no": (None,) * 8 + ("方1",),
        "quantity": (1.0, 1.0, 2.0, 2.0, 0.5, -1.0, -0.5),
    }  # fmt: skip
    days, span = draw(st.sampled_from((((6, 7), 1800), ((6, 7), 1800), ((0, 7), 1800), ((0, 6, 7), 3600))))
    sales = draw(lines(days, edges(span), least=2, most=5, **some))
    return Example(City(sales, SPECIAL_DRUGS, BLOCK_SHOPS), draw(windows(6, 8)))


@st.composite
def minors(draw: st.DrawFn) -> Example:
    """Buyers about their fourteenth and eighteenth birthday, twenty-nine or thirty days apart."""
    some = {
        "pharmacy_id": ("甲", "甲", "甲", "乙"), "buyer_key": ("k:1", "k:1", "k:2", None),
        "drug_code": ("麻720", "麻720", CODES[1], "地西泮片（20片）", "普通"),
        "buyer_age_years": (17, 17, 18, 13, 14, 40, None),
        "quantity": (1.0, 1.0, 2.0, 0.5, -1.0),
    }  # fmt: skip
    sales = draw(lines((0, 1, 30, 30), (NOON_S, NOON_S + 1), least=1, most=4, **some))
    for line in sales:
        if line["buyer_key"] is None:
            line["buyer_age_years"] = None
    return Example(City(sales, SPECIAL_DRUGS, BLOCK_SHOPS), draw(windows(29, 31)))


@st.composite
def anonymous(draw: st.DrawFn) -> Example:
    """Shops with some twenty or sixty lines of a month, two to four of them without a buyer."""
    sales = []
    for number, name in enumerate(("甲", "乙", "丙")):
        named = draw(st.sampled_from((17, 18, 16, 57, 56)))
        bare = draw(st.lists(st.sampled_from((30, 30, 30, 29, 1, 0)), min_size=2, max_size=5))
        first = draw(st.sampled_from((15, 1, 0)))
        days = [first] * 2 + [15] * (named - 2) + bare
        sent = draw(st.sampled_from((True, True, True, False)))
        for place, day in enumerate(days):
            code = CODES[(place + number) % 3]
            buyer = f"k:{place}" if place < named and sent else None
            quantity = draw(st.sampled_from((1.0,) * 19 + (-1.0,))) if place >= named else 1.0
            sales.append({**sold(name, day, code, quantity, place), "buyer_key": buyer})
    return Example(City(sales, SPECIAL_DRUGS, BLOCK_SHOPS), draw(windows(29, 31)))


@st.composite
def combined(draw: st.DrawFn) -> Example:
    """One buyer's kinds of drugs, two days apart or a second off."""
    some = {
        "buyer_key": ("k:1",) * 6 + ("k:2", None),
        "quantity": (1.0, 1.0, 1.0, 2.0, -1.0),
    }  # fmt: skip
    seconds = (NOON_S - 1, NOON_S, NOON_S, NOON_S + 1)
    sales = draw(lines((0, 2, 2), seconds, least=2, most=5, **some))
    for line in sales:
        line["drug_code"] = draw(st.sampled_from(CODES))
    return Example(City(sales, SPECIAL_DRUGS, BLOCK_SHOPS), draw(windows(0, 3)))


@st.composite
def strangers(draw: st.DrawFn) -> Example:
    """Buyers from near and far, a day apart or a second off, some of them insured here."""
    some = {
        "pharmacy_id": ("甲",) * 6 + ("乙", "乙"), "drug_code": ("麻720",) * 6 + (CODES[1], "普通"),
        "buyer_region": ("5101",) * 9 + ("3304", "3101", "9100", "8300", "6542", None),
        "prescription_no": (None,) * 8 + ("方1",), "quantity": (1.0, 2.0, 2.0, 2.0, 2.0, -1.0),
    }  # fmt: skip
    moments = (NOON_S - 1, NOON_S, NOON_S, NOON_S + 1)
    sales = draw(lines((0, 1, 1), moments, least=2, most=8, **some))
    people = draw(st.sampled_from((7, 7, 2)))
    for number, line in enumerate(sales):
        line["buyer_key"] = f"k:{number % people}-{line['pharmacy_id'][-1]}"
    settled = paid(
        draw, (1, -364, -365, 2), (NOON_S,), 0, 2, person_key=tuple(f"k:{one}" for one in range(4)),
        pharmacy_id=("甲",),
    )  # fmt: skip
    return Example(City(sales, SPECIAL_DRUGS, BLOCK_SHOPS, settlements=settled), draw(windows(0, 2)))


@st.composite
def groups(draw: st.DrawFn) -> Example:
    """Three or four persons who come to two shops, ten minutes and an hour apart or a second off."""
    sales: list[dict[str, Any]] = []
    start = draw(st.sampled_from((NOON_S, NOON_S, DAY_S - 1800)))
    near, hour = (0, 0, 300, 600, 600, 601), (3000, 3000, 3600, 3601)
    for block in range(BLOCKS // 2):
        for person in range(draw(st.integers(2, 4))):
            late = draw(st.sampled_from(hour))
            for name, base in (("甲", 0), ("乙", late), ("丙", -DAY_S + 3000)):
                if name == "丙" and draw(st.integers(0, 3)):
                    continue
                quantity = draw(st.sampled_from((2.0, 2.0, 2.0, 1.0, 1.5)))
                moment = at(1, 0 + start + base + draw(st.sampled_from(near)))
                line = sold(f"{name}-{block}", 1, "麻720", quantity, len(sales))
                line |= {"sold_at": moment, "buyer_key": f"k:{person}-{block}", "prescription_no": None}
                sales.append(line)
                if not draw(st.integers(0, 9)):
                    back = {**line, "quantity": -1.0, "line_id": f"{line['line_id']}-退"}
                    sales.append(back | {"sold_at": at(1, start + draw(st.sampled_from((3700, 20, -900))))})
    return Example(City(sales, SPECIAL_DRUGS, BLOCK_SHOPS), draw(windows(0, 2)))


@st.composite
def hurried(draw: st.DrawFn) -> Example:
    """One buyer at shops 1.4 and 28.7 km apart, at once, some minutes and a day apart."""
    far = tuple({**one, "lon": one["lon"] and 121 + (one["lon"] - 121) * 10} for one in PLACED_SHOPS)
    seconds = (NOON_S, NOON_S, NOON_S + 100, NOON_S + 740, NOON_S + 741, 86_399, 0)
    some = {
        "pharmacy_id": ("甲", "乙", "乙", "丙", "丁"), "buyer_key": ("k:1", "k:1", "k:1", "k:2", None),
        "channel": (None, "store", "online", "delivery"), "quantity": (1.0, 1.0, 2.0, -1.0),
    }  # fmt: skip
    sales = draw(lines((0, 0, 1), seconds, least=2, most=5, **some))
    return Example(City(sales, SPECIAL_DRUGS, far), draw(windows(0, 2)))
