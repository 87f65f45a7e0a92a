"""The crowd: weekdays, make-up workdays, seasons, Spring Festival, returns, shops of every size."""

from __future__ import annotations

from datetime import date

import pandas as pd

from tests.demo.conftest import Written
from yaotong.demo.demand import day_factors
from yaotong.demo.plan import Plan


def daily(year: Written) -> pd.Series:
    return year.city.sales.groupby("day").size()


def mean_of(lines: pd.Series, *days: str) -> float:
    return float(lines[[pd.Timestamp(day) for day in days]].mean())


def test_about_nine_lines_a_shop_and_day(year: Written) -> None:
    assert 7.5 < len(year.city.sales) / (365 * 70) < 11


def test_weekends_are_busier_than_midweek(year: Written) -> None:
    lines = daily(year)[:"2025-09-20"]
    weekday = lines.groupby(lines.index.day_of_week).mean()
    assert weekday[5] > 1.04 * weekday[2]


def test_makeup_weekends_sell_like_workdays(year: Written) -> None:
    # Weekend days the State Council made workdays, and the same weekday one and two weeks away.
    lines = daily(year)
    makeup = mean_of(lines, "2025-09-28", "2025-10-11", "2026-01-04", "2026-05-09")
    plain = mean_of(
        lines,
        "2025-09-21",
        "2025-10-18",
        "2025-10-25",
        "2026-01-11",
        "2026-01-18",
        "2026-05-16",
        "2026-05-23",
    )
    assert makeup < 0.97 * plain


def test_the_calendar_knows_the_makeup_days() -> None:
    plan = Plan(365, 9, 1, date(2026, 6, 30))
    factors = day_factors(plan)
    saturday, sunday = plan.index_of(date(2026, 5, 9)), plan.index_of(date(2026, 1, 4))
    monday = plan.index_of(date(2026, 5, 11))
    assert factors[saturday] == factors[sunday] == factors[monday]
    assert factors[saturday + 7] > factors[monday]
    assert plan.spring_festivals == ((plan.index_of(date(2026, 2, 15)), plan.index_of(date(2026, 2, 23))),)


def test_cold_drugs_rise_in_winter_and_not_chronic_ones(year: Written) -> None:
    packs = (
        year.city.sales.groupby(["drug_code", year.city.sales["day"].dt.month])["quantity"].sum().unstack()
    )
    assert packs.at["YP0204A", 12] > 1.5 * packs.at["YP0204A", 8]
    assert 0.8 < packs.at["YP0142A", 12] / packs.at["YP0142A", 8] < 1.2


def test_spring_festival_stocks_up_dips_and_rebounds(year: Written) -> None:
    lines = daily(year)
    usual = lines["2026-01-19":"2026-02-08"].mean()
    assert lines["2026-02-11":"2026-02-14"].mean() > 1.15 * usual
    assert lines["2026-02-15":"2026-02-22"].mean() < 0.65 * usual
    assert lines["2026-02-24":"2026-02-28"].mean() > 1.05 * usual
    shops = year.city.sales.groupby("day")["pharmacy_id"].nunique()
    assert shops[pd.Timestamp("2026-02-18")] < 0.8 * shops[pd.Timestamp("2026-01-20")]


def test_a_declared_promotion_shows(year: Written) -> None:
    vitamins = year.city.sales.query("drug_code == 'YP0208A'").groupby("day").size()
    assert vitamins["2025-11-09":"2025-11-11"].mean() > 1.6 * vitamins["2025-10-10":"2025-11-08"].mean()
    assert "2025-11-09" in set(year.city.calendar.query("kind == 'promotion'")["date_from"])


def test_counts_vary_more_than_poisson(year: Written) -> None:
    counts = year.city.sales.query("day < '2025-09-20'").groupby(["pharmacy_id", "day"]).size().unstack()
    ratio = counts.var(axis=1) / counts.mean(axis=1)
    assert 1.05 < ratio.median() < 2.5


def test_shops_are_of_many_sizes(year: Written) -> None:
    size = year.city.sales.groupby("pharmacy_id").size() / 365
    assert size.min() < 1.5
    assert size.quantile(0.95) > 2 * size.median()


def test_returns_are_rare_and_follow_their_sale(year: Written) -> None:
    sales = year.city.sales
    back = sales[(sales["quantity"] < 0) & sales["trace_code"].notna()]
    assert 0.001 < len(back) / len(sales) < 0.005
    both = back.merge(sales[sales["quantity"] > 0], on=["pharmacy_id", "trace_code"], suffixes=("", "_sold"))
    first = both.groupby("line_id")["sold_at_sold"].min()
    assert set(first.index) == set(back["line_id"])
    assert (first < back.set_index("line_id")["sold_at"].reindex(first.index)).all()


def test_registered_buyers_of_the_crowd_wait_forty_days_less_a_little(year: Written) -> None:
    planted = {line_id for story in year.truth.stories for line_id in story.sale_ids}
    eph = year.city.sales[year.city.sales["category"].str.contains("EPH")]
    crossing = {one["buyer"] for one in year.truth.crossing}
    eph = eph[~eph["line_id"].isin(planted) & ~eph["buyer_id_no"].isin(crossing) & (eph["quantity"] > 0)]
    assert eph["buyer_id_no"].notna().all()
    assert (eph["quantity"] <= 2).all()
    waits = eph.sort_values("sold_at").groupby("buyer_id_no")["sold_at"].diff().dropna()
    assert len(waits) > 100
    assert waits.min() > pd.Timedelta(days=31)
