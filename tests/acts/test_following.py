"""Who follows the loads ends where a run over everything ends, and judges little on the way."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pytest

from tests.acts.test_incremental import in_force, send
from tests.cities import BUILT_AT, city, copy_of
from yaotong import acts
from yaotong.acts import following
from yaotong.acts.detection import RuleRun
from yaotong.acts.following import Follower
from yaotong.acts.stopping import release
from yaotong.facts import FACT_MOMENTS
from yaotong.rules.book import book
from yaotong.store import judged, loads
from yaotong.store.factbase import REGISTERS, open_facts
from yaotong.store.livefacts import LiveFacts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LATER = BUILT_AT + timedelta(days=1)
BUYER = "910000199001010012"
LEADER = Viewer("msa", "msa", "msa", "330482", "leader")


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def steps(follower: Follower) -> list[RuleRun]:
    """Steps until there is nothing to do."""
    done: list[RuleRun] = []
    while runs := follower.step(LATER):
        done += runs
    return done


def last_sale(workspace: Workspace) -> dict[str, str]:
    path = sorted((workspace.settings.home / "feeds" / "sales").glob("*.csv"))[-1]
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))[-1]


def rows_of(table: ir.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    told = frame.map(lambda one: None if one is None or one != one else str(one))
    return told.sort_values(list(told.columns), ignore_index=True)


def assert_same_facts(live: LiveFacts, workspace: Workspace) -> None:
    plain = open_facts(workspace.store, version=live.version)
    for name in (*FACT_MOMENTS, *REGISTERS, "days", "openings"):
        mine, theirs = rows_of(getattr(live.facts, name)), rows_of(getattr(plain, name))
        pd.testing.assert_frame_equal(mine, theirs, check_dtype=False, obj=name)
        assert live.facts.sales.schema().names == plain.sales.schema().names


def version_of(workspace: Workspace) -> int:
    with workspace.store.read() as connection:
        return loads.current_version(connection)


def test_what_a_till_sends_is_judged_at_once_and_only_by_rules_about_one_subject(
    small: Workspace, tmp_path: Path
) -> None:
    follower, sale = Follower(small), last_sale(small)
    assert steps(follower) == []
    at = f"{sale['sold_at'][:10]} 15:00:00"
    send(small, tmp_path, "over", f"L1,{sale['pharmacy_id']},{at},YP0102A,5,{BUYER},{at}")
    first = follower.step(LATER)
    assert {one.rule_id for one in first} == {
        one.rule_id for one in book().values() if one.apart and "sales" in one.feeds
    } | {one.rule_id for one in first if "sales" not in book()[one.rule_id].feeds}
    assert next(one for one in first if one.rule_id == "R-M01").opened == 1
    rest = steps(follower)
    assert rest
    assert all(not book()[one.rule_id].apart for one in rest)
    after = in_force(small)
    again = acts.detect(small, whole=True, now=LATER)
    assert sum(run.opened + run.extended + run.worsened + run.vanished for run in again) == 0
    assert in_force(small) == after


def test_a_question_is_put_once_for_all_uploads_of_a_day(
    small: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, sale = Follower(small), last_sale(small)
    put: list[str] = []
    asked = following.question

    def heard(rule: Any, *others: Any) -> ir.Table:
        put.append(rule.rule_id)
        return asked(rule, *others)

    monkeypatch.setattr(following, "question", heard)
    for number in range(3):
        at = f"{sale['sold_at'][:10]} 1{number}:00:00"
        send(small, tmp_path, f"up{number}", f"U{number},{sale['pharmacy_id']},{at},YP0102A,1,{BUYER},{at}")
        assert follower.step(LATER)
    assert put
    assert len(put) == len(set(put))


def test_lines_that_keep_coming_do_not_hold_off_the_other_rules_for_ever(
    small: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, sale = Follower(small), last_sale(small)
    at = f"{sale['sold_at'][:10]} 12:00:00"
    send(small, tmp_path, "one", f"U1,{sale['pharmacy_id']},{at},YP0102A,1,{BUYER},{at}")
    assert all(book()[one.rule_id].apart for one in follower.step(LATER))
    monkeypatch.setattr(following, "PATIENCE_SECONDS", 0.0)
    send(small, tmp_path, "two", f"U2,{sale['pharmacy_id']},{at},YP0102A,1,{BUYER},{at}")
    assert sum(not book()[one.rule_id].apart for one in follower.step(LATER)) == 1


def test_a_rule_that_is_to_begin_anew_is_judged_without_any_news(small: Workspace) -> None:
    """As after an exemption, or when another version of it went live."""
    follower = Follower(small)
    assert steps(follower) == []
    with small.store.write() as connection:
        judged.forget(connection, "R-M14")
    assert [one.rule_id for one in steps(follower)] == ["R-M14"]


def test_a_rule_that_fails_rests_and_holds_nobody_up(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, asked = Follower(small), following.question

    def failing(rule: Any, *others: Any) -> ir.Table:
        if rule.rule_id == "R-M14":
            raise ZeroDivisionError
        return asked(rule, *others)

    monkeypatch.setattr(following, "question", failing)
    with small.store.write() as connection:
        for name in ("R-M14", "R-M20"):
            judged.forget(connection, name)
    assert [(one.rule_id, bool(one.failed)) for one in steps(follower)] == [("R-M14", True), ("R-M20", False)]
    monkeypatch.setattr(following, "question", asked)
    follower._resting.clear()  # its rest is over, and somebody let it go on
    release(small, "R-M14", actor=LEADER, now=LATER)
    assert [(one.rule_id, bool(one.failed)) for one in steps(follower)] == [("R-M14", False)]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2])
def test_uploads_corrections_and_registers_end_like_a_run_over_everything(
    small: Workspace, tmp_path: Path, seed: int
) -> None:
    """Lines of today and of long ago, buyers and none, worded anew, a shop whose hours change."""
    rng, follower = random.Random(seed), Follower(small)
    sale, shops = last_sale(small), pd.read_csv(small.settings.home / "feeds/pharmacies.csv", dtype=str)
    today = datetime.fromisoformat(sale["sold_at"])
    numbers = shops["license_no"].tolist()
    for number in range(4):
        lines = []
        for _ in range(6):
            at = today - timedelta(days=rng.choice([0, 0, 0, 1, 5, 60]), minutes=rng.randrange(300))
            name, shop = f"S{rng.randrange(8)}", rng.choice(numbers[:3])
            buyer = rng.choice([BUYER, ""])
            said = f"{name},{shop},{at},YP0102A,{rng.choice([1, 2, 6])},{buyer},{today + timedelta(minutes=number)}"
            if not any(one.startswith(f"{name},{shop},") for one in lines):
                lines.append(said)
        path = tmp_path / f"part{number}.csv"
        path.write_text(
            "sale_id,pharmacy_id,sold_at,drug_code,quantity,buyer_id_no,recorded_at\n"
            + "\n".join(lines)
            + "\n"
        )
        acts.take_in(small, path, feed="sales", now=LATER)
        if number == 2:
            changed = shops.head(1).assign(opening_hours="Mo-Su 08:00-12:00")
            changed.to_csv(tmp_path / "pharmacies.csv", index=False)
            assert (
                acts.take_in(small, tmp_path / "pharmacies.csv", feed="pharmacies", now=LATER).accepted == 1
            )
        if rng.random() < 0.7:
            follower.step(LATER)
    steps(follower)
    assert_same_facts(follower._live, small)
    after = in_force(small)
    again = acts.detect(small, whole=True, now=LATER)
    assert [run for run in again if run.opened + run.extended + run.worsened + run.vanished] == []
    assert in_force(small) == after
