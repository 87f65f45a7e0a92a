"""A small demo city goes through intake without a single refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake.helpers import read
from yaotong.demo import write_city
from yaotong.intake import Limits, Reference


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    folder = tmp_path_factory.mktemp("city")
    return folder, dict(write_city(folder, days=60, pharmacies=60).rows)


def test_every_row_of_the_demo_city_is_accepted(city: tuple[Path, dict[str, int]]) -> None:
    folder, rows = city
    shops = read(folder / "pharmacies.csv", reference=Reference(region=(120.90, 30.55, 121.32, 30.90)))
    drugs = read(folder / "drugs.csv")
    towns = read(folder / "areas.geojson")
    known = Reference(
        frozenset(shops.accepted["license_no"]),
        frozenset(drugs.accepted["drug_code"]),
        frozenset(towns.accepted["area_code"]),
    )
    readings = [shops, drugs, towns]
    others = (
        "departments",
        "places",
        "recalls",
        "suppliers",
        "calendar",
        "inspections",
        "purchases",
        "stock_counts",
        "stock_moves",
    )
    readings += [read(folder / f"{name}.csv", reference=known) for name in others]
    sales = [
        read(path, reference=known, limits=Limits.off()) for path in sorted((folder / "sales").glob("*.csv"))
    ]
    found = {one.feed.name: len(one.accepted) for one in readings} | {
        "sales": sum(len(one.accepted) for one in sales)
    }
    assert found == rows
    assert not any(one.rejected or one.duplicates for one in (*readings, *sales))
    assert read(folder / "pharmacies.csv", reference=known).rejected == ()
