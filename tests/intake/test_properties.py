"""What holds for any file: every row is accounted for, content decides the fingerprint, nobody is shown."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.intake.helpers import KEY, SALES_HEAD, person, read
from yaotong.errors import FileRefused
from yaotong.intake import Reading, write_rejects

NAMES = (*SALES_HEAD, "batch_no", "prescriber_id", "recorded_at", "paid_by_insurance")
DIRT = (
    "",
    " ",
    "x",
    "-1",
    "1e3",
    "2026-02-30",
    "２",
    "药店",
    'a"b',
    "a\x00b",
    "\u202e",
    "1;2",
    "=1",
    "null",
    "9" * 30,
)
PEOPLE = tuple(person(one) for one in range(1, 6))
PAPERS = ("E12345678", "H1234567890", "KJ0612345")


@st.composite
def lines(draw: st.DrawFn) -> dict[str, str]:
    """A sales line: mostly good, some cells dirty, people's numbers even where they do not belong."""
    good = {
        "sale_id": draw(st.sampled_from(("S1", "S2", "S3", "S4"))),
        "pharmacy_id": draw(st.sampled_from(("P1", "P2"))),
        "sold_at": f"2026-06-{draw(st.integers(1, 30)):02d} 08:30:00",
        "drug_code": draw(st.sampled_from(("D1", "药2"))),
        "quantity": draw(st.sampled_from(("1", "2", "2.0"))),
        "unit_price": draw(st.sampled_from(("", "12.80"))),
        "buyer_id_no": draw(st.sampled_from(("", *PEOPLE, *PAPERS))),
        "batch_no": "B1",
        "prescriber_id": draw(st.sampled_from(("", "YS01"))),
        "recorded_at": "",
        "paid_by_insurance": draw(st.sampled_from(("", "是", "0"))),
    }
    spoiled = draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
    return {**good, **{name: draw(st.sampled_from(DIRT)) for name in spoiled}}


def as_csv(rows: list[dict[str, str]], names: tuple[str, ...] = NAMES, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([names, *([row[name] for name in names] for row in rows)])
    return out.getvalue()


def read_bytes(content: bytes, name: str = "sales.csv") -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read(path, feed="sales")


def everything(reading: Reading) -> str:
    """All that a reading could show to anybody."""
    with tempfile.TemporaryDirectory() as folder:
        write_rejects(reading, Path(folder) / "rejects.csv")
        rejects = (Path(folder) / "rejects.csv").read_text("utf-8-sig")
    parts = (reading, reading.rejected, reading.notes)
    return "\n".join([*map(repr, parts), reading.masked.to_csv(), reading.accepted.to_csv(), rejects])


@given(st.lists(lines(), min_size=1, max_size=12))
def test_every_row_is_accounted_for(rows: list[dict[str, str]]) -> None:
    reading = read_bytes(as_csv(rows).encode())
    places = [one.row for one in reading.rejected]
    assert reading.rows == len(rows) == len(reading.accepted) + reading.duplicates + len(places)
    assert len(set(places)) == len(places)
    assert not set(places) & set(reading.accepted["row"])
    assert list(reading.masked["row"]) == places == sorted(places)
    assert reading.accepted["line_id"].is_unique


@given(st.lists(lines(), min_size=1, max_size=12), st.lists(st.integers(0, 11), max_size=4))
def test_every_row_is_accounted_for_when_rows_are_torn(rows: list[dict[str, str]], torn: list[int]) -> None:
    text = as_csv(rows).encode().split(b"\n")
    broken = {place for place in torn if place < len(rows)}
    for place in broken:
        text[place + 1] += b',"one more"'
    reading = read_bytes(b"\n".join(text))
    assert reading.rows == len(rows) == len(reading.accepted) + reading.duplicates + len(reading.rejected)
    assert {one.row - 1 for one in reading.rejected if one.reason == "column_count"} == broken


@given(st.lists(lines(), min_size=1, max_size=8), st.permutations(NAMES), st.sampled_from(",\t;"))
def test_the_fingerprint_knows_content_only(
    rows: list[dict[str, str]], names: list[str], delimiter: str
) -> None:
    plain = read_bytes(as_csv(rows).encode())
    turned = read_bytes(as_csv(rows, tuple(names), delimiter).encode("gb18030"))
    objects = "\n".join(json.dumps({name: row[name] for name in names}) for row in rows)
    lines_ = read_bytes(objects.encode(), "sales.ndjson")
    shas = [
        dict(zip(one.accepted["row"], one.accepted["row_sha"], strict=True))
        for one in (plain, turned, lines_)
    ]
    assert shas[0] == shas[1] == shas[2]
    assert [one.as_dict() for one in plain.rejected] == [one.as_dict() for one in lines_.rejected]


@given(st.lists(lines(), min_size=2, max_size=10), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_but_which_contradiction_comes_first(
    rows: list[dict[str, str]], random
) -> None:
    shuffled = [*rows]
    random.shuffle(shuffled)
    one, other = (read_bytes(as_csv(some).encode()) for some in (rows, shuffled))
    assert set(one.accepted["line_id"]) == set(other.accepted["line_id"])

    def tally(reading: Reading) -> Counter[str]:
        return Counter(row.reason for row in reading.rejected if row.reason != "conflict")

    assert tally(one) == tally(other)


@given(
    st.lists(lines(), min_size=1, max_size=6),
    st.sampled_from(("batch_no", "sale_id", "quantity", "sold_at", "prescriber_id", "paid_by_insurance")),
    st.sampled_from((*PEOPLE, *(number.lower() for number in PEOPLE))),
    st.booleans(),
)
@settings(max_examples=60)
def test_no_clear_number_leaves_intake(
    rows: list[dict[str, str]], column: str, number: str, torn: bool
) -> None:
    rows[0] = {**rows[0], column: number, "quantity": "many" if column != "quantity" else number}
    text = as_csv(rows)
    if torn:
        text = text.rstrip("\n") + ',"E12345678"\n'
    shown = everything(read_bytes(text.encode())).upper()
    allowed = {"sale_id", "batch_no"}  # a number hidden in an accepted identifier is not known for one
    for secret in (*PEOPLE, *PAPERS):
        if not (column in allowed and secret == number.upper()):
            assert secret not in shown
    assert KEY.key.decode() not in shown.lower()


@given(
    st.binary(max_size=300),
    st.sampled_from(("a.csv", "a.ndjson", "a.geojson", "a.xlsx", "a.parquet", "a.csv.gz", "a.gpkg")),
)
def test_any_bytes_are_read_or_refused_with_a_reason(content: bytes, name: str) -> None:
    magic = {
        "a.xlsx": b"PK\x03\x04",
        "a.parquet": b"PAR1",
        "a.csv.gz": b"\x1f\x8b\x08\x00",
        "a.gpkg": b"SQLite format 3\0",
    }
    try:
        reading = read_bytes(magic.get(name, b"") + content, name)
    except FileRefused:
        return  # its constructor wants a reason, and test_formats holds each reason to a case
    else:
        assert reading.rows == len(reading.accepted) + reading.duplicates + len(reading.rejected)
