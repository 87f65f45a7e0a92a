"""Files of other systems: recognised by their columns under any of their names, and told on the receipt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.intake.helpers import person, read, written
from yaotong.errors import FileRefused
from yaotong.intake import profiles, write_rejects
from yaotong.intake.checks.hours_in_words import hours_from_words
from yaotong.intake.core.choosing import choose
from yaotong.intake.district_register import categories_of
from yaotong.records import FEEDS

SOURCES = Path(__file__).parent.parent / "sources"
POS = {
    "药店许可证号": "P1",
    "小票号": "R1",
    "行号": "1",
    "销售时间": "2026-06-01 08:30:00",
    "商品编码": "D1",
    "数量": "1",
}


def table(folder: Path, rows: Sequence[Mapping[str, object]], name: str = "any.csv") -> Path:
    path = folder / name
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("pos_sales", "pos_export.csv"),
        ("nhsa_3505", "sales_3505.ndjson"),
        ("district_register", "register.csv"),
    ],
)
def test_a_file_is_recognised_without_being_told_what_it_is(name: str, file: str) -> None:
    assert read(SOURCES / name / file).profile == name


@pytest.mark.parametrize("name", ["流水号", "单据号", " 小票号 ", "*小票号", "小 票 号", "销售流水号"])
def test_a_header_is_known_under_its_other_names(tmp_path: Path, name: str) -> None:
    line = {name if key == "小票号" else key: cell for key, cell in POS.items()}
    reading = read(table(tmp_path, [line]))
    assert (reading.profile, list(reading.accepted["sale_id"])) == ("pos_sales", ["R1-1"])


def test_a_header_that_is_not_known_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="没有这些列：神秘列") as refused:
        read(table(tmp_path, [{**POS, "神秘列": "1"}]))
    assert refused.value.reason == "bad_schema"


def test_of_two_columns_that_say_the_same_the_better_is_read_and_the_other_named(tmp_path: Path) -> None:
    line = {"零售价": "9.90", "成交价": "8.80", **POS}
    reading = read(table(tmp_path, [line, {**line, "行号": "2", "数量": "x"}]))
    assert list(reading.accepted["unit_price_fen"]) == [880]
    assert "零售价" in reading.notes[0]
    assert "成交价" in reading.masked.columns
    assert "零售价" not in reading.masked.columns


def test_lines_of_a_receipt_without_line_numbers_stay_apart_in_any_order(tmp_path: Path) -> None:
    bare = {key: cell for key, cell in POS.items() if key != "行号"}
    lines = [
        {**bare, "批号": "B1", "追溯码": ""},
        {**bare, "批号": "B2", "追溯码": "8" * 20},
        {**bare, "批号": "B1", "追溯码": "8" * 20},
    ]
    found = [
        sorted(read(table(tmp_path, order)).accepted["sale_id"]) for order in (lines, lines[::-1], lines * 2)
    ]
    assert found[0] == ["R1-D1-B1", f"R1-D1-B1-{'8' * 20}", f"R1-D1-B2-{'8' * 20}"]
    assert found[0] == found[1] == found[2]
    assert read(table(tmp_path, lines * 2)).duplicates == 3


def test_names_and_numbers_of_people_are_nowhere_in_what_comes_back(tmp_path: Path) -> None:
    line = {
        **POS,
        "购药人姓名": "张某某",
        "证件号码": person(),
        "手机号": "13800000000",
        "医师": "李某某医师",
    }
    reading = read(table(tmp_path, [line, {**line, "行号": "2", "数量": "x"}]))
    write_rejects(reading, tmp_path / "back.csv")
    shown = (tmp_path / "back.csv").read_text("utf-8") + reading.accepted.to_csv() + repr(reading.rejected)
    for secret in ("张某某", person(), "13800000000", "李某某医师"):
        assert secret not in shown
    assert reading.accepted["buyer_key"].notna().all()
    assert "证件号码" in reading.masked.columns


def test_a_rejected_line_of_an_export_goes_back_under_its_own_headers_and_in_again(tmp_path: Path) -> None:
    line = {("流水号" if key == "小票号" else key): cell for key, cell in {**POS, "销售渠道": "门店"}.items()}
    first = read(table(tmp_path, [line, {**line, "行号": "2", "数量": "两盒"}]))
    back = first.masked.replace("两盒", "2")
    assert "流水号" in back.columns
    assert (list(back["column"]), first.rejected[0].column) == (["数量"], "quantity")
    assert "sale_id" not in back.columns
    again = read(table(tmp_path, [dict(row) for _, row in back.iterrows()], "back.csv"))
    assert (again.profile, again.rejected) == ("pos_sales", ())
    assert list(again.accepted["line_id"]) == ["P1/R1-2"]


@pytest.mark.parametrize("name", ["nhsa_3505", "district_register", "pos_sales", "daily_sales"])
def test_the_rejects_of_a_sample_are_recognised_as_the_same_source(tmp_path: Path, name: str) -> None:
    expected = json.loads((SOURCES / name / "expected.json").read_text("utf-8"))
    first = read(SOURCES / name / expected["file"], profile=name)
    write_rejects(first, tmp_path / "back.csv")
    again = read(tmp_path / "back.csv")
    assert again.profile == name
    assert {one.reason for one in again.rejected} <= {one.reason for one in first.rejected} | {"bad_id"}
    assert len({one.row for one in again.rejected}) == len({one.row for one in first.rejected})


@pytest.mark.parametrize(
    ("cells", "sold_at"),
    [
        ({"销售日期": "2026-06-01", "销售时间": "8:30"}, "2026-06-01 08:30:00"),
        ({"销售日期": "2026-06-01 00:00:00", "销售时间": "08:30:59"}, "2026-06-01 08:30:59"),
        ({"销售日期": "2026-06-02", "销售时间": "2026-06-01 08:30:00"}, "2026-06-01 08:30:00"),
        ({"销售日期": "2026-06-01 09:00:00"}, "2026-06-01 09:00:00"),
    ],
)
def test_a_day_and_a_time_in_two_columns_are_one_moment(
    tmp_path: Path, cells: dict[str, str], sold_at: str
) -> None:
    line = {**{key: cell for key, cell in POS.items() if key != "销售时间"}, **cells}
    reading = read(table(tmp_path, [line]))
    assert [str(one) for one in reading.accepted["sold_at"]] == [sold_at]
    assert reading.notes == ()


def test_a_time_without_a_day_is_no_moment(tmp_path: Path) -> None:
    reading = read(table(tmp_path, [{**POS, "销售时间": "8:30", "销售日期": ""}]))
    assert [(one.column, one.reason) for one in reading.rejected] == [("sold_at", "bad_date")]


def claim(**changes: object) -> dict[str, object]:
    line = {
        "fixmedins_code": "P33048200001",
        "fixmedins_bchno": "B1",
        "med_list_codg": "XJ01CAA040A001010405611",
        "rtal_docno": "R1",
        "sel_retn_time": "2026-06-01 08:30:05",
        "sel_retn_cnt": 2,
        "psn_name": "张某某",
    }
    return {**line, **changes}


def packs(*codes: str) -> list[dict[str, str]]:
    return [{"drug_trac_codg": one} for one in codes]


@pytest.mark.parametrize(
    ("count", "codes", "wanted"),
    [
        (1, ["A"], [("A", 1.0)]),
        (2, ["A"], [("A", 2.0)]),  # one code says nothing of the second pack, and nothing is invented
        (2, ["A", "B"], [("A", 1.0), ("B", 1.0)]),
        (5, ["A", "B"], [("A", 1.0), ("B", 1.0), (None, 3.0)]),
        (1, ["A", "B"], [("A", 0.5), ("B", 0.5)]),
        (-2, ["A", "B"], [("A", -1.0), ("B", -1.0)]),
        (-3, ["A", "B"], [("A", -1.0), ("B", -1.0), (None, -1.0)]),
        (2, ["A", "A"], [("A", 1.0), ("A", 1.0)]),  # a code scanned twice is evidence
        (2, [], [(None, 2.0)]),
    ],
)
def test_several_trace_codes_of_a_line_become_lines_and_the_quantity_stays(
    tmp_path: Path, count: int, codes: list[str], wanted: list[tuple[str | None, float]]
) -> None:
    nested = written(
        tmp_path, json.dumps(claim(sel_retn_cnt=count, drugtracinfo=packs(*codes))) + "\n", "a.ndjson"
    )
    flat = table(
        tmp_path, [{**claim(sel_retn_cnt=str(count), psn_name=""), "drug_trac_codg": ",".join(codes)}]
    )
    for path in (nested, flat):
        found = read(path).accepted
        cells = found["trace_code"].astype(object).where(found["trace_code"].notna(), None)
        assert list(zip(cells, found["quantity"], strict=True)) == wanted
        assert found["line_id"].is_unique


def test_a_nested_value_is_a_column_of_its_path_and_no_other(tmp_path: Path) -> None:
    strange = written(
        tmp_path, json.dumps({**claim(), "rtal_docno": [{"x": 1}, {"x": 2}]}) + "\n", "a.ndjson"
    )
    with pytest.raises(FileRefused, match=r"rtal_docno\.x"):
        read(strange)
    for bad in ([1, 2], [{"drug_trac_codg": "A|B"}, {"drug_trac_codg": "C"}], [[{"drug_trac_codg": "A"}]]):
        with pytest.raises(FileRefused) as refused:
            read(written(tmp_path, json.dumps(claim(drugtracinfo=bad)) + "\n", "a.ndjson"))
        assert refused.value.reason == "bad_json"


def test_insurance_paid_only_where_a_settlement_says_so(tmp_path: Path) -> None:
    lines = [claim(setl_id="J1"), claim(setl_id="", fixmedins_bchno="B2")]
    text = "".join(json.dumps(one) + "\n" for one in lines)
    found = read(written(tmp_path, text, "a.ndjson")).accepted
    assert found["paid_by_insurance"].tolist() == [True, pd.NA]


def test_codes_of_the_insurance_become_those_of_the_registers_where_lists_lie_beside(tmp_path: Path) -> None:
    lines = [claim(), claim(fixmedins_code="P33048200002", med_list_codg="Z" * 23, fixmedins_bchno="B2")]
    path = written(tmp_path, "".join(json.dumps(one) + "\n" for one in lines), "a.ndjson")
    assert list(read(path).accepted["pharmacy_id"]) == ["P33048200001", "P33048200002"]
    written(tmp_path, "fixmedins_code,license_no\nP33048200001,浙DB573100001\n", "institutions.csv")
    written(tmp_path, "med_list_codg,drug_code\nXJ01CAA040A001010405611,D1\n", "insurance_drugs.csv")
    found = read(path).accepted
    assert list(found["pharmacy_id"]) == ["浙DB573100001", "P33048200002"]
    assert list(found["drug_code"]) == ["D1", "Z" * 23]
    written(tmp_path, "fixmedins_code,licence\nP33048200001,浙DB573100001\n", "institutions.csv")
    with pytest.raises(FileRefused, match=r"institutions\.csv 缺少列：license_no"):
        read(path)


def test_an_ambiguous_file_names_the_candidates() -> None:
    twice = SOURCES / "kentucky_pharmacies" / "pharmacy_year.csv.gz"
    with pytest.raises(FileRefused, match="同样像 kentucky_pharmacies、kentucky_shipments") as refused:
        read(twice)
    assert refused.value.reason == "bad_schema"
    assert read(twice, feed="pharmacies").profile == "kentucky_pharmacies"


def test_of_two_sources_the_one_with_more_of_its_columns_in_the_file_is_taken() -> None:
    pos, claims, outlets = (
        list(profiles()[name].signature) for name in ("pos_sales", "nhsa_3505", "taiwan_pharmacies")
    )
    assert chosen([*pos, *claims]) == "pos_sales"
    assert chosen([*pos[1:], *claims]) == "nhsa_3505"
    assert chosen([*claims, *outlets], "pharmacies") == "taiwan_pharmacies"
    with pytest.raises(FileRefused, match="同样像 nhsa_3505、taiwan_pharmacies"):
        chosen([*claims, *outlets])


def test_a_file_that_lacks_a_column_of_a_source_is_told_which() -> None:
    pos = list(profiles()["pos_sales"].signature)
    with pytest.raises(FileRefused, match="最接近 pos_sales，缺少列：数量。"):
        chosen(pos[:-1])
    with pytest.raises(FileRefused, match="最接近 pos_sales，缺少列：商品编码、数量。"):
        chosen(pos[:-2])
    with pytest.raises(FileRefused) as refused:
        chosen(pos[:2])
    assert "最接近" not in refused.value.message


def chosen(columns: list[str], feed: str | None = None) -> str:
    choice = choose(pd.DataFrame(columns=columns), "any.csv", FEEDS[feed] if feed else None, None)
    return choice.profile.id if choice.profile else ""


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("24小时营业", "24/7"),
        ("全天", "24/7"),
        ("8:00-21:00", "Mo-Su 08:00-21:00"),
        ("０８：００－２１：３０", "Mo-Su 08:00-21:30"),
        ("每天8点到21点30分", "Mo-Su 08:00-21:30"),
        ("周一至周五 8:00-20:00；周六日9:00—18:00", "Mo-Fr 08:00-20:00; Sa,Su 09:00-18:00"),
        ("周一、周三8:00-12:00,14:00-17:00", "Mo,We 08:00-12:00,14:00-17:00"),
        ("工作日：9时至17时；周末休息", "Mo-Fr 09:00-17:00; Sa-Su off"),
        ("8:00-次日2:00", "Mo-Su 08:00-02:00"),
        ("Mo-Fr 08:00-20:00", "Mo-Fr 08:00-20:00"),
        ("早八点到晚九点", "早八点到晚九点"),
        ("8:00-21:00，节假日除外", "8:00-21:00，节假日除外"),
        ("", ""),
    ],
)
def test_hours_in_words(words: str, hours: str) -> None:
    assert hours_from_words(words) == hours


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("处方药；甲类非处方药、乙类非处方药", "RX|OTC_A|OTC_B"),
        ("生物制品（除疫苗、血液制品）,中成药", None),
        ("肽类激素（限胰岛素）", "PEPTIDE"),
        ("第二类精神药品制剂***", "PSY2"),
        ("中药饮片（含毒性中药饮片）、中成药", "TOXIC"),
        ("中药饮片（不含毒性中药饮片）", None),
        ("生物制品（含血液制品（不含疫苗））", "BLOOD"),
        ("EPH|RX", "EPH|RX"),
        ("火箭燃料、处方药", "火箭燃料|RX"),
        ("", None),
    ],
)
def test_scope_in_words(words: str, codes: str | None) -> None:
    assert categories_of(words) == codes


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"synonyms": {"数目": ("数量",)}}, "synonyms of '数目', which is not read"),
        ({"synonyms": {"数量": ("销量",), "单价": ("销 量",)}}, "'销量' is spelled twice"),
    ],
)
def test_a_profile_with_misspelt_synonyms_says_so(
    changes: dict[str, Mapping[str, tuple[str, ...]]], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(profiles()["pos_sales"], **changes)  # type: ignore[arg-type]
