"""Counts and inspections sent as files reach the map."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from layers.contract import layers
from tests.layers import region
from tests.layers.conftest import viewer
from yaotong import acts
from yaotong.reads.map import MapData, read_map

NOW = datetime(2026, 4, 1, 8)
COUNTS = {
    "pharmacy_id": ["W1", "E1"], "drug_code": ["D1", "D1"], "counted_at": ["2026-03-29 20:00:00", "2026-03-29 20:00:00"],
    "quantity": ["100", "6"],
}  # fmt: skip
INSPECTIONS = {
    "inspection_id": ["C1", "C2"], "pharmacy_id": ["W1", "E1"], "inspected_at": ["2026-03-01 10:00:00", "2026-04-01 07:00:00"],
    "kind": ["routine", "random"], "outcome": ["ordered", "passed"],
}  # fmt: skip


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> MapData:
    home: Path = tmp_path_factory.mktemp("sent")
    ws = region.build(home / "home")
    for name, told in (("counts", COUNTS), ("inspections", INSPECTIONS)):
        pd.DataFrame(told).to_csv(home / f"{name}.csv", index=False)
        assert acts.take_in(ws, home / f"{name}.csv", now=NOW).accepted == 2
    return read_map(ws, viewer("msa"))


def test_stock_is_the_count_less_what_was_sold_since(sent: MapData) -> None:
    frame = layers()["stock"].features(sent, "EPH").frame
    # W1 sells two packs of D1 on each of the two days after the count; W2 sold and never counted.
    assert dict(zip(frame["id"], frame["value"].fillna(-1), strict=True)) == {
        "shop:W1": 96.0, "shop:W2": -1.0, "shop:E1": 6.0, "shop:N1": -1.0,
    }  # fmt: skip


def test_a_drug_sold_and_never_counted_leaves_the_sum_of_all_unknown(sent: MapData) -> None:
    frame = layers()["stock"].features(sent, "SPECIAL").frame.set_index("id")
    assert pd.isna(frame.loc["shop:W1", "value"])
    assert frame.loc["shop:E1", "value"] == 6.0


def test_an_inspection_of_the_day_after_is_not_yet_on_the_map(sent: MapData) -> None:
    drawn = layers()["inspections"].features(sent, "SPECIAL")
    assert dict(zip(drawn.frame["id"], drawn.frame["class"], strict=True)) == {"shop:W1": "ordered"}
    assert "其余 3 家" in drawn.fine_zh


def test_what_one_layer_asks_for_is_read_once(sent: MapData) -> None:
    assert sent.stock() is sent.stock()
    assert sent.inspections() is sent.inspections()
