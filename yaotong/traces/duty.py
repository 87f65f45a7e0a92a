"""Whether a code has to be read at a sale: by what the drug is, who pays, and since when (R-M19)."""

from __future__ import annotations

from datetime import date
from typing import Final

# 医保发〔2025〕7号: lines paid by the fund since the first day, all lines since the second.
PAID_SINCE: Final = date(2025, 7, 1)
FULL_SINCE: Final = date(2026, 1, 1)
# domain/supervision.md §3.5: no code is printed on these.
UNCODED_NAMES: Final = ("饮片", "配方颗粒", "院内制剂", "医院制剂")
UNCODED_CATEGORY: Final = "TOXIC"


def code_due(drug_name: str, categories: str, day: date, *, paid: bool, packs: float = 1.0) -> str:
    """ "due", or why not: "uncoded_kind", "split_pack", "not_yet".

    Args:
        categories: of the drug on that day, "|RX|EPH|".
        paid: whether the fund pays for the line.
    """
    if f"|{UNCODED_CATEGORY}|" in categories or any(one in drug_name for one in UNCODED_NAMES):
        return "uncoded_kind"
    if packs != int(packs):
        return "split_pack"
    return "due" if day >= (PAID_SINCE if paid else FULL_SINCE) else "not_yet"
