"""A measure that is a plain sum or count of its lines comes out of them, for every case of every page."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.plain_evidence import plain_evidence
from yaotong.rules.arithmetic import arithmetic
from yaotong.rules.book import book
from yaotong.rules.cases import facts_of
from yaotong.rules.model import Adds, Clause
from yaotong.rules.page import read_page
from yaotong.rules.run import run_rule

ADDED = sorted(name for name, rule in book().items() if any(one.adds for one in rule.clauses.values()))


@pytest.mark.parametrize("rule_id", ADDED)
def test_the_lines_of_a_finding_come_to_its_measure(rule_id: str) -> None:
    rule = book()[rule_id]
    unseen = {name for name, clause in rule.clauses.items() if clause.adds}
    for case in (one for one in read_page(rule_id).cases if one.fires):
        if not unseen:
            break
        facts, window = facts_of(case)
        for found in run_rule(rule, facts, window).itertuples(index=False):
            clause = rule.clauses[found.clause]
            if clause.adds is None:
                continue
            lines = plain_evidence(facts, rule, found.line_ids)
            assert set(lines["line_id"]) == set(found.line_ids)
            told = arithmetic(clause, lines, found.measure, rule.values())
            assert told.value == pytest.approx(found.measure), (case.title, told)
            assert sum(step.amount for step in told.steps) == pytest.approx(told.steps[-1].total)
            unseen.discard(found.clause)
    # A page need not have a case for every one of the alike clauses.
    assert len(unseen) < len(rule.clauses)


def _lines(*rows: tuple[str, float, str | None]) -> pd.DataFrame:
    """(moment, packs, buyer) as lines of one shop a row."""
    return pd.DataFrame(
        {
            "line_id": [f"s/{number}" for number in range(len(rows))],
            "sold_at": pd.to_datetime([at for at, _, _ in rows]),
            "pharmacy_id": [f"店{number % 2}" for number in range(len(rows))],
            "drug_code": "D",
            "quantity": [packs for _, packs, _ in rows],
            "buyer_key": [who for _, _, who in rows],
            "prescription_no": None,
            "active_mg_per_pack": 720.0,
            "amount_fen": 1250,
        }
    )


THREE = _lines(("2026-03-01 08:00", 2, "a"), ("2026-03-01 09:00", -1, "a"), ("2026-03-02 08:00", 3, "b"))


@pytest.mark.parametrize(
    ("adds", "value", "amounts"),
    [
        (Adds("packs"), 4, [2, -1, 3]),
        (Adds("lines"), 3, [1, 1, 1]),
        (Adds("sales"), 2, [1, 0, 1]),
        (Adds("persons"), 2, [1, 0, 1]),
        (Adds("shops"), 1, [1, 0, 0]),
        (Adds("mg"), 2880, [1440, -720, 2160]),
        (Adds("yuan"), 37.5, [12.5, 12.5, 12.5]),
        (Adds("packs", each=("buyer_key",)), 3, [3]),
        (Adds("packs", within=86_400), 2, [2]),  # a day ends just before the same hour of the next
        (Adds("packs", within=86_401), 4, [2, -1, 3]),
        (Adds("packs", within="minutes"), 4, [2, -1, 3]),  # minutes of a parameter are closed at both ends
    ],
)
def test_each_way_of_adding(adds: Adds, value: float, amounts: list[float]) -> None:
    told = arithmetic(Clause("甲", "a", "盒", adds), THREE, value, {"minutes": 24 * 60})
    assert told.value == value
    assert told.agrees
    # The only shop that kept anything sold is the first: the second took its pack back.
    assert [step.amount for step in told.steps] == amounts


def test_who_is_unknown_is_nobody_else() -> None:
    lines = _lines(("2026-03-01 08:00", 2, None), ("2026-03-01 08:05", 2, None))
    told = arithmetic(Clause("甲", "a", "盒", Adds("packs", each=("buyer_key",))), lines, 4, {})
    assert told.value == 2
    assert not told.agrees


def test_what_is_no_sum_says_so() -> None:
    told = arithmetic(Clause("甲", "a", "天"), THREE, 9.0, {})
    assert (told.steps, told.value, told.agrees) == ((), None, True)
    assert "不是各行的简单合计" in told.words_zh
