"""Every score can be reckoned again from its rows; a department knows its own alerts and counts the others."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.cities import copy_of
from tests.risk.again import part_again, row_again, score_again
from tests.risk.plain import cents
from tests.risk.region import DANGHU, LAST, LATER, MSA, TODAY, VIEWERS, built, shops_with_hours
from yaotong import acts
from yaotong.alerts.states import Act, Outcome
from yaotong.errors import NotFound, UsageError
from yaotong.reads.risk import read_scores
from yaotong.reads.risk_explain import Explained, explain_score, score_history
from yaotong.store import alerts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built(tmp_path_factory.mktemp("explained"))


@pytest.fixture
def own(region: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(region, tmp_path / "home")


def explained(
    workspace: Workspace, license_no: str, viewer: Viewer = MSA, as_of: date | None = None
) -> Explained:
    return explain_score(workspace, viewer, license_no, today=TODAY, as_of=as_of)


def points(one: Explained, name: str) -> float | None:
    return next(part.points for part in one.parts if part.name == name)


@pytest.mark.parametrize("department", VIEWERS)
def test_every_score_is_reckoned_again_from_its_rows(region: Workspace, department: str) -> None:
    viewer = VIEWERS[department]
    shops = read_scores(region, viewer, today=TODAY).shops
    assert len(shops) > 50
    for row in shops.to_dict("records"):
        one = explained(region, row["license_no"], viewer)
        assert score_again(one) == cents(one.least) == cents(row["least"])
        assert (one.score is None) == pd.isna(row["score"])
        assert one.score in (None, one.least)
        for part in one.parts:
            assert (part.points is None) == pd.isna(row[part.name])
            if part.points is not None:
                assert part_again(part, one) == cents(part.points) == cents(row[part.name])
                told = [each for each in part.rows if each.points is not None]
                assert all(row_again(each, one) == cents(each.points or 0) for each in told)


def test_reckoning_again_can_fail(region: Workspace) -> None:
    """A row left out is missed: the comparison above is not blind."""
    top = read_scores(region, MSA, today=TODAY).shops["license_no"][0]
    one = explained(region, top)
    alerts_part = next(part for part in one.parts if part.name == "alerts")
    object.__setattr__(alerts_part, "rows", alerts_part.rows[1:])
    assert score_again(one) != cents(one.least)


def test_the_score_is_the_same_for_every_department(region: Workspace) -> None:
    frames = [read_scores(region, viewer, today=TODAY).shops for viewer in VIEWERS.values()]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0])


@pytest.mark.parametrize("department", VIEWERS)
def test_other_departments_alerts_are_counts_by_level(region: Workspace, department: str) -> None:
    viewer = VIEWERS[department]
    with region.store.read() as connection:
        everything = alerts.listing(connection)
        own = {
            row["alert_id"] for row in everything if department in alerts.parts(connection, row["alert_id"])
        }
    named, counted = set(), 0
    for license_no in read_scores(region, viewer, today=TODAY).shops["license_no"]:
        one = explained(region, license_no, viewer)
        rows = next(part for part in one.parts if part.name == "alerts").rows
        named |= {row.told["alert_id"] for row in rows if row.kind == "alert"}
        others = [row for row in rows if row.kind == "others"]
        assert all(set(row.told) == {"level", "alerts"} for row in others)
        counted += sum(row.told["alerts"] for row in others)
    assert named <= own
    foreign = {row["alert_id"] for row in everything} - own
    text = repr([explained(region, one, viewer) for one in shops_with_hours(region)])
    assert not any(one in text for one in foreign)
    assert counted > 0 or not foreign


def test_an_area_sees_its_own_shops_and_town(region: Workspace) -> None:
    found = read_scores(region, DANGHU, today=TODAY)
    everything = read_scores(region, MSA, today=TODAY)
    inside = found.shops["area_code"].str.startswith("330482001") | (found.shops["town_code"] == "330482001")
    assert inside.all()
    assert 0 < len(found.shops) < len(everything.shops)
    assert found.areas["area_code"].tolist() == ["330482001"]
    town = everything.areas.set_index("area_code").loc["330482001"]
    assert found.areas.loc[0, "score"] == town["score"], "what is seen of it does not depend on who looks"
    outside = sorted(set(everything.shops["license_no"]) - set(found.shops["license_no"]))
    with pytest.raises(NotFound, match="辖区"):
        explained(region, outside[0], DANGHU)
    with pytest.raises(NotFound, match="没有药店"):
        explained(region, "nothing")


def test_shops_come_highest_first_and_those_without_data_last(region: Workspace) -> None:
    scores = read_scores(region, MSA, today=TODAY).shops["score"]
    known = scores.dropna()
    assert known.is_monotonic_decreasing
    assert scores.isna().sum() > 0
    assert scores.iloc[len(known) :].isna().all()


def test_a_version_that_is_none_is_refused(region: Workspace) -> None:
    with pytest.raises(UsageError, match="第 9 版"):
        read_scores(region, MSA, today=TODAY, version=9)
    assert read_scores(region, MSA, today=TODAY, version=1).formula.version == 1


def move(workspace: Workspace, alert_id: str, outcome: Outcome) -> None:
    with workspace.store.read() as connection:
        row = alerts.get(connection, alert_id)
    assert row is not None
    lead = VIEWERS[row.lead]
    for act in (Act.ACCEPT, Act.CHECK, Act.DISPOSE):
        text, found = ("已核查", outcome) if act is Act.DISPOSE else ("", None)
        acts.move_alert(
            workspace, alert_id, act, actor=lead, text=text, outcome=found, if_match=None, now=LATER
        )


def one_alert(workspace: Workspace) -> tuple[str, str]:
    """A shop and an alert about it alone."""
    with workspace.store.read() as connection:
        rows = [row for row in alerts.listing(connection) if row["pharmacy_ids"].count('"') == 2]
    shops = read_scores(workspace, MSA, today=TODAY).shops
    good = set(shops[shops["insufficient"] == ""]["license_no"])
    row = next(
        row
        for row in rows
        if re.sub(r'[\[\]"]', "", row["pharmacy_ids"].encode().decode("unicode_escape")) in good
    )
    return re.sub(r'[\[\]"]', "", row["pharmacy_ids"].encode().decode("unicode_escape")), str(row["alert_id"])


@pytest.mark.parametrize(
    ("outcome", "lowers", "breach"),
    [
        (Outcome.CONFIRMED, False, True),
        (Outcome.FALSE_ALARM, True, False),
        (Outcome.UNVERIFIABLE, True, False),
    ],
)
def test_a_check_is_felt_at_once_and_not_in_the_past(
    own: Workspace, outcome: Outcome, lowers: bool, breach: bool
) -> None:
    shop, alert_id = one_alert(own)
    before = explained(own, shop)
    past = explained(own, shop, as_of=LAST)
    move(own, alert_id, outcome)
    after = explained(own, shop)
    assert ((points(after, "alerts") or 0) < (points(before, "alerts") or 0)) == lowers
    assert ((points(after, "breaches") or 0) > (points(before, "breaches") or 0)) == breach
    assert score_again(after) == cents(after.least)
    assert explained(own, shop, as_of=LAST).parts == past.parts, "that day nobody had checked it"
    assert explained(own, shop, as_of=LAST + timedelta(days=1)).parts != past.parts


def test_history_ends_with_the_score_of_now(region: Workspace) -> None:
    top = read_scores(region, MSA, today=TODAY).shops["license_no"][0]
    told = score_history(region, top)
    assert [day for day, _ in told][-3:] == [date(2026, 4, 30), date(2026, 5, 31), LAST]
    assert told[-1][1] == explained(region, top).score
    assert told[-2][1] == explained(region, top, as_of=date(2026, 5, 31)).score
    assert told[0][1] is None, "before the city's first sale nothing is known"
