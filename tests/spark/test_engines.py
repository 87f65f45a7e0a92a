"""The rule book on a Spark cluster of several processes finds what it finds on DuckDB."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.acts.test_incremental import in_force, send
from tests.cities import BUILT_AT, city, copy_of
from tests.spark.cluster import Cluster
from tests.spark.pages import opened, page_tables
from yaotong import acts
from yaotong.acts.judging import Judging
from yaotong.errors import ConfigError
from yaotong.facts import FACT_MOMENTS, Facts, Window
from yaotong.rules.book import book
from yaotong.rules.model import Rule
from yaotong.rules.run import run_rule
from yaotong.store.factbase import open_facts
from yaotong.store.factengine import DUCKDB, connect, spark_of
from yaotong.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LATER = BUILT_AT + timedelta(days=1)


@pytest.fixture(scope="module")
def small() -> Workspace:
    return city("small")


@pytest.fixture(scope="module")
def both(small: Workspace, cluster: Cluster) -> dict[str, Facts]:
    return {engine: open_facts(small.store, engine=engine) for engine in (DUCKDB, cluster.master)}


def found_alike(rule: Rule, facts: list[Facts], window: Window) -> pd.DataFrame:
    """What a rule finds, once both engines have said the same."""
    first, second = (run_rule(rule, one, window) for one in facts)
    pd.testing.assert_frame_equal(second, first, check_dtype=False, rtol=1e-9, obj=rule.rule_id)
    return first


def test_the_cluster_has_two_workers(cluster: Cluster, both: dict[str, Facts]) -> None:
    context = spark_of(connect(cluster.master)).sparkContext
    assert context.master == cluster.master
    # The driver is listed beside the executors.
    assert context._jsc.sc().getExecutorMemoryStatus().size() == 3


@pytest.mark.parametrize("rule_id", book())
def test_the_cases_of_a_page_are_judged_alike(rule_id: str, cluster: Cluster) -> None:
    tables, window = page_tables(rule_id)
    facts = [opened(engine, tables) for engine in (DUCKDB, cluster.master)]
    assert not found_alike(book()[rule_id], facts, window).empty


@pytest.mark.parametrize("rule_id", book())
def test_a_city_is_judged_alike(rule_id: str, small: Workspace, both: dict[str, Facts]) -> None:
    facts, rule = list(both.values()), book()[rule_id]
    judging = Judging(small.store, facts[0], 0)
    # A rule whose feeds the city does not send finds nothing, on either.
    window = judging.days(rule) or judging.days(book()["R-M01"])
    assert window is not None
    found = found_alike(rule, facts, window)
    assert rule_id not in {"R-M01", "R-P01", "R-M30", "R-H01"} or not found.empty


def lines(workspace: Workspace, engine: str, version: int | None = None) -> dict[str, Any]:
    facts = open_facts(workspace.store, version=version, engine=engine)
    return {feed: getattr(facts, feed).to_pandas().sort_values("line_id") for feed in FACT_MOMENTS}


def test_lines_that_were_corrected_and_runs_over_what_changed(
    small: Workspace, cluster: Cluster, tmp_path: Path
) -> None:
    workspace = copy_of(small, tmp_path / "home")
    path = sorted((workspace.settings.home / "feeds" / "sales").glob("*.csv"))[1]
    header, line = path.read_text("utf-8").splitlines()[:2]
    shop = dict(zip(header.split(","), line.split(","), strict=True))["pharmacy_id"]
    sold = "2026-04-20 15:00:00"
    send(workspace, tmp_path, "first", f"L1,{shop},{sold},YP0102A,5,910000199001010012,{sold}")
    twin = copy_of(workspace, tmp_path / "twin")
    for one, engine in ((workspace, DUCKDB), (twin, cluster.master)):
        acts.detect(one, rule_ids=["R-M01", "R-P01", "R-N01"], now=LATER, engine=engine)
        word = f"L1,{shop},2026-05-20 15:00:00,YP0102A,6,910000199001010012,2026-06-29 09:00:00"
        send(one, tmp_path, f"mended-{engine.split(':')[0]}", word)
        runs = acts.detect(one, rule_ids=["R-M01", "R-P01", "R-N01"], now=LATER, engine=engine)
        assert {run.rule_id: (run.opened, run.vanished) for run in runs}["R-M01"] == (1, 1)
    assert in_force(twin) == in_force(workspace)
    for version in (None, 1):
        ours, theirs = lines(workspace, DUCKDB, version), lines(workspace, cluster.master, version)
        for feed, table in ours.items():
            other = theirs[feed].reset_index(drop=True)
            pd.testing.assert_frame_equal(other, table.reset_index(drop=True), check_dtype=False)


def test_a_worker_that_dies_costs_no_finding(both: dict[str, Facts], cluster: Cluster) -> None:
    duck, spark = both.values()
    cluster.stop_worker()
    rule = book()["R-P01"]
    days = duck.days.aggregate(first=duck.days.day.min(), last=duck.days.day.max()).to_pandas().iloc[0]
    window = Window(pd.Timestamp(days["first"]).date(), pd.Timestamp(days["last"]).date())
    assert not found_alike(rule, [duck, spark], window).empty


def test_another_cluster_is_refused_while_one_is_used(both: dict[str, Facts]) -> None:
    with pytest.raises(ConfigError):
        connect("spark://127.0.0.1:1")
