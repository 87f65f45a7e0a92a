"""Publish what inspections confirmed of the register: a leader's act, after which citizens see the stamp.

Only whether hours, place and telephone were as registered goes out; the outcome of a visit never does.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from yaotong.acts.recording import note
from yaotong.errors import Forbidden, UsageError
from yaotong.store import checks, registry
from yaotong.store.factbase import open_lines
from yaotong.store.schema import placement
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# Who visits pharmacies and answers for what is published of it.
DEPARTMENT = "msa"
_TOLD = ("hours", "place", "phone")


def publish_visits(workspace: Workspace, *, actor: Viewer, until: date, now: datetime) -> int:
    """Publish the visits up to a Beijing day in the actor's area that were not yet; how many.

    Visits in which nobody was met, or nothing of the register was compared, are passed over.
    Forbidden unless a leader of the market supervision asks; UsageError for a day that is not over.
    """
    if actor.department != DEPARTMENT or not actor.leads:
        raise Forbidden("检查核实的公布由市场监管部门的负责人作出。")
    if until > now.date():
        raise UsageError("--until 不能晚于今天：还没有做的检查不能公布。")
    visits = _visits(workspace, until)
    with workspace.store.write() as connection:
        placed = registry.read(connection, placement)
        where = zip(placed["license_no"], placed["area_code"], strict=True)
        inside = {shop for shop, area in where if actor.covers(area)}
        told = [one for one in visits if one["license_no"] in inside]
        count = checks.publish(connection, told, now=now, by=actor.username)
        if count:
            note(connection, actor, "visits_publish", f"until:{until}", now=now, visits=count)
    return count


def _visits(workspace: Workspace, until: date) -> list[dict[str, Any]]:
    lines = open_lines(workspace.store, "inspections")
    over = datetime.combine(until + timedelta(days=1), datetime.min.time())
    met = lines.filter(lines.outcome != "not_met", lines.inspected_at < over)
    frame = met.select(
        "inspection_id", license_no="pharmacy_id", checked_on="inspected_at",
        hours="hours_confirmed", place="place_confirmed", phone="phone_confirmed",
    ).to_pandas()  # fmt: skip
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {**row, "checked_on": row["checked_on"].date()}
        for row in rows
        if any(row[name] is not None for name in _TOLD)
    ]
