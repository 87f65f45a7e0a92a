"""A long window is judged part by part where it holds many lines: the findings are those of one run."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.acts import judging as judging_module
from yaotong.acts.judging import Judging, judge
from yaotong.alerts.model import Finding
from yaotong.facts import Window
from yaotong.rules.book import book
from yaotong.rules.builder import facts_from
from yaotong.rules.scope import Span, windows_within
from yaotong.workspace import init_workspace

FIRST = date(2026, 1, 1)
DAYS = 120
WHOLE = Window(FIRST, FIRST + timedelta(days=DAYS - 1))


@pytest.fixture
def judging(tmp_path: Path) -> Judging:
    """Two shops that sell one person three packs on every tenth day, at midnight's edges too."""
    moments = [
        datetime(2026, 1, 1) + timedelta(days=day, seconds=second)
        for day in range(0, DAYS, 10)
        for second in (0, 86_399)
    ]
    sales: list[dict[str, Any]] = [
        {
            "line_id": f"{shop}/{place}", "pharmacy_id": shop, "sale_id": str(place), "sold_at": moment,
            "drug_code": "D1", "quantity": 3.0, "buyer_key": "k:1",
        }
        for shop in ("A", "B")
        for place, moment in enumerate(moments)
    ]  # fmt: skip
    facts = facts_from(
        sales=sales,
        drugs=[{"drug_code": "D1", "drug_name": "氨麻美敏片", "categories": "|EPH|OTC_A|"}],
        pharmacies=[{"pharmacy_id": one, "status": "active"} for one in ("A", "B")],
        since=FIRST,
        until=WHOLE.until,
    )
    store = init_workspace(tmp_path / "home", synthetic=True, region=(120.9, 30.55, 121.32, 30.9)).store
    return Judging(store, facts, 0)


def found_by(judging: Judging, rule_id: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Finding], int]:
    """The findings of a rule over the whole window, and in how many runs."""
    windows: list[Window] = []

    def heard(rule: Any, facts: Any, window: Window) -> Any:
        windows.append(window)
        return judging_module_run(rule, facts, window)

    judging_module_run = judging_module.run_rule
    with monkeypatch.context() as patch:
        patch.setattr(judging_module, "run_rule", heard)
        [(_, found)] = judge(judging, book()[rule_id], [Span(WHOLE)])
    return found, len(windows)


@pytest.mark.parametrize("rule_id", ["R-M01", "R-P01", "R-M02"])
def test_parts_find_what_one_run_finds(
    rule_id: str, judging: Judging, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, runs = found_by(judging, rule_id, monkeypatch)
    assert runs == 1
    monkeypatch.setattr(judging_module, "MOST_LINES", 32)  # of 48 lines in 120 days: 80 days at once
    judging._most_days = None
    parts, runs = found_by(judging, rule_id, monkeypatch)
    # What looks back for longer than half of a part is judged as a whole.
    assert runs == (1 if book()[rule_id].lookback_days >= 40 else 2)
    assert parts == whole
    assert whole or rule_id == "R-M02"


def test_a_short_window_counts_no_lines(judging: Judging) -> None:
    judge(judging, book()["R-M01"], [Span(Window(FIRST, FIRST + timedelta(days=30)))])
    assert judging._most_days is None
    judge(judging, book()["R-M01"], [Span(WHOLE)])
    assert judging._most_days is not None


@given(days=st.integers(1, 400), lookback=st.integers(0, 60), most=st.integers(1, 200))
def test_parts_are_the_window(days: int, lookback: int, most: int) -> None:
    whole = Window(FIRST, FIRST + timedelta(days=days - 1))
    parts = windows_within(whole, lookback, most)
    assert [parts[0].since, parts[-1].until] == [whole.since, whole.until]
    for one, after in pairwise(parts):
        assert after.since == one.until + timedelta(days=1)
    longest = max((one.until - one.since).days + 1 for one in parts)
    assert longest <= most or parts == [whole]
    assert len(parts) == 1 or lookback * 2 < most
