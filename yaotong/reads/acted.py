"""What the alerts of a period and the outcomes of joint cases add up to, for a viewer's figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from yaotong.reads.evidence import evidence_lines
from yaotong.reads.sight import sight_of
from yaotong.reports.acted_kpis import EPHEDRINE, Packs, Sum, brought_back, gathered, gathered_alerts
from yaotong.reports.kpis import Kpi
from yaotong.reports.periods import Period
from yaotong.reports.stories import Story
from yaotong.rules.book import book
from yaotong.store import findings, reporting
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def acted(
    workspace: Workspace, viewer: Viewer, told: Sequence[Story], period: Period, *, now: datetime
) -> tuple[Kpi, ...]:
    """14 and 15 of §7.3: alerts as known now, money as entered by the period's end."""
    sees_lines = sight_of(viewer.department, "lead").lines != "none"
    ephedrine = [one for one in gathered_alerts(told, period) if one.rule_id == EPHEDRINE]
    sold = _sold(workspace, ephedrine) if sees_lines else None
    with workspace.store.read() as connection:
        rows = reporting.sums(connection, viewer.department, period.start, period.known_at(now))
    sums = [Sum(one.outcome, one.outcome_fen, one.outcome_at) for one in rows if viewer.covers(one.area_code)]
    return (*gathered(told, period, sold), *brought_back(sums, period))


def _sold(workspace: Workspace, told: Sequence[Story]) -> Packs:
    """Packs and mg in the evidence of some alerts of one rule; a line that several rest on counts once."""
    rule = book().get(EPHEDRINE)
    if not told or rule is None:
        return Packs(0.0, 0.0)
    with workspace.store.read() as connection:
        found = findings.of_alerts(connection, [one.alert_id for one in told])
    wanted = {line for some in found.values() for one in some for line in one.line_ids}
    lines = evidence_lines(workspace.store, rule, wanted)
    packs = lines["quantity"].astype(float).fillna(0.0)
    mg = packs * lines["active_mg_per_pack"].astype(float).fillna(0.0)
    return Packs(float(packs.sum()), float(mg.sum()))
