"""Feeds whose lines are facts, from a CSV to the tables that rules see; every limit on both sides."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from tests.cities import copy_of
from tests.intake.helpers import person
from yaotong import acts
from yaotong.codes import Outcome
from yaotong.facts import FACT_MOMENTS, FACT_SCHEMAS, Facts
from yaotong.intake.core.pseudonym import Pseudonymiser
from yaotong.records import FEEDS, Receipt
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 7, 1, 8, 30)
PATIENT = person(3, "19900602")
MEMBER = "33048219900307881234"  # an insurance number: no form of its own
DOCTOR = "D330400012345"
SHOP = "浙DA057300001"
GOOD: dict[str, dict[str, str]] = {
    "stock_counts": {
        "pharmacy_id": SHOP,
        "drug_code": "YP01",
        "counted_at": "2026-06-01 21:00:00",
        "quantity": "12",
        "batch_no": "B1",
    },
    "stock_moves": {
        "move_id": "M1",
        "pharmacy_id": SHOP,
        "moved_at": "2026-06-01 18:00:00",
        "kind": "transfer_out",
        "drug_code": "YP01",
        "quantity": "1.5",
        "batch_no": "B1",
        "counterpart": "浙DA057300002",
        "report_no": "",
    },
    "prescriptions": {
        "prescription_no": "R1",
        "issued_at": "2026-06-01 09:10:00",
        "prescriber_id": DOCTOR,
        "drug_code": "YP01",
        "quantity": "2",
        "days": "7",
        "patient_id_no": PATIENT,
    },
    "settlements": {
        "settlement_id": "J1",
        "settled_at": "2026-06-01 10:00:00",
        "pharmacy_id": SHOP,
        "person_no": MEMBER,
        "drug_code": "YP01",
        "quantity": "2",
        "amount": "25.60",
        "trace_code": "",
    },
    "duty": {
        "pharmacy_id": SHOP,
        "pharmacist_id": "Y1",
        "from": "2026-06-01 08:00:00",
        "until": "2026-06-01 17:30:00",
    },
    "inspections": {
        "inspection_id": "C1",
        "pharmacy_id": SHOP,
        "inspected_at": "2026-06-01 14:00:00",
        "kind": "routine",
        "outcome": "corrected",
        "department_code": "330482001-msa",
        "hours_confirmed": "是",
        "place_confirmed": "1",
        "phone_confirmed": "否",
        "pharmacist_present": "",
        "stock_agrees": "true",
        "note": f"店员出示证件{PATIENT}，当场改正",
    },
}
LINE_IDS = {
    "stock_counts": f"{SHOP}/YP01/2026-06-01T21:00:00",
    "stock_moves": f"{SHOP}/M1",
    "prescriptions": "R1",
    "settlements": "J1",
    "duty": f"{SHOP}/Y1/2026-06-01T08:00:00",
    "inspections": f"{SHOP}/C1",
}


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two pharmacies and two drugs are known, and no areas."""
    made = init_workspace(
        tmp_path_factory.mktemp("registered") / "home", title="测试", synthetic=True, region=None
    )
    shop = {"name": "药店", "address": "路1号", "lon": "121.01", "lat": "30.70", "crs": "wgs84"}
    shops = [{"license_no": one, **shop} for one in (SHOP, "浙DA057300002")]
    drugs = [{"drug_code": one, "drug_name": one, "category": "EPH"} for one in ("YP01", "YP02")]
    for feed, rows in (("pharmacies", shops), ("drugs", drugs)):
        assert take(made, feed, *rows).outcome is Outcome.ACCEPTED
    return made


@pytest.fixture
def workspace(registered: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(registered, tmp_path / "home")


def take(workspace: Workspace, feed: str, *rows: dict[str, str]) -> Receipt:
    """Take a CSV of those rows in; its kind is told from the columns alone."""
    number = len(list(workspace.settings.home.glob("sent-*.csv")))
    path = workspace.settings.home / f"sent-{number}.csv"
    pd.DataFrame(list(rows)).to_csv(path, index=False)
    receipt = acts.take_in(workspace, path, now=NOW)
    assert receipt.feed == feed, receipt
    return receipt


def lines(workspace: Workspace, feed: str) -> list[dict[str, Any]]:
    """The current lines of a feed, None where nothing is known."""
    facts: Facts = open_facts(workspace.store)
    frame = getattr(facts, feed).order_by("line_id").to_pandas()
    assert list(frame.columns) == known_columns(feed)
    return [
        {name: None if pd.isna(one) else one for name, one in row.items()} for row in frame.to_dict("records")
    ]


def known_columns(feed: str) -> list[str]:
    """What rules see of a feed; the fingerprint of a line is the store's own."""
    return FACT_SCHEMAS[feed].names


def refused(workspace: Workspace, feed: str, **changes: str) -> list[tuple[str, str]]:
    """Reason and column of what was refused of the good line with changes."""
    receipt = take(workspace, feed, {**GOOD[feed], **changes})
    return [(one.reason, one.column) for one in receipt.rejected]


def keyed(workspace: Workspace) -> Pseudonymiser:
    settings = workspace.settings
    return Pseudonymiser(settings.pseudonym_key, settings.pseudonym_key_id, digest=settings.pseudonym_digest)


def test_every_feed_of_lines_has_an_empty_typed_table_before_any_file(workspace: Workspace) -> None:
    facts = open_facts(workspace.store)
    assert set(GOOD) | {"sales", "purchases"} == set(FACT_MOMENTS)
    for feed, moment in FACT_MOMENTS.items():
        table = getattr(facts, feed)
        assert list(table.columns) == known_columns(feed)
        assert table[moment].type().is_timestamp()
        assert table.count().execute() == 0


@pytest.mark.parametrize("feed", GOOD)
def test_a_good_line_becomes_a_fact_once(workspace: Workspace, feed: str) -> None:
    first = take(workspace, feed, GOOD[feed])
    assert (first.outcome, first.accepted, first.rejected) == (Outcome.ACCEPTED, 1, ())
    (line,) = lines(workspace, feed)
    assert line["line_id"] == LINE_IDS[feed]
    assert line["arrived_at"] == NOW
    again = take(workspace, feed, dict(reversed(GOOD[feed].items())))
    assert (again.accepted, again.duplicates) == (0, 1)
    assert lines(workspace, feed) == [line]


def test_what_the_lines_say(workspace: Workspace) -> None:
    said = {}
    for feed, row in GOOD.items():
        take(workspace, feed, row)
        (said[feed],) = lines(workspace, feed)
    doctor, patient, member = keyed(workspace).keys(pa.array([DOCTOR, PATIENT, MEMBER])).to_pylist()
    held = said["stock_counts"]
    assert (held["quantity"], held["batch_no"]) == (12.0, "B1")
    assert held["counted_at"] == datetime(2026, 6, 1, 21)
    script = said["prescriptions"]
    assert (script["prescriber_key"], script["patient_key"], script["days"]) == (doctor, patient, 7)
    assert (script["patient_region"], script["patient_age_years"]) == ("9100", 35)  # 36 on the next day
    paid = said["settlements"]
    assert (paid["person_key"], paid["amount_fen"], paid["trace_code"]) == (member, 2560, None)
    shift = said["duty"]
    assert (shift["duty_from"], shift["duty_until"]) == (
        datetime(2026, 6, 1, 8),
        datetime(2026, 6, 1, 17, 30),
    )
    visit = said["inspections"]
    confirmed = [visit[f"{one}_confirmed"] for one in ("hours", "place", "phone")]
    assert (confirmed, visit["pharmacist_present"], visit["stock_agrees"]) == (
        [True, True, False],
        None,
        True,
    )
    assert visit["note"] == "店员出示证件9100" + "*" * 14 + ",当场改正"


def test_no_number_of_a_person_is_kept_in_the_clear(workspace: Workspace) -> None:
    for feed, row in GOOD.items():
        take(workspace, feed, row)
        take(workspace, feed, {**row, FEEDS[feed].moment: "not a moment"})
    for sent in workspace.settings.home.glob("sent-*.csv"):
        sent.unlink()
    shown = [str(lines(workspace, feed)) for feed in GOOD]
    files = [one.read_bytes() for one in workspace.settings.home.rglob("*") if one.is_file()]
    assert len(files) > len(GOOD)
    for number in (PATIENT, MEMBER, DOCTOR):
        assert not any(number in text for text in shown)
        assert not any(number.encode() in content for content in files)


@pytest.mark.parametrize(
    ("feed", "column", "good", "bad", "reason"),
    [
        ("stock_counts", "quantity", "0", "-1", "out_of_range"),
        ("stock_counts", "quantity", "10000000", "10000001", "out_of_range"),
        ("stock_counts", "counted_at", "2026-07-01 08:30:00", "2026-07-03", "future_time"),
        ("stock_counts", "counted_at", "2026-06-02", "", "missing_value"),
        ("stock_counts", "drug_code", "YP02", "YP99", "unknown_drug"),
        ("stock_counts", "pharmacy_id", "浙DA057300002", "浙DA057399999", "unknown_pharmacy"),
        ("prescriptions", "quantity", "0.001", "0", "out_of_range"),
        ("prescriptions", "quantity", "100000", "100001", "out_of_range"),
        ("prescriptions", "days", "1", "0", "out_of_range"),
        ("prescriptions", "days", "366", "367", "out_of_range"),
        ("prescriptions", "days", "", "1.5", "bad_number"),
        ("prescriptions", "issued_at", "2026-07-01", "2026-07-03", "future_time"),
        ("prescriptions", "patient_id_no", "", PATIENT[:-1] + "?", "bad_id"),
        ("prescriptions", "patient_id_no", person(4), person(4)[:17], "bad_id"),
        ("prescriptions", "prescriber_id", "", "D33****", "bad_id"),
        ("prescriptions", "drug_code", "YP02", "YP99", "unknown_drug"),
        ("settlements", "quantity", "-100000", "-100001", "out_of_range"),
        ("settlements", "quantity", "100000", "100001", "out_of_range"),
        ("settlements", "amount", "-10000000", "-10000000.01", "out_of_range"),
        ("settlements", "amount", "10000000", "10000000.01", "out_of_range"),
        ("settlements", "amount", "", "1,200", "bad_number"),
        ("settlements", "person_no", "", "3304****", "bad_id"),
        ("settlements", "settled_at", "2026-07-01", "2026-07-03", "future_time"),
        ("settlements", "pharmacy_id", "浙DA057300002", "浙DA057399999", "unknown_pharmacy"),
        ("settlements", "drug_code", "YP02", "YP99", "unknown_drug"),
        ("duty", "until", "2026-06-01 08:00:01", "2026-06-01 08:00:00", "out_of_range"),
        ("duty", "until", "", "2026-06-01 07:59:59", "out_of_range"),
        ("duty", "until", "2026-07-09", "some day", "bad_date"),
        ("duty", "pharmacy_id", "浙DA057300002", "浙DA057399999", "unknown_pharmacy"),
        ("duty", "pharmacist_id", "Y2", "", "missing_value"),
        ("inspections", "kind", "FOLLOW_UP", "visit", "bad_enum"),
        ("inspections", "outcome", "not_met", "fine", "bad_enum"),
        ("inspections", "hours_confirmed", "", "maybe", "bad_enum"),
        ("inspections", "inspected_at", "2026-07-01", "2026-07-03", "future_time"),
        ("inspections", "pharmacy_id", "浙DA057300002", "浙DA057399999", "unknown_pharmacy"),
    ],
)
def test_a_limit_has_two_sides(
    workspace: Workspace, feed: str, column: str, good: str, bad: str, reason: str
) -> None:
    assert refused(workspace, feed, **{column: good}) == []
    assert refused(workspace, feed, **{column: bad}) == [(reason, column)]
    assert len(lines(workspace, feed)) == 1


def test_nobody_is_prescribed_to_before_being_born(workspace: Workspace) -> None:
    assert refused(workspace, "prescriptions", issued_at="1990-06-02") == []
    unborn = refused(workspace, "prescriptions", issued_at="1990-06-01 23:59:59")
    assert unborn == [("bad_id", "patient_id_no")]


def test_a_shift_that_starts_tomorrow_is_a_plan_and_no_fact(workspace: Workspace) -> None:
    plan = {"from": "2026-07-03 08:00:00", "until": ""}
    assert refused(workspace, "duty", **plan) == [("future_time", "from")]


def test_a_shift_that_ends_later_corrects_the_open_one(workspace: Workspace) -> None:
    take(workspace, "duty", {**GOOD["duty"], "until": ""})
    assert lines(workspace, "duty")[0]["duty_until"] is None
    take(workspace, "duty", GOOD["duty"])
    (shift,) = lines(workspace, "duty")
    assert shift["duty_until"] == datetime(2026, 6, 1, 17, 30)


def test_moments_tell_counts_and_shifts_apart(workspace: Workspace) -> None:
    for feed in ("stock_counts", "duty"):
        moment = FEEDS[feed].moment
        evening = {**GOOD[feed], moment: "2026-06-02T16:00:00Z"}
        evening |= {"until": ""} if feed == "duty" else {}
        assert take(workspace, feed, GOOD[feed], evening).accepted == 2
        assert [one["line_id"][-19:] for one in lines(workspace, feed)][-1] == "2026-06-03T00:00:00"


def test_lines_without_a_pharmacy_lie_in_no_area(workspace: Workspace) -> None:
    take(workspace, "prescriptions", GOOD["prescriptions"])
    (found,) = workspace.store.facts_dir.rglob("prescriptions/**/*.parquet")
    assert "month=2026-06" in found.parts
    assert "area=none" in found.parts


def test_a_settlement_may_be_withdrawn(workspace: Workspace) -> None:
    take(workspace, "settlements", {**GOOD["settlements"], "quantity": "-2", "amount": "-25.605"})
    (line,) = lines(workspace, "settlements")
    assert (line["quantity"], line["amount_fen"]) == (-2.0, -2560)
