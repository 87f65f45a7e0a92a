"""What was found over several shops, and what insurance brought back: the figures 14 and 15 of a real city."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.acts.joint_city import HC, MSA, NHSA, NOW, PSB, do, form, led_alerts, propose
from tests.cities import city, copy_of
from yaotong.acts.joint_papers import record_visit
from yaotong.cases.states import CaseAct
from yaotong.errors import UsageError
from yaotong.reads.kpis import period_kpis
from yaotong.reads.report_material import gather
from yaotong.reports.kpis import Kpi
from yaotong.reports.periods import Period, period_of
from yaotong.rules.book import book
from yaotong.store import findings
from yaotong.store.factbase import open_facts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

JULY, JUNE = period_of("monthly", date(2026, 7, 6)), period_of("monthly", date(2026, 6, 6))
LATER = datetime(2026, 8, 3, 9)


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def figure(ws: Workspace, viewer: Viewer, period: Period, code: str, now: datetime = LATER) -> Kpi:
    return {one.code: one for one in period_kpis(ws, viewer, period, now=now)}[code]


def told(ws: Workspace, viewer: Viewer, period: Period, code: str) -> tuple[float | None, float | None]:
    one = figure(ws, viewer, period, code)
    return one.value, one.den


def test_what_insurance_recovered_and_refused_is_told_to_the_units_of_the_case(small: Workspace) -> None:
    case = propose(small, led_alerts(small), "nhsa")
    do(small, case, CaseAct.AGREE, NHSA)
    record_visit(small, case, form(small, case), [], actor=MSA, now=NOW)
    do(small, case, CaseAct.CONCLUDE)
    assert figure(small, MSA, JULY, "recovered").why == "本期没有录入追回"
    with pytest.raises(UsageError, match="金额"):
        do(small, case, CaseAct.ENTER, NHSA, outcome="recover")
    with pytest.raises(UsageError, match="金额"):
        do(small, case, CaseAct.ENTER, MSA, outcome="fine", fen=100)
    do(small, case, CaseAct.ENTER, NHSA, outcome="recover", fen=123_450)
    assert told(small, MSA, JULY, "recovered") == told(small, NHSA, JULY, "recovered") == (1234.5, 1)
    # Not in the month before, not of the other kind, and not for a department that has no part in the case.
    assert told(small, MSA, JUNE, "recovered") == (None, None)
    assert told(small, MSA, JULY, "refused") == (None, None)
    assert told(small, PSB, JULY, "recovered") == (None, None)
    elsewhere = Viewer("msa", "某员", "msa", "330483", "leader")
    assert told(small, elsewhere, JULY, "recovered") == (None, None)
    # As known before it was entered.
    assert figure(small, MSA, JULY, "recovered", NOW - timedelta(hours=1)).value is None


def test_gatherings_over_shops_are_counted_with_their_ephedrine(small: Workspace) -> None:
    stories = gather(small, MSA, JUNE, now=LATER).told
    mine = [one for one in stories if one.rule_id == "R-P01" and JUNE.first <= one.last_day <= JUNE.last]
    assert mine
    with small.store.read() as connection:
        found = findings.of_alerts(connection, [one.alert_id for one in mine])
    wanted = {line for some in found.values() for one in some for line in one.line_ids}
    facts = open_facts(small.store)
    lines = facts.sales.filter(facts.sales.line_id.isin(sorted(wanted))).to_pandas()
    drugs = facts.drugs.select("drug_code", "active_mg_per_pack").to_pandas().drop_duplicates("drug_code")
    both = lines.merge(drugs, on="drug_code")
    by_hand = float((both["quantity"].astype(float) * both["active_mg_per_pack"].astype(float)).sum())
    assert by_hand > 0
    assert "R-P01" in book()
    assert told(small, MSA, JUNE, "gathered_mg") == (round(by_hand, 1), float(both["quantity"].sum()))
    assert figure(small, MSA, JUNE, "gathered").hits >= {one.alert_id for one in mine}
    assert figure(small, MSA, JULY, "gathered").value == 0
    assert figure(small, MSA, JULY, "gathered_mg").why == "本期没有跨店累购预警"


def test_health_hears_of_no_lines(small: Workspace) -> None:
    assert figure(small, HC, JUNE, "gathered_mg").why == "本部门不看销售明细"
