"""The measures of a city beside a count line by line, and alerts by what became of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.risk.plain import V1
from tests.risk.region import LAST, MSA, TODAY, built, shops_with_hours
from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.openings import offsets
from yaotong.reads.risk import read_scores, read_whole
from yaotong.reads.risk_measures import alert_shops, status_of
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace, init_workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built(tmp_path_factory.mktemp("measures"))


def plain(workspace: Workspace, as_of: date) -> dict[str, dict[str, Any]]:
    """Lines, days and lateness of each shop that ever sold, one line after the other."""
    facts = open_facts(workspace.store)
    drugs = facts.drugs.to_pandas()
    special = {
        row.drug_code
        for row in drugs.itertuples()
        if any(f"|{one}|" in row.categories for one in SPECIAL_CATEGORIES)
    }
    found: dict[str, dict[str, Any]] = defaultdict(
        lambda: {
            "lines": 0,
            "special_lines": 0,
            "unregistered": 0,
            "dated_lines": 0,
            "late_lines": 0,
            "last": None,
            "days": set(),
        }
    )
    for line in facts.sales.to_pandas().itertuples():
        day, one = line.sold_at.date(), found[line.pharmacy_id]
        if day > as_of:
            continue
        one["last"] = max(one["last"] or day, day)
        if day > as_of - timedelta(days=90) and line.quantity > 0:
            one["lines"] += 1
            one["special_lines"] += line.drug_code in special
            one["unregistered"] += line.drug_code in special and not isinstance(line.buyer_key, str)
        if day > as_of - timedelta(days=30):
            one["days"].add(day)
            one["dated_lines"] += 1
            one["late_lines"] += line.arrived_at - line.sold_at > timedelta(hours=48)
    return found


def days_off(shop: Any, notices: pd.DataFrame, as_of: date) -> set[date]:
    """Days of thirty on which nothing is due of a shop: closed by its hours, or under a notice."""
    days = [as_of - timedelta(days=back) for back in range(30)]
    names = (shop.pharmacy_id, shop.chain, shop.area_code)
    mine = [
        one
        for one in notices.itertuples()
        if one.kind in ("closure", "outage") and (pd.isna(one.scope) or one.scope in names)
    ]
    spans = [(pd.Timestamp(one.date_from).date(), pd.Timestamp(one.date_until).date()) for one in mine]
    shut = {
        day for day in days if isinstance(shop.opening_hours, str) and offsets(shop.opening_hours, day) == ()
    }
    return shut | {day for day in days if any(since <= day <= until for since, until in spans)}


@pytest.mark.parametrize("as_of", [None, date(2026, 5, 31)])
def test_measures_agree_with_a_count_line_by_line(workspace: Workspace, as_of: date | None) -> None:
    counted = plain(workspace, as_of or LAST)
    facts = open_facts(workspace.store)
    notices = facts.notices.to_pandas()
    register = {row.pharmacy_id: row for row in facts.pharmacies.to_pandas().itertuples()}
    told = read_whole(workspace, as_of=as_of).inputs.shops.set_index("license_no")
    assert len(told) > 50
    for name, row in told.iterrows():
        one = counted.get(str(name), {"last": None, "days": set()})
        for measure in ("lines", "special_lines", "unregistered", "dated_lines", "late_lines"):
            assert row[measure] == one.get(measure, 0), (name, measure)
        off = days_off(register[name], notices, as_of or LAST)
        due = {(as_of or LAST) - timedelta(days=back) for back in range(30)} - off
        due = {day for day in due if day >= pd.Timestamp(register[name].valid_from).date()}
        assert row["days_due"] == len(due)
        assert row["days_missing"] == len(due - one["days"])
        if one["last"] is None:
            assert pd.isna(row["silent_days"])
        else:
            late = {day for day in off if day > one["last"]}
            assert row["silent_days"] == ((as_of or LAST) - one["last"]).days - len(late)


def test_days_before_a_licence_and_under_a_notice_are_not_due(workspace: Workspace) -> None:
    """Twelve days since the licence began, three of them under the notice."""
    new = shops_with_hours(workspace)[4]
    shop = open_facts(workspace.store).pharmacies.to_pandas().set_index("pharmacy_id").loc[new]
    shut = {
        day
        for day in (LAST - timedelta(days=back) for back in range(12))
        if offsets(shop["opening_hours"], day) == ()
    }
    told = read_whole(workspace).inputs.shops.set_index("license_no").loc[new]
    assert told["days_due"] == 12 - len(shut | {date(2026, 6, day) for day in (24, 25, 26)})


def test_the_city_tells_both_kinds_of_silence(workspace: Workspace) -> None:
    told = read_whole(workspace).inputs.shops
    assert told["silent_days"].isna().any() or (told["silent_days"] >= V1.silent_days).any()


def test_hours_without_a_pharmacist(workspace: Workspace) -> None:
    """One shop always has somebody; the other from midnight to noon only."""
    here, leaves = shops_with_hours(workspace)[:2]
    hours = open_facts(workspace.store).pharmacies.to_pandas().set_index("pharmacy_id")["opening_hours"]
    told = read_whole(workspace).inputs.shops.set_index("license_no")
    opened = absent = 0
    for day in (LAST - timedelta(days=back) for back in range(30)):
        for since, until in offsets(hours[leaves], day) or ():
            opened += until - since
            absent += max(until - max(since, 43_200), 0)
    assert opened > absent > 0
    assert (told.loc[leaves, "open_hours"], told.loc[leaves, "absent_hours"]) == (
        opened / 3600,
        absent / 3600,
    )
    assert told.loc[here, "absent_hours"] == 0
    assert told.loc[here, "open_hours"] > 100
    assert told["sends_duty"].sum() == 2


def test_inspections_of_a_year(workspace: Workspace) -> None:
    """Of three that passed, the one 365 days ago is outside."""
    passed, filed = shops_with_hours(workspace)[2:4]
    whole = read_whole(workspace)
    told = whole.inputs.shops.set_index("license_no")
    assert (told.loc[passed, "passed"], told.loc[filed, "filed"]) == (2, 1)
    scored = whole.scored.shops.set_index("license_no")
    assert scored.loc[passed, "credit"] == 10
    assert scored.loc[filed, "breaches"] == 6


def test_who_sends_no_shifts_while_others_do_is_no_a(workspace: Workspace) -> None:
    shops = read_scores(workspace, MSA, today=TODAY).shops
    lacking = shops[(shops["absence_reason"] == "no_duty_sent") & (shops["insufficient"] == "")]
    assert len(lacking) > 40
    assert (lacking["grade"] != "A").all()
    assert lacking["absence"].isna().all()


@pytest.mark.parametrize(("as_of", "why"), [(date(2000, 1, 1), "never_sent"), (date(2099, 1, 1), "silent")])
def test_long_before_and_long_after_the_data_nobody_has_a_class(
    workspace: Workspace, as_of: date, why: str
) -> None:
    shops = read_scores(workspace, MSA, today=TODAY, as_of=as_of).shops
    assert (shops["grade"] == "").all()
    assert shops["score"].isna().all()
    assert why in set(shops["insufficient"])


@pytest.mark.parametrize(
    ("state", "outcome", "gone", "status"),
    [
        ("dispatched", None, False, "open"),
        ("checking", None, False, "open"),
        ("disposed", "confirmed", False, "confirmed"),
        ("closed", "confirmed", True, "confirmed"),
        ("disposed", "false_alarm", False, "refuted"),
        ("checking", "false_alarm", False, "open"),
        ("checking", "confirmed", True, "dismissed"),
        ("closed", "unverifiable", False, "dismissed"),
        ("closed", None, False, "dismissed"),
        ("accepted", None, True, "dismissed"),
        ("accepted", None, None, "open"),
    ],
)
def test_what_became_of_an_alert(state: str, outcome: str | None, gone: bool | None, status: str) -> None:
    told = [pd.Series([one], dtype=object) for one in (state, outcome, gone)]
    assert status_of(*told).tolist() == [status]


def test_an_alert_is_a_row_for_each_shop_it_names_once() -> None:
    row = {"alert_id": "a", "level": "red", "state": "dispatched", "outcome": None, "condition_gone": False}
    rows = [
        {**row, "pharmacy_ids": '["B", "A", "B"]', "last_day": date(2026, 6, 1)},
        {**row, "alert_id": "b", "pharmacy_ids": "[]", "last_day": LAST},
    ]
    found = alert_shops(pd.DataFrame(rows), date(2026, 5, 31))
    assert found["license_no"].tolist() == ["A", "B"]
    assert found[["named", "age_days"]].to_numpy().tolist() == [[2, 0], [2, 0]]


def test_where_nothing_came_nobody_is_scored(tmp_path: Path) -> None:
    empty = init_workspace(tmp_path / "home", title="空", synthetic=True, region=None)
    found = read_scores(empty, MSA, today=TODAY)
    assert (found.as_of, len(found.shops), len(found.areas)) == (None, 0, 0)
    path = tmp_path / "pharmacies.csv"
    path.write_text("license_no,name,address,lon,lat,crs\nS1,药店,某路,121.01,30.70,wgs84\n", "utf-8")
    from yaotong import acts

    acts.take_in(empty, path, now=datetime(2026, 7, 1))
    (shop,) = read_scores(empty, MSA, today=TODAY).shops.to_dict("records")
    assert (shop["insufficient"], shop["grade"], shop["least"]) == ("never_sent", "", 20)
    assert pd.isna(shop["score"])
