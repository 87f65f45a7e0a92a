"""Masks: what is left of a number, which numbers are masked, and how a value or a name is told."""

from __future__ import annotations

import re

import pytest

from tests.intake.helpers import person
from yaotong.intake.core.masking import (
    MASKED,
    file_text,
    header_text,
    mask,
    mask_id_like,
    mask_identity,
    quote,
)

WHO = person(1)
HIDDEN = "9100" + "*" * 14
# Eighteen digits that are nobody's: the check digit is wrong.
NOBODY = WHO[:-1] + ("0" if WHO[-1] != "0" else "1")
WITH_X = next(one for serial in range(1, 100) if (one := person(serial)).endswith("X"))
WIDE = WHO.translate({ord("0") + place: ord("０") + place for place in range(10)})


@pytest.mark.parametrize(
    ("value", "shown"), [("", ""), ("1", "*"), ("1234", "****"), ("12345", "1234*"), (WHO, HIDDEN)]
)
def test_four_characters_are_left_where_there_are_more(value: str, shown: str) -> None:
    assert mask(value) == shown


@pytest.mark.parametrize(
    ("digits", "masked"),
    [(14, False), (15, True), (16, True), (17, True), (18, True), (19, False), (20, False)],
)
def test_fifteen_to_eighteen_digits_look_like_a_number_of_a_person(digits: int, masked: bool) -> None:
    run = "7" * digits
    shown = "7777" + "*" * (digits - 4) if masked else run
    assert mask_id_like(f"a {run} b {run}") == f"a {shown} b {shown}"


@pytest.mark.parametrize("number", [WHO, WITH_X, WITH_X.lower(), NOBODY])
def test_whatever_looks_like_a_number_is_masked_right_or_not(number: str) -> None:
    assert mask_id_like(number) == HIDDEN
    assert mask_id_like(f"购药人{number}。") == f"购药人{HIDDEN}。"


@pytest.mark.parametrize("number", [WHO, WITH_X, WITH_X.lower(), WIDE])
def test_a_persons_number_is_masked_wherever_it_stands(number: str) -> None:
    for mark in (mask_identity, mask_id_like):
        assert mark(number) == HIDDEN
        assert mark(f"{number}与{number}") == f"{HIDDEN}与{HIDDEN}"
    assert mask_identity(f"8{number}7") == f"8{HIDDEN}7"


@pytest.mark.parametrize("gap", [" ", "-"])
def test_a_number_in_groups_is_masked_without_its_gaps(gap: str) -> None:
    grouped = gap.join((WHO[:6], WHO[6:14], WHO[14:]))
    assert mask_identity(f"见{grouped}。") == f"见{HIDDEN}。"
    assert mask_id_like(f"见{grouped}。") == f"见{HIDDEN}。"
    assert mask_identity(grouped.replace(gap, gap * 2)) == grouped.replace(gap, gap * 2)


def test_a_number_that_shares_digits_with_another_is_masked_once() -> None:
    """A second one that begins within the first is not told either."""
    assert mask_identity(WHO * 3) == HIDDEN * 3
    assert mask_identity(f"{WHO[:9]}{WHO}") == f"{WHO[:9]}{HIDDEN}"


@pytest.mark.parametrize(
    "born", ["18991231", "21000101", "19900001", "19901301", "19900100", "19900132", "19900140"]
)
def test_a_number_with_no_birth_day_in_it_is_nobodys(born: str) -> None:
    number = person(1, born)
    assert mask_identity(number) == number
    assert mask_id_like(number) == HIDDEN


@pytest.mark.parametrize("born", ["19000101", "20991231", "19900110", "19901029", "19901130", "19900909"])
def test_a_number_with_a_birth_day_and_its_check_digit_is_somebodys(born: str) -> None:
    number = person(1, born)
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert mask_identity(number) == HIDDEN
    assert mask_identity(wrong) == wrong


@pytest.mark.parametrize("text", ["ＡＢＣ　甲", "①号店", "店名（总）", NOBODY.translate({57: 65305}), ""])
def test_what_holds_no_number_keeps_every_letter(text: str) -> None:
    assert mask_identity(text) == text
    assert mask_id_like("ＡＢＣ　" + text[:4]) == "ＡＢＣ　" + text[:4]


def test_a_value_is_quoted_short_on_one_line_and_without_a_number() -> None:
    assert quote("甲") == "“甲”"
    assert quote("字" * 40) == f"“{'字' * 40}”"
    assert quote("字" * 41) == f"“{'字' * 40}…”"
    assert quote(f"甲\n乙\u202e{WHO}") == f"“甲�乙�{HIDDEN}”"


def test_a_files_name_is_told_in_letters_and_without_a_number() -> None:
    assert file_text("七月 销售.csv") == "七月 销售.csv"
    assert file_text(f"{WHO}.csv") == f"{HIDDEN}.csv"
    assert file_text("a\t\u202eb.csv") == "a��b.csv"
    broken = b"\xff.csv".decode("utf-8", "surrogateescape")
    assert file_text(broken) == "�.csv"
    # A trace code is no person.
    assert file_text("81234560000000000012.csv") == "81234560000000000012.csv"
    assert file_text("777777777777777777.csv") == "777777777777777777.csv"


def test_names_of_columns_are_told_and_the_data_of_a_file_without_a_header_is_not() -> None:
    assert header_text(["流水号", "数量", "B12"]) == "流水号、数量、B12"
    assert header_text(["1234", "12345", "A12345678B"]) == "1234、1234*、A123******"
    assert header_text([WHO, WIDE]) == f"{HIDDEN}、{HIDDEN}"
    assert header_text(["ｓａｌｅ＿ｉｄ", "a\nb"]) == "sale_id、a�b"
    assert header_text(["字" * 41, "乙"]) == "字" * 40 + "、乙"
    assert header_text([7, 123456]) == "7、1234**"  # type: ignore[list-item]


def test_sixty_names_are_told_and_of_more_that_there_are_more() -> None:
    names = [f"c{place}" for place in range(61)]
    assert header_text(names[:60]) == "、".join(names[:60])
    assert header_text(names) == "、".join(names[:60]) + "…"


@pytest.mark.parametrize("whole", ["*", "9100*", "****", HIDDEN, f"{HIDDEN}-2026", f"甲{HIDDEN}乙"])
def test_what_a_mask_left_is_known_for_one(whole: str) -> None:
    assert re.search(MASKED, whole)


@pytest.mark.parametrize("plain", ["", "甲*乙", "5*20片", WHO, "氨麻美敏片*10", "9100**********"[:14] + "x"])
def test_what_no_mask_left_is_not(plain: str) -> None:
    assert not re.search(MASKED, plain)
