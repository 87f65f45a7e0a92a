"""A joint case in a small city, for tests: who takes part, and how to bring a case to a state."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from yaotong import acts
from yaotong.acts.joint import move_case, propose_case
from yaotong.acts.joint_papers import record_visit
from yaotong.cases.model import CaseSaid
from yaotong.cases.states import CaseAct
from yaotong.cases.visits import Counted, Visit
from yaotong.store import alerts, joint, joint_work
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# A Monday at ten, so that working days are plain.
NOW = datetime(2026, 7, 6, 10)
MSA = Viewer("msa", "药监演示员", "msa", "330482", "leader")
NHSA = Viewer("nhsa", "医保演示员", "nhsa", "330482", "leader")
PSB = Viewer("psb", "公安演示员", "psb", "330482", "leader")
HC = Viewer("hc", "卫健演示员", "hc", "330482", "leader")
# A number as forms must never keep it; the area code is nobody's.
ID_NUMBER = "91000019900101001X"


def led_alerts(ws: Workspace, lead: str = "msa", count: int = 2) -> list[str]:
    """Open alerts that a department leads, of shops where it is market supervision, the first by number."""
    with ws.store.read() as connection:
        rows = sorted(alerts.listing(connection), key=lambda one: one["alert_id"])
    found = [
        one["alert_id"]
        for one in rows
        if one["lead"] == lead
        and one["state"] != "closed"
        and (lead != "msa" or one["subject_kind"] == "pharmacy")
    ]
    assert len(found) >= count
    return found[:count]


def propose(
    ws: Workspace, alert_ids: list[str], *others: str, actor: Viewer = MSA, now: datetime = NOW
) -> str:
    """A case, proposed; what the departments are told has reached their inboxes."""
    number = propose_case(
        ws, alert_ids, others or ("psb",), actor=actor, text="多条预警指向同一家店", now=now
    )
    acts.deliver(ws, now=now, channels=("inbox",))
    return number


def do(
    ws: Workspace, number: str, act: CaseAct, actor: Viewer = MSA, *, now: datetime = NOW, **said: Any
) -> int:
    """One move of a case, with something said."""
    told = CaseSaid(**{"text": "情况说明", **said})
    return move_case(ws, number, act, actor=actor, said=told, if_match=None, now=now)


def shops_of(ws: Workspace, number: str) -> list[str]:
    """The shops of a case."""
    with ws.store.read() as connection:
        row = joint.get(connection, number)
    assert row is not None
    return list(json.loads(row.pharmacy_ids))


def form(ws: Workspace, number: str, key: str = "k1", **fields: Any) -> Visit:
    """A form as it is filled at the case's first shop."""
    given: dict[str, Any] = {
        "license_no": shops_of(ws, number)[0],
        "visited_at": NOW,
        "text": "货架与台账不符",
        "stock": (Counted("氨麻美敏片", 3, 12),),
        "spot": None,
        "key": key,
    }
    return Visit(**{**given, **fields})


def at_outcomes(ws: Workspace, number: str) -> None:
    """Bring a case of market supervision and the police to where each enters its outcome."""
    do(ws, number, CaseAct.AGREE, PSB)
    record_visit(ws, number, form(ws, number), [], actor=MSA, now=NOW)
    do(ws, number, CaseAct.CONCLUDE)


def due(days: int = 7) -> date:
    """A day ahead."""
    return (NOW + timedelta(days=days)).date()


def tasks_of(ws: Workspace, number: str) -> list[Any]:
    """The tasks of a case."""
    with ws.store.read() as connection:
        return joint_work.tasks(connection, number)
