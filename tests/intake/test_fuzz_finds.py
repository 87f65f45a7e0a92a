"""Files that the fuzzer found to end otherwise than in a reason, each cut down to what it took."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import sqlite3
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

from tests.intake.helpers import SALES_HEAD, person, read, sale, written
from yaotong.errors import FileRefused
from yaotong.intake.core.masking import header_text, mask_id_like, mask_identity

SAMPLES = Path(__file__).resolve().parents[1] / "sources"
SQUARE = [[121.0, 30.6], [121.1, 30.6], [121.1, 30.7], [121.0, 30.6]]


def topology(layer: str = "a", **member: Any) -> bytes:
    """One area; `member` changes its geometry."""
    shape = {"type": "Polygon", "arcs": [[0]], "properties": {"area_code": "1", "area_name": "镇"}, **member}
    return json.dumps({"type": "Topology", "arcs": [SQUARE], "objects": {layer: shape}}).encode()


def collection(**changes: Any) -> bytes:
    """One area; `changes` are those of the document."""
    feature = {
        "type": "Feature",
        "properties": {"area_code": "1", "area_name": "镇"},
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature], **changes}).encode()


def refusal(folder: Path, content: bytes, name: str, feed: str | None = None) -> FileRefused:
    """How a file is refused."""
    with pytest.raises(FileRefused) as refused:
        read(written(folder, content, name), feed)
    return refused.value


@pytest.mark.parametrize(
    ("reason", "name", "content"),
    [
        ("bad_json", "a.ndjson", json.dumps(sale(1, sale_id="\ud800")).encode()),
        ("bad_json", "a.ndjson", json.dumps({**sale(1), "\udfff": "1"}).encode()),
        ("bad_json", "a.geojson", collection(name="\ud800")),
        ("bad_json", "a.geojson", collection().replace(b'"1"', b"9" * 5_000)),
        ("corrupt_file", "a.topojson", topology(properties="text")),
        (
            "corrupt_file",
            "a.topojson",
            topology().replace(b"[121.0, 30.6], [121.1", b'[121.0, "NaN"], [121.1'),
        ),
        ("corrupt_file", "a.topojson", topology(type="Point", coordinates=["a" * 9_000, 1])),
        ("unsupported_crs", "a.geojson", collection(crs=["EPSG:4326"])),
        ("unsupported_crs", "a.geojson", collection(crs={"properties": ["name"]})),
    ],
)
def test_a_file_ends_in_its_reason(tmp_path: Path, reason: str, name: str, content: bytes) -> None:
    refused = refusal(tmp_path, content, name)
    assert refused.reason == reason
    assert len(refused.message) < 400


def test_a_whole_pair_of_surrogates_is_a_letter(tmp_path: Path) -> None:
    reading = read(written(tmp_path, json.dumps(sale(1, sale_id="S\U0001f48a")), "a.ndjson"))
    assert list(reading.accepted["sale_id"]) == ["S\U0001f48a"]


def book(*titles: str) -> bytes:
    """A workbook of sheets with one sale each."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title in titles:
        sheet = made.create_sheet(title)
        sheet.append(list(SALES_HEAD))
        sheet.append(list(sale(1).values()))
    out = io.BytesIO()
    made._named_styles.clear()  # as other programs write them, and openpyxl warns of
    made.save(out)
    return out.getvalue()


def test_reading_a_workbook_says_nothing_beside_the_receipt(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len(read(written(tmp_path, book("a"), "a.xlsx")).accepted) == 1
    assert not said


def test_nothing_of_a_workbook_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    style = f'<cellStyles><cellStyle name="Normal" xfId="{person()[:17]}" builtinId="0"/></cellStyles>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book("a"))) as whole, zipfile.ZipFile(out, "w") as made:
        for name in whole.namelist():
            # Without lxml there is a space before the slash.
            made.writestr(name, re.sub(rb'<cellStyles count="0" ?/>', style.encode(), whole.read(name)))
    assert refusal(tmp_path, out.getvalue(), "a.xlsx").reason == "corrupt_file"
    assert "".join(capfd.readouterr()) == ""


def _lots(*lots: str) -> str:
    rows = [sale(number, batch_no=lot) for number, lot in enumerate(lots)]
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"


def test_a_gb18030_text_of_characters_that_are_letters_in_utf8_too_is_read(tmp_path: Path) -> None:
    """药 is two bytes that UTF-8 knows as a Cyrillic letter; one bullet breaks it, and nothing was damaged."""
    text = _lots("药", "药", "药", "药", "\u3001")
    reading = read(written(tmp_path, text.encode("gb18030"), "a.csv"))
    assert reading.accepted["batch_no"].tolist() == ["药"] * 4 + ["\u3001"]


def test_a_damaged_utf8_text_is_not_taken_for_gb18030(tmp_path: Path) -> None:
    torn = _lots("药", "药", "药", "药").encode().replace("药".encode(), "药".encode()[:2], 1)
    assert refusal(tmp_path, torn, "a.csv").reason == "bad_encoding"


def sample(folder: Path, name: str) -> Path:
    """The sample of a source in a folder of its own, to be changed; its main file."""
    shutil.copytree(SAMPLES / name, folder / name)
    main: str = json.loads((SAMPLES / name / "expected.json").read_text("utf-8"))["file"]
    return folder / name / main


@pytest.mark.parametrize("column", ["county_fips", "BUYER_CITY"])
def test_a_column_that_only_the_preparing_needs_is_asked_for(tmp_path: Path, column: str) -> None:
    path = sample(tmp_path, "kentucky_pharmacies")
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(column.encode(), b"other")))
    with pytest.raises(FileRefused, match=column) as refused:
        read(path, profile="kentucky_pharmacies")
    assert refused.value.reason == "missing_column"


@pytest.mark.parametrize(
    "shape", [{"type": "Polygon", "coordinates": [SQUARE]}, {"type": "Point", "coordinates": []}, None]
)
def test_a_place_that_is_no_point_is_none(tmp_path: Path, shape: object) -> None:
    path = sample(tmp_path, "taiwan_pharmacies")
    points = json.loads((path.parent / "points.json").read_text("utf-8"))
    points["features"][0]["geometry"] = shape
    (path.parent / "points.json").write_text(json.dumps(points), "utf-8")
    reading = read(path, profile="taiwan_pharmacies")
    assert reading.accepted["lon"].isna().all()
    assert reading.notes == ("2 家没有坐标。",)


def test_a_column_named_after_a_person_is_masked(tmp_path: Path) -> None:
    path = sample(tmp_path, "daily_sales")
    wide = "".join(chr(ord(one) + 0xFEE0) for one in person())
    for name in (person(), wide):
        lines = (SAMPLES / "daily_sales" / path.name).read_text("utf-8").splitlines()
        path.write_text("\n".join([f"{lines[0]},{name}", *(f"{line},1" for line in lines[1:])]), "utf-8")
        masked = read(path, profile="daily_sales").masked
        assert len(masked) == 1
        assert not {person(), wide} & set(masked.columns)


def test_a_sheet_named_after_a_person_is_not_quoted(tmp_path: Path) -> None:
    (note,) = read(written(tmp_path, book("a", person()), "a.xlsx")).notes
    assert person() not in note
    assert person()[:4] in note


def test_a_geopackage_with_text_that_is_none_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"area_code": ["1"]}, geometry=[shapely.Polygon(SQUARE)], crs="EPSG:4326")
    frame.to_file(path, layer="a", SPATIAL_INDEX="NO")
    package = sqlite3.connect(path)
    package.execute("UPDATE a SET area_code = CAST(x'ff31' AS TEXT)")
    package.commit()
    package.close()
    assert refusal(tmp_path, path.read_bytes(), "b.gpkg").reason == "corrupt_file"


@pytest.mark.filterwarnings("error")
def test_an_outline_beyond_every_number_is_off_the_globe(tmp_path: Path) -> None:
    text = 'area_code,area_name,geometry,crs\n1,镇,"POLYGON((1e400 0,1 1,1 0,1e400 0))",wgs84\n'
    (refused,) = read(written(tmp_path, text, "a.csv"), "areas").rejected
    assert refused.reason == "bad_geometry"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b'"NaN"'])
def test_a_ring_through_infinity_is_off_the_globe(tmp_path: Path, number: bytes) -> None:
    content = collection().replace(b"121.1", number)
    (refused,) = read(written(tmp_path, content, "a.geojson"), "areas").rejected
    assert refused.reason == "bad_geometry"


@pytest.mark.parametrize("between", [" ", "-"])
def test_a_number_in_groups_is_masked_where_digits_stand_before_it_and_in_a_header(between: str) -> None:
    grouped = between.join(person()[at : at + 4] for at in range(0, 18, 4))
    for shown in (
        mask_id_like(f"2{grouped}"),
        mask_identity(f"8.0{grouped}7"),
        header_text([f"date_f{grouped}"]),
    ):
        assert "9100" + "*" * 14 in shown
        assert person()[4:8] not in shown


@pytest.mark.parametrize("between", [" ", ""])
def test_very_many_identity_numbers_in_one_cell_are_masked_soon(between: str) -> None:
    numbers = [person(serial % 1_000, f"19{10 + serial // 1_000}0307") for serial in range(30_000)]
    began = time.process_time()
    shown = mask_id_like("、".join(between.join((one[:6], one[6:14], one[14:])) for one in numbers))
    assert time.process_time() - began < 5
    assert shown == "、".join(["9100" + "*" * 14] * len(numbers))


def test_very_many_identity_numbers_in_one_run_of_digits_are_masked_soon() -> None:
    numbers = [person(serial % 1_000, f"19{10 + serial // 1_000}0307") for serial in range(90_000)]
    began = time.process_time()
    shown = mask_id_like("".join(one for one in numbers if one.isdigit()))
    assert time.process_time() - began < 5
    assert shown.count("*" * 14) > 80_000


def test_a_repaired_area_under_a_persons_number_is_not_quoted(tmp_path: Path) -> None:
    bow = "POLYGON((0 0,1 1,1 0,0 1,0 0))"
    text = f'area_code,area_name,geometry,crs\n{person()},镇,"{bow}",wgs84\n'
    (note,) = read(written(tmp_path, text, "a.csv"), "areas").notes
    assert "已修复" in note
    assert person() not in note


@pytest.mark.parametrize("year", [person(), f"201证{person()}号", "", "20ⅩⅤ"])
def test_what_stands_where_a_year_should_is_not_quoted(tmp_path: Path, year: str) -> None:
    path = written(
        tmp_path, topology("counties", id="01001", properties={"name": "Autauga"}), "counties-10m.topojson"
    )
    beside = tmp_path / "county_population.csv.gz"
    good = ["01001,2012,54000", "01001,2013,55000"]
    for rows, told in ((good, "人口取 2013 年；0 个县"), ([], "没有哪一年的人口数可取；1 个县")):
        beside.write_bytes(
            gzip.compress("\n".join(["countyfips,year,population", *rows, f"01001,{year},7"]).encode())
        )
        (note,) = read(path, profile="us_counties").notes
        assert note.startswith(told)
        assert person() not in note
