"""What is small to send and huge to read: it ends in a reason, and the one who asked does not grow."""

from __future__ import annotations

import gzip
import io
import json
import math
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.intake.growing import take
from tests.intake.helpers import SALES_HEAD, csv_text, sale
from yaotong.acts.intake import take_in
from yaotong.intake import Limits
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 7, 1, 9)
HEAD = ",".join(SALES_HEAD)
_GROWTH = 30 << 20


def _book(cells: dict[str, object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(SALES_HEAD))
    sheet.append([sale()[name] for name in SALES_HEAD])
    for place, value in cells.items():
        sheet[place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx_bomb() -> bytes:
    out = io.BytesIO(_book({}))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet9.xml", b" " * 210_000_000)
    return out.getvalue()


def lying_size() -> bytes:
    """A sheet of 60 MB whose entry says that it has a hundred bytes."""
    source, out = zipfile.ZipFile(io.BytesIO(_book({}))), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name in source.namelist():
            body = source.read(name)
            book.writestr(name, body + b" " * 60_000_000 if name.endswith("sheet1.xml") else body)
    data = bytearray(out.getvalue())
    place = data.rfind(b"xl/worksheets/sheet1.xml") - 46  # its entry in the central directory
    assert data[place : place + 4] == b"PK\x01\x02"
    data[place + 24 : place + 28] = struct.pack("<I", 100)
    return bytes(data)


def far_cell() -> bytes:
    return _book({"XFD1048576": "far"})


def gzip_bomb() -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        for _ in range(220):
            file.write(b"a" * 1_000_000)
    return out.getvalue()


def many_rows() -> bytes:
    """A billion rows that say the same: a thousand row groups that share the pages of one."""
    out = io.BytesIO()
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, np.int8)), ["x"])
    pq.write_table(pa.table({"sale_id": column}), out, row_group_size=1_000_000, store_schema=False)
    data = out.getvalue()
    one, all_of_them = (pq.read_metadata(io.BytesIO(data)) for _ in range(2))
    for _ in range(999):
        all_of_them.append_row_groups(one)
    footer = io.BytesIO()
    all_of_them.write_metadata_file(footer)
    (size,) = struct.unpack("<I", data[-8:-4])
    bomb = data[: -8 - size] + footer.getvalue()[4:]
    assert pq.read_metadata(io.BytesIO(bomb)).num_rows == 1_000_000_000
    assert len(bomb) < 200_000
    return bomb


def repeated_text() -> bytes:
    """Lines within all limits on paper, whose one long text fills the memory once it is repeated."""
    out = io.BytesIO()
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(900_000, np.int32)), ["x" * 20_000])
    pq.write_table(pa.table(dict.fromkeys(SALES_HEAD, column)), out, store_schema=False)
    assert len(out.getvalue()) < 1_000_000
    return out.getvalue()


def wide_text() -> bytes:
    out = io.BytesIO()
    column = pa.array(["0" * 4_000] * 8_000)
    pq.write_table(pa.table(dict.fromkeys(SALES_HEAD, column)), out, use_dictionary=False, compression="zstd")
    return out.getvalue()


def damaged_page() -> bytes:
    out = io.BytesIO()
    columns = {name: [f"{name}{number}" for number in range(500)] for name in SALES_HEAD}
    pq.write_table(pa.table(columns), out, use_dictionary=False, compression="none", write_page_checksum=True)
    data = bytearray(out.getvalue())
    data[data.find(b"sale_id250") + 3] ^= 1
    return bytes(data)


def deep_json() -> bytes:
    return b'{"type":"FeatureCollection","features":' + b"[" * 2_000_000


def long_numbers() -> bytes:
    return ('{"sale_id": "1", "quantity": ' + "9" * 3_000_000 + "}\n").encode()


def long_field() -> bytes:
    return csv_text([sale(drug_code="长" * 3_400_000)]).encode()


def many_columns() -> bytes:
    return (",".join(f"c{number}" for number in range(1_000_000)) + "\n").encode()


def many_lines() -> bytes:
    return (f"{HEAD}\n" + "1,1,1,1,1,1,1\n" * 1_000_001).encode()


def too_big() -> bytes:
    return HEAD.encode() + b"\n" + b" " * 50_000_001


def _outline(corners: int, turn: float) -> bytes:
    """An outline of corners on a circle, each so many times round from the last."""
    angles = [2 * math.pi * turn * step for step in range(corners)]
    ring = [[121 + 0.1 * math.cos(one), 30.6 + 0.1 * math.sin(one)] for one in angles]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    feature = {"type": "Feature", "properties": {"area_code": "1", "area_name": "x"}, "geometry": shape}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def many_vertices() -> bytes:
    """An outline that crosses itself everywhere."""
    return _outline(400_000, 0.381966)


BOMBS: list[tuple[str, str, Callable[[], bytes], set[str]]] = [
    ("a.xlsx", "sales", xlsx_bomb, {"decompression_bomb"}),
    ("a.xlsx", "sales", lying_size, {"corrupt_file", "truncated_file"}),
    ("a.xlsx", "sales", far_cell, {"too_many_rows"}),
    ("a.csv.gz", "sales", gzip_bomb, {"decompression_bomb"}),
    ("a.parquet", "sales", many_rows, {"too_many_rows"}),
    ("a.parquet", "sales", repeated_text, {"too_large"}),
    ("a.parquet", "sales", wide_text, {"decompression_bomb"}),
    ("a.parquet", "sales", damaged_page, {"corrupt_file"}),
    ("a.geojson", "areas", deep_json, {"json_depth"}),
    ("a.ndjson", "sales", long_numbers, {"too_long", "bad_number", "missing_column"}),
    ("a.csv", "sales", long_field, {"too_long"}),
    ("a.csv", "sales", many_columns, {"too_many_columns"}),
    ("a.csv", "sales", many_lines, {"too_many_rows"}),
    ("a.csv", "sales", too_big, {"too_large"}),
    ("a.geojson", "areas", many_vertices, {"too_large"}),
]


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("w")
    made = init_workspace(folder)
    good = folder / "good.csv"
    good.write_bytes(csv_text([sale()]).encode())
    assert take_in(made, good, feed="sales", now=NOW).accepted == 1  # the reading process is warm
    return made


@pytest.fixture(scope="module")
def taker(ws: Workspace) -> Iterator[ProcessPoolExecutor]:
    """A process that does nothing but take in: what the tests before left behind does not count as growth."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as taker:
        good = ws.settings.home / "again.csv"
        good.write_bytes(csv_text([sale(sale_id="again")]).encode())
        assert taker.submit(take, ws.settings.home, good, "sales", Limits(), NOW).result()[0].accepted == 1
        yield taker


@pytest.mark.parametrize(("name", "feed", "make", "reasons"), BOMBS, ids=[one[2].__name__ for one in BOMBS])
def test_a_bomb_ends_in_a_reason(
    ws: Workspace,
    taker: ProcessPoolExecutor,
    tmp_path: Path,
    name: str,
    feed: str,
    make: Callable[[], bytes],
    reasons: set[str],
) -> None:
    path = tmp_path / name
    path.write_bytes(make())
    started = time.monotonic()
    # Mending that outline would take minutes: no need to wait for all of the usual time.
    limits = Limits(read_seconds=4) if make is many_vertices else Limits()
    receipt, growth = taker.submit(take, ws.settings.home, path, feed, limits, NOW).result()
    # A refused row is given back whole, and is held twice while it is masked.
    assert growth < _GROWTH + 2 * path.stat().st_size
    assert time.monotonic() - started < limits.read_seconds + 15
    told = {receipt.file_reason} if receipt.file_reason else {one.reason for one in receipt.rejected}
    assert told & reasons, (told, receipt.message)
    assert receipt.rows == receipt.accepted + receipt.duplicates + len(receipt.rejected)
    staging = ws.store.facts_dir / "staging"
    assert [one for one in staging.iterdir() if one.is_dir()] == []


def test_an_outline_of_many_corners_is_none_of_them(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "round.geojson"
    path.write_bytes(_outline(100_000, 1 / 100_000))
    receipt = take_in(ws, path, feed="areas", now=NOW)
    assert (receipt.file_reason, receipt.rejected, receipt.accepted) == (None, (), 1)
