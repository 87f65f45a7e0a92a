"""The form filled at the shop, each bound on both its sides."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from yaotong.cases.visits import (
    CLOCK_SKEW,
    MAX_DRUG_CHARS,
    MAX_KEY_CHARS,
    MAX_PACKS,
    MAX_STOCK_LINES,
    MAX_TEXT_CHARS,
    Counted,
    Spot,
    Visit,
    check_visit,
    digest_of,
)
from yaotong.errors import UsageError

NOW = datetime(2026, 7, 6, 10)
OPENED = NOW - timedelta(days=1)
GOOD = Visit("P1", NOW, "情况", (Counted("甲片", 1, 2),), Spot(121.0, 30.7, 10), "key")


def check(visit: Visit, photos: int = 0) -> datetime:
    return check_visit(visit, shops=("P1", "P2"), opened_at=OPENED, photos=photos, now=NOW)


RIGHT = [
    {},
    {"text": "长" * MAX_TEXT_CHARS},
    {"stock": (Counted("甲片", 0, 0),) * MAX_STOCK_LINES},
    {"stock": (Counted("药" * MAX_DRUG_CHARS, MAX_PACKS, None),)},
    {"spot": Spot(180, -90, 0)},
    {"spot": None},
    {"key": "k" * MAX_KEY_CHARS},
    {"visited_at": OPENED},
    {"visited_at": NOW + CLOCK_SKEW},
    {"text": "", "stock": (Counted("甲片", 1),)},
]
WRONG = [
    {"license_no": "P3"},
    {"text": "长" * (MAX_TEXT_CHARS + 1)},
    {"stock": (Counted("甲片", 0, 0),) * (MAX_STOCK_LINES + 1)},
    {"stock": (Counted("药" * (MAX_DRUG_CHARS + 1), 1),)},
    {"stock": (Counted(" ", 1),)},
    {"stock": (Counted("甲片", -1),)},
    {"stock": (Counted("甲片", MAX_PACKS + 1),)},
    {"stock": (Counted("甲片", 1, -1),)},
    {"stock": (Counted("甲片", 1, MAX_PACKS + 1),)},
    {"spot": Spot(180.1, 0)},
    {"spot": Spot(0, 90.1)},
    {"spot": Spot(0, 0, -1)},
    {"spot": Spot(math.nan, 0)},
    {"key": ""},
    {"key": "k" * (MAX_KEY_CHARS + 1)},
    {"key": "a\nb"},
    {"visited_at": OPENED - timedelta(minutes=1)},
    {"visited_at": NOW + CLOCK_SKEW + timedelta(seconds=1)},
    {"text": " ", "stock": ()},
]


@pytest.mark.parametrize("fields", RIGHT)
def test_forms_that_are_taken(fields: dict[str, object]) -> None:
    assert OPENED <= check(replace(GOOD, **fields)) <= NOW  # type: ignore[arg-type]


@pytest.mark.parametrize("fields", WRONG)
def test_forms_that_are_not(fields: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        check(replace(GOOD, **fields))  # type: ignore[arg-type]


def test_a_photo_alone_says_enough() -> None:
    assert check(replace(GOOD, text="", stock=()), photos=1) == NOW


def test_what_is_missing_on_the_shelf() -> None:
    assert [Counted("甲片", 3, one).missing for one in (12, 3, 1, None)] == [9, 0, -2, None]


def test_the_digest_tells_forms_apart() -> None:
    others = [
        replace(GOOD, text="别的"),
        replace(GOOD, spot=None),
        replace(GOOD, stock=()),
        replace(GOOD, license_no="P2"),
    ]
    found = {digest_of(one, ["a", "b"]) for one in (GOOD, *others)} | {digest_of(GOOD, ["a"])}
    assert len(found) == len(others) + 2
    assert digest_of(GOOD, ["a", "b"]) == digest_of(GOOD, ["b", "a"])
