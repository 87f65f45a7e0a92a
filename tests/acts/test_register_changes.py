"""A register that changes has the rules that rest on it judge again, and says since when it says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.cities import BUILT_AT, city, copy_of
from yaotong import acts
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace

LATER = BUILT_AT + timedelta(days=1)
OURS = ("R-M08", "R-M10")


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def resend(workspace: Workspace, folder: Path, shop: str, cells: Mapping[str, str]) -> None:
    """Send the register again with some cells of one shop changed."""
    (source,) = (workspace.settings.home / "feeds").glob("pharmacies.*")
    frame = pd.read_csv(source, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for name, value in cells.items():
        frame.loc[frame["license_no"] == shop, name] = value
    path = folder / "pharmacies.csv"
    frame.to_csv(path, index=False)
    assert acts.take_in(workspace, path, feed="pharmacies", now=LATER).accepted == 1


def busiest(workspace: Workspace) -> str:
    sales = open_facts(workspace.store).sales
    counts = sales.group_by("pharmacy_id").agg(lines=sales.count())
    return str(counts.order_by(counts.lines.desc()).limit(1).to_pandas()["pharmacy_id"].iloc[0])


def test_new_hours_are_judged_over_all_days_and_old_hours_again_take_it_back(
    small: Workspace, tmp_path: Path
) -> None:
    shop = busiest(small)
    assert {run.days for run in acts.detect(small, rule_ids=OURS, now=LATER)} == {0}
    resend(small, tmp_path, shop, {"opening_hours": "Mo-Su 03:00-03:30"})
    runs = {run.rule_id: run for run in acts.detect(small, rule_ids=OURS, now=LATER)}
    assert runs["R-M10"].days == 120
    assert runs["R-M10"].found > 100
    (source,) = (small.settings.home / "feeds").glob("pharmacies.*")
    frame = pd.read_csv(source, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    before = frame.set_index("license_no").loc[shop, "opening_hours"]
    resend(small, tmp_path, shop, {"opening_hours": str(before)})
    runs = {run.rule_id: run for run in acts.detect(small, rule_ids=OURS, now=LATER)}
    assert (runs["R-M10"].found, runs["R-M10"].vanished) == (0, runs["R-M10"].vanished)
    assert runs["R-M10"].vanished > 0


def test_a_suspension_accuses_no_day_before_the_register_told_of_it(small: Workspace, tmp_path: Path) -> None:
    shop = busiest(small)
    resend(small, tmp_path, shop, {"status": "suspended", "insurance_designated": "false"})
    shops = open_facts(small.store).pharmacies
    row = shops.filter(shops.pharmacy_id == shop).to_pyarrow().to_pylist()[0]
    assert (row["status"], row["status_since"]) == ("suspended", LATER.date())
    assert row["insurance_designated"] is False
    others = shops.filter(shops.pharmacy_id != shop)
    assert others.filter(others.status_since.notnull()).count().execute() == 0
    (run,) = acts.detect(small, rule_ids=("R-M08",), now=LATER)
    assert (run.days, run.found) == (120, 0)


def test_a_licence_that_ended_is_told_from_the_day_after(small: Workspace, tmp_path: Path) -> None:
    shop, last = busiest(small), date(2026, 6, 20)
    resend(small, tmp_path, shop, {"valid_to": last.isoformat()})
    (run,) = acts.detect(small, rule_ids=("R-M08",), now=LATER)
    facts = open_facts(small.store)
    sold = facts.sales.filter(facts.sales.pharmacy_id == shop, facts.sales.quantity > 0)
    days = set(pd.to_datetime(sold.select(day=sold.sold_at.date()).distinct().to_pandas()["day"]).dt.date)
    expired = sum(day > last for day in days)
    # And the three warnings before, of which the first is due on the first day of the city.
    left = {min(step for step in (30, 90, 180) if (last - day).days <= step) for day in days if day <= last}
    assert run.found == expired + len(left)
