"""The spans of openings say minute by minute what the hours say, and each text is worked out once a kind."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from yaotong import openings
from yaotong.reads.opening import state_of
from yaotong.rules.builder import facts_from
from yaotong.rules.scope import tables_read

DAY = timedelta(days=1)
# Over new year, and over a spring festival with 调休 on both sides.
SINCE, UNTIL = date(2025, 12, 28), date(2026, 3, 3)
TEXTS = (
    "24/7",
    "Mo-Su 08:00-21:30",
    "Mo-Sa 08:00-18:00; Su off",
    "Mo-Fr 08:00-12:00,13:30-20:30; Sa-Su 08:30-20:00",
    "Mo-Su 08:00-20:00; PH 09:00-17:00",
    "Mo-Su 20:00-02:00; PH off",
    "24/7; PH off",
    "Mo 08:00-24:00; Tu 00:00-10:00",
    "Mo-We 00:00-24:00; Th 00:00-03:00; Sa 23:30-24:00",
    "Jan Mo-Su 09:00-17:00; Feb-Mar Mo-Su 10:00-16:00",
    "off",
)


def rows_of(text: str) -> dict[date, list[tuple[datetime | None, datetime | None]]]:
    facts = facts_from(
        pharmacies=[{"pharmacy_id": "A", "opening_hours": text}, {"pharmacy_id": "B"}],
        since=SINCE,
        until=UNTIL,
    )
    rows: dict[date, list[tuple[datetime | None, datetime | None]]] = {}
    for row in facts.openings.to_pyarrow().to_pylist():
        assert row["pharmacy_id"] == "A"
        rows.setdefault(row["day"], []).append((row["open_from"], row["open_until"]))
    return rows


@pytest.mark.parametrize("text", TEXTS)
def test_every_half_hour_is_open_by_its_spans_when_it_is_by_its_hours(text: str) -> None:
    rows = rows_of(text)
    assert set(rows) == {SINCE + one * DAY for one in range((UNTIL - SINCE).days + 2)}
    spans = [span for some in rows.values() for span in some if span != (None, None)]
    at = datetime.combine(SINCE + DAY, time())
    while at.date() <= UNTIL:
        open_now = sum(since <= at < until for since, until in spans)
        assert open_now == (state_of(text, at) == "open"), at
        at += timedelta(minutes=30)


@pytest.mark.parametrize("text", TEXTS)
def test_a_span_stands_on_the_day_it_begins_and_is_over_the_day_after(text: str) -> None:
    for day, spans in rows_of(text).items():
        for since, until in spans:
            if since is not None and until is not None:
                assert since.date() == day
                assert since < until <= datetime.combine(day + 2 * DAY, time())


@pytest.mark.parametrize(
    "text", ["Mo-Fr 08:00-18:00 unknown", "Mo-Fr 08:00-18:00+", "nonsense", "SH 09:00-10:00", ""]
)
def test_hours_that_cannot_be_known_have_no_row(text: str) -> None:
    assert all(day.weekday() > 4 for day in rows_of(text))


def test_a_year_without_a_notice_is_unknown_only_where_holidays_matter() -> None:
    far = [date(2061, 3, 1) + one * DAY for one in range(3)]
    table = openings.hours_table(["Mo-Su 08:00-20:00; PH off", "Mo-Su 08:00-20:00"], far)
    assert set(table["opening_hours"].to_pylist()) == {"Mo-Su 08:00-20:00"}


def test_a_text_is_worked_out_once_for_each_kind_of_day() -> None:
    openings.offsets.cache_clear()
    days = [date(2025, 1, 1) + one * DAY for one in range(365)]
    openings.hours_table(["Mo-Su 08:11-20:00"] * 9, days)
    assert openings.offsets.cache_info().misses == 7
    openings.hours_table(["Mo-Su 08:11-20:00; PH off"], days)
    assert openings.offsets.cache_info().misses < 7 + 40


def test_who_reads_openings_depends_on_the_registers_they_rest_on() -> None:
    facts = facts_from(since=SINCE, until=UNTIL)
    assert tables_read(facts.openings) == {"openings", "pharmacies", "notices"}
