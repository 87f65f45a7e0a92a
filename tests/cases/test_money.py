"""Sums as people write them, in fen and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.cases.money import MOST_FEN, fen_of, yuan
from yaotong.errors import UsageError


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("", None), ("  ", None), ("0", 0), ("12", 1200), ("12.5", 1250), ("1,234.05", 123405), ("¥ 3 元", 300),
        (f"{MOST_FEN // 100}", MOST_FEN),
    ],
)  # fmt: skip
def test_sums_are_read(text: str, fen: int | None) -> None:
    assert fen_of(text) == fen


@pytest.mark.parametrize(
    "text", ["-1", "1.234", "一百", "1e3", "nan", "１２", f"{MOST_FEN // 100}.01", "9" * 13]
)
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="金额"):
        fen_of(text)


@given(st.integers(0, MOST_FEN))
def test_what_is_shown_reads_back(fen: int) -> None:
    assert fen_of(yuan(fen)) == fen
