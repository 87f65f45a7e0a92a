"""Towns for Hypothesis: neighbouring shops that surge together, and shelves that are empty for days."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.rules.cities import NOON_S, Example, at, drug, notices_over, shop, sold, windows
from tests.rules.feeds import keyed
from tests.rules.series import SYMPTOM_DRUGS
from tests.rules.twins import City

# 甲 and 乙 lie 1.49 km apart, 甲 and 丁 1.51; 丙 is near all three, 戊 is far, 己 has no place.
_PLACES = {
    "甲": (121.0, 30.7),
    "乙": (121.0, 30.7134),
    "丙": (121.003, 30.7067),
    "丁": (121.0, 30.7136),
    "戊": (121.3, 30.7),
    "己": (None, None),
}
_TOWNS = {"甲": "镇1", "乙": "镇1", "丙": "镇2", "丁": None, "戊": "镇1", "己": "镇1"}
NEIGHBOURS = tuple(
    {**shop(name, _TOWNS[name], "链1" if name in "甲丙" else None), "lon": lon, "lat": lat}
    for name, (lon, lat) in _PLACES.items()
)


@st.composite
def neighbours(draw: st.DrawFn) -> Example:
    """Shops of a neighbourhood that surge for some days, alone, with a fourth or with those far away."""
    last = draw(st.sampled_from((36, 36, 30, 21)))
    noise = Random(draw(st.integers(0, 999)))
    start, length = last - draw(st.integers(0, 3)), draw(st.sampled_from((2, 2, 3, 1)))
    code = draw(st.sampled_from([one["drug_code"] for one in SYMPTOM_DRUGS[:3]]))
    sales: list[dict[str, Any]] = []
    for name in _PLACES:
        base, spread = draw(st.sampled_from((0, 1, 1, 3))), draw(st.sampled_from((0, 0, 2)))
        chosen = (4, 5, 5, 7, 12, 20) if name in "甲乙丙" else (0, 0, 0, 5, 20)
        surge = draw(st.sampled_from(chosen))
        missing = draw(st.sampled_from((0.0, 0.0, 0.0, 0.4)))
        late = draw(st.sampled_from((0, 0, 0, 0, 1)))
        for day in range(last + 1):
            high = start + late <= day < start + late + length
            if not high and noise.random() < missing:
                continue
            packs = base + noise.randint(0, spread) + (surge if high else 0)
            sales.append(sold(name, day, "板蓝根", 1.0))
            sales += [sold(name, day, code, float(packs), 1)] if packs else []
            if day % 5 == 0:
                sales.append(sold(name, day, code, noise.choice((0.5, -1.0)), 2))
    notices = draw(notices_over(last, ("promotion", "outage", "closure")))
    city = City(sales, SYMPTOM_DRUGS, NEIGHBOURS, notices=notices)
    return Example(city, draw(windows(start, last + 1)))


_STOCK = (drug("集采", "|VBP|RX|"), drug("四类", "|FOUR|"), drug("普通", "|OTC|"))
_STOCKED = (
    *(shop(f"{name}-{block}", f"镇{block}", None) for block in range(8) for name in "甲乙丙丁"),
    *(shop(f"戊-{block}", f"镇{block}", None, "closed") for block in range(8)),
    shop("己-0", None, None),
)


@st.composite
def shortages(draw: st.DrawFn) -> Example:
    """Four shops or five of each town that count a drug, most of them nothing, a month and a quarter back."""
    counts: list[dict[str, Any]] = []
    purchases: list[dict[str, Any]] = []
    sales: list[dict[str, Any]] = []
    for block in range(draw(st.integers(1, 3))):
        code = draw(st.sampled_from(("集采", "集采", "四类", "普通")))
        for name in "甲乙丙丁戊己":
            own = {"pharmacy_id": f"{name}-{block}", "drug_code": code}
            had = draw(st.sampled_from((-89, -89, -90, -91, -30, None)))
            for day in draw(st.lists(st.sampled_from((0, 0, 0, 1, 2, 30, 31, 33)), min_size=0, max_size=3)):
                lot = draw(st.sampled_from((None, None, None, None, "批1")))
                quantity = draw(st.sampled_from((0.0, 0.0, 0.0, 0.0, 5.0)))
                moment = at(day, draw(st.sampled_from((0, NOON_S, NOON_S + 60))))
                line = {**own, "counted_at": moment, "quantity": quantity, "batch_no": lot}
                counts.append(line | {"line_id": f"数{len(counts):04d}"})
            if had is not None and draw(st.booleans()):
                line = {**own, "counted_at": at(had, NOON_S), "quantity": 5.0, "batch_no": None}
                counts.append(line | {"line_id": f"数{len(counts):04d}"})
            elif had is not None:
                line = {
                    **own,
                    "received_at": at(had, NOON_S),
                    "quantity": 5.0,
                    "line_id": f"进{len(purchases)}",
                }
                purchases.append(line)
            move = draw(st.sampled_from((None,) * 7 + ("sold", "bought", "returned")))
            moment = at(draw(st.sampled_from((0, 1, 2, 32))), draw(st.sampled_from((0, NOON_S, NOON_S + 1))))
            if move == "bought":
                line = {**own, "received_at": moment, "quantity": 5.0, "line_id": f"进{len(purchases)}"}
                purchases.append(line)
            elif move is not None:
                line = sold(own["pharmacy_id"], 0, code, 1.0 if move == "sold" else -1.0, len(sales))
                sales.append(line | {"sold_at": moment})
    counts = keyed(counts, "pharmacy_id", "drug_code", "counted_at")
    city = City(sales, _STOCK, _STOCKED, purchases=purchases, stock_counts=counts)
    return Example(city, draw(windows(0, 36)))
