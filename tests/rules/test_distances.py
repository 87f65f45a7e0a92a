"""Distances inside rules: those of geo.distance, and none where a shop has no place."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from geo.distance import haversine_m
from yaotong.rules.linked import km_between

PINGHU, JIASHAN = (121.02, 30.68), (120.93, 30.83)


def km(one: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> float | None:
    """The distance as DuckDB answers it."""
    frame = pd.DataFrame([[*one, *other]], columns=["a", "b", "c", "d"], dtype="float64")
    table = ibis.memtable(frame, schema=dict.fromkeys(frame.columns, "float64"))
    answer = table.select(km=km_between(table.a, table.b, table.c, table.d))
    told = ibis.duckdb.connect().to_pyarrow(answer)["km"][0].as_py()
    return None if told is None else float(told)


@pytest.mark.parametrize(
    "other", [JIASHAN, PINGHU, (-58.98, -30.68)]
)  # the last is on the other side of the Earth
def test_the_distance_is_the_great_circle(other: tuple[float, float]) -> None:
    assert km(PINGHU, other) == pytest.approx(haversine_m(*PINGHU, *other) / 1000, abs=0.001)


@pytest.mark.parametrize("lacking", [(None, None), (121.0, None), (None, 30.0)])
def test_there_is_no_distance_without_a_place(lacking: tuple[float | None, float | None]) -> None:
    assert km(PINGHU, lacking) is None
    assert km(lacking, PINGHU) is None
