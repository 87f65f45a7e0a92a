"""Opening hours on the statutory calendar, each rule on both sides."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from yaotong import workdays
from yaotong.reads.opening import opening, with_dates

CASES = [
    ("Mo-Su 08:00-21:30", datetime(2026, 3, 31, 7, 59), "closed", datetime(2026, 3, 31, 8)),
    ("Mo-Su 08:00-21:30", datetime(2026, 3, 31, 8, 0), "open", datetime(2026, 3, 31, 21, 30)),
    ("Mo-Su 08:00-21:30", datetime(2026, 3, 31, 21, 30), "closed", datetime(2026, 4, 1, 8)),
    ("24/7", datetime(2026, 3, 31, 3, 0), "open", None),
    ("Mo-Sa 08:00-18:00; Su off", datetime(2026, 4, 12, 10), "closed", datetime(2026, 4, 13, 8)),
    ("Mo-Fr 08:00-12:00,13:30-20:30", datetime(2026, 3, 31, 12, 30), "closed", datetime(2026, 3, 31, 13, 30)),
    # Over midnight: open into the next day, to the minute.
    ("Mo-Su 18:00-02:00", datetime(2026, 3, 31, 1, 59), "open", datetime(2026, 3, 31, 2)),
    ("Mo-Su 18:00-02:00", datetime(2026, 3, 31, 2, 0), "closed", datetime(2026, 3, 31, 18)),
    ("Sa 20:00-06:00", datetime(2026, 4, 5, 5, 59, 59), "open", datetime(2026, 4, 5, 6)),
    ("Sa 20:00-06:00", datetime(2026, 4, 6, 5, 59), "closed", datetime(2026, 4, 11, 20)),
    # Spring Festival 2026: days off 15 to 23 February, of which the library knows one.
    ("Mo-Su 08:00-20:00; PH 09:00-17:00", datetime(2026, 2, 16, 8, 30), "closed", datetime(2026, 2, 16, 9)),
    ("Mo-Su 08:00-20:00; PH 09:00-17:00", datetime(2026, 2, 24, 8, 30), "open", datetime(2026, 2, 24, 20)),
    ("Mo-Sa 08:00-20:30; PH off", datetime(2026, 2, 23, 10), "closed", datetime(2026, 2, 24, 8)),
    # 28 February 2026 is a Saturday worked in exchange for a day off: not a holiday.
    ("Mo-Sa 08:00-20:30; PH off", datetime(2026, 2, 28, 10), "open", datetime(2026, 2, 28, 20, 30)),
    (
        "Mo-Fr 08:00-20:00; Sa,Su,PH 10:00-12:00",
        datetime(2026, 2, 18, 9),
        "closed",
        datetime(2026, 2, 18, 10),
    ),
    ("PH,Su off", datetime(2026, 2, 18, 9), "closed", None),
]


@pytest.mark.parametrize(("text", "at", "state", "change"), CASES)
def test_state_and_next_change(text: str, at: datetime, state: str, change: datetime | None) -> None:
    found = opening(text, at)
    assert (found.state, found.next_change) == (state, change)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "  ",
        "早八点到晚九点",
        "Mo-Su 25:00-99:00",
        "SH 10:00-12:00",
        "Mo-Fr 08:00-12:00; PH -1 day off",
    ],
)
def test_what_cannot_be_known_is_unknown(text: str | None) -> None:
    assert opening(text, datetime(2026, 3, 31, 10)).state == "unknown"


def test_a_year_without_a_notice_is_unknown_only_where_holidays_matter() -> None:
    at = datetime(2040, 3, 30, 10)
    assert not workdays.known(at.date())
    assert opening("Mo-Su 08:00-20:00; PH off", at).state == "unknown"
    assert opening("Mo-Su 08:00-20:00", at).state == "open"


def test_holidays_are_those_of_the_one_calendar() -> None:
    """Every day of two years: closed by `PH off` exactly when the statutory calendar says holiday."""
    day = date(2025, 1, 1)
    while day < date(2027, 1, 1):
        state = opening(
            "Mo-Su 00:00-24:00; PH off", datetime.combine(day, datetime.min.time()) + timedelta(hours=12)
        ).state
        assert state == ("closed" if workdays.holiday(day) else "open"), day
        day += timedelta(days=1)


def test_a_text_without_holidays_stays_as_it_is() -> None:
    assert with_dates("Mo-Su 08:00-20:00", date(2026, 3, 1)) == "Mo-Su 08:00-20:00"
