"""The citizens' register: who fits and who does not, on both sides, and the nearest beside a plain twin."""

from __future__ import annotations

import itertools
import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from geo.crs import Crs, from_wgs84
from yaotong.errors import UsageError
from yaotong.reads import public
from yaotong.reads.fitting import Wanted, categories_of, in_scope
from yaotong.reads.public import nearest, pharmacies
from yaotong.store.schema import area, drug, load, pharmacy, placement
from yaotong.workspace import Workspace, init_workspace

AT = datetime(2026, 3, 31, 10)  # a Tuesday
HERE = (121.02, 30.70)
_FRESH = {"since_version": 1, "row_sha": "0" * 32, "until_version": None}
# A missing field is unknown. All lie on one street eastwards, 0.001° (96 m) apart.
SHOPS: dict[str, dict[str, Any]] = {
    "open": {
        "opening_hours": "Mo-Su 08:00-20:00",
        "insurance_designated": True,
        "scope": "|RX|OTC_A|",
        "services": "delivery|night",
    },
    "shut": {
        "opening_hours": "Mo-Su 12:00-20:00",
        "insurance_designated": False,
        "scope": "|OTC_A|",
        "dual_channel": True,
    },
    "unknown": {},
    "allnight": {
        "opening_hours": "24/7",
        "insurance_designated": True,
        "dual_channel": False,
        "services": "delivery",
    },
    "suspended": {"opening_hours": "24/7", "status": "suspended"},
    "closed": {"opening_hours": "24/7", "status": "closed"},
    "expired": {"opening_hours": "24/7", "valid_to": date(2026, 3, 30)},
    "lastday": {"opening_hours": "Mo-Su 08:00-20:00", "valid_to": date(2026, 3, 31)},
    "tomorrow": {"opening_hours": "24/7", "valid_from": date(2026, 4, 1)},
}
LICENSED = ["open", "shut", "unknown", "allnight", "lastday"]


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return build(tmp_path_factory.mktemp("register") / "home")


def build(home: Path) -> Workspace:
    """The shops above in one town of a county."""
    made = init_workspace(home, synthetic=True)
    empty = dict.fromkeys(column.name for column in pharmacy.c if column.name != "row_id")
    rows = [
        {
            **empty,
            "license_no": name,
            "name": f"药店 {name}",
            "address": "某路",
            "lon": 121.021 + 0.001 * number,
            "lat": 30.70,
            "crs": "wgs84",
            "status": "active",
            **_FRESH,
            **facts,
        }
        for number, (name, facts) in enumerate(SHOPS.items())
    ]
    with made.store.write() as connection:
        connection.execute(insert(pharmacy), rows)
        connection.execute(
            insert(placement),
            [{"license_no": one, "area_code": "330482001", "place": "inside", **_FRESH} for one in SHOPS],
        )
        shape = shapely.to_wkb(shapely.box(121.0, 30.6, 121.1, 30.8))
        towns = (("330482", "某县", None), ("330482001", "某镇", "330482"))
        connection.execute(
            insert(area),
            [
                {"area_code": code, "area_name": name, "parent_code": parent, "geometry": shape, **_FRESH}
                for code, name, parent in towns
            ],
        )
        counts = {
            "rows": 1,
            "accepted": 1,
            "duplicates": 0,
            "rejected": 0,
            "outcome": "accepted",
            "receipt": "{}",
            "sent_by": "test",
        }
        taken = {
            "data_version": 1,
            "feed": "pharmacies",
            "profile": "",
            "file": "x.csv",
            "sha256": "0" * 64,
            "arrived_at": datetime(2026, 3, 1, 9),
        }
        connection.execute(insert(load), {**taken, **counts})
    return made


def _found(ws: Workspace, wanted: Wanted | None = None) -> list[str]:
    answer = nearest(ws, *HERE, limit=100, at=AT, wanted=wanted or Wanted())
    return [one["id"] for one in answer["features"]]


def test_only_licensed_shops_are_shown_nearest_first(ws: Workspace) -> None:
    assert _found(ws) == LICENSED


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(open_at=AT), ["open", "allnight", "lastday"]),
        (Wanted(open_at=datetime(2026, 3, 31, 21)), ["allnight"]),
        (Wanted(insurance=True), ["open", "allnight"]),
        (Wanted(insurance=False), ["shut"]),
        (Wanted(dual_channel=True), ["shut"]),
        (Wanted(dual_channel=False), ["allnight"]),
        (Wanted(all_night=True), ["allnight"]),
        (Wanted(services=("delivery",)), ["open", "allnight"]),
        (Wanted(services=("delivery", "night")), ["open"]),
        (Wanted(services=("cold_chain",)), []),
        (Wanted(drug="RX"), ["open", "unknown", "allnight", "lastday"]),
        (Wanted(drug="处方药"), ["open", "unknown", "allnight", "lastday"]),
        (Wanted(drug="阿莫西林"), LICENSED),
        (Wanted(area_code="330482"), LICENSED),
        (Wanted(area_code="330483"), []),
        (Wanted(text="ALLNIGHT"), ["allnight"]),
        (Wanted(text="a.l"), []),
        (Wanted(insurance=True, open_at=datetime(2026, 3, 31, 21)), ["allnight"]),
    ],
)
def test_each_wish_on_both_sides(ws: Workspace, wanted: Wanted, found: list[str]) -> None:
    assert _found(ws, wanted) == found


def test_a_feature_says_what_the_register_says_and_calls_the_rest_unknown(ws: Workspace) -> None:
    answer = nearest(ws, *HERE, limit=3, at=AT, wanted=Wanted(drug="RX"))
    first, unknown, allnight = (one["properties"] for one in answer["features"])
    assert (first["open_state"], first["next_change"]) == ("open", "2026-03-31T20:00:00+08:00")
    assert unknown["open_state"] == "unknown"
    assert unknown["next_change"] is None
    assert unknown["insurance_designated"] is None
    assert unknown["drug_in_scope"] == "unknown"
    assert first["drug_in_scope"] == "yes"
    assert (allnight["open_state"], allnight["next_change"]) == ("open", None)
    shut = nearest(ws, *HERE, limit=2, at=AT, wanted=Wanted())["features"][1]["properties"]
    assert (shut["open_state"], shut["next_change"]) == ("closed", "2026-03-31T12:00:00+08:00")
    assert answer["sources"] == [{"name": "药店名录", "updated_on": "2026-03-01"}]


@pytest.mark.parametrize(
    ("scope", "drug", "told"),
    [
        ("|RX|OTC_A|", "RX", "yes"),
        ("RX|OTC_A", "OTC_A", "yes"),
        ("|OTC_A|", "RX", "no"),
        ("|OTC_A|", "OTC", "no"),
        (None, "RX", "unknown"),
        ("|", "RX", "unknown"),
        ("|RX|", "阿莫西林", "unknown"),
    ],
)
def test_scope_is_never_stock(scope: str | None, drug: str, told: str) -> None:
    assert in_scope(scope, categories_of(drug, ())) == told


DRUGS = (
    ("YP1", "阿莫西林胶囊（24粒）", frozenset({"RX", "ABX"})),
    ("YP2", "维生素c片", frozenset({"OTC_B"})),
    ("YP3", "阿莫西林颗粒（otc 试验）", frozenset({"OTC_A"})),
)


@pytest.mark.parametrize(
    ("drug", "meant"),
    [
        ("YP1", {"RX", "ABX"}), ("YP9", set()), ("阿莫西林", {"RX", "ABX", "OTC_A"}), ("阿莫西林胶囊", {"RX", "ABX"}), ("维生素C", {"OTC_B"}),
        ("片", set()), ("", set()), (" RX ", {"RX"}), ("处方药", {"RX"}), ("处方", set()),
    ],
)  # fmt: skip
def test_a_drug_is_known_by_category_code_or_name(drug: str, meant: set[str]) -> None:
    assert categories_of(drug, DRUGS) == meant


def test_a_drug_of_the_catalogue_is_answered_by_scope_and_never_by_stock(tmp_path: Path) -> None:
    made = build(tmp_path / "home")
    empty = dict.fromkeys(column.name for column in drug.c if column.name != "row_id")
    with made.store.write() as connection:
        connection.execute(
            insert(drug),
            [{**empty, "drug_code": "YP1", "drug_name": "阿莫西林胶囊", "categories": "|RX|", **_FRESH}],
        )
    answer = nearest(made, *HERE, at=AT, wanted=Wanted(drug="阿莫西林"))
    told = {one["id"]: one["properties"]["drug_in_scope"] for one in answer["features"]}
    assert told == {"open": "yes", "unknown": "unknown", "allnight": "unknown", "lastday": "unknown"}
    assert any("不表示有货" in note for note in answer["notes"])
    other = nearest(made, *HERE, at=AT, wanted=Wanted(drug="没有的药"))
    assert {one["properties"]["drug_in_scope"] for one in other["features"]} == {"unknown"}
    assert any("药品目录里没有" in note for note in other["notes"])


def test_a_service_nobody_knows_is_refused_with_those_known(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="delivery"):
        _found(ws, Wanted(services=("massage",)))


def test_every_shop_says_since_when_its_facts_stand(ws: Workspace) -> None:
    for one in nearest(ws, *HERE, at=AT, wanted=Wanted())["features"]:
        (source,) = one["properties"]["sources"]
        assert (source["feed"], source["arrived_at"]) == ("pharmacies", "2026-03-01T09:00:00+08:00")
        assert isinstance(one["properties"]["distance_m"], int)


def test_the_bare_register_tells_facts_and_no_state(ws: Workspace) -> None:
    bare, late = (pharmacies(ws, at=at, states=False) for at in (AT, datetime(2026, 3, 31, 23)))
    assert bare == late
    assert all(
        "open_state" not in one["properties"] and one["properties"]["sources"] for one in bare["features"]
    )
    assert "open_state" in pharmacies(ws, at=AT)["features"][0]["properties"]


wishes = st.builds(
    Wanted,
    open_at=st.none() | st.datetimes(datetime(2026, 3, 31), datetime(2026, 3, 31, 23, 59, 59)),
    insurance=st.none() | st.booleans(),
    dual_channel=st.none() | st.booleans(),
    all_night=st.booleans(),
    services=st.lists(st.sampled_from(["delivery", "night", "cold_chain"]), max_size=2).map(tuple),
    drug=st.sampled_from(["", "RX", "OTC_A", "处方药", "阿莫西林"]),
)


def _plainly_fits(name: str, facts: dict[str, Any], wanted: Wanted) -> bool:
    """One shop judged by hand, line by line."""
    hours = {"Mo-Su 08:00-20:00": (8, 20), "Mo-Su 12:00-20:00": (12, 20), "24/7": (0, 24)}.get(
        facts.get("opening_hours", "")
    )
    category = {"处方药": "RX", "阿莫西林": ""}.get(wanted.drug, wanted.drug)
    scope = facts.get("scope", "")
    return (
        name in LICENSED
        and (wanted.insurance is None or facts.get("insurance_designated") is wanted.insurance)
        and (wanted.dual_channel is None or facts.get("dual_channel") is wanted.dual_channel)
        and (not wanted.all_night or hours == (0, 24))
        and (wanted.open_at is None or (hours is not None and hours[0] <= wanted.open_at.hour < hours[1]))
        and all(one in facts.get("services", "").split("|") for one in wanted.services)
        and (not category or not scope or category in scope.split("|"))
    )


@given(wanted=wishes)
def test_any_mix_of_wishes_agrees_with_a_plain_judge(ws: Workspace, wanted: Wanted) -> None:
    assert _found(ws, wanted) == [name for name, facts in SHOPS.items() if _plainly_fits(name, facts, wanted)]


def _haversine_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    a, b = math.radians(lat1), math.radians(lat2)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(h))


@given(lon=st.floats(120.9, 121.3), lat=st.floats(30.5, 30.9), limit=st.integers(1, 6))
def test_order_and_distance_agree_with_a_plain_sort(
    ws: Workspace, lon: float, lat: float, limit: int
) -> None:
    found = nearest(ws, lon, lat, limit=limit, at=AT, wanted=Wanted())["features"]
    plain = sorted(
        (_haversine_m(lon, lat, 121.021 + 0.001 * number, 30.70), number, name)
        for number, name in enumerate(SHOPS)
        if name in LICENSED
    )[:limit]
    told = [one["properties"]["distance_m"] for one in found]
    assert told == pytest.approx([far for far, _, _ in plain], abs=0.51)
    gaps = [abs(far - other) for (far, _, _), (other, _, _) in itertools.pairwise(plain)]
    if all(gap > 1e-3 for gap in gaps):
        assert [one["id"] for one in found] == [name for _, _, name in plain]


@pytest.mark.parametrize("crs", list(Crs))
def test_a_position_of_any_system_finds_the_same(ws: Workspace, crs: Crs) -> None:
    lon, lat = from_wgs84(*HERE, crs)
    answer = nearest(ws, float(lon), float(lat), crs=str(crs), limit=9, at=AT, wanted=Wanted())
    plain = nearest(ws, *HERE, limit=9, at=AT, wanted=Wanted())
    for one, other in zip(answer["features"], plain["features"], strict=True):
        assert one["id"] == other["id"]
        assert one["properties"]["distance_m"] == pytest.approx(other["properties"]["distance_m"], abs=1)


@pytest.mark.parametrize(
    ("lon", "lat", "crs", "limit"),
    [
        (181, 0, "wgs84", 10),
        (0, 91, "wgs84", 10),
        (0, 0, "mars", 10),
        (0, 0, "wgs84", 0),
        (0, 0, "wgs84", 101),
    ],
)
def test_what_makes_no_sense_is_refused(ws: Workspace, lon: float, lat: float, crs: str, limit: int) -> None:
    with pytest.raises(UsageError):
        nearest(ws, lon, lat, crs=crs, limit=limit, at=AT, wanted=Wanted())


@pytest.mark.parametrize(
    ("bbox", "count"),
    [((121.0, 30.6, 121.1, 30.8), 5), ((121.0, 30.6, 121.0225, 30.8), 2), ((0.0, 0.0, 1.0, 1.0), 0)],
)
def test_the_register_of_a_box(ws: Workspace, bbox: tuple[float, float, float, float], count: int) -> None:
    assert len(pharmacies(ws, at=AT, bbox=bbox)["features"]) == count


def test_a_box_inside_out_is_refused(ws: Workspace) -> None:
    with pytest.raises(UsageError):
        pharmacies(ws, at=AT, bbox=(121.1, 30.6, 121.0, 30.8))


def test_towns_to_choose_from_are_the_leaves(ws: Workspace) -> None:
    towns = public.register(ws).towns
    assert [one.area_name for one in towns] == ["某镇"]
    assert 121.0 < towns[0].lon < 121.1


def test_an_empty_register_answers_emptily(tmp_path: Path) -> None:
    empty = init_workspace(tmp_path / "home")
    assert (
        nearest(empty, *HERE, at=AT, wanted=Wanted(open_at=AT, insurance=True, drug="RX", text="x"))[
            "features"
        ]
        == []
    )
    assert pharmacies(empty, at=AT)["features"] == []


def test_shops_without_coordinates_are_listed_but_never_near(tmp_path: Path) -> None:
    made = build(tmp_path / "home")
    with made.store.write() as connection:
        connection.execute(
            pharmacy.update().where(pharmacy.c.license_no == "open").values(lon=None, lat=None)
        )
    assert "open" not in _found(made)
    listed = {one["id"]: one["geometry"] for one in pharmacies(made, at=AT)["features"]}
    assert listed["open"] is None
    assert isinstance(public.register(made).shops, pd.DataFrame)
