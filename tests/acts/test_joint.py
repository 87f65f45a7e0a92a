"""Joint cases against a real store: from the proposal to the end, and whatever must not happen on the way."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acts.joint_city import (
    HC,
    ID_NUMBER,
    MSA,
    NHSA,
    NOW,
    PSB,
    at_outcomes,
    do,
    due,
    form,
    led_alerts,
    propose,
    shops_of,
    tasks_of,
)
from tests.cases.samples import CSV, PDF, SECRET, jpeg
from tests.cities import city, copy_of
from yaotong import acts
from yaotong.acts.joint import finish_task, move_case
from yaotong.acts.joint_papers import Sent, add_papers, record_visit
from yaotong.alerts.states import Act, Said
from yaotong.cases.model import CaseSaid
from yaotong.cases.papers import MAX_PAPERS
from yaotong.cases.states import CaseAct
from yaotong.cases.visits import Counted, Spot
from yaotong.errors import Conflict, Forbidden, IllegalMove, NotFound, UsageError
from yaotong.reads.alerts import rows_among
from yaotong.reads.joint import LATELY_DAYS, cases_for, under_inspection
from yaotong.reads.joint_view import case_view
from yaotong.store import alerts, joint, joint_work, paperfiles
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


@pytest.fixture
def case(small: Workspace) -> str:
    return propose(small, led_alerts(small))


def state_of(ws: Workspace, number: str) -> str:
    with ws.store.read() as connection:
        row = joint.get(connection, number)
    assert row is not None
    return str(row.state)


def history(ws: Workspace, number: str) -> list[str]:
    with ws.store.read() as connection:
        return [one.act for one in joint.events(connection, number)]


def test_from_the_proposal_to_the_end(small: Workspace, case: str) -> None:
    assert case == "YT-330482-2026-0001"
    do(small, case, CaseAct.AGREE, PSB)
    assert state_of(small, case) == "agreed"
    record_visit(small, case, form(small, case), [Sent("现场.jpg", jpeg())], actor=PSB, now=NOW)
    assert state_of(small, case) == "on_site"
    do(small, case, CaseAct.ORDER, text="补正特药台账", due=due())
    with pytest.raises(IllegalMove, match="1 项整改"):
        do(small, case, CaseAct.CONCLUDE)
    finish_task(small, case, tasks_of(small, case)[0].task_id, actor=MSA, text="已补正", now=NOW)
    do(small, case, CaseAct.CONCLUDE)
    do(small, case, CaseAct.ENTER, outcome="warning")
    with pytest.raises(IllegalMove, match="psb"):
        do(small, case, CaseAct.CLOSE)
    do(small, case, CaseAct.ENTER, PSB, outcome="not_filed")
    do(small, case, CaseAct.CLOSE)
    assert state_of(small, case) == "closed"
    assert history(small, case) == [
        "propose", "agree", "visit", "order", "finish", "conclude", "enter", "enter", "close",
    ]  # fmt: skip


def test_each_department_enters_its_own_outcome_and_no_other(small: Workspace, case: str) -> None:
    at_outcomes(small, case)
    with pytest.raises(UsageError, match="处理结果"):
        do(small, case, CaseAct.ENTER, PSB, outcome="warning")
    do(small, case, CaseAct.ENTER, PSB, outcome="filed", text="已立案")
    with small.store.read() as connection:
        units = {one.department: (one.outcome, one.outcome_text) for one in joint.units_of(connection, case)}
    assert units == {"msa": (None, None), "psb": ("filed", "已立案")}


def test_the_invited_are_told_of_every_alert_and_the_alert_says_so(small: Workspace) -> None:
    chosen = led_alerts(small)
    number = propose(small, chosen, "hc")
    with small.store.read() as connection:
        for alert_id in chosen:
            assert alerts.parts(connection, alert_id)["hc"] == "assist"
            last = alerts.events(connection, alert_id)[-1]
            assert (last.act, last.reason) == (str(Act.JOIN), number)
    hc = Viewer("hc", "", "hc", "330482")
    assert {one.alert_id for one in rows_among(small, hc, chosen, now=NOW)} == set(chosen)


def test_an_alert_is_in_one_living_case_at_a_time(small: Workspace, case: str) -> None:
    with pytest.raises(UsageError, match=case):
        propose(small, led_alerts(small))
    do(small, case, CaseAct.WITHDRAW)
    assert propose(small, led_alerts(small)) == "YT-330482-2026-0002"


def test_what_cannot_be_proposed(small: Workspace) -> None:
    mine, theirs = led_alerts(small), led_alerts(small, "nhsa", 1)
    with pytest.raises(NotFound):
        propose(small, ["nosuch"])
    with pytest.raises(NotFound):
        propose(small, mine, "psb", actor=replace(MSA, area_code="330421"))
    with pytest.raises(UsageError, match="牵头"):
        propose(small, theirs)
    for one in (Act.DISMISS,):
        said = Said(text="x", reason="explained")
        acts.move_alert(small, mine[0], one, actor=MSA, said=said, if_match=None, now=NOW)
    with pytest.raises(UsageError, match="已销号"):
        propose(small, mine)


def test_a_refused_proposal_leaves_nothing(small: Workspace) -> None:
    mine = led_alerts(small)
    with pytest.raises(NotFound):
        propose(small, [*mine, "nosuch"])
    with small.store.read() as connection:
        assert joint.every(connection) == []
        assert [one.act for one in alerts.events(connection, mine[0])][-1] != str(Act.JOIN)


def test_who_has_no_part_is_told_there_is_no_case(small: Workspace, case: str) -> None:
    town = Viewer("x", "x", "msa", "330482001")
    for actor in (HC, NHSA, town, replace(MSA, area_code="330421")):
        with pytest.raises(NotFound):
            do(small, case, CaseAct.NOTE, actor)
        with pytest.raises(NotFound):
            add_papers(small, case, [Sent("a.pdf", PDF)], actor=actor, now=NOW)
        with pytest.raises(NotFound):
            record_visit(small, case, form(small, case), [], actor=actor, now=NOW)


def test_who_declined_has_no_part_any_more(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.DECLINE, PSB, text="不属管辖")
    with pytest.raises(NotFound):
        do(small, case, CaseAct.NOTE, PSB)
    do(small, case, CaseAct.INVITE, department="nhsa")
    do(small, case, CaseAct.AGREE, NHSA)
    assert state_of(small, case) == "agreed"


def test_the_revision_that_was_seen(small: Workspace, case: str) -> None:
    said = CaseSaid(text="x")
    assert move_case(small, case, CaseAct.NOTE, actor=MSA, said=said, if_match=1, now=NOW) == 2
    with pytest.raises(Conflict):
        move_case(small, case, CaseAct.NOTE, actor=MSA, said=said, if_match=1, now=NOW)


def test_an_officer_does_not_bind_the_department(small: Workspace, case: str) -> None:
    with pytest.raises(Forbidden, match="负责人"):
        do(small, case, CaseAct.AGREE, replace(PSB, role="officer"))


def test_tasks_are_given_by_the_lead_and_done_by_whose_they_are(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.AGREE, PSB)
    with pytest.raises(UsageError, match="牵头"):
        do(small, case, CaseAct.TASK, PSB, department="msa", due=due())
    with pytest.raises(UsageError, match="不是本案"):
        do(small, case, CaseAct.TASK, department="hc", due=due())
    do(small, case, CaseAct.TASK, department="psb", due=due(), text="核对身份")
    do(small, case, CaseAct.TASK, PSB, due=due(), text="调取视频")
    do(small, case, CaseAct.TASK, due=due(), text="抽检")
    first, second, own = (one.task_id for one in tasks_of(small, case))
    finish_task(small, case, first, actor=PSB, text="", now=NOW)
    finish_task(small, case, second, actor=MSA, text="已调取", now=NOW)
    with pytest.raises(NotFound):
        finish_task(small, case, own, actor=PSB, text="", now=NOW)
    with pytest.raises(NotFound):
        finish_task(small, case, 999, actor=MSA, text="", now=NOW)
    with pytest.raises(Conflict):
        finish_task(small, case, first, actor=PSB, text="", now=NOW)


def test_id_numbers_are_kept_nowhere(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.AGREE, PSB)
    said = f"购药人 {ID_NUMBER} 称系代购"
    do(small, case, CaseAct.NOTE, text=said)
    do(small, case, CaseAct.TASK, text=said, due=due())
    finish_task(small, case, tasks_of(small, case)[0].task_id, actor=MSA, text=said, now=NOW)
    visit = form(small, case, text=said, stock=(Counted(ID_NUMBER, 1),))
    record_visit(small, case, visit, [Sent(f"{ID_NUMBER}.jpg", jpeg())], actor=MSA, now=NOW)
    add_papers(small, case, [Sent(f"../{ID_NUMBER}\x00.pdf", PDF)], actor=MSA, now=NOW)
    do(small, case, CaseAct.CONCLUDE, text=said)
    do(small, case, CaseAct.ENTER, outcome="fine", text=said)
    with small.store.read() as connection:
        kept = [*joint.events(connection, case), *joint.units_of(connection, case), *tasks_of(small, case)]
        kept += [*joint_work.visits(connection, case), *joint_work.papers(connection, case)]
    assert ID_NUMBER not in repr(kept)
    assert repr(kept).count("9100**************") >= 8


def test_papers_are_kept_whole_under_their_hash_and_photos_without_marks(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.AGREE, PSB)
    sent = [Sent("台账.csv", CSV), Sent("图片.pdf", jpeg())]
    assert add_papers(small, case, sent, actor=PSB, now=NOW) == 2
    assert add_papers(small, case, sent[:1], actor=MSA, now=NOW) == 2
    with small.store.read() as connection:
        first, second = joint_work.papers(connection, case)
    folder = small.settings.papers_dir
    assert (first.kind, first.sha256, first.bytes) == ("csv", first.sent_sha256, len(CSV))
    assert paperfiles.read(folder, first.sha256) == CSV
    assert (second.kind, second.name) == ("jpg", "图片.pdf")
    assert second.sha256 != second.sent_sha256
    assert SECRET not in paperfiles.read(folder, second.sha256)


def test_all_of_a_sending_or_nothing(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.AGREE, PSB)
    with pytest.raises(UsageError, match="坏"):
        add_papers(small, case, [Sent("a.pdf", PDF), Sent("坏.pdf", b"MZ\x90")], actor=MSA, now=NOW)
    with pytest.raises(UsageError, match="请选择"):
        add_papers(small, case, [], actor=MSA, now=NOW)
    with small.store.read() as connection:
        assert joint_work.papers(connection, case) == []


def test_no_more_than_fifty_papers(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.AGREE, PSB)
    many = [Sent(f"{one}.pdf", PDF + b"%%%d" % one) for one in range(MAX_PAPERS)]
    assert add_papers(small, case, many, actor=MSA, now=NOW) == MAX_PAPERS
    with pytest.raises(UsageError, match="最多 50"):
        add_papers(small, case, [Sent("多.pdf", PDF)], actor=MSA, now=NOW)
    with pytest.raises(UsageError, match="最多 50"):
        record_visit(small, case, form(small, case), [Sent("a.jpg", jpeg())], actor=MSA, now=NOW)
    assert record_visit(small, case, form(small, case), [], actor=MSA, now=NOW)


def test_a_form_that_is_sent_again_counts_once(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.AGREE, PSB)
    visit, photos = form(small, case), [Sent("a.jpg", jpeg())]
    first = record_visit(small, case, visit, photos, actor=MSA, now=NOW)
    assert record_visit(small, case, visit, photos, actor=MSA, now=NOW) == first
    with pytest.raises(UsageError, match="另一份"):
        record_visit(small, case, replace(visit, text="别的"), photos, actor=MSA, now=NOW)
    with pytest.raises(UsageError, match="另一份"):
        record_visit(small, case, visit, [], actor=MSA, now=NOW)
    assert record_visit(small, case, visit, photos, actor=PSB, now=NOW) != first
    with small.store.read() as connection:
        assert len(joint_work.visits(connection, case)) == 2
    assert history(small, case).count("visit") == 2


def test_a_form_that_is_sent_by_many_at_once_counts_once(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.AGREE, PSB)
    visit, numbers = form(small, case), []

    def send() -> None:
        numbers.append(record_visit(small, case, visit, [Sent("a.jpg", jpeg())], actor=MSA, now=NOW))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(numbers) == 6
    assert len(set(numbers)) == 1


def test_a_form_is_of_a_shop_of_the_case_and_its_photos_are_photos(small: Workspace, case: str) -> None:
    do(small, case, CaseAct.AGREE, PSB)
    with pytest.raises(UsageError, match="药店"):
        record_visit(small, case, form(small, case, license_no="X"), [], actor=MSA, now=NOW)
    with pytest.raises(UsageError, match="不是 JPEG"):
        record_visit(small, case, form(small, case), [Sent("a.jpg", PDF)], actor=MSA, now=NOW)
    spot = Spot(121.02, 30.7, 15)
    number = record_visit(small, case, form(small, case, spot=spot), [], actor=MSA, now=NOW)
    with small.store.read() as connection:
        kept = next(one for one in joint_work.visits(connection, case) if one.visit_id == number)
    assert (kept.lon, kept.lat, kept.accuracy_m) == (121.02, 30.7, 15)


def test_nobody_visits_before_all_agree(small: Workspace, case: str) -> None:
    with pytest.raises(IllegalMove):
        record_visit(small, case, form(small, case), [], actor=MSA, now=NOW)


def test_why_a_suspicion_is_not_inspected_is_on_the_alert(small: Workspace) -> None:
    (alert_id, *_) = led_alerts(small)
    said = Said(text="视频与台账已核对", reason="settled_remotely")
    acts.move_alert(small, alert_id, Act.UNVISITED, actor=MSA, said=said, if_match=None, now=NOW)
    with small.store.read() as connection:
        row, last = alerts.get(connection, alert_id), alerts.events(connection, alert_id)[-1]
    assert (last.act, last.reason, last.text) == ("unvisited", "settled_remotely", "视频与台账已核对")
    assert row is not None
    assert row.state == last.from_state == last.to_state
    with pytest.raises(UsageError, match="请选择理由"):
        acts.move_alert(
            small, alert_id, Act.UNVISITED, actor=MSA, said=Said(text="x"), if_match=None, now=NOW
        )


def test_the_lead_of_one_of_the_alerts_sees_the_case_and_has_no_say_in_it(small: Workspace) -> None:
    theirs = next(one for one in led_alerts(small, "nhsa", 1) if "msa" in told(small, one))
    number = propose(small, [*led_alerts(small, count=1), theirs], "psb")
    with small.store.read() as connection:
        assert joint.seen_by(connection, number, "nhsa")
        assert not joint.seen_by(connection, number, "hc")
    assert [one.case_no for one in cases_for(small, NHSA, now=NOW)] == [number]
    view = case_view(small, NHSA, number, now=NOW)
    assert (view.unit, view.moves) == (False, ())
    with pytest.raises(Forbidden, match="不是这个案件的办案单位"):
        do(small, number, CaseAct.NOTE, NHSA)


def test_who_may_not_see_the_shop_fills_no_form_of_it(small: Workspace) -> None:
    number = propose(small, led_alerts(small), "hc")
    do(small, number, CaseAct.AGREE, HC)
    with pytest.raises(Forbidden, match="看不到"):
        record_visit(small, number, form(small, number), [], actor=HC, now=NOW)


def test_inspections_of_the_last_days_are_warned_of_and_older_ones_not(
    small: Workspace, tmp_path: Path
) -> None:
    number = propose(small, led_alerts(small))
    (shop, *_) = shops_of(small, number)
    days = {"today": 0, "last": LATELY_DAYS, "older": LATELY_DAYS + 1}
    lines = [
        f"{name},{shop},{NOW - timedelta(days=ago):%Y-%m-%d %H:%M:%S},special,ordered"
        for name, ago in days.items()
    ]
    path = tmp_path / "inspections.csv"
    head = "inspection_id,pharmacy_id,inspected_at,kind,outcome"
    path.write_text("\n".join([head, *lines, ""]), "utf-8")
    taken = acts.take_in(small, path, feed="inspections", sent_by="msa", now=NOW)
    assert taken.accepted == 3
    warned = under_inspection(small, MSA, [shop], but=number, now=NOW)
    assert [(one.kind, one.on, one.outcome) for one in warned] == [
        ("inspection", (NOW - timedelta(days=ago)).date(), "ordered") for ago in (0, LATELY_DAYS)
    ]
    others = under_inspection(small, HC, [shop], now=NOW)
    assert [one.case_no for one in others if one.kind == "case"] == [""]
    assert under_inspection(small, MSA, ["nobody"], now=NOW) == ()


def told(ws: Workspace, alert_id: str) -> dict[str, str]:
    with ws.store.read() as connection:
        return alerts.parts(connection, alert_id)
