"""R-J04: from looks in the audit chain to one red alert at the right desks, which tells nothing of what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from yaotong.acts.accounts import add_user
from yaotong.acts.browsing import Watch, tell_browsing
from yaotong.acts.delivering import deliver
from yaotong.acts.desk import move_alert
from yaotong.acts.detection import detect
from yaotong.acts.following import follower
from yaotong.alerts.states import Act
from yaotong.errors import Forbidden
from yaotong.reads.alert_view import alert_view
from yaotong.reads.alerts import inbox
from yaotong.store import alerts, audit, loads
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace, init_workspace

TUESDAY = datetime(2026, 7, 7, 12, 0)
MSA = Viewer("leader", "负责人", "msa", "330482", "leader")
PSB = Viewer("police", "民警", "psb", "330482", "officer")
NHSA = Viewer("payer", "医保", "nhsa", "330482", "leader")
TOWN = Viewer("town", "镇街所", "msa", "330482001", "leader")
SEEN = "alert:feedc0ffee01"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = init_workspace(tmp_path / "home", environ={})
    add_user(
        made, username="wang", display_name="王", password="only-for-tests-1", department="msa",
        area_code="330482", role="officer", now=TUESDAY,
    )  # fmt: skip
    yield made
    made.store.engine.dispose()


def look(
    workspace: Workspace, count: int, *, at: datetime = TUESDAY, actor: str = "wang", why: str = "R-M01"
) -> None:
    with workspace.store.write() as connection:
        for one in range(count):
            moment = at + timedelta(seconds=one)
            audit.append(connection, audit.Entry(moment, actor, "person_view", SEEN, "msa", why=why))


def raised(workspace: Workspace, now: datetime = TUESDAY + timedelta(hours=1)) -> None:
    """Judge what the chain holds, and let what follows from it come to the desks."""
    detect(workspace, rule_ids=["R-J04"], now=now)
    deliver(workspace, now=now)


def found(workspace: Workspace) -> list[tuple[str, str, str]]:
    with workspace.store.read() as connection:
        rows = alerts.listing(connection, rule_id="R-J04")
    return [(row["subject"], row["level"], row["lead"]) for row in rows]


def version(workspace: Workspace) -> int:
    with workspace.store.read() as connection:
        return loads.current_version(connection)


def test_fifty_looks_an_hour_are_usual_and_one_more_is_an_alert(workspace: Workspace) -> None:
    look(workspace, 50)
    before = version(workspace)
    detect(workspace, rule_ids=["R-J04"], now=TUESDAY + timedelta(hours=1))
    assert (found(workspace), version(workspace)) == ([], before)
    look(workspace, 1, at=TUESDAY + timedelta(minutes=2))
    detect(workspace, rule_ids=["R-J04"], now=TUESDAY + timedelta(hours=1))
    assert found(workspace) == [("wang", "red", "msa")]


def test_it_goes_to_the_office_and_the_police_of_the_county_and_to_nobody_else(workspace: Workspace) -> None:
    look(workspace, 60)
    raised(workspace)
    told = {one: len(inbox(workspace, one, now=TUESDAY).rows) for one in (MSA, PSB, NHSA, TOWN)}
    assert told == {MSA: 1, PSB: 1, NHSA: 0, TOWN: 0}


def test_one_alert_for_a_person_and_week_and_another_in_the_next(workspace: Workspace) -> None:
    for day in range(3):
        look(workspace, 51, at=TUESDAY + timedelta(days=day))
        detect(workspace, rule_ids=["R-J04"], now=TUESDAY + timedelta(days=day, hours=2))
    look(workspace, 1, at=TUESDAY.replace(hour=2))
    detect(workspace, rule_ids=["R-J04"], now=TUESDAY + timedelta(days=2, hours=3))
    assert found(workspace) == [("wang", "red", "msa")]
    look(workspace, 51, actor="li", at=TUESDAY + timedelta(days=2))
    look(workspace, 51, at=TUESDAY + timedelta(days=7))
    detect(workspace, rule_ids=["R-J04"], now=TUESDAY + timedelta(days=7, hours=2))
    assert sorted(found(workspace)) == [("li", "red", "msa"), ("wang", "red", "msa"), ("wang", "red", "msa")]


def test_the_alert_says_who_when_and_how_often_and_nothing_of_what_was_seen(workspace: Workspace) -> None:
    look(workspace, 60, why="R-P01 张某")
    raised(workspace)
    (row,) = inbox(workspace, PSB, now=TUESDAY).rows
    view = alert_view(workspace, PSB, row.alert_id, now=TUESDAY + timedelta(hours=2))
    assert row.subject == "账号 wang"
    assert [one.sentence_zh for one in view.reasons] == ["60 分钟内查看涉及个人的内容 60 次（上限 50 次）"]
    assert "feedc0ffee01" not in repr(view)
    assert "张某" not in repr(view)
    assert view.evidence.total == 0


def test_nobody_handles_an_alert_about_their_own_account(workspace: Workspace) -> None:
    look(workspace, 60)
    raised(workspace)
    (row,) = inbox(workspace, MSA, now=TUESDAY).rows
    wang = Viewer("wang", "王", "msa", "330482", "officer")
    with pytest.raises(Forbidden, match="自己的账号"):
        move_alert(workspace, row.alert_id, Act.ACCEPT, actor=wang, if_match=None, now=TUESDAY)
    assert move_alert(workspace, row.alert_id, Act.ACCEPT, actor=MSA, if_match=None, now=TUESDAY) > 0


def test_a_day_that_goes_on_is_told_anew_only_when_it_has_doubled_or_is_over(workspace: Workspace) -> None:
    look(workspace, 60)
    hour = timedelta(hours=1)
    assert tell_browsing(workspace, now=TUESDAY + hour) == 1
    look(workspace, 30, at=TUESDAY + timedelta(minutes=5))
    assert tell_browsing(workspace, now=TUESDAY + hour) == 0
    look(workspace, 30, at=TUESDAY + timedelta(minutes=6))
    assert tell_browsing(workspace, now=TUESDAY + hour) == 1
    look(workspace, 1, at=TUESDAY + timedelta(minutes=7))
    assert tell_browsing(workspace, now=TUESDAY + hour) == 0
    assert tell_browsing(workspace, now=TUESDAY + timedelta(days=1)) == 1


def test_who_follows_what_comes_looks_once_a_minute_and_judges_it(workspace: Workspace) -> None:
    watch, judging = Watch(workspace), follower(workspace)
    look(workspace, 60)
    assert watch.look(TUESDAY + timedelta(hours=1)) == 1
    assert watch.look(TUESDAY + timedelta(hours=1)) == 0
    while judging.step(TUESDAY + timedelta(hours=1)):
        pass
    assert found(workspace) == [("wang", "red", "msa")]
