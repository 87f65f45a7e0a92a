"""Layers of shops: hours, services, stock and inspections, on both sides of each limit."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.contract import layers
from layers.features import each_once
from tests.layers import made
from yaotong.reads.map import MapData
from yaotong.reads.opening import state_of

# 2026-03-31 is a Tuesday and no holiday.
HOURS = [
    ("24/7", "always"),
    ("Mo-Su 00:00-24:00", "always"),
    ("Mo-Su 00:00-23:59", "night"),
    ("Mo-Su 08:00-21:00", "other"),
    ("Mo-Su 08:00-21:01", "night"),
    ("Mo-Su 20:00-06:00", "night"),
    ("Mo-Su 06:00-02:00", "night"),
    ("Mo 08:00-23:00; Tu-Su 08:00-18:00", "other"),
    ("Mo-Fr off", "other"),
    ("Mo-Su 08:00-20:00; PH off", "other"),
    ("时间不定", "unknown"),
    ("Mo-Su 08:00+", "unknown"),
    (None, "unknown"),
]


@pytest.mark.parametrize(("text", "expected"), HOURS)
def test_a_shop_is_classed_by_the_hours_of_the_day(text: str | None, expected: str) -> None:
    assert made.said(made.city([{"opening_hours": text}]), "hours") == {"shop:S0": expected}


def test_a_holiday_and_another_weekday_have_hours_of_their_own() -> None:
    rows = [
        {"opening_hours": "Mo-Su 08:00-22:00; PH 09:00-17:00"},
        {"opening_hours": "Mo 08:00-23:00; Tu-Su 08:00-18:00"},
    ]
    festival = made.said(made.city(rows, as_of=date(2026, 2, 17)), "hours")  # 春节
    monday = made.said(made.city(rows, as_of=date(2026, 3, 30)), "hours")
    assert festival == {"shop:S0": "other", "shop:S1": "other"}
    assert monday == {"shop:S0": "night", "shop:S1": "night"}


def test_without_a_day_the_hours_are_those_of_a_plain_monday() -> None:
    assert made.said(made.city([{"opening_hours": "24/7"}], as_of=None), "hours") == {"shop:S0": "always"}


_minutes = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")


@given(_minutes, _minutes)
def test_hours_agree_with_a_look_at_every_minute(since: str, until: str) -> None:
    text = f"Mo-Su {since}-{until}"
    (found,) = made.said(made.city([{"opening_hours": text}]), "hours").values()
    midnight = datetime.combine(made.AS_OF, datetime.min.time())
    open_at = [state_of(text, midnight + timedelta(minutes=one)) == "open" for one in range(1440)]
    late = any(open_at[21 * 60 :])
    expected = "always" if all(open_at) else "night" if late else "other"
    assert found == expected


def test_each_text_is_worked_out_once() -> None:
    asked: list[str] = []

    def say(text: str) -> str:
        asked.append(text)
        return text.upper()

    assert each_once(pd.Series(["a", None, "b", "a"]), say, "none").tolist() == ["A", "none", "B", "A"]
    assert sorted(asked) == ["a", "b"]
    assert each_once(pd.Series([], dtype="str"), say, "none").tolist() == []


@pytest.mark.parametrize(
    ("services", "expected", "words"),
    [
        ("|delivery|cold_chain|", "cold_chain", "送药上门、冷链药品"),
        ("|pharmacist_consultation|delivery|", "delivery", "药师咨询、送药上门"),
        ("|pharmacist_consultation|", "pharmacist_consultation", "药师咨询"),
        ("|煎药|", "other", "煎药"),
        ("||", "unknown", ""),
        (None, "unknown", ""),
    ],
)
def test_a_shop_bears_the_rarest_of_its_services_and_tells_all(
    services: str | None, expected: str, words: str
) -> None:
    data = made.city([{"services": services}])
    assert made.said(data, "services") == {"shop:S0": expected}
    assert made.said(data, "services", "services_zh") == {"shop:S0": words}


def test_the_legend_says_how_many_shops_have_several_services() -> None:
    rows = [{"services": one} for one in ("|delivery|night|", "|delivery|", None)]
    assert layers()["services"].features(made.city(rows), "SPECIAL").fine_zh == "1 家有几项服务"
    assert layers()["services"].features(made.city(rows[1:]), "SPECIAL").fine_zh == ""


def _stocked(rows: list[tuple[str, str, float]], shops: int) -> MapData:
    stock = pd.DataFrame(rows, columns=["license_no", "category", "packs"]).assign(
        counted_on=pd.Timestamp(made.AS_OF)
    )
    return made.city([{}] * shops, stock=lambda: stock)


def test_stock_is_that_of_the_category_and_unknown_where_nobody_counted() -> None:
    data = _stocked(
        [("S0", "EPH", 12.0), ("S0", "SPECIAL", 30.0), ("S1", "EPH", math.nan), ("S2", "EPH", 0.0)], 4
    )
    values = made.said(data, "stock", "value", "EPH")
    assert (values["shop:S0"], values["shop:S2"]) == (12.0, 0.0)
    assert math.isnan(values["shop:S1"])
    assert math.isnan(values["shop:S3"])
    assert layers()["stock"].features(data, "EPH").fine_zh == "2 家有盘点可据"
    assert made.said(data, "stock", "value")["shop:S0"] == 30.0


def _inspected(*rows: tuple[str, str, int]) -> MapData:
    days = [(shop, outcome, pd.Timestamp(made.AS_OF - timedelta(days=age))) for shop, outcome, age in rows]
    frame = pd.DataFrame(days, columns=["license_no", "outcome", "inspected_on"])
    return made.city([{}, {}], inspections=lambda: frame)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("S0", "passed", 0)], "passed"),
        ([("S0", "passed", 89)], "passed"),
        ([("S0", "passed", 90)], None),
        ([("S0", "filed", 90)], None),
        ([("S0", "ordered", 400)], "ordered"),
        ([("S0", "ordered", 30), ("S0", "not_met", 1)], "ordered"),
        ([("S0", "corrected", 30), ("S0", "not_met", 1)], "corrected"),
        ([("S0", "passed", 120), ("S0", "not_met", 89)], "not_met"),
        ([("S0", "not_met", 90)], None),
    ],
)
def test_an_inspection_is_drawn_for_ninety_days_and_an_order_until_one_looks_again(
    rows: list[tuple[str, str, int]], expected: str | None
) -> None:
    told: dict[str, Any] = {} if expected is None else {"shop:S0": expected}
    assert made.said(_inspected(*rows), "inspections") == told


def test_shops_without_an_inspection_are_counted_and_not_called_good() -> None:
    told = layers()["inspections"].features(_inspected(("S0", "passed", 3)), "SPECIAL").fine_zh
    assert told == "其余 1 家近 90 天没有检查记录（不等于合格）"
    nothing = layers()["inspections"].features(made.city([{}]), "SPECIAL")
    assert nothing.frame.empty
    assert "尚无检查数据（未知" in nothing.fine_zh
