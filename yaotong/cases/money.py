"""Sums of money in fen, as people write them down in yuan."""

from __future__ import annotations

import re

from yaotong.errors import UsageError

# A hundred billion yuan: more than any fund of a county holds.
MOST_FEN = 10**13
_WRITTEN = re.compile(r"\d{1,12}(?:\.\d{1,2})?", re.ASCII)


def fen_of(text: str) -> int | None:
    """The fen of a sum in yuan, such as "1,234.50"; None where nothing is written.

    UsageError for anything that is no sum, has more than two decimals, or is too large.
    """
    plain = text.strip().replace(",", "").replace("，", "").removeprefix("¥").removesuffix("元").strip()
    if not plain:
        return None
    if not _WRITTEN.fullmatch(plain):
        raise UsageError("金额请写作元，至多两位小数，如 1234.50。")
    whole, _, cents = plain.partition(".")
    fen = int(whole) * 100 + int(cents.ljust(2, "0"))
    if fen > MOST_FEN:
        raise UsageError(f"金额最多 {MOST_FEN // 100:,} 元，请核对。")
    return fen


def yuan(fen: int) -> str:
    """The sum as people read it: 1,234.50."""
    return f"{fen // 100:,}.{fen % 100:02d}"
