"""Small cities for Hypothesis: lines at the very edges of every limit, and daily series with gaps and surges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.rules.twins import DAY, City
from yaotong.facts import Facts, Window
from yaotong.rules.builder import facts_from

MONDAY = date(2026, 3, 2)
NOON_S = 43_200
FAR = date(9999, 12, 31)


@dataclass(frozen=True)
class Example:
    """A city and the days asked about."""

    city: City
    window: Window

    def facts(self) -> Facts:
        days = [line["sold_at"].date() for line in self.city.sales] or [self.window.since]
        return facts_from(
            sales=self.city.sales,
            drugs=self.city.drugs,
            pharmacies=self.city.pharmacies,
            recalls=self.city.recalls,
            notices=self.city.notices,
            since=min(days) - 7 * DAY,
            until=max(self.window.until, *days),
        )

    def with_sales(self, sales: Sequence[Mapping[str, Any]]) -> Example:
        return replace(self, city=replace(self.city, sales=sales))


def shop(name: str, area: str | None, chain: str | None, status: str | None = "active") -> dict[str, Any]:
    return {"pharmacy_id": name, "area_code": area, "chain": chain, "status": status}


def drug(
    name: str, categories: str, mg: float | None = None, limit: float | None = None, **span: date
) -> dict[str, Any]:
    return {
        "drug_code": name,
        "drug_name": name,
        "categories": categories,
        "active_mg_per_pack": mg,
        "limit_per_sale": limit,
        **span,
    }


SHOPS = (shop("甲", "镇1", "链1"), shop("乙", "镇1", "链1"), shop("丙", "镇2", None), shop("丁", None, "链2"))
# One drug becomes an ephedrine compound on the second day.
DRUGS = (
    drug("麻720", "|EPH|", 720, None),
    drug("麻300", "|EPH|RX|", 300, 1),
    drug("麻无", "|OTC|EPH|", None, 6),
    drug("改", "|OTC|", 600, 2, valid_from=date(1900, 1, 1), valid_to=MONDAY),
    drug("改", "|EPH|", 600, 2, valid_from=MONDAY + DAY, valid_to=FAR),
    drug("普通", "|OTC|"),
)
QUANTITIES = (1.0, 1.0, 2.0, 2.0, 3.0, 0.5, 0.1, 0.2, 0.3, 0.7, -1.0, -2.0, -0.3)


def edges(*apart_s: int) -> tuple[int, ...]:
    """Seconds of a day around noon, its start and its end, the given spans and a second more or less apart."""
    near = {sign * one + odd for one in apart_s for sign in (-1, 1) for odd in (-1, 0, 1)}
    return tuple(
        sorted({0, 1, 86_399, *(at for one in {0, *near} for at in (NOON_S + one, one) if 0 <= at < 86_400)})
    )


def at(day: int, second: int) -> datetime:
    return datetime.combine(MONDAY, time()) + timedelta(days=day, seconds=second)


@st.composite
def lines(
    draw: st.DrawFn,
    days: Sequence[int],
    seconds: Sequence[int],
    least: int = 1,
    most: int = 12,
    **fixed: Sequence[Any],
) -> list[dict[str, Any]]:
    """Lines in any order; `fixed` narrows the choice of a column."""
    choices: dict[str, Sequence[Any]] = {
        "pharmacy_id": ("甲", "乙", "丙", "丁", "未登记"),
        "buyer_key": ("k:1", "k:1", "k:2", None),
        "drug_code": ("麻720", "麻300", "麻无", "改", "普通", "不明"),
        "quantity": QUANTITIES,
        "prescription_no": (None, None, None, "方1"),
        "batch_no": ("批1", "批1", "批2", None),
        "trace_code": ("码1", "码1", "码2", None),
        **fixed,
    }
    moment = st.builds(at, st.sampled_from(days), st.sampled_from(seconds))
    row = st.fixed_dictionaries(
        {"sold_at": moment, **{name: st.sampled_from(one) for name, one in choices.items()}}
    )
    rows = draw(st.lists(row, min_size=least, max_size=most))
    return [
        {**one, "sale_id": f"{i:04d}", "line_id": f"{one['pharmacy_id']}/{i:04d}"}
        for i, one in enumerate(rows)
    ]


def windows(first: int, last: int) -> st.SearchStrategy[Window]:
    """Days asked about, as offsets from the Monday."""
    pair = st.tuples(st.integers(first, last), st.integers(first, last))
    return pair.map(lambda two: Window(MONDAY + min(two) * DAY, MONDAY + max(two) * DAY))


@st.composite
def visits(draw: st.DrawFn) -> Example:
    sales = draw(
        lines(
            (0, 1, 2),
            edges(1800),
            pharmacy_id=("甲", "甲", "乙", "未登记"),
            drug_code=("麻720", "麻720", "麻300", "麻无", "改", "普通"),
            least=3,
        )
    )
    return Example(City(sales, DRUGS, SHOPS), draw(windows(0, 2)))


@st.composite
def recalled(draw: st.DrawFn) -> Example:
    drugs = ("麻720", "普通")
    sales = draw(
        lines(
            (0, 1, 2),
            (0, 1, NOON_S - 1, NOON_S, NOON_S + 1, 86_399),
            drug_code=drugs,
            pharmacy_id=("甲", "乙", "未登记"),
        )
    )
    notice = st.builds(
        lambda lot, name, day, second: {
            "batch_no": lot,
            "drug_code": name,
            "effective_at": at(day, second),
            "level": "1",
        },
        st.sampled_from(("批1", "批1", "批2", "批3")),
        st.sampled_from(drugs),
        st.integers(-3, 1),
        st.sampled_from((0, NOON_S, 86_399)),
    )
    recalls = draw(st.lists(notice, min_size=1, max_size=4))
    return Example(City(sales, DRUGS, SHOPS, recalls=recalls), draw(windows(-1, 3)))


@st.composite
def traced(draw: st.DrawFn) -> Example:
    sales = draw(
        lines(
            (0, 1, 2, 3),
            edges(300),
            pharmacy_id=("甲", "甲", "丙", "未登记"),
            buyer_key=("k:1", None),
            quantity=(1.0, 1.0, -1.0, 0.5, 0.1, 0.3, 0.6, 0.9),
        )
    )
    return Example(City(sales, DRUGS, SHOPS), draw(windows(0, 4)))


@st.composite
def gathered(draw: st.DrawFn) -> Example:
    """Purchases near the end, and more of them exactly a day, a week or a month before, or a second off."""
    seconds = (0, NOON_S - 1, NOON_S, NOON_S + 1, 86_399)
    some = {
        "buyer_key": ("k:1",) * 7 + ("k:2", None),
        "drug_code": ("麻720", "麻720", "麻300", "麻无", "改", "普通"),
        "prescription_no": (None,) * 7 + ("方1",),
        "quantity": (1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 0.5, 0.1, 0.2, 0.7, 4.0, -1.0, -0.3),
    }
    first, last = draw(st.sampled_from(((29, 30), (7, 7), (0, 1), (6, 6))))
    near = tuple(31 - back for back in range(first, last + 1))
    chosen = draw(lines((*near, 30, 31, 31), seconds, least=3, most=14, **some))
    return Example(City(chosen, DRUGS, SHOPS), draw(windows(30, 32)))


def notices_over(last: int, kinds: Sequence[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Notices of every scope over the last days of a series."""
    one = st.builds(
        lambda day, long, scope, kind: {
            "date_from": MONDAY + day * DAY,
            "date_until": MONDAY + (day + long) * DAY,
            "scope": scope,
            "kind": kind,
            "name": kind,
        },
        st.integers(last - 14, last),
        st.integers(0, 4),
        st.sampled_from((None, "甲", "丁", "链1", "链2", "镇1", "镇2", "无此处")),
        st.sampled_from(kinds),
    )
    return st.lists(one, max_size=2)


def sold(name: str, day: int, code: str, quantity: float, number: int = 0) -> dict[str, Any]:
    """One line of a series, at the same hour every day."""
    sale_id = f"{day:03d}-{code}-{number}"
    return {
        "pharmacy_id": name,
        "sold_at": at(day, 36_000 + 60 * number),
        "drug_code": code,
        "quantity": quantity,
        "sale_id": sale_id,
        "line_id": f"{name}/{sale_id}",
    }
