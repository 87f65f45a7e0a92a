"""One point, one area: against a slow plain twin, on edges and corners, in any order, and on real files."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import PLACES, area_mismatch, assign, distance_to_area_m
from geo.schematic import power_cells


def grid(columns: int, rows: int, codes: list[str] | None = None) -> gpd.GeoDataFrame:
    """Unit squares, numbered row by row from the lower left."""
    boxes = [shapely.box(x, y, x + 1, y + 1) for y in range(rows) for x in range(columns)]
    names = codes or [f"3304{number:02d}" for number in range(len(boxes))]
    return gpd.GeoDataFrame({"area_code": names}, geometry=boxes)


def plain_assign(lon: float, lat: float, areas: gpd.GeoDataFrame) -> tuple[str | None, str, int]:
    """The same decision, one point and one area at a time."""
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return None, "unlocated", 0
    point = shapely.Point(lon, lat)
    touching = {
        code: shape
        for code, shape in zip(areas.area_code, areas.geometry, strict=True)
        if shape is not None and not shape.disjoint(point)
    }
    if not touching:
        return None, "outside", 0
    first = min(touching)
    if touching[first].contains(point):
        return first, "inside", len(touching)
    return first, "corner" if len(touching) >= 3 else "edge", len(touching)


def rows(frame: pd.DataFrame) -> list[tuple[str | None, str, int]]:
    codes = [None if pd.isna(code) else code for code in frame.area_code]
    return list(zip(codes, frame.place, frame.candidates, strict=True))


# halves, so that points fall on edges and corners as often as inside; beyond the grid; and anywhere
coordinate = st.one_of(
    st.integers(-2, 10).map(lambda half: half / 2), st.floats(-1, 5), st.sampled_from([np.nan, np.inf])
)
positions = st.lists(st.tuples(coordinate, coordinate), max_size=30)


@given(positions, st.permutations(range(12)), st.permutations(range(12)))
def test_agrees_with_the_plain_twin_in_any_order(places, names, order):
    areas = grid(4, 3, [f"A{name:02d}" for name in names])
    lon, lat = np.array(places, dtype=float).reshape(-1, 2).T
    got = assign((lon, lat), areas.iloc[order])
    assert rows(got) == [plain_assign(x, y, areas) for x, y in zip(lon, lat, strict=True)]
    assert set(got.place) <= set(PLACES)
    assert (got.area_code.isna() == got.place.isin(["outside", "unlocated"])).all()


@st.composite
def overlapping(draw):
    """Boxes on whole numbers that may overlap, contain or repeat each other, in two parts, or be absent."""
    shapes = []
    for _ in range(draw(st.integers(0, 6))):
        x, y, w, h = (draw(st.integers(low, 3)) for low in (0, 0, 1, 1))
        two = shapely.MultiPolygon(
            [shapely.box(x, y, x + w, y + h), shapely.box(x + 10, y, x + 10 + w, y + h)]
        )
        shapes.append(draw(st.sampled_from([two.geoms[0], two, shapely.Polygon(), None])))
    return gpd.GeoDataFrame({"area_code": [f"{n}" for n in range(len(shapes))]}, geometry=shapes or [])


@given(overlapping(), positions, st.randoms())
def test_overlapping_areas_agree_with_the_plain_twin(areas, places, random):
    lon, lat = np.array(places, dtype=float).reshape(-1, 2).T
    order = list(range(len(areas)))
    random.shuffle(order)
    got = assign((lon, lat), areas.iloc[order])
    assert rows(got) == [plain_assign(x, y, areas) for x, y in zip(lon, lat, strict=True)]


@given(positions, st.randoms())
def test_order_of_the_points_does_not_matter(places, random):
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*np.array(places, dtype=float).reshape(-1, 2).T))
    shuffled = frame.iloc[random.sample(range(len(frame)), len(frame))]
    pd.testing.assert_frame_equal(assign(shuffled, grid(4, 3)).sort_index(), assign(frame, grid(4, 3)))


def test_the_four_places_by_hand():
    got = assign(([0.5, 1.0, 1.0, 0.0, 9.0, np.nan], [0.5, 0.5, 1.0, 0.5, 9.0, 1.0]), grid(2, 2))
    assert list(got.place) == ["inside", "edge", "corner", "edge", "outside", "unlocated"]
    assert list(got.candidates) == [1, 2, 4, 1, 0, 0]
    assert got.area_code.tolist() == ["330400", "330400", "330400", "330400", pd.NA, pd.NA]
    assert str(got.area_code.dtype) == "string"


@pytest.mark.parametrize("nudge", [-1e-12, 1e-12])
def test_a_hair_beside_the_edge_is_inside(nudge):
    got = assign(([1.0 + nudge], [0.5]), grid(2, 1)).iloc[0]
    assert (got.area_code, got.place, got.candidates) == ("330400" if nudge < 0 else "330401", "inside", 1)


def test_vertices_of_curved_borders_belong_to_one_cell():
    outline = shapely.Point(121.1, 30.7).buffer(0.1)
    cells = power_cells([(121.05, 30.7), (121.12, 30.72), (121.11, 30.66)], None, outline, 0)
    areas = gpd.GeoDataFrame({"area_code": ["a", "b", "c"]}, geometry=cells)
    lon, lat = shapely.get_coordinates(areas.geometry).T
    got = assign((lon, lat), areas)
    assert got.area_code.notna().all()
    assert (got.place != "inside").all()
    assert (got[got.candidates == 3].place == "corner").all()
    assert (got.candidates == 3).any()


def test_index_of_the_points_is_kept():
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[shapely.Point(0.5, 0.5), None], index=["p", "q"])
    assert rows(assign(frame, grid(1, 1))) == [("330400", "inside", 1), (None, "unlocated", 0)]
    assert list(assign(frame, grid(1, 1)).index) == ["p", "q"]
    series = pd.Series([0.5], index=[7])
    assert list(assign((series, series), grid(1, 1)).index) == [7]


def test_nothing_to_assign_or_to_assign_to():
    assert len(assign(([], []), grid(1, 1))) == 0
    assert rows(assign(([0.5], [0.5]), grid(1, 1).iloc[:0])) == [(None, "outside", 0)]


def test_codes_are_compared_as_text():
    areas = gpd.GeoDataFrame(
        {"area_code": [9, 10]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    )
    assert assign(([1.0], [0.5]), areas).area_code.tolist() == ["10"]


BOW_TIE = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


@pytest.mark.parametrize(
    ("areas", "message"),
    [
        (grid(2, 1, ["a", "a"]), "repeated: a"),
        (grid(2, 1, ["a", ""]), "some are missing"),
        (grid(2, 1, ["a", None]), "some are missing"),
        (grid(2, 1).rename(columns={"area_code": "id"}), "column area_code"),
        (
            gpd.GeoDataFrame({"area_code": ["tie"]}, geometry=[BOW_TIE]),
            "invalid geometry: tie; run geo.repair",
        ),
        (gpd.GeoDataFrame({"area_code": ["p"]}, geometry=[shapely.Point(0, 0)]), "invalid geometry: p"),
    ],
)
def test_bad_areas_are_refused_by_name(areas, message):
    with pytest.raises(ValueError, match=message):
        assign(([0.5], [0.5]), areas)


def test_two_coordinate_systems_are_refused():
    points = gpd.GeoDataFrame(geometry=[shapely.Point(0.5, 0.5)], crs=4326)
    with pytest.raises(ValueError, match="EPSG:4326 and EPSG:4490"):
        assign(points, grid(1, 1).set_crs(4490))
    assert assign(points, grid(1, 1).set_crs(4326)).place.tolist() == ["inside"]


def test_points_must_be_points_in_pairs():
    with pytest.raises(ValueError, match="representative_point"):
        assign(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]), grid(1, 1))
    with pytest.raises(ValueError, match="one length"):
        assign(([0.5, 0.6], [0.5]), grid(1, 1))


@pytest.mark.parametrize(
    ("assigned", "claimed", "mismatch"),
    [
        ("330482001", "330482001", False),
        ("330482001", "330482002", True),
        ("330482001", "330482", False),
        ("330482", "330482001", False),
        ("330481001", "330482", True),
        ("330482001", None, False),
        (None, "330482", False),
        ("330482001", " ", False),
        ("330482001", " 330482001 ", False),
        ("04015", "4015", True),
    ],
)
def test_area_mismatch(assigned, claimed, mismatch):
    got = area_mismatch(pd.Series([assigned], index=["p"], dtype="string"), pd.Series([claimed], index=["p"]))
    assert got.to_dict() == {"p": mismatch}
    assert got.dtype == bool


def test_area_mismatch_needs_one_index():
    with pytest.raises(ValueError, match="same index"):
        area_mismatch(pd.Series(["1"], index=[0]), pd.Series(["1"], index=[1]))


# state codes of the US Census (FIPS 5-2)
STATE_FIPS = dict(
    pair.split(":")
    for pair in [
        "AL:01",
        "AK:02",
        "AZ:04",
        "AR:05",
        "CA:06",
        "CO:08",
        "CT:09",
        "DE:10",
        "DC:11",
        "FL:12",
        "GA:13",
        "HI:15",
        "ID:16",
        "IL:17",
        "IN:18",
        "IA:19",
        "KS:20",
        "KY:21",
        "LA:22",
        "ME:23",
        "MD:24",
        "MA:25",
        "MI:26",
        "MN:27",
        "MS:28",
        "MO:29",
        "MT:30",
        "NE:31",
        "NV:32",
        "NH:33",
        "NJ:34",
        "NM:35",
        "NY:36",
        "NC:37",
        "ND:38",
        "OH:39",
        "OK:40",
        "OR:41",
        "PA:42",
        "RI:44",
        "SC:45",
        "SD:46",
        "TN:47",
        "TX:48",
        "UT:49",
        "VT:50",
        "VA:51",
        "WA:53",
        "WV:54",
        "WI:55",
        "WY:56",
    ]
)


def claimed_county(pharmacies: pd.DataFrame, counties: gpd.GeoDataFrame) -> pd.Series:
    """Look the claimed county name up; a name the map does not have, or has twice, claims nothing."""

    def key(state: pd.Series, name: pd.Series) -> pd.Series:
        letters = name.str.upper().str.replace("SAINT", "ST").str.replace("[^A-Z]", "", regex=True)
        return state + ":" + letters

    known = pd.Series(counties.area_code.to_numpy(), index=key(counties.area_code.str[:2], counties["name"]))
    known = known[~known.index.duplicated(keep=False)]
    return key(pharmacies.BUYER_STATE.map(STATE_FIPS), pharmacies.BUYER_COUNTY).map(known)


@pytest.mark.real
def test_real_pharmacies_half_a_percent_truly_lie_in_another_county(us_pharmacies, counties):
    assigned = assign((us_pharmacies.lon, us_pharmacies.lat), counties)
    claimed = claimed_county(us_pharmacies, counties)
    comparable = claimed.notna() & assigned.area_code.notna()
    assert comparable.sum() > 67_000
    away = area_mismatch(assigned.area_code, claimed)
    assert 0.017 < away.sum() / comparable.sum() < 0.021  # most by less than the map is simplified
    far = distance_to_area_m(us_pharmacies.lon[away], us_pharmacies.lat[away], claimed[away], counties)
    assert 0.004 < (far > 3_000).sum() / comparable.sum() < 0.007
    assert set(assigned.place) == {"inside", "outside"}
    assert (assigned.place == "outside").sum() < 60


@pytest.mark.real
def test_real_pharmacies_agree_with_the_plain_twin(us_pharmacies, counties):
    some = us_pharmacies.iloc[::3000]
    got = assign((some.lon, some.lat), counties)
    assert rows(got) == [plain_assign(x, y, counties) for x, y in zip(some.lon, some.lat, strict=True)]


@pytest.mark.real
def test_taiwan_outlets_stand_in_the_town_of_their_address(taiwan_outlets, towns):
    assigned = assign((taiwan_outlets.lon, taiwan_outlets.lat), towns)
    assert len(taiwan_outlets) == 5764
    assert set(assigned.place) <= {"inside", "outside"}
    found = assigned.area_code.dropna()
    assert len(found) > 5750
    names = towns.set_index("area_code")
    town = found.map(names.COUNTYNAME + names.TOWNNAME).str.replace("臺", "台")
    address = taiwan_outlets["醫事機構地址"].loc[found.index].str.replace("臺", "台")
    agree = [name in text for name, text in zip(town, address, strict=True)]
    assert 0.95 < np.mean(agree) < 1
