"""Lines looked up by their ids are those that one reads off all facts, for every finding of the city."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import select

from tests.cities import city
from tests.plain_evidence import plain_evidence
from yaotong.reads.evidence import COLUMNS, evidence_lines, near_of
from yaotong.rules.book import book
from yaotong.store import findings
from yaotong.store.factbase import open_facts
from yaotong.store.schema import alert

LOADS = {"load_id", "file"}


def _told(lines: pd.DataFrame) -> list[dict[str, str]]:
    """Lines as words: an empty cell is empty, whatever kind of nothing it holds."""
    shown = [one for one in COLUMNS if one not in LOADS]
    rows = lines[shown].astype(object).where(lines[shown].notna(), None).to_dict("records")
    return [{name: str(value) for name, value in row.items()} for row in rows]


def test_every_finding_rests_on_the_lines_that_the_facts_hold() -> None:
    workspace = city("small")
    facts = open_facts(workspace.store)
    with workspace.store.read() as connection:
        rules = dict(connection.execute(select(alert.c.alert_id, alert.c.rule_id)).fetchall())
        found = findings.of_alerts(connection, list(rules))
    seen = set()
    for alert_id, kept in found.items():
        rule = book()[rules[alert_id]]
        wanted = [line for one in kept for line in one.line_ids]
        lines = evidence_lines(workspace.store, rule, wanted, near_of(rule, kept))
        assert _told(lines) == _told(plain_evidence(facts, rule, wanted))
        assert lines.empty or lines["file"].notna().all()
        # Where they are said to lie changes how soon they are found, never what.
        elsewhere = (date(1999, 1, 1), date(1999, 1, 2))
        pd.testing.assert_frame_equal(evidence_lines(workspace.store, rule, wanted, elsewhere), lines)
        seen.update(lines["feed"])
    assert {"sales", "stock_counts", "stock_moves"} <= seen
