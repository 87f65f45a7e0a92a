"""Numbers of drugs and firms: each form with its neighbours on the other side, and what intake makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from tests.intake.helpers import SALES_HEAD, csv_text, read, sale, written
from yaotong.intake.checks.drug_codes import (
    TRACE_CODE_CHARS,
    ApprovalNumber,
    InsuranceDrugCode,
    NationalDrugCode,
    TraceCode,
    TraceForm,
)
from yaotong.intake.checks.firm_codes import CreditCode, InstitutionCode, LicenceNumber

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def national(body: str = "8690000100002") -> str:
    return body + ean.calc_check_digit(body)


def credit(body: str) -> str:
    """GB 32100 written out once more, from the standard's own formula."""
    total = sum(ALPHABET.index(mark) * pow(3, place, 31) for place, mark in enumerate(body))
    return body + ALPHABET[-total % 31]


FARM, OTHER = credit("N2330482MF9300014"), credit("Y1330482MF9300014")
SHOP, HOSPITAL = credit("91330482MA9300014"), credit("12330482MB9300014")
NHSA_DRUG = "XJ01CAA040A001010405611"


@pytest.mark.parametrize(
    ("parse", "text", "plain"),
    [
        (NationalDrugCode.parse, national(), national()),
        (NationalDrugCode.parse, "８６９ 0000100002" + national()[-1], national()),
        (ApprovalNumber.parse, "国药准字H20203001", "国药准字H20203001"),
        (ApprovalNumber.parse, " 国药准字ｈｊ２０２０３００１", "国药准字HJ20203001"),
        (ApprovalNumber.parse, "国药准字 ZC20203001", "国药准字ZC20203001"),
        (InsuranceDrugCode.parse, NHSA_DRUG.lower(), NHSA_DRUG),
        (TraceCode.parse, "8123456 0000000000012", "81234560000000000012"),
        (TraceCode.parse, "x" * TRACE_CODE_CHARS, "X" * TRACE_CODE_CHARS),
        (CreditCode.parse, SHOP, SHOP),
        (CreditCode.parse, HOSPITAL.lower(), HOSPITAL),
        (CreditCode.parse, FARM, FARM),
        (CreditCode.parse, OTHER, OTHER),
        (CreditCode.parse, "９１-330482-" + SHOP[8:], SHOP),
        (LicenceNumber.parse, "浙DB573100001", "浙DB573100001"),
        (LicenceNumber.parse, "浙ｃａ5730001", "浙CA5730001"),
        (LicenceNumber.parse, "浙CA57300012", "浙CA57300012"),
        (InstitutionCode.parse, "P33048200001", "P33048200001"),
        (InstitutionCode.parse, "Ｈ33048200001", "H33048200001"),
    ],
)
def test_a_good_number_is_read_in_any_spelling(parse: Callable[[str], object], text: str, plain: str) -> None:
    found = parse(text)
    assert getattr(found, "text", None) == plain


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (NationalDrugCode.parse, national()[:-1] + str((int(national()[-1]) + 1) % 10)),
        (NationalDrugCode.parse, national("8680000100002")),
        (NationalDrugCode.parse, national()[:-1]),
        (ApprovalNumber.parse, "国药准字H2020300"),
        (ApprovalNumber.parse, "国药准字K20203001"),
        (ApprovalNumber.parse, "国食健字G20203001"),
        (InsuranceDrugCode.parse, NHSA_DRUG[:-1]),
        (InsuranceDrugCode.parse, "A" + NHSA_DRUG[1:]),
        (TraceCode.parse, " "),
        (TraceCode.parse, "x" * (TRACE_CODE_CHARS + 1)),
        (TraceCode.parse, "8123456\x000000000000012"),
        (CreditCode.parse, SHOP[:-1] + ("0" if SHOP[-1] != "0" else "1")),
        (CreditCode.parse, FARM[:-1] + ("0" if FARM[-1] != "0" else "1")),
        (CreditCode.parse, credit("A1330482MA9300014")[:-1]),
        (CreditCode.parse, "I" + SHOP[1:]),
        (CreditCode.parse, SHOP[:2] + "X" + SHOP[3:]),
        (LicenceNumber.parse, "浙EB573100001"),
        (LicenceNumber.parse, "浙DC573100001"),
        (LicenceNumber.parse, "浙DB5731000011"),
        (LicenceNumber.parse, "浙DB573100"),
        (LicenceNumber.parse, "DB573100001"),
        (InstitutionCode.parse, "P3304820001"),
        (InstitutionCode.parse, "Q33048200001"),
    ],
)
def test_a_bad_number_is_refused_with_its_form(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match="应"):
        parse(text)


def test_numbers_say_what_is_in_them() -> None:
    assert NationalDrugCode.parse(national()).firm == "00001"
    assert ApprovalNumber.parse("国药准字HC20203001").imported
    assert ApprovalNumber.parse("国药准字J20203001").imported
    assert not ApprovalNumber.parse("国药准字H20203001").imported
    assert ApprovalNumber.parse("国药准字S20203001").group == "S"
    assert InsuranceDrugCode.parse(NHSA_DRUG).atc_class == "J01CA"
    assert InsuranceDrugCode.parse("Z" + NHSA_DRUG[1:]).atc_class is None
    assert LicenceNumber.parse("浙DB573100001").is_new_form
    assert not LicenceNumber.parse("浙DB57310001").is_new_form
    assert LicenceNumber.parse("浙DB573100001").business == "D"
    assert InstitutionCode.parse("P33048200001").admin_code == "330482"
    assert InstitutionCode.parse("P33048200001").is_pharmacy
    assert not InstitutionCode.parse("H33048200001").is_pharmacy


def test_a_trace_code_says_its_product_only_in_twenty_digits() -> None:
    code = TraceCode.parse("81234560000000000012")
    assert (code.form, code.product_code) == (TraceForm.NATIONAL, "8123456")
    assert [code.is_of(one) for one in ("8123456", "８１２３４５６", "8123457", None)] == [
        True,
        True,
        False,
        None,
    ]
    gs1 = TraceCode.parse("(01)0" + ean.compact("6901234567892") + "(21)A1")
    assert (gs1.form, gs1.product_code, gs1.is_of("8123456")) == (TraceForm.GS1, None, None)
    assert TraceCode.parse("(01)06901234567893(21)A1").form is TraceForm.OTHER
    assert TraceCode.parse("8123456000000000001").form is TraceForm.OTHER


@given(st.text("0123456789", min_size=10, max_size=10), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_of_a_national_code_never_passes(body: str, place: int, shift: int) -> None:
    good = national("869" + body)
    assert NationalDrugCode.parse(good).text == good
    wrong = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    with pytest.raises(ValueError, match="本位码"):
        NationalDrugCode.parse(wrong)


@given(
    st.sampled_from(["91", "12", "N2", "Y1", "A1"]),
    st.text(ALPHABET, min_size=9, max_size=9),
    st.integers(0, 17),
    st.sampled_from(ALPHABET),
)
def test_one_wrong_mark_of_a_credit_code_never_passes(kind: str, body: str, place: int, mark: str) -> None:
    good = credit(f"{kind}330482{body}")
    assert CreditCode.parse(good).text == good
    wrong = good[:place] + mark + good[place + 1 :]
    if wrong != good:
        with pytest.raises(ValueError, match="校验位"):
            CreditCode.parse(wrong)


def test_a_drug_code_like_a_national_code_has_its_check_digit_right(tmp_path: Path) -> None:
    wrong = national()[:-1] + str((int(national()[-1]) + 1) % 10)
    codes = [national(), wrong, "D-86", "86123", "M01AB", "0002-1433-80", "8" + national(), NHSA_DRUG]
    rows = [sale(serial, drug_code=code) for serial, code in enumerate(codes)]
    reading = read(written(tmp_path, csv_text(rows)), feed="sales")
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(2, "drug_code", "bad_id")]
    assert wrong in reading.rejected[0].message
    assert list(reading.accepted["drug_code"]) == [one for one in codes if one != wrong]


def test_a_trace_code_of_an_odd_length_stays_as_evidence(tmp_path: Path) -> None:
    codes = ["8" * 20, "8" * 19, "8" * 21, "1", "A" * 100, "A" * 101, "8\x078", "８" * 20]
    rows = [sale(serial, trace_code=code) for serial, code in enumerate(codes)]
    reading = read(written(tmp_path, csv_text(rows, (*SALES_HEAD, "trace_code"))), feed="sales")
    assert [(one.row, one.reason) for one in reading.rejected] == [(6, "too_long"), (7, "control_char")]
    assert list(reading.accepted["trace_code"]) == [*codes[:5], "8" * 20]


DRUGS_HEAD = ("drug_code", "drug_name", "category", "pack", "active_mg_per_pack", "prescription")
DRUG = dict(zip(DRUGS_HEAD, ("YP0102A", "氨麻美敏片", "EPH|OTC_A", "10片/盒", "300", "otc"), strict=True))


def test_a_product_code_is_seven_digits_in_any_width_or_nothing(tmp_path: Path) -> None:
    good = ["8123456", "８１２３４５６", "812 3456", "", "1234567", "0812345"]
    bad = ["812345", "81234567", "8123456" + "0" * 13, "812345A", "812345.0", "0000000", "八一二三四五六"]
    rows = [{**DRUG, "drug_code": f"D{n}", "product_code": code} for n, code in enumerate([*good, *bad])]
    reading = read(written(tmp_path, csv_text(rows, (*DRUGS_HEAD, "product_code"))), feed="drugs")
    first = len(good) + 1
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [
        (row, "product_code", "bad_id") for row in range(first, first + len(bad))
    ]
    assert "812345A" in reading.rejected[3].message
    codes = reading.accepted["product_code"]
    kept = codes.astype(object).where(codes.notna(), None).tolist()
    assert kept == ["8123456", "8123456", "8123456", None, "1234567", "0812345"]


def test_a_catalogue_without_product_codes_says_what_it_said_before_there_were_any(tmp_path: Path) -> None:
    before = "024f8f81ae7d7a533dfb2f2d18e94f04"  # of this very row, read when the feed had no such column
    plain = read(written(tmp_path, csv_text([DRUG], DRUGS_HEAD), "old.csv"), feed="drugs")
    names = (*DRUGS_HEAD, "product_code")
    blank = read(written(tmp_path, csv_text([{**DRUG, "product_code": ""}], names), "new.csv"), feed="drugs")
    coded = read(
        written(tmp_path, csv_text([{**DRUG, "product_code": "8123456"}], names), "c.csv"), feed="drugs"
    )
    said = [one.accepted["row_sha"].tolist() for one in (plain, blank, coded)]
    assert said[0] == said[1] == [before]
    assert said[2] != [before]


def test_a_credit_code_with_a_letter_in_front_is_taken(tmp_path: Path) -> None:
    head = ("license_no", "name", "address", "lon", "lat", "crs", "uscc")
    codes = [FARM, OTHER.lower(), FARM[:-1] + ("0" if FARM[-1] != "0" else "1")]
    rows = [
        dict(zip(head, (f"P{place}", "店", "路", "121", "30.7", "wgs84", code), strict=True))
        for place, code in enumerate(codes)
    ]
    reading = read(written(tmp_path, csv_text(rows, head), "shops.csv"), feed="pharmacies")
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(3, "uscc", "bad_uscc")]
    assert list(reading.accepted["uscc"]) == [FARM, OTHER]


def test_a_number_that_a_spreadsheet_shortened_is_refused_with_the_remedy(tmp_path: Path) -> None:
    codes = ["8.12346E+19", "8.1e+19", "8E+19", "2.5E10", "20E+10", "A+B", "8.12346E+1", "+"]
    rows = [sale(serial, trace_code=code) for serial, code in enumerate(codes)]
    reading = read(written(tmp_path, csv_text(rows, (*SALES_HEAD, "trace_code"))), feed="sales")
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [
        (row, "trace_code", "bad_id") for row in (1, 2, 3)
    ]
    assert "文本" in reading.rejected[0].message
    assert list(reading.accepted["trace_code"]) == codes[3:]
    shortened = [sale(1, sale_id="2.02606E+16"), sale(2, quantity="1E+01")]
    reading = read(written(tmp_path, csv_text(shortened)), feed="sales")
    assert [(one.row, one.column, one.reason) for one in reading.rejected] == [(1, "sale_id", "bad_id")]
