"""The table says what the map draws: gravest first, unknown last, every row in the export."""

from __future__ import annotations

import pandas as pd
import pytest

from layers.contract import layers
from layers.drawn import Drawn
from layers.elements import Paint
from layers.rows import MOST_ROWS, as_table, told_rows
from tests.layers import region
from yaotong.reads.map import SPECIAL, MapData


def _rows(data: MapData, layer_id: str) -> list[tuple[str, object, object]]:
    layer = layers()[layer_id]
    told = told_rows(layer.features(data, SPECIAL), layer.draw())
    return [(one["id"].partition(":")[2], one["class"], one["value"]) for one in told["rows"]]


def test_the_gravest_class_stands_first(data: MapData) -> None:
    assert [(one, kind) for one, kind, _ in _rows(data, "risk")] == [
        ("W1", "red"),
        ("E1", "none"),
        ("W2", "none"),
        ("N1", "unknown"),
    ]


def test_the_largest_value_stands_first_and_unknown_last(data: MapData) -> None:
    assert _rows(data, "pressure") == [
        (region.EAST, None, 10.0),
        (region.WEST, None, 5.0),
        (region.NORTH, None, None),
    ]


@pytest.mark.parametrize("count", [MOST_ROWS, MOST_ROWS + 1])
def test_a_page_shows_so_many_rows_and_says_how_many_there_are(count: int) -> None:
    frame = pd.DataFrame(
        {"id": [f"shop:{i}" for i in range(count)], "name": "x", "lon": 0.0, "lat": 0.0, "class": "none"}
    )
    told = told_rows(Drawn(frame), layers()["risk"].draw())
    assert (len(told["rows"]), told["total"]) == (MOST_ROWS, count)


def test_the_export_has_all_rows_in_the_readers_words(data: MapData) -> None:
    layer = layers()["pressure"]
    drawn, paint = layer.features(data, SPECIAL), layer.draw()
    table = as_table(drawn, paint)
    assert list(table.columns) == ["编号", "名称", "每十家药店未结预警 (条/十家)"]
    assert table.iloc[:, 2].tolist() == [10.0, 5.0, paint.unknown_zh]
    assert as_table(drawn, paint, str.upper).columns[0] == "编号"
    shops = as_table(
        layers()["risk"].features(data, SPECIAL), layers()["risk"].draw(), lambda text: f"<{text}>"
    )
    assert list(shops.columns) == [
        "<编号>",
        "<名称>",
        "<药店最高未结预警>",
        "<经度 (WGS-84)>",
        "<纬度 (WGS-84)>",
    ]
    assert shops.iloc[0, 2] == "<红色预警>"


def test_names_only_are_a_table_of_names(data: MapData) -> None:
    table = as_table(layers()["borders"].features(data, SPECIAL), Paint("outline", "区域边界"))
    assert set(table["名称"]) == {"西镇", "东镇", "北镇", "示例县"}
