"""TopoJSON: every kind of geometry by hand, damage refused, and both real files against GDAL's reader."""

import copy
import json

import numpy as np
import pyogrio
import pytest
import shapely

from geo import read_topojson, topojson_to_frame

# two squares side by side that share the arc 1 (written once, walked both ways), on a grid of half degrees
QUANTISED = {
    "type": "Topology",
    "transform": {"scale": [0.5, 0.5], "translate": [100.0, 20.0]},
    "arcs": [
        [[2, 2], [-2, 0], [0, -2], [2, 0]],
        [[2, 0], [0, 2]],
        [[2, 0], [2, 0], [0, 2], [-2, 0]],
        [[4, 4], [1, 1]],
    ],
    "objects": {
        "squares": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]], "id": "007", "properties": {"name": "left", "id": 5}},
                {"type": "Polygon", "arcs": [[2, -2]], "id": "008", "properties": {"day": "2020/01/02"}},
                {"type": "MultiPolygon", "arcs": [[[0, 1]], [[2, -2]]]},
                {"type": None, "id": "009", "properties": None},
                {"type": "Point", "coordinates": [1, 1]},
                {"type": "MultiPoint", "coordinates": [[1, 1], [2, 2]]},
                {"type": "LineString", "arcs": [-4]},
                {"type": "MultiLineString", "arcs": [[0, 1], [3]]},
                {
                    "type": "GeometryCollection",
                    "geometries": [
                        {"type": "Point", "coordinates": [0, 0]},
                        {"type": "LineString", "arcs": [3]},
                        {"type": None},
                    ],
                },
            ],
        }
    },
}
EXPECTED = [
    "POLYGON ((101 21, 100 21, 100 20, 101 20, 101 21))",
    "POLYGON ((101 20, 102 20, 102 21, 101 21, 101 20))",
    "MULTIPOLYGON (((101 21, 100 21, 100 20, 101 20, 101 21)), ((101 20, 102 20, 102 21, 101 21, 101 20)))",
    None,
    "POINT (100.5 20.5)",
    "MULTIPOINT ((100.5 20.5), (101 21))",
    "LINESTRING (102.5 22.5, 102 22)",
    "MULTILINESTRING ((101 21, 100 21, 100 20, 101 20, 101 21), (102 22, 102.5 22.5))",
    "GEOMETRYCOLLECTION (POINT (100 20), LINESTRING (102 22, 102.5 22.5))",
]


def plain() -> dict:
    """The same topology without a transform: absolute positions."""
    topology = copy.deepcopy(QUANTISED)
    del topology["transform"]
    scaled = [np.cumsum(arc, axis=0) * 0.5 + [100.0, 20.0] for arc in topology["arcs"]]
    topology["arcs"] = [arc.tolist() for arc in scaled]
    members = topology["objects"]["squares"]["geometries"]
    members[4]["coordinates"] = [100.5, 20.5]
    members[5]["coordinates"] = [[100.5, 20.5], [101, 21]]
    members[8]["geometries"][0]["coordinates"] = [100, 20]
    return topology


@pytest.mark.parametrize("topology", [QUANTISED, plain()], ids=["quantised", "plain"])
def test_every_kind_of_geometry(topology):
    frame = topojson_to_frame(topology)
    for got, wanted in zip(frame.geometry, EXPECTED, strict=True):
        assert got is None if wanted is None else shapely.equals_exact(got, shapely.from_wkt(wanted))


def test_ids_and_properties_are_kept_as_written():
    frame = topojson_to_frame(QUANTISED)
    assert frame.id.dropna().tolist() == ["007", "008", "009"]
    assert frame.id[:4].isna().tolist() == [False, False, True, False]
    assert list(frame.columns) == ["id", "name", "id_property", "day", "geometry"]
    assert frame.id_property[0] == 5
    assert frame.day[1] == "2020/01/02"
    assert frame.crs is None


def test_shared_borders_are_exactly_shared():
    assert shapely.coverage_is_valid(topojson_to_frame(QUANTISED).geometry[:2].to_numpy())


def test_positions_with_height_are_read_flat():
    topology = plain()
    topology["arcs"] = [[[*place, 9.0] for place in arc] for arc in topology["arcs"]]
    assert shapely.equals_exact(topojson_to_frame(topology).geometry[0], shapely.from_wkt(EXPECTED[0]))


def test_a_single_geometry_is_a_layer_of_one_row():
    topology = {**QUANTISED, "objects": {"one": {"type": "Polygon", "arcs": [[0, 1]], "id": 1}}}
    assert topojson_to_frame(topology).id.tolist() == [1]


def test_several_layers_must_be_named(tmp_path):
    topology = copy.deepcopy(QUANTISED)
    topology["objects"]["nation"] = {"type": "GeometryCollection", "geometries": []}
    path = tmp_path / "two.topojson"
    path.write_text(json.dumps(topology), encoding="utf-8-sig")
    with pytest.raises(ValueError, match="choose one of squares, nation"):
        read_topojson(path)
    with pytest.raises(ValueError, match="no layer 'towns': choose one of squares, nation"):
        read_topojson(path, "towns")
    assert len(read_topojson(path, "squares")) == 9
    assert len(read_topojson(path, "nation")) == 0


def broken(kind: str, **parts) -> dict:
    return {**plain(), "objects": {"x": {"type": kind, **parts}}}


@pytest.mark.parametrize(
    ("topology", "message"),
    [
        ({"type": "FeatureCollection"}, "not TopoJSON"),
        ({"type": "Topology", "arcs": []}, "no objects"),
        ({**plain(), "objects": {"x": [1]}}, "layer 'x' is not an object"),
        (broken("Polygon", arcs=[[0, 99]]), "arc 99 of only 4"),
        (broken("Polygon", arcs=[[0, -99]]), "arc -99 of only 4"),
        (broken("Polygon", arcs=[[0, 3]]), "do not follow"),
        (broken("Polygon", arcs=[[0]]), "left open by 1 degrees"),
        (broken("Polygon", arcs=[[]]), "without arcs"),
        (broken("Curve", arcs=[[0]]), "unknown TopoJSON geometry type 'Curve'"),
        (broken("Point"), "KeyError 'coordinates'"),
        (broken("Polygon", arcs=[["0"]]), "TypeError"),
        (broken("GeometryCollection", geometries=["x"]), "AttributeError"),
    ],
)
def test_damage_is_refused(topology, message):
    with pytest.raises(ValueError, match=message):
        topojson_to_frame(topology)


@pytest.mark.parametrize("text", ["[]", "{", "null"])
def test_other_json_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"TopoJSON|Expecting"):
        read_topojson(path)


@pytest.mark.parametrize(("gap", "accepted"), [(1, True), (2, False)])
def test_a_ring_open_by_one_step_is_closed_and_by_two_refused(gap, accepted):
    ring = [[0, 0], [4, 0], [0, 4], [-4, 0], [0, gap - 4]]
    topology = {**QUANTISED, "arcs": [ring], "objects": {"x": {"type": "Polygon", "arcs": [[0]]}}}
    if accepted:
        assert topojson_to_frame(topology).geometry[0].is_valid
    else:
        with pytest.raises(ValueError, match="left open by 1 degrees"):
            topojson_to_frame(topology)


def test_collapsed_rings_leave_an_empty_polygon_or_part():
    flat, hole = [[0, 0], [1, 0], [-1, 0]], [[1, 1], [0, 0]]
    topology = {
        **QUANTISED,
        "arcs": [*QUANTISED["arcs"], flat, hole],
        "objects": {
            "x": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "arcs": [[4]]},
                    {"type": "Polygon", "arcs": [[0, 1], [5]]},
                    {"type": "MultiPolygon", "arcs": [[[4]], [[0, 1]]]},
                ],
            }
        },
    }
    empty, square, parts = topojson_to_frame(topology).geometry
    assert empty.is_empty
    assert len(square.interiors) == 0
    assert len(parts.geoms) == 1


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "layer", "count"),
    [
        ("us-points/counties-10m.topojson", "counties", 3231),
        ("us-points/counties-10m.topojson", "states", 56),
        ("us-points/counties-10m.topojson", "nation", 1),
        ("taiwan/towns-10t.topojson", "towns", 368),
        ("taiwan/towns-10t.topojson", "counties", 22),
    ],
)
def test_real_layers_agree_with_gdal(real_data, name, layer, count):
    ours = read_topojson(real_data / name, layer)
    theirs = pyogrio.read_dataframe(real_data / name, layer=layer)
    assert len(ours) == len(theirs) == count
    assert shapely.equals_exact(ours.geometry.to_numpy(), theirs.geometry.to_numpy(), tolerance=1e-9).all()
    if layer in ("counties", "towns"):
        label = next(column for column in ours.columns if column in ("name", "TOWNNAME", "COUNTYNAME"))
        assert ours[label].tolist() == theirs[label].tolist()


@pytest.mark.real
def test_real_ids_keep_their_zeros(raw_counties, towns):
    assert raw_counties.area_code.str.len().eq(5).all()
    assert raw_counties.area_code.is_unique
    assert towns.area_code.str.fullmatch("[0-9]{8}").all()
    assert towns.area_code.is_unique
    assert towns.geometry.is_valid.all()
