"""Rules judge what came or was corrected, and end where one run over everything ends."""

from __future__ import annotations

import random
import shutil
from datetime import date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.cities import BUILT_AT, city, copy_of
from yaotong import acts
from yaotong.acts.demo import REGION
from yaotong.acts.detection import RuleRun
from yaotong.rules.book import book
from yaotong.store.desk_tables import desk_line
from yaotong.store.schema import alert, alert_event, dispatch, evidence_line, finding, judged, outbox
from yaotong.workspace import Workspace, init_workspace, open_workspace

LATER = BUILT_AT + timedelta(days=1)
REGISTRIES = ("areas", "departments", "calendar", "drugs", "pharmacies", "recalls")
BOOKS = ("purchases", "stock_moves", "stock_counts", "inspections")
HEADER = "sale_id,pharmacy_id,sold_at,drug_code,quantity,buyer_id_no,recorded_at"


slow = pytest.mark.slow


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def in_force(workspace: Workspace) -> dict[str, list[Any]]:
    """Alerts whose condition holds, with what they rest on."""
    columns = (finding.c.finding_id, finding.c.content_sha)
    query = select(alert.c.alert_id, alert.c.level, alert.c.first_day, alert.c.last_day, *columns)
    query = query.join(finding, finding.c.alert_id == alert.c.alert_id)
    query = query.where(alert.c.condition_gone.is_(False), finding.c.gone_at_version.is_(None))
    with workspace.store.read() as connection:
        rows = connection.execute(query.order_by(alert.c.alert_id, finding.c.finding_id)).fetchall()
    kept: dict[str, list[Any]] = {}
    for row in rows:
        kept.setdefault(row.alert_id, []).append(tuple(row[1:]))
    return kept


def forget(workspace: Workspace) -> None:
    with workspace.store.write() as connection:
        for table in (desk_line, outbox, dispatch, alert_event, evidence_line, finding, alert, judged):
            connection.execute(delete(table))


def by_rule(runs: list[RuleRun]) -> dict[str, RuleRun]:
    return {run.rule_id: run for run in runs}


def send(workspace: Workspace, folder: Path, name: str, *lines: str) -> None:
    path = folder / f"{name}.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    receipt = acts.take_in(workspace, path, feed="sales", now=LATER)
    assert receipt.accepted == len(lines), receipt.rejected


def some_line(workspace: Workspace) -> dict[str, str]:
    """The first line of the third month."""
    path = sorted((workspace.settings.home / "feeds" / "sales").glob("*.csv"))[2]
    header, line = path.read_text("utf-8").splitlines()[:2]
    return dict(zip(header.split(","), line.split(","), strict=True))


def test_when_nothing_came_nothing_is_judged(small: Workspace) -> None:
    runs = acts.detect(small, now=LATER)
    unsent = {"settlements", "prescriptions", "duty", "stock_counts"}
    # Nor purchases: a rule that reads nothing else has no day to judge.
    carried = {
        name for name, rule in book().items() if not unsent & set(rule.feeds) and "sales" in rule.feeds
    }
    assert carried <= {one.rule_id for one in runs}
    assert [run.rule_id for run in runs if run.days or run.found] == []


@pytest.mark.slow
def test_a_late_line_is_judged_on_its_days_and_ends_like_a_run_over_everything(
    small: Workspace, tmp_path: Path
) -> None:
    line = some_line(small)
    day = date.fromisoformat(line["sold_at"][:10])
    sold = f"{day} 15:00:00"
    send(small, tmp_path, "late", f"L1,{line['pharmacy_id']},{sold},YP0102A,5,910000199001010012,{sold}")
    runs = by_rule(acts.detect(small, now=LATER))
    assert (runs["R-M01"].opened, runs["R-M01"].days) == (1, 3)  # the day before, the day, the day after
    assert runs["R-P01"].days == book()["R-P01"].lookback_days + 2
    assert runs["R-M18"].days <= (date(2026, 6, 30) - day).days + 2
    after = in_force(small)
    again = acts.detect(small, whole=True, now=LATER)
    assert sum(run.opened + run.extended + run.worsened + run.vanished for run in again) == 0
    assert in_force(small) == after


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_correction_is_judged_where_the_line_was_and_where_it_is(small: Workspace, tmp_path: Path) -> None:
    line = some_line(small)
    day = date.fromisoformat(line["sold_at"][:10])

    def word(name: str, on: date, recorded: datetime) -> None:
        sale = f"L1,{line['pharmacy_id']},{on} 15:00:00,YP0102A,5,910000199001010012,{recorded}"
        send(small, tmp_path, name, sale)

    word("first", day, datetime(2026, 6, 29, 9))
    assert by_rule(acts.detect(small, now=LATER))["R-M01"].opened == 1
    word("mended", day + timedelta(days=20), datetime(2026, 6, 30, 9))
    run = by_rule(acts.detect(small, now=LATER))["R-M01"]
    assert (run.opened, run.vanished, run.days) == (1, 1, 6)
    after = in_force(small)
    acts.detect(small, whole=True, now=LATER)
    assert in_force(small) == after


def test_a_changed_register_is_judged_over_all_days(small: Workspace, tmp_path: Path) -> None:
    source = (small.settings.home / "feeds" / "recalls.csv").read_text("utf-8").splitlines()
    path = tmp_path / "recalls.csv"
    cells = dict(zip(source[0].split(","), source[1].split(","), strict=True))
    cells["batch_no"] = "没有卖过的批号"
    path.write_text(source[0] + "\n" + ",".join(cells.values()) + "\n", "utf-8")
    assert acts.take_in(small, path, feed="recalls", now=LATER).accepted == 1
    runs = by_rule(acts.detect(small, now=LATER))
    assert runs["R-M14"].days == 120
    assert runs["R-M01"].days == 0  # it reads no recalls


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_months_that_come_in_any_order_end_in_the_same_alerts(tmp_path: Path) -> None:
    """Each month is judged as it comes: what was thought before the gaps were filled is taken back."""
    source = city("small").settings.home
    workspace = init_workspace(tmp_path / "home", synthetic=True, region=REGION)
    shutil.copytree(source / "keys", workspace.settings.home / "keys", dirs_exist_ok=True)
    workspace = open_workspace(workspace.settings.home, {})

    def take_in(name: str) -> None:
        (path,) = (source / "feeds").glob(f"{name}.*")
        assert acts.take_in(workspace, path, feed=name, now=LATER).accepted

    for name in REGISTRIES:
        take_in(name)
    months = sorted((source / "feeds" / "sales").glob("*.csv"))
    # The books of stock come in the middle: they are judged against half of the sales, then against all.
    for path, name in zip_longest([*months[1::2], *months[0::2]], ["", *BOOKS], fillvalue=""):
        if name:
            take_in(name)
        if path:
            acts.take_in(workspace, Path(path), feed="sales", now=LATER)
        acts.detect(workspace, now=LATER)
    assert in_force(workspace) == in_force(city("small"))


@slow
@pytest.mark.timeout(1_800)
def test_a_year_judged_in_parts_in_any_order_ends_in_the_same_alerts(tmp_path: Path) -> None:
    year = copy_of(city("full"), tmp_path / "home")
    expected = in_force(year)
    forget(year)
    parts = [(date(2025, 7, 1) + timedelta(days=days), length) for days, length in _parts(365)]
    random.Random(4).shuffle(parts)
    for since, length in parts:
        acts.detect(year, since=since, until=since + timedelta(days=length - 1), now=LATER)
    assert in_force(year) == expected


def _parts(days: int) -> list[tuple[int, int]]:
    """Offsets and lengths that cover so many days: single days, weeks and months."""
    lengths, parts, at = (1, 7, 31, 1, 60), [], 0
    while at < days:
        length = min(lengths[len(parts) % len(lengths)], days - at)
        parts.append((at, length))
        at += length
    return parts
