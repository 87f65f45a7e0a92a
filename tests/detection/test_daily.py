"""The daily filter night by night, and what it does not get used to."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tests.detection.making import noise, table
from yaotong import workdays
from yaotong.detection import daily, days
from yaotong.detection.scan import scan
from yaotong.detection.state import ALONE, FIRST_DAYS, GROUPED, RING, started

FIRST = date(2022, 1, 3)


@pytest.mark.parametrize(("tuning", "members"), [(ALONE, np.arange(7)), (GROUPED, np.array([0, 6]))])
def test_night_by_night_gives_what_one_pass_gives(tuning: object, members: np.ndarray) -> None:
    counts = np.array([noise(6.0, 200, seed=one) for one in range(6)], np.float32)
    counts[2, 150:160] += 15
    whole = daily.advance(
        started(counts[:, :FIRST_DAYS]), daily.fresh_groups(members), members, counts, FIRST, 0, tuning
    )
    state, groups = started(counts[:, :FIRST_DAYS]), daily.fresh_groups(members)
    parts = [
        daily.advance(state, groups, members, np.ascontiguousarray(counts[:, a:b]), FIRST, a, tuning)
        for a, b in [(0, 150), *((day, day + 1) for day in range(150, 200))]
    ]
    for name, expected in whole._asdict().items():
        np.testing.assert_array_equal(
            np.concatenate([getattr(part, name) for part in parts], axis=1), expected
        )
    assert np.nanmax(whole.score[2, 150:160]) > 4


def test_a_lasting_rise_does_not_become_normal_by_itself() -> None:
    series = {f"s{one}": noise(8.0, 900, seed=one) for one in range(8)}
    series["s3"][400:] += 8
    found = scan(table(series, group_id="g")).table
    risen = found[found["series_id"] == "s3"].reset_index(drop=True)
    assert risen["alarm"][410:].mean() > 0.9
    assert risen["alarm"][850:].mean() > 0.9
    assert (risen["window"][800:] == -1).any()
    assert risen["alarm"][60:400].mean() < 0.05


def test_when_a_lasting_rise_ends_so_does_its_alarm() -> None:
    series = {f"s{one}": noise(8.0, 700, seed=one) for one in range(8)}
    series["s3"][400:500] += 8
    found = scan(table(series, group_id="g")).table
    after = found[found["series_id"] == "s3"]["alarm"].reset_index(drop=True)[510:]
    assert after.mean() < 0.05


def test_a_slow_rise_is_found() -> None:
    series = {f"s{one}": noise(8.0, 700, seed=one) for one in range(8)}
    series["s3"][500:600] += np.linspace(0, 12, 100).astype(int)
    found = scan(table(series, group_id="g")).table
    risen = found[found["series_id"] == "s3"].reset_index(drop=True)
    assert risen["alarm"][500:545].any()


def test_one_members_outbreak_does_not_hide_itself_in_the_group_nor_move_the_others() -> None:
    series = {f"s{one}": noise(10.0, 400, seed=one) for one in range(6)}
    quiet = scan(table(series, group_id="g")).table
    series["s0"][380:] = 10**6
    loud = scan(table(series, group_id="g")).table
    days_ = quiet["date"].unique()
    others = quiet["series_id"] != "s0"
    # The first day is capped; from the second on the member hardly counts.
    for when, most in ((quiet["date"] == days_[380], 0.5), (quiet["date"] > days_[380], 0.25)):
        moved = loud.loc[others & when, "expected"] / quiet.loc[others & when, "expected"]
        assert moved.between(1 - most, 1 + most).all()
    assert loud[(loud["series_id"] == "s0")]["alarm"][380:].all()


def test_kinds_of_days_follow_the_lunar_year_and_the_statutory_calendar() -> None:
    told = days.kinds(date(2024, 1, 31), 25).kind.tolist()
    assert told[0] == days.ORDINARY  # ten days before 10 February
    assert told[1:9] == [days.BEFORE_SPRING] * 8
    assert told[9:17] == [days.SPRING] * 8
    assert told[17:23] == [days.AFTER_SPRING] * 6
    assert days.kinds(date(2024, 9, 29), 3).kind.tolist() == [days.MADE_UP, days.ORDINARY, days.NATIONAL]
    assert days.kinds(date(2024, 4, 28), 4).kind.tolist()[0] == days.MADE_UP
    assert days.kinds(date(2024, 4, 4), 1).kind.tolist() == [days.DAY_OFF]


def test_each_lunar_new_year_lies_in_its_statutory_festival() -> None:
    known = [day for day in days.LUNAR_NEW_YEARS if workdays.known(day)]
    assert len(known) >= 15
    assert {workdays.holiday(day) for day in known} == {"Spring Festival"}
    assert len(set(days.LUNAR_NEW_YEARS)) == len(days.LUNAR_NEW_YEARS) == 26


def test_the_ring_holds_the_longest_window_and_every_delay() -> None:
    assert RING > 28 + 1
