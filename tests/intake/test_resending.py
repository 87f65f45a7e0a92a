"""A reject file mended in a spreadsheet is sent again as it is, and nothing else of it has changed."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.intake.helpers import SALES_HEAD, csv_text, person, read, sale, written
from yaotong.cells import as_sent, exported, exported_frame, frame_as_sent
from yaotong.intake import Reading, write_rejects

SHOP = {
    "license_no": "P1",
    "name": "示例药店",
    "address": "一路1号",
    "lon": "121.01",
    "lat": "30.70",
    "crs": "wgs84",
    "phone": "+86 573 8500 0001",
}
NEW_PERSON = person(7)


def mended(reading: Reading, folder: Path, changes: dict[tuple[int, str], str], kind: str) -> Path:
    """The reject file as a clerk sends it back: some cells (place, column) changed, the rest untouched."""
    path = folder / "rejects.csv"
    write_rejects(reading, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for (place, column), value in changes.items():
        assert column in rows[place]
        rows[place][column] = value
    if kind == "xlsx":
        return saved_by_a_spreadsheet(rows, folder / "mended.xlsx")
    pd.DataFrame(rows).to_csv(folder / "mended.csv", index=False, encoding="utf-8-sig")
    return folder / "mended.csv"


def saved_by_a_spreadsheet(rows: list[dict[str, str]], path: Path) -> Path:
    """Rows as a spreadsheet keeps them: what looks like a number has become one."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([as_a_number(cell) for cell in row.values()])
    book.save(path)
    return path


def as_a_number(cell: str) -> str | int | float | None:
    if cell.isascii() and cell.isdigit() and len(cell) < 12 and not cell.startswith("0"):
        return int(cell)
    try:
        return float(cell) if "." in cell else cell or None
    except ValueError:
        return cell


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_mended_sales_go_in_as_if_they_had_been_right_at_first(tmp_path: Path, kind: str) -> None:
    names = (*SALES_HEAD, "batch_no", "seal_id")
    lines = [
        sale(1, quantity="two", batch_no="=SUM(A1)", seal_id="'=x"),
        sale(2, buyer_id_no=person()[:-1] + "*", batch_no="-A1", seal_id=""),
        sale(3, sold_at="2026-13-01", quantity="-2", batch_no="+86", seal_id="@x"),
        sale(4, batch_no="B4", seal_id="''+y"),
    ]
    right = [dict(one) for one in lines]
    right[0]["quantity"], right[1]["buyer_id_no"], right[2]["sold_at"] = "3", NEW_PERSON, "2026-06-01 08:30"
    at_first = read(written(tmp_path, csv_text(right, names), "right.csv"), feed="sales")
    reading = read(written(tmp_path, csv_text(lines, names)), feed="sales")
    assert [one.row for one in reading.rejected] == [1, 2, 3]
    changes = {(0, "quantity"): "3", (1, "buyer_id_no"): NEW_PERSON, (2, "sold_at"): "2026-06-01 08:30"}
    changes |= {(0, "buyer_id_no"): person(), (2, "buyer_id_no"): person()}
    again = read(mended(reading, tmp_path, changes, kind), feed="sales")
    assert not again.rejected
    wanted = at_first.accepted[at_first.accepted["sale_id"] != "S4"]
    assert list(again.accepted["row_sha"]) == list(wanted["row_sha"])
    assert list(again.accepted["batch_no"]) == ["=SUM(A1)", "-A1", "+86"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_mended_pharmacies_go_in_and_are_recognised_by_themselves(tmp_path: Path, kind: str) -> None:
    shops = [
        {**SHOP, "license_no": "P1", "lon": "far"},
        {**SHOP, "license_no": "P2", "crs": "mars", "name": "@店", "phone": "-"},
        {**SHOP, "license_no": "P3"},
    ]
    reading = read(written(tmp_path, csv_text(shops, tuple(SHOP)), "shops.csv"))
    assert [one.row for one in reading.rejected] == [1, 2]
    again = read(mended(reading, tmp_path, {(0, "lon"): "121.01", (1, "crs"): "gcj02"}, kind))
    assert (again.feed.name, again.rejected) == ("pharmacies", ())
    assert list(again.accepted["name"]) == ["示例药店", "@店"]
    assert list(again.accepted["phone"]) == ["+86 573 8500 0001", "-"]


def test_a_number_still_masked_is_asked_for_in_full(tmp_path: Path) -> None:
    names = (*SALES_HEAD, "prescriber_id")
    lines = [sale(1, quantity="two", prescriber_id="D330482000123")]
    reading = read(written(tmp_path, csv_text(lines, names)), feed="sales")
    again = read(mended(reading, tmp_path, {(0, "quantity"): "3"}, "csv"), feed="sales")
    assert [(one.column, one.reason) for one in again.rejected] == [("buyer_id_no", "bad_id")]
    assert "完整" in again.rejected[0].message
    half = {(0, "quantity"): "3", (0, "buyer_id_no"): person()}
    again = read(mended(reading, tmp_path, half, "csv"), feed="sales")
    assert [(one.column, one.reason) for one in again.rejected] == [("prescriber_id", "bad_id")]
    whole = read(
        mended(reading, tmp_path, {**half, (0, "prescriber_id"): "D330482000123"}, "csv"), feed="sales"
    )
    assert len(whole.accepted) == 1


@pytest.mark.parametrize("number", ["9100****", "D1*", "＊＊＊＊"])
def test_a_starred_personal_number_never_becomes_a_key(tmp_path: Path, number: str) -> None:
    lines = [sale(1, prescriber_id=number), sale(2, prescriber_id="D12")]
    reading = read(written(tmp_path, csv_text(lines, (*SALES_HEAD, "prescriber_id"))), feed="sales")
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(1, "prescriber_id", "bad_id")]
    assert "完整号码" in reading.rejected[0].message


def test_a_receipt_number_that_was_masked_by_caution_is_asked_for_again(tmp_path: Path) -> None:
    serial = "202606010830000001"
    reading = read(written(tmp_path, csv_text([sale(1, sale_id=serial, quantity="two")])), feed="sales")
    changes = {(0, "quantity"): "3", (0, "buyer_id_no"): person()}
    again = read(mended(reading, tmp_path, changes, "csv"), feed="sales")
    assert [(one.column, one.reason) for one in again.rejected] == [("sale_id", "bad_id")]
    whole = read(mended(reading, tmp_path, {**changes, (0, "sale_id"): serial}, "csv"), feed="sales")
    assert list(whole.accepted["sale_id"]) == [serial]


def test_stars_in_a_file_that_is_no_reject_file_are_text(tmp_path: Path) -> None:
    lines = [sale(1, batch_no="***"), sale(2, batch_no="AB**")]
    reading = read(written(tmp_path, csv_text(lines, (*SALES_HEAD, "batch_no"))), feed="sales")
    assert list(reading.accepted["batch_no"]) == ["***", "AB**"]


def test_three_of_the_four_head_columns_are_ordinary_columns(tmp_path: Path) -> None:
    names = (*SALES_HEAD, "row", "column", "reason")
    full = csv_text([sale(1, row="1", column="", reason="", message="x")], (*names, "message"))
    assert len(read(written(tmp_path, full), feed="sales").accepted) == 1
    part = csv_text([sale(1, row="1", column="", reason="")], names)
    with pytest.raises(Exception, match="没有这些列：row、column、reason"):
        read(written(tmp_path, part), feed="sales")


def test_a_torn_row_can_be_mended_in_place(tmp_path: Path) -> None:
    good = csv_text([sale(1)])
    torn = written(tmp_path, good + good.splitlines()[1].replace("S1", "S2") + ",extra\n")
    reading = read(torn, feed="sales")
    assert [(one.row, one.reason) for one in reading.rejected] == [(2, "column_count")]
    again = read(mended(reading, tmp_path, {}, "csv"), feed="sales")
    assert len(again.rejected) == 1
    whole = {(0, name): value for name, value in sale(2).items()}
    assert list(read(mended(reading, tmp_path, whole, "csv"), feed="sales").accepted["sale_id"]) == ["S2"]


FAULTS = {
    "quantity": "two",
    "sold_at": "never",
    "unit_price": "￥3",
    "buyer_id_no": "123",
    "channel": "phone",
}
# Neither a decimal point (a spreadsheet turns "1." into 1) nor a control character (never accepted).
texts = st.text(st.sampled_from("=+-@' 1aE药＝,\"|"), max_size=8)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([*sorted(FAULTS), ""]), texts), min_size=1, max_size=6),
    st.sampled_from(["csv", "xlsx"]),
)
def test_one_mended_cell_brings_every_row_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], kind: str
) -> None:
    folder = tmp_path_factory.mktemp("again")
    names = (*SALES_HEAD, "channel", "batch_no")
    right = [sale(place, channel="store", batch_no=text) for place, (_, text) in enumerate(rows)]
    sent = [
        {**line, column: FAULTS[column]} if column else line
        for line, (column, _) in zip(right, rows, strict=True)
    ]
    for name, lines in (("right.csv", right), ("sent.csv", sent)):
        pd.DataFrame(lines, columns=list(names)).to_csv(folder / name, index=False)
    wanted, first = read(folder / "right.csv", feed="sales"), read(folder / "sent.csv", feed="sales")
    broken = [place for place, (column, _) in enumerate(rows) if column]
    assert [one.row - 1 for one in first.rejected] == broken
    accepted = list(first.accepted["row_sha"])
    if broken:
        changes = {(place, rows[row][0]): right[row][rows[row][0]] for place, row in enumerate(broken)}
        changes |= {(place, "buyer_id_no"): person() for place in range(len(broken))}
        again = read(mended(first, folder, changes, kind), feed="sales")
        assert not again.rejected
        accepted += list(again.accepted["row_sha"])
    assert sorted(accepted) == sorted(wanted.accepted["row_sha"])


@given(st.text(max_size=12) | texts)
def test_a_cell_comes_back_from_its_export_unchanged(text: str) -> None:
    shown = exported(text)
    assert isinstance(shown, str)
    assert as_sent(shown) == text
    assert shown == text or shown == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠x", "-1+1"],
)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert exported(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["-1", "+8.5", "-.5", "-1,200.00", "-1e-3", "", "a=b", "药", 5, None, -1.5])
def test_numbers_and_plain_text_leave_as_they_are(cell: object) -> None:
    assert exported(cell) == cell


def test_a_table_leaves_and_comes_back_with_its_column_names() -> None:
    frame = pd.DataFrame({"=a": ["=1", "x"], "n": ["-1", "'=2"]}, dtype="str")
    shown = exported_frame(frame)
    assert shown.to_numpy().tolist() == [["'=1", "-1"], ["x", "''=2"]]
    assert list(shown.columns) == ["'=a", "n"]
    pd.testing.assert_frame_equal(frame_as_sent(shown), frame)
