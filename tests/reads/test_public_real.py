"""The finder over published registers: hours of Greater Manchester, outlets of Taiwan, taken in unchanged."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import pytest

from yaotong.acts.intake import take_in
from yaotong.intake import Limits
from yaotong.reads import public
from yaotong.reads.fitting import Wanted
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 3, 30, 9)


def _taken(home: Path, file: Path, profile: str) -> Workspace:
    made = init_workspace(home)
    assert take_in(made, file, profile=profile, now=NOW, limits=Limits.off()).accepted > 600
    return made


@pytest.fixture(scope="module")
def manchester(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = tmp_path_factory.mktemp("manchester") / "home"
    return _taken(home, real_data / "manchester/gm_pharmacies.geojson", "manchester_pharmacies")


@pytest.fixture(scope="module")
def taiwan(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return _taken(
        tmp_path_factory.mktemp("taiwan") / "home",
        real_data / "taiwan/pharmacies_stock.csv",
        "taiwan_pharmacies",
    )


def _open(ws: Workspace, at: datetime) -> int:
    return len(public.pharmacies(ws, at=at, wanted=Wanted(open_at=at))["features"])


def test_manchester_sleeps_on_sunday_and_at_night(manchester: Workspace) -> None:
    tuesday, sunday, night = (
        _open(manchester, at)
        for at in (datetime(2026, 3, 31, 11), datetime(2026, 4, 5, 11), datetime(2026, 3, 31, 3))
    )
    assert tuesday > 500 > sunday > 20
    assert night < 10


def test_a_split_shift_of_manchester_is_shut_at_lunch(manchester: Workspace) -> None:
    """Bolton's A1 Pharmacy publishes 08:30-13:00,14:00-17:30 on weekdays, 09:00-12:30 on Saturday, closed on Sunday."""
    known = public.register(manchester).shops
    row = known[known["name"].str.startswith("A1 Pharmacy") & known["address"].str.contains("BL3 1SX")].iloc[
        0
    ]
    found = {
        at: public.feature(row.to_dict(), at)["properties"]
        for at in (
            datetime(2026, 3, 31, 12, 59),
            datetime(2026, 3, 31, 13, 30),
            datetime(2026, 4, 4, 12, 30),
            datetime(2026, 4, 5, 11),
        )
    }
    states = [(one["open_state"], one["next_change"]) for one in found.values()]
    assert states == [
        ("open", "2026-03-31T13:00:00+08:00"),
        ("closed", "2026-03-31T14:00:00+08:00"),
        ("closed", "2026-04-06T08:30:00+08:00"),
        ("closed", "2026-04-06T08:30:00+08:00"),
    ]


def test_around_taipei_station_the_list_is_near_complete_and_ordered(taiwan: Workspace) -> None:
    answer = public.nearest(taiwan, 121.517, 25.0478, limit=50, at=NOW, wanted=Wanted())
    far = [one["properties"]["distance_m"] for one in answer["features"]]
    assert len(far) == 50
    assert far == sorted(far)
    assert far[-1] < 3_000
    shops = public.register(taiwan).shops
    plain = sorted(
        _metres(121.517, 25.0478, lon, lat)
        for lon, lat in zip(shops["lon"], shops["lat"], strict=True)
        if not math.isnan(lon)
    )[:50]
    assert far == pytest.approx(plain, abs=0.51)


def test_an_outlet_without_hours_is_unknown_and_never_shut(taiwan: Workspace) -> None:
    shops = public.register(taiwan).shops
    none = set(shops.loc[shops["opening_hours"].isna(), "license_no"])
    assert none
    told = {
        one["id"]: one["properties"]["open_state"] for one in public.pharmacies(taiwan, at=NOW)["features"]
    }
    assert {told[one] for one in none if one in told} == {"unknown"}


def _metres(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    a, b = math.radians(lat1), math.radians(lat2)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(h))
