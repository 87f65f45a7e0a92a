"""Identity numbers of people (GB 11643) and what else they identify themselves with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yaotong.intake.checks.distinct import Bools, Checked, Flaw, byte_view, mask_of

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_OTHER_PAPER = re.compile(r"(?=.*[0-9])[0-9A-Z]{5,20}")
_ID_SHAPE = r"^\d{17}[\dX]$"
_ID_CHARS = 18
_NEVER = datetime(9999, 1, 1)
_SCIENTIFIC = r"^\d([.,]\d+)?[eE]\+\d{2}$"
_FEWEST_DIGITS_OF_ID = 14  # no passport or permit has so many: it is an identity number, mistyped


@dataclass(frozen=True, slots=True)
class People:
    """What distinct numbers say about their bearers; null where they say nothing (passports)."""

    number: Any  # normalised, string
    region: Any  # first four digits, string
    born: Any  # timestamp[s]


def normalised(values: Any) -> Any:
    """Numbers as they are compared and hashed: NFKC, upper case, no spaces inside."""
    plain = pc.utf8_upper(pc.utf8_normalize(values, "NFKC"))
    return pc.replace_substring_regex(plain, r"\s+", "")


def read_personal(values: Any) -> Checked:
    """Personal numbers without a form of their own. A star hides a digit: its key would be nobody's."""
    numbers = normalised(values)
    return Checked(numbers, (_starred(numbers),))


def lost_digits(values: Any) -> tuple[Flaw, ...]:
    """What a spreadsheet made of a long number, such as 8.12346E+19: its last digits are gone for good.

    Kept, it would be the trace code or the receipt number of every pack alike.
    """
    places, marks = byte_view(values)
    if not len(values) or not (marks[places[0] : places[-1]] == ord("+")).any():
        return ()  # a look at the bytes costs next to nothing, an expression for each value does not
    lost = mask_of(pc.match_substring_regex(values, _SCIENTIFIC))
    return (Flaw("bad_id", lost, "号码成了科学计数，末几位已丢失。请把该列设为文本后重新导出。"),)


def _starred(numbers: Any) -> Flaw:
    return Flaw("bad_id", mask_of(pc.match_substring(numbers, "*")), "号码被 * 遮着，请填写完整号码。")


def read_identity(values: Any, now: datetime) -> tuple[Checked, People]:
    """Identity numbers: 18 digits by length, birth date and MOD 11-2; passports and permits as they are.

    The list of area codes is not asked: real people were born in counties that no longer exist, and
    a number's first digits prove nothing. 15-digit numbers ended in 2013.
    """
    numbers = normalised(values)
    shaped = mask_of(pc.match_substring_regex(numbers, _ID_SHAPE))
    born, sound = _resident(numbers, shaped, now)
    paper = np.zeros(len(sound), dtype=bool)
    others = numbers.filter(pa.array(~shaped)).to_pylist()
    paper[~shaped] = [_other_paper(one) for one in others]
    good = pa.array(sound | paper)
    known = pa.array(sound)
    people = People(
        number=pc.if_else(good, numbers, None),
        region=pc.if_else(known, pc.utf8_slice_codeunits(numbers, 0, 4), None),
        born=pa.array(born),
    )
    flaw = Flaw("bad_id", ~(sound | paper), "证件号码的位数、出生日期或校验位不对，请核对证件。")
    return Checked(people.number, (_starred(numbers), flaw)), people


def births(values: Any) -> Any:
    """Birth days (datetime64[s]) of those of some texts that are a resident's number; NaT elsewhere."""
    if pc.index(pc.binary_length(values), _ID_CHARS).as_py() < 0:
        return np.full(len(values), "NaT", dtype="datetime64[s]")
    numbers = pc.fill_null(pc.utf8_upper(values), "")
    return _resident(numbers, mask_of(pc.match_substring_regex(numbers, _ID_SHAPE)), _NEVER)[0]


def strayed(values: Any) -> Flaw:
    """A resident's number among the identifiers of a register, which has none of people."""
    message = "这里填了一个身份证号，请核对各列是否错位。"
    return Flaw("bad_id", ~np.isnat(births(values)), message)


def _resident(numbers: Any, shaped: Bools, now: datetime) -> tuple[Any, Bools]:
    """Birth days and soundness of the numbers that have the resident's 18-digit shape."""
    born = np.full(len(numbers), "NaT", dtype="datetime64[s]")
    sound = np.zeros(len(numbers), dtype=bool)
    if not shaped.any():
        return born, sound
    chosen = numbers.filter(pa.array(shaped))
    marks = np.frombuffer(chosen.buffers()[2], dtype=np.uint8)[: len(chosen) * 18].reshape(-1, 18)
    digits = marks[:, :17].astype(np.int64) - ord("0")
    days = _birth_days(digits)
    good = ~np.isnat(days) & (days <= np.datetime64(now, "s")) & (digits[:, 0] > 0)
    good &= _CHECKS[(digits @ _WEIGHTS) % 11] == marks[:, 17]
    days[~good] = np.datetime64("NaT")
    born[shaped], sound[shaped] = days, good
    return born, sound


def _birth_days(digits: Any) -> Any:
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1])
    month, day = digits[:, 10] * 10 + digits[:, 11], digits[:, 12] * 10 + digits[:, 13]
    good = (year >= 1900) & (month >= 1) & (month <= 12) & (day >= 1)
    first = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = first.astype("datetime64[D]") + np.where(good, day - 1, 0)
    good &= days.astype("datetime64[M]") == first
    answer = days.astype("datetime64[s]")
    answer[~good] = np.datetime64("NaT")
    return answer


def _other_paper(number: str) -> bool:
    """A passport or permit: 5-20 letters and digits that are no mistyped identity number."""
    digits = sum(mark.isdigit() for mark in number)
    return bool(_OTHER_PAPER.fullmatch(number)) and digits < _FEWEST_DIGITS_OF_ID
