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
from yaotong.store import findings, registry, tillbook, unmet
from yaotong.store.factbase import open_facts
from yaotong.store.schema import placement
from yaotong.till.decide import ALLOW, LIMIT
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


def test_packs_that_tills_were_told_not_to_sell_are_counted_by_shop_and_month(small: Workspace) -> None:
    assert figure(small, MSA, JUNE, "intercepted").why == "本期没有收银机售前询问"
    with small.store.read() as connection:
        shops = registry.read(connection, placement, None, ("license_no", "area_code")).dropna()
    here = shops[shops["area_code"] == "330482001"]["license_no"].iloc[0]
    rows = [
        {"pharmacy_id": shop, "asked_at": at, "drug_code": "D", "packs": packs, "verdict": verdict,
         "reason": "one_sale", "data_version": 1}
        for shop, at, packs, verdict in (
            (here, JUNE.start, 3.0, LIMIT),
            (here, JUNE.end - timedelta(seconds=1), 2.0, LIMIT),
            (here, JUNE.end - timedelta(seconds=1), 1.0, ALLOW),
            (here, JUNE.end, 50.0, LIMIT),
            ("nobody", JUNE.start, 70.0, LIMIT),
        )
    ]  # fmt: skip
    with small.store.write() as connection:
        tillbook.keep(connection, rows)
    assert told(small, MSA, JUNE, "intercepted") == (5.0, 3)
    assert told(small, Viewer("msa", "某员", "msa", "330482002", "officer"), JUNE, "intercepted") == (
        None,
        None,
    )


def test_searches_that_did_not_help_are_counted_by_area_and_period(small: Workspace) -> None:
    assert figure(small, MSA, JUNE, "asked").why == "本期没有未满足的公众查询记录"
    with small.store.write() as connection:
        unmet.add(
            connection,
            {
                (JUNE.first, 2, "330482001", "shut"): 3,
                (JUNE.last, 23, "330482002", "shut"): 4,
                (JULY.first, 0, "330482001", "shut"): 50,
                (JUNE.first, 2, "330483001", "shut"): 60,
            },
        )
    assert figure(small, MSA, JUNE, "asked").value == 7
    town = Viewer("msa", "某员", "msa", "330482001", "officer")
    assert figure(small, town, JUNE, "asked").value == 3
