"""Sound small files for the fuzzer: every feed in every format, and the samples of the sources."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import random
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

from tests.intake.helpers import person
from yaotong.demo.identifiers import uscc
from yaotong.intake import profiles
from yaotong.records import FEEDS, Column, Feed, Kind

SAMPLES = Path(__file__).resolve().parents[1] / "sources"
PEOPLE = tuple(person(serial) for serial in range(1, 9))
GROUPED = tuple(
    between.join(number[at : at + 4] for at in range(0, 18, 4))
    for number, between in zip(PEOPLE, " --", strict=False)
)
Row = dict[str, Any]
Writer = Callable[[list[Row], random.Random], bytes]
_ROWS = 4
_BOX = [[121.0, 30.6], [121.1, 30.6], [121.1, 30.7], [121.0, 30.7], [121.0, 30.6]]
_GZIPPED = ".gz"
_WRITTEN = "2026-06-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Seed:
    """A file, what it is said to be, its rows where it can be written again, and the files beside it."""

    name: str
    data: bytes
    feed: str | None = None
    profile: str | None = None
    form: str = ""
    rows: tuple[tuple[tuple[str, Any], ...], ...] = ()
    beside: tuple[tuple[str, bytes], ...] = ()
    referenced: bool = False


def sound_rows(feed: Feed, rng: random.Random) -> list[Row]:
    """A few rows of a feed that nothing is wrong with."""
    rows = [{column.name: _value(column, rng) for column in feed.columns} for _ in range(_ROWS)]
    return [{**row, "crs": "wgs84"} for row in rows] if feed.name == "areas" else rows


def _value(column: Column, rng: random.Random) -> str:
    if column.identity or column.name == "person_no":
        return rng.choice(PEOPLE)
    if column.choices:
        return rng.choice(column.choices)
    by_kind = {
        Kind.DATE: "2026-05-31",
        Kind.MOMENT: "2026-06-01 08:30:00",
        Kind.NUMBER: {"lon": "121.02", "lat": "30.70"}.get(column.name, "2"),
        Kind.INTEGER: "7",
        Kind.FLAG: "true",
        Kind.CATEGORIES: "EPH|RX",
        Kind.GEOMETRY: "POLYGON((121 30.6,121.1 30.6,121.1 30.7,121 30.6))",
    }
    named = {
        "opening_hours": "Mo-Su 08:00-21:00",
        "uscc": uscc(rng.randint(1, 99)) if column.required else "",
        "supplier_uscc": "",
        "until": "2026-06-01 18:00:00",
        "product_code": "8112233",
    }
    return named.get(column.name, by_kind.get(column.kind, f"{column.name[:3]}{rng.randint(1, 99)}"))


def names_of(rows: list[Row]) -> list[str]:
    """The columns of rows, in the order they come up."""
    return list(dict.fromkeys(name for row in rows for name in row))


def text_table(
    rows: list[Row], delimiter: str = ",", end: str = "\n", quoting: Any = csv.QUOTE_MINIMAL
) -> str:
    """Rows as delimited text."""
    out, names = io.StringIO(), names_of(rows)
    table = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    table.writerow(names)
    table.writerows(["" if row.get(name) is None else str(row[name]) for name in names] for row in rows)
    return out.getvalue()


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _gb18030(rows: list[Row], rng: random.Random) -> bytes:
    return text_table(rows).encode("gb18030", "replace")


def json_text(value: object, rng: random.Random) -> str:
    """A value as JSON; what JSON has no form for becomes text."""
    return json.dumps(value, ensure_ascii=rng.random() < 0.5, default=str)


def _ndjson(rows: list[Row], rng: random.Random) -> bytes:
    return _utf8("\n".join(json_text(row, rng) for row in rows))


_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def _column_letters(place: int) -> str:
    letters = ""
    while place >= 0:
        letters, place = chr(65 + place % 26) + letters, place // 26 - 1
    return letters


def _xml_cell(value: Any, at: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{at}"><v>{value!r}</v></c>'
    if isinstance(value, datetime):
        serial = (value - datetime(1899, 12, 30)).total_seconds() / 86_400
        return f'<c r="{at}" s="1"><v>{serial!r}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def _xlsx(rows: list[Row], rng: random.Random) -> bytes:
    names, out = names_of(rows), io.BytesIO()
    table = [dict(zip(names, names, strict=True)), *rows]
    lines = (
        "".join(
            _xml_cell(row.get(name), f"{_column_letters(place)}{line}") for place, name in enumerate(names)
        )
        for line, row in enumerate(table, 1)
    )
    body = "".join(f'<row r="{line}">{cells}</row>' for line, cells in enumerate(lines, 1))
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>'
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as book:
        for name, text in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            book.writestr(zipfile.ZipInfo(name), _utf8(text))
    return out.getvalue()


_ARROW = (
    pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.int64(), pa.float64(), pa.bool_(), pa.binary(),
    pa.timestamp("us"), pa.timestamp("ns", "Asia/Shanghai"), pa.date32(), pa.decimal128(20, 4), pa.null(),
    pa.time64("us"), pa.duration("s"), pa.list_(pa.string()), pa.float16(), pa.uint64(), pa.string_view(),
)  # fmt: skip


def _arrow_column(values: list[Any], rng: random.Random) -> pa.Array:
    """A column as text, now and then as another type that can hold it."""
    kind = rng.choice(_ARROW) if rng.random() < 0.25 else None
    try:
        if kind is not None and any(not isinstance(one, str) for one in values):
            return pa.array(values, kind)
        text = pa.array([None if one is None else str(one) for one in values], pa.string())
        return text if kind is None else text.cast(kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, UnicodeError):
        return pa.array([f"{one!s}".encode("utf-8", "replace").decode() for one in values], pa.string())


def _parquet(rows: list[Row], rng: random.Random) -> bytes:
    names, out = names_of(rows), io.BytesIO()
    columns = [_arrow_column([row.get(name) for row in rows], rng) for name in names]
    titles = [_utf8(name).decode("utf-8", "replace") for name in names]
    table = pa.Table.from_arrays(columns, names=titles)
    pq.write_table(
        table,
        out,
        compression=rng.choice(("none", "snappy", "zstd", "gzip")),
        store_schema=rng.random() < 0.5,
    )
    return out.getvalue()


def _feature(row: Row) -> Row:
    point = "lon" in row and "lat" in row
    geometry = (
        {"type": "Point", "coordinates": [121.02, 30.7]}
        if point
        else {"type": "Polygon", "coordinates": [_BOX]}
    )
    properties = {name: cell for name, cell in row.items() if name not in ("geometry", "lon", "lat", "crs")}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _geojson(rows: list[Row], rng: random.Random) -> bytes:
    return _utf8(json_text({"type": "FeatureCollection", "features": [_feature(row) for row in rows]}, rng))


def _topojson(rows: list[Row], rng: random.Random) -> bytes:
    shapes = [{**_feature(row), "type": "Polygon", "arcs": [[0]]} for row in rows]
    for shape in shapes:
        del shape["geometry"]
    layer = {"type": "GeometryCollection", "geometries": shapes}
    return _utf8(json_text({"type": "Topology", "arcs": [_BOX], "objects": {"a": layer}}, rng))


@cache
def _empty_package(names: tuple[str, ...]) -> bytes:
    """A GeoPackage with a layer of one row of those columns; the writing takes long, so it is kept."""
    frame = gpd.GeoDataFrame(
        {name: ["x"] for name in names}, geometry=[shapely.Polygon(_BOX)], crs="EPSG:4326"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _WRITTEN})  # GDAL writes down when it wrote
        frame.to_file(path, layer="a", SPATIAL_INDEX="NO", DATETIME_FORMAT="UTC")
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        return path.read_bytes()


def _gpkg(rows: list[Row], rng: random.Random) -> bytes:
    """The rows through SQLite, which stores any type in any column; odd names go to the first columns."""
    wide = [{name: cell for name, cell in row.items() if name != "geometry"} for row in rows]
    names = [name for name in names_of(wide) if name.isidentifier() and name.isascii()]
    known = tuple({name.lower(): name for name in reversed(names)}.values())  # to SQLite, A is a
    package = sqlite3.connect(":memory:")
    package.deserialize(_empty_package(known))
    blob = package.execute("SELECT geom FROM a").fetchone()[0]
    package.execute("DELETE FROM a")
    fields = ", ".join(["geom", *(f'"{name}"' for name in known)])
    for row in wide:
        cells = [_sqlite(row.get(name)) for name in known]
        package.execute(
            f"INSERT INTO a ({fields}) VALUES ({', '.join('?' * (len(cells) + 1))})", [blob, *cells]
        )
    package.commit()
    return package.serialize()


def _sqlite(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool | float | bytes | None) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    return str(value)


FORMS: Mapping[str, tuple[str, Writer]] = {
    "csv": ("a.csv", lambda rows, rng: _utf8(text_table(rows))),
    "bom": ("a.csv", lambda rows, rng: codecs.BOM_UTF8 + _utf8(text_table(rows))),
    "gb18030": ("a.csv", _gb18030),
    "tsv": ("a.tsv", lambda rows, rng: _utf8(text_table(rows, "\t"))),
    "semicolon": ("a.csv", lambda rows, rng: _utf8(text_table(rows, ";", "\r\n"))),
    "quoted": ("a.txt", lambda rows, rng: _utf8(text_table(rows, quoting=csv.QUOTE_ALL))),
    "csv.gz": ("a.csv.gz", lambda rows, rng: gzip.compress(_utf8(text_table(rows)), 1, mtime=0)),
    "ndjson": ("a.ndjson", _ndjson),
    "ndjson.gz": ("a.jsonl.gz", lambda rows, rng: gzip.compress(_ndjson(rows, rng), 1, mtime=0)),
    "xlsx": ("a.xlsx", _xlsx),
    "parquet": ("a.parquet", _parquet),
}
DRAWN: Mapping[str, tuple[str, Writer]] = {
    "geojson": ("a.geojson", _geojson),
    "topojson": ("a.topojson", _topojson),
    "geojson.gz": ("a.json.gz", lambda rows, rng: gzip.compress(_geojson(rows, rng), 1, mtime=0)),
    "gpkg": ("a.gpkg", _gpkg),
}
WRITERS: Mapping[str, Writer] = {form: write for form, (_, write) in {**FORMS, **DRAWN}.items()}


class _Plain(random.Random):
    """Chance that never does anything odd, for the writers of sound files."""

    def random(self) -> float:
        return 0.99


def _of_feed(feed: Feed) -> Iterator[Seed]:
    rows, rng = sound_rows(feed, random.Random(feed.name)), _Plain(0)
    forms = {**FORMS, **(DRAWN if feed.name in ("areas", "pharmacies") else {})}
    for form, (name, write) in forms.items():
        yield Seed(name, write(rows, rng), feed.name, None, form, frozen(rows))


def frozen(rows: list[Row]) -> tuple[tuple[tuple[str, Any], ...], ...]:
    """Rows as a seed keeps them."""
    return tuple(tuple(row.items()) for row in rows)


def _sample_rows(path: Path, data: bytes) -> tuple[str, list[Row]]:
    """In which form a sample can be written again, and its rows; an empty form for what is no table."""
    gzipped = path.suffix == _GZIPPED
    plain = gzip.decompress(data) if gzipped else data
    name = path.name.removesuffix(_GZIPPED)
    if name.endswith(".ndjson"):
        return "ndjson", [json.loads(line) for line in plain.splitlines() if line.strip()]
    if not name.endswith(".csv"):
        return "", []
    bom = plain.startswith(codecs.BOM_UTF8)
    try:
        text, form = plain.decode("utf-8-sig"), "csv.gz" if gzipped else "bom" if bom else "csv"
    except UnicodeDecodeError:
        text, form = plain.decode("gb18030"), "gb18030"
    return form, list(csv.DictReader(io.StringIO(text)))


def _of_source(name: str) -> Iterator[Seed]:
    """A source's sample, twice: by its profile, and as its feed; the other files lie beside it."""
    folder = SAMPLES / name
    main = json.loads((folder / "expected.json").read_text("utf-8"))["file"]
    others = tuple(
        (path.name, path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in (main, "expected.json")
    )
    data = (folder / main).read_bytes()
    form, rows = _sample_rows(folder / main, data)
    yield Seed(main, data, None, name, form, frozen(rows), others)
    yield Seed(main, data, profiles()[name].feed, None, form, frozen(rows), others)


@cache
def seeds() -> tuple[Seed, ...]:
    """Every feed in every format, and the sources' samples four times: they are fewer, and as deep."""
    ours = [seed for feed in FEEDS.values() for seed in _of_feed(feed)]
    theirs = [seed for name in sorted(profiles()) for seed in _of_source(name)]
    return (*ours, *theirs * 4)
