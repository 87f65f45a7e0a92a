"""The files: same seed, same bytes; contract columns; valid identifiers; shops where they belong."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import shapely
from opening_hours import OpeningHours
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from geo.crs import Crs, to_wgs84
from tests.demo.conftest import Written
from yaotong.codes import CATEGORIES, Role
from yaotong.demo import write_city
from yaotong.demo.places import TOWNS
from yaotong.records import FEEDS


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def towns_of(written: Written) -> pd.Series:
    """Where each shop's point truly lies, by the areas file alone."""
    areas = json.loads((written.folder / "areas.geojson").read_text(encoding="utf-8"))
    cells = {
        feature["properties"]["area_code"]: shapely.geometry.shape(feature["geometry"])
        for feature in areas["features"]
        if feature["properties"]["level"] == "town"
    }
    places = {}
    for shop in written.city.pharmacies.itertuples():
        lon, lat = to_wgs84(float(shop.lon), float(shop.lat), Crs(shop.crs))
        inside = [code for code, cell in cells.items() if cell.contains(shapely.Point(lon, lat))]
        assert len(inside) == 1, shop.license_no
        places[shop.license_no] = inside[0]
    return pd.Series(places)


def test_same_arguments_same_bytes_and_another_seed_another_city(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        write_city(tmp_path / name, days=30, pharmacies=20, seed=seed)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert digests(tmp_path / "one")["truth.json"] != digests(tmp_path / "three")["truth.json"]
    sales = "sales/sales-2026-06.csv"
    assert digests(tmp_path / "one")[sales] != digests(tmp_path / "three")[sales]


def test_a_shorter_city_leaves_no_months_of_a_longer_one(tmp_path: Path) -> None:
    write_city(tmp_path, days=70, pharmacies=12)
    write_city(tmp_path, days=20, pharmacies=12)
    assert [path.name for path in sorted((tmp_path / "sales").iterdir())] == ["sales-2026-06.csv"]


@pytest.mark.parametrize("wrong", [{"days": 13}, {"pharmacies": 8}, {"seed": -1}])
def test_a_size_out_of_range_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        write_city(tmp_path, **wrong)


def test_every_table_has_the_contract_columns_and_only_pharmacies_a_bom(small: Written) -> None:
    for feed in ("pharmacies", "drugs", "recalls", "calendar", "departments", "places"):
        content = (small.folder / f"{feed}.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf") == (feed == "pharmacies")
        assert tuple(content.decode("utf-8-sig").split("\n")[0].split(",")) == FEEDS[feed].names
    for path in (small.folder / "sales").iterdir():
        assert tuple(path.read_text().split("\n", 1)[0].split(",")) == FEEDS["sales"].names


def test_keys_are_unique_and_required_fields_filled(small: Written) -> None:
    sales = small.city.sales
    assert not sales.duplicated(["pharmacy_id", "sale_id"]).any()
    assert not small.city.drugs.duplicated(["drug_code", "valid_from"]).any()
    assert not small.city.pharmacies["license_no"].duplicated().any()
    assert not small.city.calendar.duplicated(["date_from", "date_until", "scope", "kind"]).any()
    for feed in ("sales", "pharmacies", "drugs", "recalls", "calendar"):
        table = getattr(small.city, feed)
        for column in FEEDS[feed].required:
            assert table[column].notna().all(), (feed, column)
            assert (table[column].astype(str) != "").all(), (feed, column)


def test_identifiers_pass_their_published_checks(small: Written) -> None:
    shops, sales = small.city.pharmacies, small.city.sales
    assert shops["license_no"].str.fullmatch(r"浙[CD]A0573\d{5}").all()
    assert (shops["license_no"].str[1] == shops["kind"].map({"chain_store": "C", "single": "D"})).all()
    assert all(uscc.is_valid(one) for one in shops["uscc"])
    buyers = sales["buyer_id_no"].dropna().unique()
    assert len(buyers) > 100
    for number in buyers:
        assert number.startswith("910000")
        mod_11_2.validate(number)
        assert date(1940, 1, 1) < date.fromisoformat(number[6:14]) < date(2007, 1, 1)
    traces = sales["trace_code"].dropna()
    assert traces.str.fullmatch(r"8\d{19}").all()
    told = small.city.drugs.drop_duplicates("drug_code").set_index("drug_code")["product_code"]
    assert told.str.fullmatch(r"8\d{6}").all()
    assert told.is_unique
    other = traces.str[:7] != sales.loc[traces.index, "drug_code"].map(told)
    planted = {line for story in small.truth.of("R-M19") for line in story.sale_ids}
    assert set(sales.loc[other[other].index, "line_id"]) == planted
    honest = traces[~other]
    assert honest.str[:7].groupby(sales["drug_code"]).nunique().eq(1).all()
    assert small.city.drugs.groupby("drug_code")["product_code"].nunique().eq(1).all()


def test_categories_hours_and_roles_are_readable(small: Written) -> None:
    drugs, shops = small.city.drugs, small.city.pharmacies
    assert set(drugs["category"].str.split("|").explode()) <= set(CATEGORIES)
    assert set(shops["scope"].str.split("|").explode()) <= set(CATEGORIES)
    assert all(OpeningHours(text) for text in shops["opening_hours"].unique())
    departments = pd.read_csv(small.folder / "departments.csv", dtype=str)
    assert set(departments["role"]) == {role.value for role in Role}
    assert set(departments["area_code"]) == {"330482", *(town.area_code for town in TOWNS)}


def test_a_drug_that_changed_category_has_rows_without_gap_or_overlap(small: Written) -> None:
    tablets = small.city.drugs.query("drug_code == 'YP0116A'").sort_values("valid_from")
    assert tablets["category"].tolist() == ["OTC_A", "PSY2|RX"]
    assert tablets["valid_to"].tolist() == ["2024-06-30", ""]
    assert tablets["valid_from"].tolist() == ["", "2024-07-01"]


def test_every_catalogue_number_of_the_seed_list_is_there(small: Written) -> None:
    numbers = {int(one[2:6]) - 100 for one in small.city.drugs["drug_code"]}
    assert set(range(1, 45)) <= numbers


def test_shops_stand_in_the_town_they_claim_but_for_the_known_mismatches(small: Written) -> None:
    true = towns_of(small)
    claimed = small.city.pharmacies.set_index("license_no")["town_code"]
    wrong = set(true.index[true != claimed])
    assert wrong == {one["license_no"] for one in small.truth.data_quality}
    assert len(wrong) == 3
    for one in small.truth.data_quality:
        assert true[one["license_no"]] == one["actual_town"] != one["claimed_town"]
    assert set(small.city.pharmacies["crs"]) == {"wgs84", "gcj02", "bd09"}


def test_areas_are_schematic_and_the_towns_fill_the_county(small: Written) -> None:
    areas = json.loads((small.folder / "areas.geojson").read_text(encoding="utf-8"))
    assert areas["schematic"] is True
    assert "示意" in areas["title"]
    shapes = {
        one["properties"]["area_code"]: shapely.geometry.shape(one["geometry"]) for one in areas["features"]
    }
    county = shapes.pop("330482")
    assert len(shapes) == 9
    assert all(shape.is_valid for shape in shapes.values())
    assert shapely.union_all(list(shapes.values())).symmetric_difference(county).area < 1e-9
    assert all("非真实界线" in one["properties"]["note"] for one in areas["features"])
    for town in TOWNS:
        assert shapes[town.area_code].contains(shapely.Point(town.lon, town.lat))


def test_sales_keep_to_hours_scope_and_living_shops(small: Written) -> None:
    sales, shops = small.city.sales, small.city.pharmacies.set_index("license_no")
    assert (shops.loc[sales["pharmacy_id"].unique(), "status"] == "active").all()
    for text, lines in sales.groupby(sales["pharmacy_id"].map(shops["opening_hours"])):
        if "PH" not in text:
            hours = OpeningHours(text)
            assert all(
                hours.is_open(at.to_pydatetime()) for at in lines["sold_at"].sample(200, random_state=1)
            )
    gated = {"RX", "EPH", "OPI_CMP", "PSY2", "TOXIC", "COLD", "DUAL", "BLOOD"}
    for (shop, category), _ in sales.groupby(["pharmacy_id", "category"]):
        assert set(category.split("|")) & gated <= set(shops.at[shop, "scope"].split("|"))
    assert not sales["category"].str.contains("NARC|PSY1|PRECURSOR|ABORT|PEPTIDE").any()


def test_progress_is_told_and_ends(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_city(tmp_path, days=14, pharmacies=9, progress=lambda *step: told.append(step))
    assert told[0][1] == 1
    assert told[-1][1] == told[-1][2]
