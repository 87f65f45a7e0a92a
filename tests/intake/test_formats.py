"""The same rows in every format, encoding and delimiter; and every reason to refuse a whole file."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from tests.intake.helpers import SALES_HEAD, csv_text, person, read, sale, written
from yaotong.errors import FileRefused, UsageError
from yaotong.intake import Limits

ROWS = [sale(1), sale(2, quantity="-1", buyer_id_no=""), sale(3, drug_code="药①", unit_price="")]
SQUARE = shapely.box(121.0, 30.6, 121.1, 30.7)


def as_csv(rows: list[dict[str, str]]) -> bytes:
    return csv_text(rows).encode()


def as_ndjson(rows: list[dict[str, str]]) -> bytes:
    typed = [
        {**row, "quantity": float(row["quantity"]), "buyer_id_no": row["buyer_id_no"] or None} for row in rows
    ]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in typed).encode()


def as_xlsx(rows: list[dict[str, str]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(SALES_HEAD))
    for row in rows:
        moment = datetime.fromisoformat(row["sold_at"])
        cells = {**row, "sold_at": moment, "quantity": int(row["quantity"])}
        sheet.append([cells[name] or None for name in SALES_HEAD])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_parquet(rows: list[dict[str, str]]) -> bytes:
    frame = pd.DataFrame(rows)
    frame["sold_at"] = pd.to_datetime(frame["sold_at"])
    frame["quantity"] = frame["quantity"].astype(float)
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


SAME = {
    "sales.csv": as_csv(ROWS),
    "bom.csv": b"\xef\xbb\xbf" + as_csv(ROWS),
    "gb.csv": csv_text(
        [sale(1), sale(2, quantity="-1", buyer_id_no=""), sale(3, drug_code="药①", unit_price="")]
    ).encode("gb18030"),
    "tab.tsv": csv_text(ROWS, delimiter="\t").encode(),
    "semicolon.csv": csv_text(ROWS, delimiter=";").replace("\n", "\r\n").encode(),
    "quoted.csv": pd.DataFrame(ROWS).to_csv(index=False, quoting=1).encode(),
    "turned.csv": csv_text(ROWS, names=SALES_HEAD[::-1]).encode(),
    "packed.csv.gz": gzip.compress(as_csv(ROWS)),
    "lines.ndjson": as_ndjson(ROWS),
    "lines.jsonl.gz": gzip.compress(as_ndjson(ROWS)),
    "book.xlsx": as_xlsx(ROWS),
    "table.parquet": as_parquet(ROWS),
}


@pytest.mark.parametrize("name", SAME)
def test_equal_content_is_equal_in_any_form(tmp_path: Path, name: str) -> None:
    plain = read(written(tmp_path, SAME["sales.csv"]))
    other = read(written(tmp_path, SAME[name], name))
    assert plain.rejected == other.rejected == ()
    pd.testing.assert_frame_equal(other.accepted, plain.accepted)
    assert list(plain.accepted["drug_code"]) == ["D1", "D1", "药1"]


def workbook(*cells: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_second_sheet_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    for extra, notes in ((None, 0), ("more", 1)):
        book = openpyxl.load_workbook(io.BytesIO(as_xlsx(ROWS)))
        book.create_sheet("六月")["A1"] = extra
        book.save(tmp_path / "a.xlsx")
        reading = read(tmp_path / "a.xlsx")
        assert len(reading.accepted) == 3
        assert len([one for one in reading.notes if "六月" in one]) == notes


def with_entry(name: str, content: bytes = b"x") -> bytes:
    out = io.BytesIO(as_xlsx(ROWS))
    with zipfile.ZipFile(out, "a") as package:
        package.writestr(name, content)
    return out.getvalue()


GOOD = as_csv(ROWS)
HEAD = ",".join(SALES_HEAD)
BROKEN_UTF8 = (
    csv_text([sale(1, drug_code="药店销售明细测试药品"), sale(2, drug_code="药店销售明细")])
    .encode()
    .replace("测".encode(), b"\xe6")
)
REFUSED = [
    ("empty_file", "a.csv", b""),
    ("empty_file", "a.csv", b"\n\n"),
    ("empty_file", "a.ndjson", b"\n"),
    ("empty_file", "a.csv.gz", gzip.compress(b"")),
    ("empty_file", "a.xlsx", workbook()),
    ("no_header", "a.csv", b"1,2026-01-01,3\n2,2026-01-02,4\n"),
    ("no_header", "a.csv", f"{HEAD},\n".encode()),
    ("missing_column", "sales.csv", csv_text(ROWS, names=SALES_HEAD[:3]).encode()),
    ("duplicate_header", "a.csv", f"{HEAD},quantity\n".encode()),
    ("bad_delimiter", "a.csv", csv_text(ROWS, delimiter="|").encode()),
    ("bad_encoding", "a.csv", b"\xff\xfe" + csv_text(ROWS).encode("utf-16-le")),
    ("bad_encoding", "a.csv", BROKEN_UTF8),
    ("bad_encoding", "a.csv", GOOD + b"\xff\xff\n"),
    ("bad_encoding", "a.csv", b"\xef\xbb\xbf" + GOOD + b"\xc4\xe3\n"),
    ("unknown_format", "a.pdf", b"%PDF-1.7"),
    ("unknown_format", "noname", GOOD),
    ("unknown_format", "a.geojson", b'{"type": "Sphere"}'),
    ("unknown_format", "a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600),
    ("ext_mismatch", "a.csv", as_xlsx(ROWS)),
    ("ext_mismatch", "a.xlsx", GOOD),
    ("ext_mismatch", "a.csv.gz", GOOD),
    ("ext_mismatch", "a.parquet", GOOD),
    ("corrupt_file", "a.gpkg", b"SQLite format 3\0" + b"\0" * 200),
    ("corrupt_file", "a.csv.gz", gzip.compress(GOOD)[:-8] + b"\0" * 8),
    ("truncated_file", "a.csv.gz", gzip.compress(GOOD)[:-9]),
    ("truncated_file", "a.csv", GOOD + b'S9,"P1'),
    ("truncated_file", "a.xlsx", as_xlsx(ROWS)[:-200]),
    ("truncated_file", "a.parquet", as_parquet(ROWS)[:-30]),
    ("encrypted_file", "a.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le")),
    ("nested_archive", "a.csv.gz.gz", gzip.compress(GOOD)),
    ("nested_archive", "a.csv.gz", gzip.compress(gzip.compress(GOOD))),
    ("nested_archive", "a.xlsx", with_entry("xl/media/more.zip")),
    ("path_traversal", "a.xlsx", with_entry("../../etc/x")),
    ("macro", "a.xlsx", with_entry("xl/vbaProject.bin")),
    ("external_link", "a.xlsx", with_entry("xl/externalLinks/externalLink1.xml")),
    ("xml_entity", "a.xlsx", with_entry("xl/more.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>')),
    ("formula_cell", "a.xlsx", workbook([*SALES_HEAD], ["S1", "P1", "=NOW()", "D1", 1, 1, ""])),
    ("bad_schema", "a.csv", b"colour,taste\nred,sweet\n"),
    ("bad_json", "a.ndjson", b'{"sale_id": "1"}\n{"sale_id": \n'),
    ("bad_json", "a.ndjson", b'{"sale_id": "1", "sale_id": "2"}\n'),
    ("bad_json", "a.ndjson", b'{"quantity": NaN}\n'),
    ("bad_json", "a.ndjson", b'{"quantity": [1]}\n'),
    ("bad_json", "a.ndjson", b"[1]\n"),
    ("json_depth", "a.geojson", b'{"type":' + b"[" * 40 + b"]" * 40 + b"}"),
    (
        "corrupt_file",
        "a.topojson",
        b'{"type":"Topology","arcs":[],"objects":{"a":{"type":"Polygon","arcs":[[3]]}}}',
    ),
    ("unsafe_filename", "a\u202ecsv.csv", GOOD),
]


@pytest.mark.parametrize(
    ("reason", "name", "content"),
    REFUSED,
    ids=[f"{reason}-{place}" for place, (reason, *_) in enumerate(REFUSED)],
)
def test_a_file_is_refused_for_its_reason(tmp_path: Path, reason: str, name: str, content: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        read(written(tmp_path, content, name), feed="sales" if reason == "missing_column" else None)
    assert refused.value.reason == reason
    assert person() not in refused.value.message


@pytest.mark.parametrize(
    ("reason", "limits", "fits"),
    [
        ("too_large", Limits(file_bytes=len(GOOD) - 1), Limits(file_bytes=len(GOOD))),
        ("too_many_rows", Limits(rows=2), Limits(rows=3)),
        ("too_many_columns", Limits(columns=6), Limits(columns=7)),
    ],
)
def test_a_limit_holds_on_both_sides(tmp_path: Path, reason: str, limits: Limits, fits: Limits) -> None:
    path = written(tmp_path, GOOD)
    assert len(read(path, limits=fits).accepted) == 3
    with pytest.raises(FileRefused) as refused:
        read(path, limits=limits)
    assert refused.value.reason == reason


def test_unpacking_stops_at_its_limit(tmp_path: Path) -> None:
    bomb = written(tmp_path, gzip.compress(GOOD + b"\n" * 10_000_000), "a.csv.gz")
    with pytest.raises(FileRefused) as refused:
        read(bomb, limits=Limits(unpacked_bytes=1_000_000))
    assert refused.value.reason == "decompression_bomb"
    assert len(read(bomb).accepted) == 3


def test_missing_and_unknown_columns_are_all_named(tmp_path: Path) -> None:
    path = written(tmp_path, "sale_id,drug_code,quantity\n1,2,3\n")
    with pytest.raises(FileRefused, match=r"pharmacy_id、sold_at.*sale_id、drug_code、quantity"):
        read(path, feed="sales")
    extra = written(tmp_path, GOOD.replace(HEAD.encode(), f"{HEAD},colour,taste".encode()))
    with pytest.raises(FileRefused, match="colour、taste"):
        read(extra, feed="sales")


def test_a_data_row_in_the_place_of_a_header_is_not_quoted(tmp_path: Path) -> None:
    path = written(tmp_path, f"张三,{person()},E1234567\n")
    with pytest.raises(FileRefused) as refused:
        read(path, feed="sales")
    assert "910000199" not in refused.value.message
    assert "E1234567" not in refused.value.message


def test_ragged_rows_are_numbered_among_the_others(tmp_path: Path) -> None:
    lines = csv_text([sale(one) for one in range(1, 6)]).splitlines()
    lines[2] += ",more"
    lines[4] = "S4,P1"
    reading = read(written(tmp_path, "\n".join(lines)))
    assert [(one.row, one.reason) for one in reading.rejected] == [(2, "column_count"), (4, "column_count")]
    assert list(reading.accepted["row"]) == [1, 3, 5]
    assert reading.rows == 5
    assert person() not in reading.masked.to_csv()


def test_a_quoted_line_break_counts_as_one_row(tmp_path: Path) -> None:
    text = csv_text([sale(1, drug_code='"a\nb"'), sale(2)])
    reading = read(written(tmp_path, text))
    assert [(one.row, one.reason) for one in reading.rejected] == [(1, "control_char")]
    assert list(reading.accepted["row"]) == [2]


def test_an_unknown_feed_or_profile_is_wrong_usage(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    for wrong in ({"feed": "salez"}, {"profile": "mars"}, {"feed": "sales", "profile": "us_points"}):
        with pytest.raises(UsageError):
            read(path, **wrong)


def areas(**changes: object) -> dict[str, object]:
    feature = {
        "type": "Feature",
        "properties": {"area_code": "910001", "area_name": "示例镇"},
        "geometry": shapely.geometry.mapping(SQUARE),
    }
    return {"type": "FeatureCollection", "features": [feature], **changes}


def test_geojson_is_wgs84_unless_it_says_otherwise(tmp_path: Path) -> None:
    plain = read(written(tmp_path, json.dumps(areas()), "a.geojson")).accepted
    assert plain.geometry.iloc[0].equals(SQUARE)
    named = areas(crs={"type": "name", "properties": {"name": "GCJ-02"}})
    moved = read(written(tmp_path, json.dumps(named), "a.geojson")).accepted
    assert 0.002 < moved.geometry.iloc[0].centroid.distance(SQUARE.centroid) < 0.01
    with pytest.raises(FileRefused) as refused:
        read(written(tmp_path, json.dumps(areas(crs="EPSG:3857")), "a.geojson"))
    assert refused.value.reason == "unsupported_crs"


def test_an_outline_is_the_same_from_wkt_geopackage_and_geojson(tmp_path: Path) -> None:
    table = f'area_code;area_name;geometry;crs\n910001;示例镇;"{SQUARE.wkt}";wgs84\n'
    gpd.GeoDataFrame({"area_code": ["910001"], "area_name": ["示例镇"]}, geometry=[SQUARE], crs=4326).to_file(
        tmp_path / "a.gpkg"
    )
    shas = [
        read(path).accepted["row_sha"].iloc[0]
        for path in (
            written(tmp_path, table, "a.csv"),
            tmp_path / "a.gpkg",
            written(tmp_path, json.dumps(areas()), "a.geojson"),
        )
    ]
    assert len(set(shas)) == 1
    with pytest.raises(FileRefused) as refused:
        read(written(tmp_path, table.replace(";wgs84", "").replace(";crs", ""), "b.csv"))
    assert refused.value.reason == "unsupported_crs"


def test_a_broken_outline_is_its_rows_problem_and_a_bent_one_is_repaired(tmp_path: Path) -> None:
    bow = "POLYGON((0 0,1 1,1 0,0 1,0 0))"
    shapes = [
        bow,
        "POLYGON((0 0",
        "LINESTRING(0 0,1 1)",
        "POLYGON((500000 3000000,500001 3000000,500001 3000001,500000 3000000))",
    ]
    rows = [f'{place};镇;"{shape}";cgcs2000' for place, shape in enumerate(shapes)]
    reading = read(written(tmp_path, "\n".join(["area_code;area_name;geometry;crs", *rows]), "a.csv"))
    assert [(one.row, one.reason) for one in reading.rejected] == [
        (2, "bad_geometry"),
        (3, "bad_geometry"),
        (4, "bad_geometry"),
    ]
    assert len(reading.notes) == 1
    assert "区域 0 的边界已修复" in reading.notes[0]


@pytest.mark.parametrize("text", ["药", "药品", "路药", "α-β", "café", "5·2"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_short_texts_do_not_change_with_their_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    content = csv_text([sale(1, drug_code=text)]).encode(encoding)
    assert list(read(written(tmp_path, content)).accepted["drug_code"]) == [text]


@pytest.mark.parametrize(
    ("name", "content", "tight"),
    [
        ("a.parquet", as_parquet(ROWS), Limits(unpacked_bytes=100)),
        ("a.xlsx", as_xlsx(ROWS), Limits(unpacked_bytes=1_000)),
        ("a.xlsx", as_xlsx(ROWS), Limits(archive_entries=3)),
    ],
)
def test_packed_formats_are_measured_before_they_are_opened(
    tmp_path: Path, name: str, content: bytes, tight: Limits
) -> None:
    path = written(tmp_path, content, name)
    assert len(read(path).accepted) == 3
    with pytest.raises(FileRefused) as refused:
        read(path, limits=tight)
    assert refused.value.reason == "decompression_bomb"


def test_pharmacies_may_be_points(tmp_path: Path) -> None:
    shop = {"license_no": "P1", "name": "示例药店", "address": "一路1号"}
    point = {
        "type": "Feature",
        "properties": shop,
        "geometry": {"type": "Point", "coordinates": [121.01, 30.7]},
    }
    lost = {**point, "properties": {**shop, "license_no": "P2"}, "geometry": None}
    reading = read(
        written(tmp_path, json.dumps({"type": "FeatureCollection", "features": [point, lost]}), "a.geojson")
    )
    assert reading.accepted[["license_no", "lon", "lat", "crs"]].to_numpy().tolist() == [
        ["P1", 121.01, 30.7, "wgs84"]
    ]
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(2, "lon", "missing_value")]


def test_lines_cannot_be_points(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "properties": sale(1),
        "geometry": {"type": "Point", "coordinates": [121, 30]},
    }
    with pytest.raises(FileRefused) as refused:
        read(written(tmp_path, json.dumps(feature), "a.geojson"), feed="sales")
    assert refused.value.reason == "bad_schema"
