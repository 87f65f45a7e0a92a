"""Days stepped through show what each day's own read shows, and what plain sums of the lines say."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.cities import city
from tests.reads.small_region import MSA, PSB, assert_same
from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.reads import map_sales
from yaotong.reads.map import WINDOW_DAYS, MapDays, read_days, read_map
from yaotong.store.factbase import open_facts
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace


@pytest.fixture(scope="module")
def small() -> Workspace:
    return city("small")


@pytest.fixture(scope="module")
def days(small: Workspace) -> MapDays:
    return read_days(small, MSA)


@pytest.fixture(scope="module")
def every_day(days: MapDays) -> list[date]:
    """All days of the city, and some before and after."""
    assert days.first_day is not None
    assert days.last_day is not None
    length = (days.last_day - days.first_day).days
    assert length == 119
    return [days.first_day + timedelta(days=one) for one in range(-3, length + 45)]


@pytest.fixture(scope="module")
def lines(small: Workspace) -> pd.DataFrame:
    sold = open_facts(small.store).sales_with_drug()
    frame = sold.select("pharmacy_id", "sold_at", "quantity", "categories").to_pandas()
    return frame.assign(day=frame["sold_at"].dt.date)


def plain_packs(lines: pd.DataFrame, day: date) -> dict[tuple[str, str], float]:
    """Packs by shop and category in the window that ends with a day, a line at a time."""
    since = day - timedelta(days=WINDOW_DAYS - 1)
    window = lines[(lines["day"] >= since) & (lines["day"] <= day)]
    found: dict[tuple[str, str], float] = {}
    for shop, text, quantity in zip(
        window["pharmacy_id"], window["categories"], window["quantity"], strict=True
    ):
        named = [one for one in SPECIAL_CATEGORIES if f"|{one}|" in text]
        for category in [*named, "SPECIAL"] if named else []:
            found[shop, category] = found.get((shop, category), 0.0) + quantity
    return found


@pytest.mark.slow
def test_packs_and_last_sales_of_every_day_are_plain_sums(
    days: MapDays, every_day: list[date], lines: pd.DataFrame
) -> None:
    seen = set(days.seen.names)
    for day in every_day:
        data = days.on(day)
        told = data.packs.set_index(["license_no", "category"])["packs"]
        expected = {key: packs for key, packs in plain_packs(lines, day).items() if key[0] in seen}
        assert told.to_dict() == pytest.approx(expected)
        assert list(told.index) == sorted(expected)
        last = lines[lines["day"] <= day].groupby("pharmacy_id")["day"].max().to_dict()
        assert [last.get(one) for one in data.shops["license_no"]] == data.shops["last_sold_on"].tolist()


def test_a_step_is_the_days_own_read(small: Workspace, every_day: list[date]) -> None:
    for viewer in (MSA, PSB, SYSTEM):
        steps = read_days(small, viewer)
        for day in every_day[:: 1 if viewer is MSA else 12]:
            assert_same(steps.on(day), read_map(small, viewer, as_of=day))
        assert_same(steps.on(), read_map(small, viewer))


def test_sales_too_many_to_keep_are_asked_of_the_files_and_say_the_same(
    small: Workspace, every_day: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = read_days(small, MSA)
    monkeypatch.setattr(map_sales, "KEPT_LINES", 0)
    asked = read_days(small, MSA)
    assert isinstance(kept.sales, map_sales.DailySales)
    assert isinstance(asked.sales, map_sales.CountrySales)
    assert (asked.first_day, asked.last_day) == (kept.first_day, kept.last_day)
    for day in [None, *every_day[::8]]:
        assert_same(asked.on(day), kept.on(day))


def test_parts_of_packs_are_told_alike_whatever_the_order_of_adding() -> None:
    shops = pd.Index(["A"], dtype=object)
    told = [
        map_sales.ShopSales(
            shops,
            np.array(["NaT"], "datetime64[D]"),
            np.zeros(1, np.int64),
            np.zeros(1, np.int64),
            np.array([total]),
        )
        .packs_of(shops)["packs"]
        .tolist()
        for total in (0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1)
    ]
    assert told[0] == told[1] == [0.6]
