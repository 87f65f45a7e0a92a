"""A file in pieces says what the same file says whole, wherever the cuts fall."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yaotong.errors import FileRefused
from yaotong.intake import Limits, Pseudonymiser, Reading, Reference, read_file
from yaotong.intake.formats import columnar, pieces

NOW = datetime(2026, 6, 30)
KEY = Pseudonymiser(b"a key that is only for tests", "k1")
HEADER = ["sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "batch_no"]


def read(path: Path, limits: Limits | None = None) -> Reading:
    return read_file(
        path, feed="sales", reference=Reference(), pseudonymiser=KEY, limits=limits or Limits(), now=NOW
    )


cells = st.tuples(
    st.sampled_from(["S1", "S2", "S3", "", "药,1", 'a"b', "line\nbreak"]),
    st.sampled_from(["P1", "浙DA1"]),
    st.sampled_from(["2026-06-01 08:00:00", "2026-13-01 08:00:00"]),
    st.just("D1"),
    st.sampled_from(["1", "2", "x"]),
    st.sampled_from(["", "B1", "é"]),
)
texts = st.lists(
    st.one_of(cells, st.just(("torn",)), st.just(("S9", "P1", "2026-06-01 08:00:00", "D1", "1", "", "more"))),
    max_size=30,
)


def written(path: Path, rows: list[tuple[str, ...]], end: str, bom: bool) -> Path:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([HEADER, *rows])
    path.write_bytes(out.getvalue().encode("utf-8-sig" if bom else "utf-8"))
    return path


def same(whole: Reading, parts: Reading) -> None:
    assert (whole.rows, whole.duplicates, whole.sha256) == (parts.rows, parts.duplicates, parts.sha256)
    assert whole.rejected == parts.rejected
    pd.testing.assert_frame_equal(whole.masked, parts.masked)
    pd.testing.assert_frame_equal(whole.accepted, parts.accepted)


@given(rows=texts, end=st.sampled_from(["\n", "\r\n"]), bom=st.booleans(), size=st.integers(1, 200))
@settings(deadline=None, max_examples=150)
def test_a_text_in_pieces_says_what_it_says_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], end: str, bom: bool, size: int
) -> None:
    path = written(tmp_path_factory.mktemp("p") / "sales.csv", rows, end, bom)
    whole = read(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "BLOCK_BYTES", size)
        patch.setattr(pieces, "_PART", size)
        parts = read(path)
    assert whole.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    same(whole, parts)


@given(rows=st.lists(cells, max_size=30), size=st.integers(1, 12))
@settings(deadline=None, max_examples=40)
def test_parquet_in_pieces_says_what_it_says_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], size: int
) -> None:
    path = tmp_path_factory.mktemp("p") / "sales.parquet"
    columns = list(zip(*rows, strict=True)) if rows else [[] for _ in HEADER]
    pq.write_table(
        pa.table({name: pa.array(list(one), pa.string()) for name, one in zip(HEADER, columns, strict=True)}),
        path,
    )
    whole = read(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columnar, "_PIECE_ROWS", size)
        found = pieces.open_pieces(path, Limits(), set(HEADER))
        assert [len(piece().frame) for piece in found.pieces] == [
            min(size, len(rows) - start) for start in range(0, len(rows), size)
        ] or not rows
        parts = read(path)
    assert parts.rows == len(rows)
    same(whole, parts)


@pytest.mark.parametrize("limit", [19, 20])
def test_the_limit_of_rows_holds_over_all_pieces(tmp_path: Path, limit: int) -> None:
    rows = [(f"S{one}", "P1", "2026-06-01 08:00:00", "D1", "1", "") for one in range(20)]
    path = written(tmp_path / "sales.csv", rows, "\n", False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "BLOCK_BYTES", 100)
        if limit == 20:
            assert len(read(path, Limits(rows=limit)).accepted) == 20
        else:
            with pytest.raises(FileRefused) as refused:
                read(path, Limits(rows=limit))
            assert refused.value.reason == "too_many_rows"


@pytest.mark.parametrize("cut", range(80, 100))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_blank_line_is_no_row_wherever_the_parts_are_cut(tmp_path: Path, cut: int, end: str) -> None:
    rows = [(f"S{one}", "P1", "2026-06-01 08:00:00", "D1", "1", "") for one in range(20)]
    path = written(tmp_path / "sales.csv", rows, end, False)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], end.encode(), *lines[2:]]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "BLOCK_BYTES", 200)
        patch.setattr(pieces, "_PART", cut)
        assert len(read(path, Limits(rows=20)).accepted) == 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("药店\n" * 50, None),
        ("药店\n".encode("gb18030") * 50, None),  # read whole, so that all of it tells its encoding
        (("药店\n" * 50).encode() + b"\xff\n", "bad_encoding"),
        ('a\n"' + "b\n" * 50, "truncated_file"),
    ],
)
def test_what_only_the_whole_file_can_say_is_said(
    tmp_path: Path, text: str | bytes, told: str | None
) -> None:
    path = tmp_path / "x.csv"
    body = text.encode() if isinstance(text, str) else text
    path.write_bytes(b"batch_no\n" + body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "BLOCK_BYTES", 64)
        found = pieces.open_pieces(path, Limits(), {"batch_no"})
        if told is None:
            assert [one for piece in found.pieces for one in piece().frame["batch_no"]] == ["药店"] * 50
        else:
            with pytest.raises(FileRefused) as refused:
                [piece() for piece in found.pieces]
            assert refused.value.reason == told
