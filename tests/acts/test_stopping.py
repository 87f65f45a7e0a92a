"""A rule that fails is taken out and the others run; a rule that floods calls nobody and loses nothing."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import BUILT_AT, city, copy_of
from yaotong import acts
from yaotong.errors import Forbidden, NotFound
from yaotong.reads.alerts import Filters, inbox
from yaotong.reads.versions import notices, rule_versions
from yaotong.rules.book import book
from yaotong.store import alerts, rulestops
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LATER = BUILT_AT + timedelta(days=1)
LEADER = Viewer("msa", "药监演示员", "msa", "330482", "leader")
OFFICER = Viewer("msa-danghu", "当湖市监所演示员", "msa", "330482001", "officer")
POLICE = Viewer("psb", "公安演示员", "psb", "330482", "leader")
PERSON = "330482199001011234"


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def broken(*_given: Any) -> Any:
    raise KeyError(PERSON)


def forget(workspace: Workspace) -> None:
    """The city as if nothing had ever been judged."""
    with workspace.store.write() as connection:
        for table in (
            "desk_line",
            "outbox",
            "dispatch",
            "alert_event",
            "evidence_line",
            "finding",
            "alert",
            "judged",
        ):
            connection.exec_driver_sql(f"delete from {table}")


def told(workspace: Workspace, viewer: Viewer = LEADER) -> list[tuple[str, str]]:
    return [(one.rule_id, one.kind) for one in notices(workspace, viewer)]


def test_a_failing_rule_is_quarantined_once_and_the_others_run(
    small: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    forget(small)
    whole = book()["R-M30"]
    monkeypatch.setitem(book(), "R-M30", replace(whole, find=broken))  # type: ignore[arg-type]
    with caplog.at_level(logging.INFO):
        runs = {
            one.rule_id: one for one in acts.detect(small, rule_ids=["R-M20", "R-M30", "R-N01"], now=LATER)
        }
    assert [one for one, run in runs.items() if run.failed] == ["R-M30"]
    assert runs["R-M30"].failed.startswith("KeyError")
    assert runs["R-M20"].opened > 0
    assert runs["R-N01"].opened > 0, "a rule after the failing one"
    assert PERSON not in caplog.text + runs["R-M30"].failed
    assert told(small) == [("R-M30", "quarantined")]
    assert told(small, POLICE) == []
    assert acts.detect(small, rule_ids=["R-M30"], now=LATER)[0].failed == runs["R-M30"].failed
    assert told(small) == [("R-M30", "quarantined")], "told once, not on every run"
    assert rule_versions(small, LEADER, "R-M30").quarantine == runs["R-M30"].failed

    monkeypatch.setitem(book(), "R-M30", whole)  # type: ignore[arg-type]
    mended = acts.detect(small, rule_ids=["R-M30"], now=LATER)[0]
    assert (mended.failed, mended.opened) == ("", 2)
    assert rule_versions(small, LEADER, "R-M30").quarantine == ""


def test_a_person_lets_a_rule_back_and_it_may_fail_again(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(book(), "R-M30", replace(book()["R-M30"], find=broken))  # type: ignore[arg-type]
    acts.detect(small, rule_ids=["R-M30"], now=LATER)
    for actor in (OFFICER, POLICE):
        with pytest.raises(Forbidden):
            acts.release(small, "R-M30", actor=actor, now=LATER)
    acts.release(small, "R-M30", actor=LEADER, now=LATER)
    assert rule_versions(small, LEADER, "R-M30").quarantine == ""
    with pytest.raises(NotFound):
        acts.release(small, "R-M30", actor=LEADER, now=LATER)
    assert acts.detect(small, rule_ids=["R-M30"], now=LATER)[0].failed
    assert len(told(small)) == 2


def test_a_fault_of_the_disk_is_no_rules_fault(small: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_given: Any) -> Any:
        raise OSError("disk")

    monkeypatch.setitem(book(), "R-M30", replace(book()["R-M30"], find=unreadable))  # type: ignore[arg-type]
    with pytest.raises(OSError, match="disk"):
        acts.detect(small, rule_ids=["R-M30"], now=LATER)
    assert told(small) == []


def listed(workspace: Workspace, rule_id: str) -> int:
    found = inbox(workspace, LEADER, filters=Filters(rule_id=rule_id), limit=50, offset=0, now=LATER)
    return found.total


def opened(workspace: Workspace, rule_id: str) -> int:
    with workspace.store.read() as connection:
        return len(alerts.listing(connection, rule_id=rule_id))


def flooded(workspace: Workspace, most: int) -> Workspace:
    return replace(workspace, settings=replace(workspace.settings, flood_alerts_a_day=most))


@pytest.mark.parametrize(("over", "waits"), [(0, False), (-1, True)])
def test_more_alerts_in_a_day_than_may_be_pause_the_notices_and_keep_the_alerts(
    small: Workspace, over: int, waits: bool
) -> None:
    count = opened(small, "R-M20")
    assert count > 1
    forget(small)
    acts.detect(flooded(small, count + over), rule_ids=["R-M20", "R-M30"], now=LATER)
    sent = acts.deliver(small, now=LATER).sent
    assert (opened(small, "R-M20"), listed(small, "R-M20")) == (count, count), "kept, and to be read"
    assert told(small) == ([("R-M20", "paused")] if waits else [])
    with small.store.read() as connection:
        assert set(rulestops.paused(connection)) == ({"R-M20"} if waits else set())
        others = len([row for row in alerts.listing(connection) if row["rule_id"] == "R-M30"])
    assert listed(small, "R-M30") == others > 0
    if not waits:
        return
    acts.detect(flooded(small, 1), rule_ids=["R-M20"], whole=True, now=LATER)
    assert len(told(small)) == 1, "told once"
    for actor in (OFFICER, POLICE):
        with pytest.raises(Forbidden):
            acts.resume(small, "R-M20", actor=actor, now=LATER)
    acts.resume(small, "R-M20", actor=LEADER, now=LATER)
    assert acts.deliver(small, now=LATER).sent >= count
    assert sent > 0
    acts.detect(flooded(small, 1), rule_ids=["R-M20"], whole=True, now=LATER)
    assert len(told(small)) == 1, "what was let go does not pause again"


def test_what_people_say_of_a_paused_rules_alert_goes_out(small: Workspace) -> None:
    from yaotong.alerts.states import Act

    forget(small)
    acts.detect(flooded(small, 1), rule_ids=["R-M30"], now=LATER)
    with small.store.read() as connection:
        row = alerts.listing(connection, rule_id="R-M30")[0]
        others = set(alerts.parts(connection, row["alert_id"])) - {"msa"}
    assert others
    assert acts.deliver(small, now=LATER).sent == 0
    acts.move_alert(small, row["alert_id"], Act.ACCEPT, actor=LEADER, if_match=None, now=LATER)
    assert acts.deliver(small, now=LATER).sent > 0


def test_a_notice_is_put_aside_by_its_department_alone(small: Workspace) -> None:
    with small.store.write() as connection:
        rulestops.tell(connection, "R-M30", "msa", "paused", "3 > 2", LATER)
    number = notices(small, LEADER)[0].notice_id
    with pytest.raises(NotFound):
        acts.put_aside(small, number, actor=POLICE, now=LATER)
    acts.put_aside(small, number, actor=OFFICER, now=LATER)
    assert told(small) == []
