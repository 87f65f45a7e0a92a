"""The benchmark's city is one the store can be asked about, and its peers find what the rules find."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.rule_city import NIGHTS, build, fewer
from bench.rule_peers import PANDAS, by_rule
from bench.rule_province import alone, sizes
from yaotong.acts.judging import Judging
from yaotong.rules.book import book
from yaotong.store.factbase import open_facts
from yaotong.workspace import open_workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LINES, SHOPS = 40_000, 12


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bench") / "home"
    build(home, shops=SHOPS, days=60, lines=LINES)
    return home


def test_feeds_agree_and_loads_can_be_left_out(city: Path, tmp_path: Path) -> None:
    history, news = sizes(open_workspace(city, {}))
    assert abs(history + news - LINES) < LINES / 20
    assert sizes(fewer(city, tmp_path / "less", ["half", "night3"]))[0] < 0.6 * history
    facts = open_facts(open_workspace(city, {}).store)
    settled = facts.settlements.join(facts.sales, ["pharmacy_id", "settlement_id", "drug_code"])
    ended = history + news - facts.sales.count().to_pyarrow().as_py()
    assert ended > 0  # some lines are withdrawn, as in life
    assert 0 <= facts.settlements.count().to_pyarrow().as_py() - settled.count().to_pyarrow().as_py() <= ended


@pytest.mark.parametrize("rule_id", PANDAS)
def test_a_peer_finds_what_its_rule_finds(city: Path, rule_id: str) -> None:
    workspace = open_workspace(city, {})
    facts = open_facts(workspace.store)
    window = Judging(workspace.store, facts, 0).days(book()[rule_id])
    assert window is not None
    assert PANDAS[rule_id](facts) == by_rule(rule_id, facts, window)


def test_a_night_judges_the_night_only(city: Path, tmp_path: Path) -> None:
    home = fewer(city, tmp_path / "night", [name for name, _ in NIGHTS[1:]]).settings.home
    *rules, end = alone("bench.rule_once", "night", home)
    assert 0 < {one["rule"]: one["days"] for one in rules}["R-M01"] <= 2
    assert end["peak_bytes"] > 0
