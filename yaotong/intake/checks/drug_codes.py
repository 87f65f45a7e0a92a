"""Numbers that drugs bear: national code (本位码), approval number, insurance code, trace code.

Each is a small frozen type that parses itself out of any spelling (NFKC, case and spaces do not count)
and refuses, with ValueError, what cannot be one. The forms are those of the domain's table of identifiers
(supervision §3.1): GB 18937 with the notice on national drug codes of 2009, the Provisions for Drug
Registration of 2020 (Art. 123), the coding standard of medical insurance, and NMPAB/T 1002 and 1011.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from stdnum import ean

from yaotong.intake.checks.distinct import Checked, Flaw, mask_of

# The longest trace code of the insurance interface; what is longer is no code but something pasted.
TRACE_CODE_CHARS = 100

_NATIONAL = re.compile(r"869\d{11}")
_LIKE_NATIONAL = r"^86\d{12}$"
_APPROVAL = re.compile(r"国药准字([HZSBTFJ])(C?J?)(\d{4})(\d{4})")
_INSURANCE = re.compile(r"[XZTSC][A-Z0-9]{22}")
_TRACE = re.compile(r"\d{20}")
_GS1 = re.compile(r"(?:\(01\)|01)(\d{14})(?=\(|\d|$)")
_PRODUCT_DIGITS = 7
_PRODUCT = rf"^[0-9]{{{_PRODUCT_DIGITS}}}$"


def plain_number(text: str) -> str:
    """A number as it is compared: NFKC, upper case, no spaces."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


@dataclass(frozen=True, slots=True)
class NationalDrugCode:
    """本位码: 86, 9 for drugs, five digits of the firm, five of the product, and an EAN check digit."""

    text: str

    def __post_init__(self) -> None:
        if not _NATIONAL.fullmatch(self.text) or not ean.is_valid(self.text):
            raise ValueError("国家药品编码本位码应为 869 开头的 14 位数字，末位为校验位，请核对包装或目录。")

    @classmethod
    def parse(cls, text: str) -> NationalDrugCode:
        """Read any spelling of a national drug code; ValueError where it is none."""
        return cls(plain_number(text))

    @property
    def firm(self) -> str:
        """The five digits of the maker."""
        return self.text[3:8]


@dataclass(frozen=True, slots=True)
class ApprovalNumber:
    """药品批准文号, such as 国药准字H20203001: what kind of drug, from where, year (or province), serial.

    Numbers given out again in 2002 bear the province where newer ones bear the year, so the four digits
    are no proof of an age and are not checked.
    """

    text: str

    def __post_init__(self) -> None:
        if not _APPROVAL.fullmatch(self.text):
            raise ValueError("批准文号应如 国药准字H20203001：一个类别字母和八位数字，请核对包装。")

    @classmethod
    def parse(cls, text: str) -> ApprovalNumber:
        """Read any spelling of an approval number; ValueError where it is none."""
        return cls(plain_number(text))

    @property
    def group(self) -> str:
        """H chemical, Z Chinese medicine, S biological, and the older B T F J."""
        return self.text[4]

    @property
    def imported(self) -> bool:
        """Made outside the mainland: J abroad, C in Hong Kong, Macau or Taiwan, and the old group J."""
        return self.group == "J" or self.text[5] in "CJ"


@dataclass(frozen=True, slots=True)
class InsuranceDrugCode:
    """医保药品代码: 23 capitals and digits. X western, Z Chinese, T herbal, S home-made, C other."""

    text: str

    def __post_init__(self) -> None:
        if not _INSURANCE.fullmatch(self.text):
            raise ValueError("医保药品代码应为 23 位大写字母与数字，以 X、Z、T、S 或 C 开头。")

    @classmethod
    def parse(cls, text: str) -> InsuranceDrugCode:
        """Read any spelling of an insurance drug code; ValueError where it is none."""
        return cls(plain_number(text))

    @property
    def atc_class(self) -> str | None:
        """The ATC group within a western drug's code, such as J01CA; None for the others."""
        return self.text[1:6] if self.text[0] == "X" else None


class TraceForm(StrEnum):
    """The forms of trace codes: the common 20 digits, GS1, and a maker's own, all of them legal."""

    NATIONAL = "national"
    GS1 = "gs1"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TraceCode:
    """药品追溯码: one number for one pack. Only 20 digits say which product it is, in the first seven."""

    text: str

    def __post_init__(self) -> None:
        if not 0 < len(self.text) <= TRACE_CODE_CHARS or not self.text.isprintable():
            raise ValueError(f"追溯码应为 1 至 {TRACE_CODE_CHARS} 个可见字符，请重新扫码。")

    @classmethod
    def parse(cls, text: str) -> TraceCode:
        """Read any spelling of a trace code; ValueError where nobody could have scanned it."""
        return cls(plain_number(text))

    @property
    def form(self) -> TraceForm:
        """Which of the legal forms it has."""
        if _TRACE.fullmatch(self.text):
            return TraceForm.NATIONAL
        found = _GS1.match(self.text)
        return TraceForm.GS1 if found and ean.is_valid(found.group(1)) else TraceForm.OTHER

    @property
    def product_code(self) -> str | None:
        """药品标识码, the first seven of 20 digits; None for the other forms."""
        return self.text[:_PRODUCT_DIGITS] if self.form is TraceForm.NATIONAL else None

    def is_of(self, product_code: str | None) -> bool | None:
        """Whether this pack is of the product with that identification code; None where nobody can tell."""
        own = self.product_code
        return None if own is None or not product_code else own == plain_number(product_code)


def read_drug_codes(values: Any) -> Checked:
    """Drug codes of any system; one that looks like a national code must have its check digit right.

    The reason is bad_id: the number fails its own check. unknown_drug would say that a list was asked.
    """
    like = mask_of(pc.match_substring_regex(values, _LIKE_NATIONAL))
    bad = np.zeros(len(like), dtype=bool)
    bad[like] = [not ean.is_valid(one) for one in values.filter(pa.array(like)).to_pylist()]
    message = "{value} 像国家药品编码本位码，但校验位不对，请核对包装或目录。"
    return Checked(values, (Flaw("bad_id", bad, message),))


def read_trace_codes(values: Any) -> Checked:
    """Trace codes as they are: a code of an odd length is evidence for the rules, and is never refused.

    Only what is too long for any scanner is; control characters are refused in every column.
    """
    long = mask_of(pc.greater(pc.utf8_length(values), TRACE_CODE_CHARS))
    message = f"追溯码超过 {TRACE_CODE_CHARS} 个字符，不是一个码。一行只写一个追溯码。"
    return Checked(values, (Flaw("too_long", long, message),))


def read_product_codes(values: Any) -> Checked:
    """药品标识码: the first seven digits of the trace codes on a product's smallest pack, and no more.

    Most begin with 8, but no standard says that all do. Seven zeros are a blank that an export filled in:
    taken as a code, every pack sold would differ from it.
    """
    plain = pc.replace_substring_regex(pc.utf8_normalize(values, "NFKC"), r"\s+", "")
    zeros = mask_of(pc.equal(plain, "0" * _PRODUCT_DIGITS))
    bad = ~mask_of(pc.match_substring_regex(plain, _PRODUCT)) | zeros
    message = "{value} 不是药品标识码：应为最小包装追溯码的前 7 位数字，不知道就留空。"
    return Checked(plain, (Flaw("bad_id", bad, message),))
