"""Numbers that firms bear: credit code, drug business licence, code of an insurance institution.

Forms after the domain's table of identifiers (supervision §3.1): GB 32100-2015, the measures for drug
distribution in force since 2024 (Order 84, Art. 76), and the coding standard of medical insurance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from stdnum.cn import uscc

from yaotong.intake.checks.distinct import Checked, Flaw
from yaotong.intake.checks.drug_codes import plain_number

# python-stdnum wants a digit in the first two places; GB 32100 gives letters to some registrars, such as
# N (agriculture, with rural collectives) and Y (others). The region stays six digits.
_CREDIT = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_LICENCE = re.compile(rf"[{_PROVINCES}]([ABCD])([AB])(\d{{9}}|\d{{7,8}})")
_INSTITUTION = re.compile(r"([HP])(\d{6})(\d{5})")
_NEW_LICENCE_CHARS = 12


@dataclass(frozen=True, slots=True)
class CreditCode:
    """统一社会信用代码: 18 digits and capitals without I O S V Z, the last one checking the others."""

    text: str

    def __post_init__(self) -> None:
        if not _CREDIT.fullmatch(self.text) or uscc.calc_check_digit(self.text[:17]) != self.text[17]:
            raise ValueError("统一社会信用代码应为 18 位数字与大写字母，末位为校验位，请核对营业执照。")

    @classmethod
    def parse(cls, text: str) -> CreditCode:
        """Read any spelling, hyphens included; ValueError where it is none."""
        return cls(plain_number(text).replace("-", ""))


@dataclass(frozen=True, slots=True)
class LicenceNumber:
    """药品经营许可证号: province, A-D what the firm is, A or B legal person or not, area and serial.

    Since 2024 nine digits follow the letters; licences of the older form have seven or eight and stay
    good until they are replaced.
    """

    text: str

    def __post_init__(self) -> None:
        if not _LICENCE.fullmatch(self.text):
            raise ValueError("药品经营许可证号应如 浙DB573100001：省简称、两个字母和数字，请核对许可证。")

    @classmethod
    def parse(cls, text: str) -> LicenceNumber:
        """Read any spelling of a licence number; ValueError where it is none."""
        return cls(plain_number(text))

    @property
    def is_new_form(self) -> bool:
        """Given out under the measures of 2024."""
        return len(self.text) == _NEW_LICENCE_CHARS

    @property
    def business(self) -> str:
        """A wholesale, B head office of a chain, C shop of a chain, D single shop."""
        return self.text[1]


@dataclass(frozen=True, slots=True)
class InstitutionCode:
    """定点医药机构代码: H for a hospital or P for a pharmacy, six digits of the area, five of the serial."""

    text: str

    def __post_init__(self) -> None:
        if not _INSTITUTION.fullmatch(self.text):
            raise ValueError("定点医药机构代码应为 H 或 P 加 11 位数字，请核对医保协议。")

    @classmethod
    def parse(cls, text: str) -> InstitutionCode:
        """Read any spelling of an institution code; ValueError where it is none."""
        return cls(plain_number(text))

    @property
    def is_pharmacy(self) -> bool:
        """P: a retail pharmacy."""
        return self.text[0] == "P"

    @property
    def admin_code(self) -> str:
        """The county the institution belongs to, GB/T 2260."""
        return self.text[1:7]


def read_credit_codes(values: Any) -> Checked:
    """Credit codes by length, alphabet and check digit, in their plain form."""
    found = [_credit_code(one) for one in values.to_pylist()]
    bad = np.array([one is None for one in found], dtype=bool)
    message = "{value} 不是统一社会信用代码：位数、字符或校验位不对。"
    return Checked(pa.array(found, pa.string()), (Flaw("bad_uscc", bad, message),))


@lru_cache(maxsize=65_536)
def _credit_code(text: str) -> str | None:
    try:
        return CreditCode.parse(text).text
    except ValueError:
        return None
