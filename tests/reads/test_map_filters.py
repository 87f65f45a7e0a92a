"""Filters of the map: what fits, what is counted, and what is refused."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers import region
from yaotong.errors import UsageError
from yaotong.reads.map import MapData, read_map
from yaotong.reads.map_filters import FILTERS, narrowed, options_of
from yaotong.viewer import Viewer


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> MapData:
    ws = region.build(tmp_path_factory.mktemp("filters") / "home")
    return read_map(ws, Viewer("m", "演示员", "msa", region.COUNTY))


def _shops(data: MapData) -> set[str]:
    return set(data.shops["license_no"])


@pytest.mark.parametrize(
    ("chosen", "shops"),
    [
        ({"kind": ("single",)}, {"W2"}),
        ({"kind": ("chain_store",)}, {"W1", "E1", "N1"}),
        ({"kind": ("single", "chain_store")}, {"W1", "W2", "E1", "N1"}),
        ({"kind": ("other",)}, set()),
        ({"insured": ("yes",)}, {"W1", "E1", "N1"}),
        ({"insured": ("no",)}, {"W2"}),
        ({"insured": ("dual",)}, set()),
        ({"reporting": ("silent",)}, {"W2"}),
        ({"reporting": ("never",)}, {"N1"}),
        ({"reporting": ("never",), "insured": ("no",)}, set()),
        ({"chain": ("演示连锁",)}, {"W1", "W2", "E1", "N1"}),
        ({"chain": ("别家",)}, set()),
        ({}, {"W1", "W2", "E1", "N1"}),
    ],
)
def test_shops_that_fit_any_value_of_every_filter(
    data: MapData, chosen: dict[str, tuple[str, ...]], shops: set[str]
) -> None:
    left = narrowed(data, chosen)
    assert _shops(left) == shops
    assert set(left.packs["license_no"]) <= shops


def test_areas_count_the_shops_shown_and_the_alerts_of_all(data: MapData) -> None:
    left = narrowed(data, {"kind": ("single",)})
    areas = left.areas.set_index("area_code")
    assert areas.loc[region.WEST, ["shops", "shops_reporting"]].tolist() == [1, 1]
    assert areas.loc[region.EAST, ["shops", "shops_reporting"]].tolist() == [0, 0]
    assert areas.loc[region.EAST, "yellow"] == 1


def test_all_shops_fit_gives_the_same_figures(data: MapData) -> None:
    left = narrowed(data, {"kind": ("single", "chain_store", "other")})
    pd.testing.assert_frame_equal(pd.DataFrame(left.areas), pd.DataFrame(data.areas))


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"colour": ("red",)}, "没有筛选 colour"),
        ({"kind": ("shop",)}, "kind 没有值"),
        ({"service": ("haircut",)}, "service 没有值"),
    ],
)
def test_what_is_no_filter_is_refused_with_what_there_is(
    data: MapData, chosen: dict[str, tuple[str, ...]], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        narrowed(data, chosen)


def test_options_are_those_that_shops_have(data: MapData) -> None:
    options = {key: [value for value, _ in values] for key, _, values in options_of(data)}
    assert options["kind"] == ["chain_store", "single", "other"]
    assert options["chain"] == ["演示连锁"]
    assert "service" not in options


@given(st.lists(st.sampled_from(["yes", "no", "unknown"]), min_size=1, max_size=3))
def test_values_of_one_filter_add_up_and_filters_cut(values: list[str]) -> None:
    shops = pd.DataFrame(
        {"insurance_designated": [True, False, None, True], "dual_channel": [None, True, False, None]}
    )
    masks = [FILTERS["insured"].mask(shops, one) for one in values]
    plain = [
        any({True: "yes", False: "no", None: "unknown"}[flag] == one for one in values)
        for flag in (True, False, None, True)
    ]
    assert [any(each) for each in zip(*masks, strict=True)] == plain


def test_a_day_without_sales_counts_no_shop_as_reporting(data: MapData) -> None:
    from dataclasses import replace

    never = replace(data, as_of=None, since=None, shops=data.shops.assign(last_sold_on=None))
    assert narrowed(never, {"insured": ("yes",)}).areas["shops_reporting"].sum() == 0
    assert data.as_of == date(2026, 3, 31)
