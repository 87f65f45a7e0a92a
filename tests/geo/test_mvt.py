"""What the encoder writes, decoders that are not ours read; varints beside one number at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import mvt
from geo.attributes import Attributes
from geo.mercator import tile_bounds, to_lonlat
from tests.geo.tile_reading import by_gdal, features, layers

numbers = st.integers(0, 2**64 - 1) | st.integers(0, 300)
coordinates = st.integers(-256, 4351)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
columns = st.one_of(
    st.lists(texts | st.none(), min_size=6, max_size=6).map(lambda one: np.array(one, dtype=object)),
    st.lists(texts, min_size=6, max_size=6).map(lambda one: np.array(one, dtype=object)),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=6, max_size=6).map(np.array),
    st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6).map(
        lambda one: np.array(one, dtype=np.uint64)
    ),
    st.lists(st.floats(), min_size=6, max_size=6).map(np.array),
    st.lists(st.booleans(), min_size=6, max_size=6).map(np.array),
)


def _plain(number: int) -> bytes:
    out = []
    while number > 127:
        out.append(number % 128 + 128)
        number //= 128
    return bytes([*out, number])


@given(st.lists(numbers))
def test_varints_are_those_of_one_number_at_a_time(listed: list[int]) -> None:
    array = np.array(listed, dtype=np.uint64)
    assert mvt.varints(array).tobytes() == b"".join(map(_plain, listed))
    assert mvt.widths(array).tolist() == [len(_plain(number)) for number in listed]
    assert [mvt.varint(number) for number in listed] == [*map(_plain, listed)]


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.booleans())))
def test_a_number_of_width_0_is_left_out(listed: list[tuple[int, bool]]) -> None:
    array = np.array([number for number, _ in listed], dtype=np.uint32)
    taken = mvt.widths(array) * np.array([kept for _, kept in listed], dtype=np.uint8)
    assert mvt.varints(array, taken).tobytes() == b"".join(_plain(number) for number, kept in listed if kept)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_zigzag_counts_from_nought_outwards(listed: list[int]) -> None:
    assert mvt.zigzag(listed).tolist() == [2 * n if n >= 0 else -2 * n - 1 for n in listed]


def _same(read: Any, given: Any) -> bool:
    return type(read) is type(given) and read == given


@given(
    st.dictionaries(texts, columns, max_size=4),
    st.lists(st.tuples(coordinates, coordinates), min_size=6, max_size=6),
    st.booleans(),
)
def test_points_and_their_properties_come_back(
    table: dict[str, np.ndarray], places: list[tuple[int, int]], named: bool
) -> None:
    x, y = np.array(places).T
    ids = np.array([0, -1, 127, 128, 2**31, 2**32 - 1]) if named else None
    tags, values, _ = Attributes(table, 6).table(np.arange(6))
    tile = mvt.layer("店", [*table], values, mvt.point_features(x, y, tags, ids))
    layer = layers(tile)["店"]
    assert (layer["extent"], layer["version"], len(layer["features"])) == (4096, 2, 6)
    for row, read in enumerate(layer["features"]):
        told = {name: column[row : row + 1].tolist()[0] for name, column in table.items()}
        known = {name: value for name, value in told.items() if value is not None and value == value}
        assert read["geometry"] == {"type": "Point", "coordinates": [*places[row]]}
        assert read["id"] == (0 if ids is None else max(ids[row], 0))
        assert read["properties"].keys() == known.keys()
        assert all(_same(read["properties"][name], value) for name, value in known.items())


def test_gdal_reads_the_same_places_and_properties(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.integers(-256, 4352, (2, 200))
    table = {
        "名": np.array([f"药店{i}" for i in range(200)]),
        "n": rng.integers(-9, 9, 200),
        "f": rng.random(200),
    }
    tags, values, _ = Attributes(table, 200).table(np.arange(200))
    tile = mvt.layer("a", [*table], values, mvt.point_features(x, y, tags, np.arange(200)))
    frame = by_gdal(tile, 9, 428, 210, tmp_path)
    assert frame["mvt_id"].tolist() == [*range(200)]
    for name, column in table.items():
        assert frame[name].tolist() == column.tolist()
    lon, lat = to_lonlat((428 + x / 4096) / 512, (210 + y / 4096) / 512)
    read = frame.geometry.to_crs(4326)
    assert np.allclose(np.column_stack([read.x, read.y]), np.column_stack([lon, lat]), rtol=0, atol=1e-9)
    assert tile_bounds(9, 428, 210)[0] == pytest.approx(120.9375)


def test_two_tiles_joined_are_one_with_the_layers_of_both() -> None:
    one = mvt.layer(
        "a", [], b"", mvt.point_features(np.array([1]), np.array([2]), np.empty((1, 0), int), None)
    )
    two = mvt.layer(
        "b", [], b"", mvt.point_features(np.array([3]), np.array([4]), np.empty((1, 0), int), None)
    )
    assert [*layers(one + two)] == ["a", "b"]


def test_a_value_that_many_share_is_written_once() -> None:
    table = {"town": np.array(["当湖街道"] * 500, dtype=object)}
    tags, values, count = Attributes(table, 500).table(np.arange(500))
    assert (count, values.count("当湖街道".encode())) == (1, 1)
    assert set(tags.ravel().tolist()) == {0}


@given(st.lists(st.integers(0, 199), max_size=30), st.lists(st.booleans(), min_size=200, max_size=200))
def test_some_features_say_what_they_say_among_all(chosen: list[int], kept: list[bool]) -> None:
    names = np.array([None if i % 7 == 3 else f"店{i}" for i in range(200)], dtype=object)
    whole = {"name": names, "town": np.array([f"{i % 5}" for i in range(200)]), "x": np.arange(200) * 0.5}
    attributes = Attributes(whole, 200)
    rows = np.flatnonzero(kept)
    part = attributes.taken(rows)
    positions = np.array([one for one in chosen if one < len(rows)], dtype=np.int64)

    def read(from_: Attributes, at: np.ndarray) -> list[dict[str, Any]]:
        tags, values, _ = from_.table(at)
        place = np.zeros(len(at), dtype=int)
        drawn = mvt.point_features(place, place, tags, None) if len(at) else b""
        return [one["properties"] for one in features(mvt.layer("a", [*whole], values, drawn))]

    assert read(part, positions) == read(attributes, rows[positions])


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (np.array(["a", 3], dtype=object), "mixes in 3"),
        (np.array([1, 2, 3]), "give 2 values"),
        (np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]"), "datetime64"),
    ],
)
def test_a_column_that_no_tile_can_hold_is_refused(column: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Attributes({"c": column}, 2)
