"""Exempt findings are kept and open nothing, in whatever order a run, an exemption and its end come."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.acts.test_incremental import LATER, forget, in_force
from tests.cities import city, copy_of
from yaotong import acts
from yaotong.acts.exempting import add_exemption, end_exemption
from yaotong.alerts.model import ExemptReason
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.reads.exemptions import exemptions_for
from yaotong.rules.book import book
from yaotong.rules.exempting import allowed_reasons
from yaotong.rules.page import read_page
from yaotong.store import alerts
from yaotong.store.schema import alert, alert_event, finding, outbox
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

PSB = Viewer("psb", "甲", "psb", "330482")
MSA = Viewer("msa", "乙", "msa", "330482")
RULE = "R-P01"


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def the_alert(workspace: Workspace, rule_id: str = RULE) -> dict[str, Any]:
    """The alert of a rule with most findings."""
    with workspace.store.read() as connection:
        rows = alerts.listing(connection, rule_id=rule_id)
    return max(rows, key=lambda row: (row["last_day"] - row["first_day"], row["alert_id"]))


def exempt(workspace: Workspace, row: dict[str, Any], **changed: Any) -> int:
    asked: dict[str, Any] = {
        "actor": PSB,
        "rule_pattern": RULE,
        "subject_kind": "buyer",
        "subject": row["subject"],
        "valid_from": row["first_day"],
        "valid_until": row["last_day"],
        "reason": ExemptReason.CHRONIC_PATIENT,
        "text": "鼻炎，医院证明",
        "now": LATER,
    }
    return add_exemption(workspace, **{**asked, **changed})


def spared(workspace: Workspace) -> list[Any]:
    query = select(finding.c.finding_id, finding.c.content_sha, finding.c.exemption_id, finding.c.alert_id)
    query = query.where(finding.c.exemption_id.is_not(None), finding.c.gone_at_version.is_(None))
    with workspace.store.read() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(finding.c.finding_id))]


def messages(workspace: Workspace, alert_id: str) -> int:
    with workspace.store.read() as connection:
        return len(connection.execute(select(outbox).where(outbox.c.alert_id == alert_id)).fetchall())


def judge(workspace: Workspace) -> None:
    acts.detect(workspace, rule_ids=[RULE], whole=True, now=LATER)


def test_exempt_findings_are_kept_and_open_nothing(small: Workspace) -> None:
    row = the_alert(small)
    before = len(in_force(small)[row["alert_id"]])
    forget(small)
    number = exempt(small, row)
    judge(small)
    assert row["alert_id"] not in in_force(small)
    assert [(one[2], one[3]) for one in spared(small)] == [(number, None)] * before
    with small.store.read() as connection:
        assert connection.execute(select(alert).where(alert.c.alert_id == row["alert_id"])).first() is None
    assert messages(small, row["alert_id"]) == 0


def test_run_exemption_and_end_in_any_order_end_alike(small: Workspace, tmp_path: Path) -> None:
    row = the_alert(small)
    untouched = in_force(small)
    number = exempt(small, row)
    after_run = (in_force(small), spared(small))
    assert row["alert_id"] not in after_run[0]
    judge(small)
    assert (in_force(small), spared(small)) == after_run
    end_exemption(small, number, actor=PSB, ended_from=row["first_day"], now=LATER)
    assert (in_force(small), spared(small)) == (untouched, [])
    judge(small)
    assert (in_force(small), spared(small)) == (untouched, [])

    other = copy_of(city("small"), tmp_path / "other")
    forget(other)
    exempt(other, row)
    acts.detect(other, whole=True, now=LATER)
    assert (in_force(other), spared(other)) == after_run
    end_exemption(other, 1, actor=PSB, ended_from=row["first_day"], now=LATER)
    assert in_force(other) == untouched


def test_an_alert_whose_findings_turn_exempt_says_so_and_its_lead_is_told(small: Workspace) -> None:
    row = the_alert(small)
    before = messages(small, row["alert_id"])
    exempt(small, row)
    query = select(alert_event.c.act, alert_event.c.reason).where(alert_event.c.alert_id == row["alert_id"])
    with small.store.read() as connection:
        last = connection.execute(query.order_by(alert_event.c.seq.desc())).first()
    assert tuple(last or ()) == ("vanish", "exempted")
    assert messages(small, row["alert_id"]) > before


def test_only_the_days_inside_are_exempt(small: Workspace) -> None:
    row = the_alert(small)
    day = row["last_day"] + timedelta(days=1)
    exempt(small, row, valid_from=day, valid_until=day + timedelta(days=90))
    assert spared(small) == []
    assert row["alert_id"] in in_force(small)


def test_two_exemptions_hold_one_another_s_place(small: Workspace) -> None:
    row = the_alert(small)
    first, second = exempt(small, row), exempt(small, row)
    assert {one[2] for one in spared(small)} == {first}
    end_exemption(small, first, actor=PSB, ended_from=row["first_day"], now=LATER)
    assert {one[2] for one in spared(small)} == {second}
    assert row["alert_id"] not in in_force(small)


def test_who_may_and_what_may_not(small: Workspace) -> None:
    row = the_alert(small)
    with pytest.raises(Forbidden, match="主办部门公安局"):
        exempt(small, row, actor=MSA)
    with pytest.raises(Forbidden, match="县级"):
        exempt(small, row, actor=Viewer("x", "丙", "psb", "330482001"))
    with pytest.raises(UsageError, match="主体是购药人"):
        exempt(small, row, subject_kind="pharmacy", reason=ExemptReason.OTHER)
    with pytest.raises(UsageError, match="没有由本部门主办"):
        exempt(small, row, rule_pattern="R-Z*")
    with pytest.raises(NotFound, match="没有药店"):
        exempt(
            small,
            row,
            actor=MSA,
            rule_pattern="R-M30",
            subject_kind="pharmacy",
            subject="无",
            reason=ExemptReason.OTHER,
        )
    number = exempt(small, row)
    with pytest.raises(NotFound, match="不是本部门"):
        end_exemption(small, number, actor=MSA, ended_from=row["first_day"], now=LATER)


def test_the_law_is_lifted_only_for_what_its_page_names(small: Workspace) -> None:
    shop = the_alert(small, "R-M01")["subject"]
    common = {"actor": MSA, "subject_kind": "pharmacy", "reason": ExemptReason.REMOTE_REVIEW}
    with pytest.raises(UsageError, match="R-M01 是法定规则，可以豁免的理由：没有"):
        exempt(
            small,
            {"subject": shop, "first_day": date(2026, 5, 1), "last_day": date(2026, 6, 1)},
            rule_pattern="R-M01",
            **common,
        )
    with pytest.raises(UsageError, match="R-M09 是法定规则，可以豁免的理由：24 小时药店、远程审方中心"):
        exempt(
            small, the_alert(small, "R-M01"), rule_pattern="R-M09", **{**common, "reason": ExemptReason.OTHER}
        )
    assert exempt(small, the_alert(small, "R-M01"), rule_pattern="R-M09", **common)
    # A pattern passes over statutory rules that do not allow it.
    exempt(small, the_alert(small, "R-M01"), rule_pattern="R-M*", **common)
    assert the_alert(small, "R-M01")["alert_id"] in in_force(small)


@pytest.mark.parametrize("rule_id", sorted(book()))
def test_what_a_page_allows_is_written_in_known_words(rule_id: str) -> None:
    told = read_page(rule_id).sections["误报"].count("可豁免：")
    if book()[rule_id].kind == "model":
        assert allowed_reasons(rule_id) == frozenset(ExemptReason)
    else:
        assert bool(allowed_reasons(rule_id)) == bool(told)
        assert ExemptReason.OTHER not in allowed_reasons(rule_id)


def test_the_list_shows_state_days_left_and_how_many_it_spares(small: Workspace) -> None:
    row = the_alert(small)
    exempt(small, row)
    exempt(small, row, valid_from=LATER.date(), valid_until=LATER.date() + timedelta(days=30))
    past, present = sorted(exemptions_for(small, PSB, today=LATER.date()), key=lambda one: one.exemption_id)
    assert (past.state, past.spares) == ("expired", len(spared(small)))
    assert (present.state, present.days_left, present.spares) == ("active", 30, 0)
    assert present.subject.startswith("购药人 ")
    assert exemptions_for(small, MSA, today=LATER.date()) == ()


def test_a_preview_counts_no_alert_for_the_exempt(small: Workspace) -> None:
    row, tuned = the_alert(small), {"packs_24h": 5.0}
    before = acts.preview(small, RULE, tuned)["live"]["alerts"]
    exempt(small, row)
    assert acts.preview(small, RULE, tuned)["live"]["alerts"] == before - 1
