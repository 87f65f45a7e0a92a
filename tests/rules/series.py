"""Daily series for Hypothesis: a few shops over some months, with days off, gaps, surges and notices."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from tests.rules.cities import SHOPS, Example, drug, notices_over, shop, sold, windows
from tests.rules.twins import City

TOWN = (
    *SHOPS,
    shop("戊", "镇1", None, None),
    shop("己", "镇1", "链2", "closed"),
)
SURGE_DRUGS = (drug("麻", "|EPH|"), drug("两属", "|WATCH|EPH|"), drug("普通", "|OTC|"))
SYMPTOM_DRUGS = (
    drug("布洛芬缓释片", "|FOUR|"),
    drug("对乙酰氨基酚右美沙芬", "|FOUR|"),  # two groups: the first named takes it
    drug("急支糖浆", "|FOUR|"),
    drug("布洛芬凝胶", "|OTC|"),
    drug("板蓝根", "|FOUR|"),
)


@st.composite
def silences(draw: st.DrawFn) -> Example:
    """Shops that fall silent near the end, alone or with their town, after a shorter or longer past."""
    last = draw(st.sampled_from((20, 38, 66, 90)))
    town_gap = draw(st.integers(last - 6, last + 1))
    sales = []
    for one in draw(st.lists(st.sampled_from(TOWN), min_size=3, unique_by=lambda one: one["pharmacy_id"])):
        first = draw(st.integers(0, last - 10))
        pace = draw(st.sampled_from((1, 2, 3, 4, 9, 10)))
        weekdays = draw(st.sampled_from(({0, 1, 2, 3, 4, 5, 6}, {0, 1, 2, 3, 4}, {0, 2, 4, 6}, {5})))
        gap = draw(st.integers(max(0, last - 60), last + 1))
        length = draw(st.sampled_from((1, 3, 5, 70)))
        with_town = draw(st.booleans())
        for day in range(first, last + 1):
            silent = gap <= day < gap + length or (with_town and town_gap <= day < town_gap + 2)
            if day % 7 in weekdays and not silent:
                lines = pace if day % 5 else pace - 1 or 1
                sales += [sold(one["pharmacy_id"], day, "普通", 1.0, number) for number in range(lines)]
    notices = draw(notices_over(last, ("closure", "holiday", "outage", "promotion")))
    return Example(City(sales, (), TOWN, notices=notices), draw(windows(last - 7, last + 2)))


@st.composite
def surges(draw: st.DrawFn) -> Example:
    """Shops whose packs of a category rise for a few days, with or without all other shops."""
    last = draw(st.sampled_from((33, 60, 75)))
    noise = Random(draw(st.integers(0, 999)))
    common = draw(st.sampled_from((1, 1, 1, 2, 3)))
    start, length = last - draw(st.integers(0, 9)), draw(st.integers(1, 5))
    sales = []
    names = draw(st.lists(st.sampled_from("甲乙丙丁戊外"), min_size=1, max_size=4, unique=True))
    # What began half a year or a year ago and lasts is seen against the weeks before it began.
    lasting = draw(st.sampled_from((0, 0, 26, 52)))
    for name in names:
        base = draw(st.sampled_from((0, 1, 2, 5, 10, 25, -3)))
        spread = draw(st.sampled_from((0, 0, 1, 4)))
        surge = draw(st.sampled_from((9, 10, 12, 25, 50, 90) if name == names[0] else (0, 0, 0, 12, 50)))
        missing = draw(st.sampled_from((0.0, 0.0, 0.1, 0.5)))
        fraction = draw(st.sampled_from((0.0, 0.0, 0.1)))
        for day in range(last + 1):
            high = start <= day < start + length
            packs = base + noise.randint(0, spread) + (surge + (common - 1) * abs(base) if high else 0)
            if high or noise.random() >= missing:
                when = day if high or not lasting or name != names[0] else day - 7 * lasting
                sales.append(sold(name, when, "普通", 1.0))
                sales += _split(name, when, packs, fraction, noise) if packs else []
    notices = draw(notices_over(last, ("promotion", "outage")))
    return Example(City(sales, SURGE_DRUGS, TOWN, notices=notices), draw(windows(start - 1, start + 6)))


def _split(name: str, day: int, packs: int, fraction: float, noise: Random) -> list[dict[str, object]]:
    """The packs of one day over up to three lines, the last of a drug of two categories."""
    part = noise.randint(0, 2)
    parts = (packs - part - 3 * fraction, *([fraction] * 3 if fraction else []))
    rows = [sold(name, day, "麻", round(one, 1), number) for number, one in enumerate(parts)]
    return [*rows, sold(name, day, "两属", float(part), 9)] if part else rows


@st.composite
def symptoms(draw: st.DrawFn) -> Example:
    """Towns whose packs against symptoms rise for some days, with gaps of a whole town."""
    last = draw(st.sampled_from((22, 31, 45, 70)))
    noise = Random(draw(st.integers(0, 999)))
    start, length = last - draw(st.integers(0, 8)), draw(st.integers(2, 6))
    common = draw(st.sampled_from((1, 1, 1, 2)))
    names = draw(st.lists(st.sampled_from("甲乙丙丁戊外"), min_size=1, max_size=4, unique=True))
    gap, gone = last - draw(st.integers(-1, 16)), draw(st.integers(0, len(names)))
    long = draw(st.sampled_from((1, 2, 8)))
    sales = []
    for index, name in enumerate(names):
        base = draw(st.sampled_from((20, 3, 10, 0, 60)))
        spread = draw(st.sampled_from((0, 1, 5)))
        times = draw(st.sampled_from((1, 1, 1, 2) if index else (3, 2, 4)))
        code = draw(st.sampled_from([one["drug_code"] for one in SYMPTOM_DRUGS[:3]]))
        for day in range(last + 1):
            packs = base + noise.randint(0, spread)
            packs = packs * common * times + 20 * (times - 1) if start <= day < start + length else packs
            if not (index < gone and gap <= day < gap + long):
                other = noise.choice(SYMPTOM_DRUGS)["drug_code"]
                sales.append(sold(name, day, code, packs + 0.1 * (day % 3 == 0)))
                sales.append(sold(name, day, other, float(noise.choice((1, 2, -1))), 7))
    notices = draw(notices_over(last, ("promotion", "outage")))
    return Example(City(sales, SYMPTOM_DRUGS, TOWN, notices=notices), draw(windows(start - 1, start + 7)))
