"""Limits, digests and quiet hours, each on both sides; nothing is lost and nothing is in two places."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.codes import Level
from yaotong.delivery.pacing import Hold, Waiting, after_quiet, hold_of, next_digest, plan
from yaotong.pace import Pace

NOON = datetime(2026, 3, 2, 12)
NIGHT = (time(21), time(8))
SECOND = timedelta(seconds=1)


def some(number: int, level: Level = Level.RED, at: datetime = NOON, name: str = "m") -> list[Waiting]:
    return [Waiting(f"{name}{one:04d}", level, at + one * SECOND) for one in range(number)]


@pytest.mark.parametrize(
    ("waiting", "used", "alone", "together", "left"),
    [
        (19, 0, 19, 0, 0),
        (20, 0, 20, 0, 0),
        (21, 0, 19, 2, 0),
        (500, 0, 19, 481, 0),
        (1, 19, 1, 0, 0),
        (2, 19, 0, 2, 0),
        (2, 18, 2, 0, 0),
        (1, 20, 0, 0, 1),
        (7, 25, 0, 0, 7),
    ],
)
def test_twenty_a_minute_and_the_rest_in_one(
    waiting: int, used: int, alone: int, together: int, left: int
) -> None:
    planned = plan(some(waiting), Pace(20), used, NOON + timedelta(hours=1))
    assert sum(len(one) == 1 for one in planned.parcels) == alone
    assert [len(one) for one in planned.parcels if len(one) > 1] == ([together] if together else [])
    assert (len(planned.left), planned.hold) == (left, ())
    assert len(planned.parcels) + used <= max(20, used)


def test_the_gravest_go_by_themselves_and_the_oldest_first() -> None:
    told = [*some(3, Level.ORANGE, name="o"), *some(2, Level.RED, NOON + timedelta(minutes=1), name="r")]
    planned = plan(told, Pace(4), 0, NOON + timedelta(hours=1))
    assert planned.parcels == (("r0000",), ("r0001",), ("o0000",), ("o0001", "o0002"))


def test_a_digest_and_what_is_told_at_once_share_the_room() -> None:
    told = [*some(3, Level.RED, name="r"), *some(5, Level.YELLOW, NOON - timedelta(hours=2), name="y")]
    whole = plan(told, Pace(4), 0, NOON + timedelta(minutes=1))
    assert [len(one) for one in whole.parcels] == [1, 1, 1, 5]
    less = plan(told, Pace(3), 0, NOON + timedelta(minutes=1))
    assert [len(one) for one in less.parcels] == [1, 1, 6]
    assert less.parcels[-1][0] == "r0002"


@pytest.mark.parametrize(
    ("digest", "written", "ripe"),
    [
        ("none", "12:00:00", "12:00:00"),
        ("hourly", "12:00:00", "13:00:00"),
        ("hourly", "12:59:59", "13:00:00"),
        ("hourly", "13:00:00", "14:00:00"),
        ("daily", "08:59:59", "09:00:00"),
        ("daily", "09:00:00", "+09:00:00"),
        ("daily", "23:59:59", "+09:00:00"),
    ],
)
def test_a_digest_comes_at_the_end_of_the_hour_or_day(digest: str, written: str, ripe: str) -> None:
    def at(text: str) -> datetime:
        clock = time.fromisoformat(text.removeprefix("+"))
        return datetime.combine(NOON.date() + timedelta(days=text.startswith("+")), clock)

    pace = Pace(20, digest, quiet=None)
    assert next_digest(at(written), pace) == at(ripe)
    for level in (Level.YELLOW, Level.BLUE):
        waiting = Waiting("m", level, at(written))
        if digest != "none":
            early = at(ripe) - SECOND
            assert hold_of(waiting, pace, early) == Hold("m", at(ripe), "digest")
        assert hold_of(waiting, pace, at(ripe)) is None
    assert hold_of(Waiting("m", Level.ORANGE, at(written)), pace, at(written)) is None


@pytest.mark.parametrize(
    ("quiet", "moment", "spoken"),
    [
        (NIGHT, "02T20:59:59", "02T20:59:59"),
        (NIGHT, "02T21:00:00", "03T08:00:00"),
        (NIGHT, "02T23:59:59", "03T08:00:00"),
        (NIGHT, "03T00:00:00", "03T08:00:00"),
        (NIGHT, "03T07:59:59", "03T08:00:00"),
        (NIGHT, "03T08:00:00", "03T08:00:00"),
        ((time(12), time(14)), "02T11:59:59", "02T11:59:59"),
        ((time(12), time(14)), "02T12:00:00", "02T14:00:00"),
        ((time(12), time(14)), "02T14:00:00", "02T14:00:00"),
        (None, "02T23:00:00", "02T23:00:00"),
    ],
)
def test_quiet_hours_on_both_sides(quiet: tuple[time, time] | None, moment: str, spoken: str) -> None:
    now, end = (datetime.fromisoformat(f"2026-03-{one}") for one in (moment, spoken))
    assert after_quiet(now, quiet) == end
    pace = Pace(20, "hourly", quiet=quiet)
    held = hold_of(Waiting("m", Level.ORANGE, now), pace, now)
    assert held == (None if end == now else Hold("m", end, "quiet"))
    assert hold_of(Waiting("m", Level.RED, now), pace, now) is None


def test_what_the_night_held_back_comes_as_one_in_the_morning() -> None:
    night, morning = datetime(2026, 3, 2, 22), datetime(2026, 3, 3, 8)
    told = [*some(3, Level.ORANGE, night, "o"), *some(4, Level.YELLOW, night, "y")]
    at_night = plan(told, Pace(20), 0, night + timedelta(minutes=1))
    assert at_night.parcels == ()
    assert {(one.until, one.why) for one in at_night.hold} == {(morning, "quiet")}
    held = [Waiting(one.message_id, one.level, one.written_at, held=True) for one in told]
    again = plan([*held, *some(1, Level.ORANGE, morning, "n")], Pace(20), 0, morning)
    assert [len(one) for one in again.parcels] == [1, 7]
    assert again.parcels[1][0] == "o0000"


def test_a_digest_that_ends_in_the_night_waits_for_the_morning() -> None:
    late = Waiting("m", Level.YELLOW, datetime(2026, 3, 2, 20, 30))
    assert hold_of(late, Pace(20), late.written_at) == Hold("m", datetime(2026, 3, 3, 8), "quiet")
    before = Waiting("m", Level.YELLOW, datetime(2026, 3, 2, 19, 30))
    assert hold_of(before, Pace(20), datetime(2026, 3, 2, 20)) is None
    assert hold_of(before, Pace(20), datetime(2026, 3, 2, 22)) == Hold("m", datetime(2026, 3, 3, 8), "quiet")


WAITING = st.lists(
    st.builds(
        Waiting,
        message_id=st.uuids().map(str),
        level=st.sampled_from(list(Level)),
        written_at=st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 4)),
        held=st.booleans(),
    ),
    max_size=60,
    unique_by=lambda one: one.message_id,
)
PACES = st.builds(
    Pace,
    per_minute=st.integers(1, 25),
    digest=st.sampled_from(("none", "hourly", "daily")),
    digest_at=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    quiet=st.sampled_from((None, NIGHT, (time(12), time(14)))),
)


@given(WAITING, PACES, st.integers(0, 30), st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 5)))
def test_every_message_is_in_one_place_and_no_limit_is_passed(
    waiting: list[Waiting], pace: Pace, used: int, now: datetime
) -> None:
    planned = plan(waiting, pace, used, now)
    sent = [each for one in planned.parcels for each in one]
    places = [*sent, *(one.message_id for one in planned.hold), *planned.left]
    assert sorted(places) == sorted(one.message_id for one in waiting)
    assert len(planned.parcels) <= max(pace.per_minute - used, 0)
    assert not (planned.left and planned.parcels)
    assert sum(len(one) > 1 for one in planned.parcels) <= 1
    red = {one.message_id for one in waiting if one.level is Level.RED and one.written_at <= now}
    assert not red & {one.message_id for one in planned.hold}
    for one in planned.hold:
        assert one.until > now
        # Once its time has come it is not put off again.
        each = next(each for each in waiting if each.message_id == one.message_id)
        assert hold_of(each, pace, one.until) is None
    if pace.quiet and after_quiet(now, pace.quiet) > now:
        levels = {one.message_id: one.level for one in waiting}
        assert all(levels[one] is Level.RED for one in [*sent, *planned.left])
