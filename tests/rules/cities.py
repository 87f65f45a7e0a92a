"""Small cities for Hypothesis: lines at the very edges of every limit, and daily series with gaps and surges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
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
            **{one.name: getattr(self.city, one.name) for one in fields(self.city)},
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
BLOCKS = 8
BLOCK_SHOPS = tuple(
    {**one, "pharmacy_id": f"{one['pharmacy_id']}-{k}"} for k in range(BLOCKS) for one in SHOPS
)
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


def edges(span_s: int) -> tuple[int, ...]:
    """Seconds of a day that lie the span apart, a second less or more, at noon and across midnight."""
    half = span_s // 2
    noon = (NOON_S, NOON_S + span_s - 1, NOON_S + span_s, NOON_S + span_s + 1)
    return (*noon, NOON_S, NOON_S + span_s, 86_400 - half, half, half + 1)


def at(day: int, second: int) -> datetime:
    return datetime.combine(MONDAY, time()) + timedelta(days=day, seconds=second)


@st.composite
def lines(
    draw: st.DrawFn,
    days: Sequence[int],
    seconds: Sequence[int],
    least: int = 1,
    most: int = 6,
    **fixed: Sequence[Any],
) -> list[dict[str, Any]]:
    """Lines of some blocks of a city, which share no shop, buyer or code: one run of a rule judges all.

    Most lines of a block are alike but for moment and quantity; `fixed` gives the choices of a column.
    """
    choices: dict[str, Sequence[Any]] = {
        "pharmacy_id": ("甲", "甲", "乙", "丙", "丁", "未登记"),
        "buyer_key": ("k:1", "k:1", "k:2", None),
        "drug_code": ("麻720", "麻300", "麻无", "改", "普通", "不明"),
        "prescription_no": (None, None, None, None, "方1"),
        "batch_no": ("批1", "批1", "批1", "批2", None),
        "trace_code": ("码1", "码1", "码1", "码2", None),
        **{name: one for name, one in fixed.items() if name != "quantity"},
    }
    changed = [st.fixed_dictionaries({name: st.sampled_from(one)}) for name, one in choices.items()]
    other = st.one_of(st.just({}), st.just({}), *changed)
    moment = st.builds(at, st.sampled_from(days), st.sampled_from(seconds))
    free = {"sold_at": moment, "quantity": st.sampled_from(fixed.get("quantity", QUANTITIES)), "other": other}
    block = st.lists(st.fixed_dictionaries(free), min_size=least, max_size=most)
    usual = {name: one[0] for name, one in choices.items()}
    rows = [
        {
            **usual,
            **own,
            **{name: one[name] for name in ("sold_at", "quantity")},
            **one["other"],
            "block": number,
        }
        for number in range(BLOCKS)
        for own, some in [(draw(other), draw(block))]
        for one in some
    ]
    return [_named(row, number) for number, row in enumerate(rows)]


def _named(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A line with its block in the names of its shop, buyer and codes."""
    own = ("pharmacy_id", "buyer_key", "trace_code", "batch_no")
    named = {name: row[name] and f"{row[name]}-{row['block']}" for name in own}
    sale_id = f"{number:04d}"
    line = {**row, **named, "sale_id": sale_id, "line_id": f"{named['pharmacy_id']}/{sale_id}"}
    return {name: value for name, value in line.items() if name != "block"}


def windows(first: int, last: int) -> st.SearchStrategy[Window]:
    """Days asked about, as offsets from the Monday."""
    pair = st.tuples(st.integers(first, last), st.integers(first, last))
    return pair.map(lambda two: Window(MONDAY + min(two) * DAY, MONDAY + max(two) * DAY))


@st.composite
def visits(draw: st.DrawFn) -> Example:
    """One buyer at one shop, mostly, at moments half an hour apart or a second off."""
    some = {
        "pharmacy_id": ("甲", "甲", "甲", "未登记"),
        "drug_code": ("麻720", "麻720", "麻720", "麻300", "麻无", "改", "普通"),
        "buyer_key": ("k:1", "k:1", "k:1", "k:2", None),
        "prescription_no": (None,) * 6 + ("方1",),
    }
    sales = draw(lines((0, 1), edges(1800), least=2, **some))
    return Example(City(sales, DRUGS, BLOCK_SHOPS), draw(windows(0, 2)))


@st.composite
def recalled(draw: st.DrawFn) -> Example:
    """Lots recalled once or twice, sold exactly a day later or a second off."""
    some = {
        "pharmacy_id": ("甲", "甲", "未登记"),
        "drug_code": ("普通", "普通", "麻720"),
        "batch_no": ("批1", "批1", "批1", "批2", None),
    }
    sales = draw(lines((0, 1, 2), (NOON_S - 1, NOON_S, NOON_S, NOON_S + 1, 86_399), **some))
    notice = st.builds(
        lambda block, lot, name, day, second: {
            "batch_no": f"{lot}-{block}",
            "drug_code": name,
            "effective_at": at(day, second),
            "level": "1",
        },
        st.integers(0, BLOCKS - 1),
        st.sampled_from(("批1", "批1", "批2")),
        st.sampled_from(("普通", "普通", "麻720")),
        st.integers(-1, 1),
        st.sampled_from((NOON_S, NOON_S, 0)),
    )
    recalls = draw(st.lists(notice, min_size=BLOCKS, max_size=2 * BLOCKS))
    return Example(City(sales, DRUGS, BLOCK_SHOPS, recalls=recalls), draw(windows(0, 2)))


@st.composite
def traced(draw: st.DrawFn) -> Example:
    """Codes scanned again five minutes later or a second off, returned, and sold in parts."""
    some = {
        "pharmacy_id": ("甲", "甲", "甲", "丙", "未登记"),
        "buyer_key": ("k:1", "k:1", None),
        "trace_code": ("码1", "码1", "码1", "码2", None),
        "quantity": (1.0, 1.0, 1.0, 1.0, -1.0, 0.5, 0.1, 0.3, 0.6, 0.9),
    }
    sales = draw(lines((0, 1), edges(300), least=2, **some))
    return Example(City(sales, DRUGS, BLOCK_SHOPS), draw(windows(0, 2)))


@st.composite
def gathered(draw: st.DrawFn) -> Example:
    """Purchases of one day, and more of them exactly a day, a week or a month before, or a second off."""
    some = {
        "buyer_key": ("k:1",) * 9 + ("k:2", None),
        "drug_code": ("麻720", "麻720", "麻720", "麻300", "麻无", "改", "普通"),
        "prescription_no": (None,) * 9 + ("方1",),
        "quantity": (1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 0.5, 0.7, 4.0, -1.0, -0.3),
    }
    back = draw(st.sampled_from((30, 30, 7, 1)))
    least = {30: 5, 7: 3, 1: 2}[back]
    noon = (NOON_S - 1, NOON_S, NOON_S, NOON_S + 1)
    chosen = draw(lines((31 - back, 31 - back, 31), noon, least=least, most=least + 3, **some))
    return Example(City(chosen, DRUGS, BLOCK_SHOPS), draw(windows(30, 32)))


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
