"""A register of suppliers: what was bought of whom nobody licensed is found, and nothing before it is sent."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from tests.reads import ledger_region, small_region
from yaotong.acts.detection import detect
from yaotong.acts.intake import take_in
from yaotong.demo.identifiers import uscc
from yaotong.intake import Limits
from yaotong.reads.drug_way import drug_way
from yaotong.reads.evidence import evidence_lines
from yaotong.reads.rulebook import awaiting_clauses, rules
from yaotong.reads.whynot import why_not
from yaotong.reads.whynot_text import why_text
from yaotong.rules.book import book
from yaotong.store import alerts, findings
from yaotong.workspace import Workspace

KNOWN, OTHER = uscc(1), uscc(2)


@pytest.fixture
def region(tmp_path: Path) -> Workspace:
    made = ledger_region.build(tmp_path)
    ledger_region.send(
        made,
        tmp_path,
        "purchases",
        [
            ("G7", "P0", "2026-03-10 09:00", KNOWN, "D1", "L1", 8),
            ("G8", "P1", "2026-03-11 09:00", OTHER, "D1", "L1", 6),
        ],
    )
    return made


def suppliers(region: Workspace, folder: Path, *rows: tuple[str, ...]) -> tuple[int, list[str]]:
    """Send rows of the register: rows accepted, and the reasons of those that were not."""
    path = folder / "suppliers.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("uscc", "name", "valid_from", "valid_to"), *rows])
    receipt = take_in(region, path, feed="suppliers", now=ledger_region.NOW, limits=Limits.off())
    return receipt.accepted, [one.reason for one in receipt.rejected]


def found(region: Workspace) -> set[tuple[str, date, float]]:
    """What R-M18 holds of unlicensed firms after a detection."""
    detect(region, rule_ids=["R-M18"], now=ledger_region.NOW)
    with region.store.read() as connection:
        numbers = [row["alert_id"] for row in alerts.listing(connection)]
        kept = [one for each in findings.of_alerts(connection, numbers).values() for one in each]
    return {(one.subject, one.behaviour_day, one.measure) for one in kept if one.clause == "unlicensed"}


def test_a_limb_without_its_register_waits_and_says_so(region: Workspace, tmp_path: Path) -> None:
    assert found(region) == set()
    assert [one.clause for one in awaiting_clauses(region, rules(region))] == ["unlicensed"]
    told = why_text(why_not(region, "R-M18", "P1", date(2026, 3, 11)))
    assert "还没有送来供货企业名录" in told
    assert suppliers(region, tmp_path, (KNOWN, "甲公司", "", "")) == (1, [])
    assert awaiting_clauses(region, rules(region)) == ()
    assert found(region) == {("P1", date(2026, 3, 11), 6.0)}
    for ids, told in ((["P0/G7", "P1/G8"], [f"甲公司 {KNOWN}", OTHER]), (["P1/G8"], [OTHER])):
        assert evidence_lines(region.store, book()["R-M18"], ids)["supplier"].tolist() == told
    assert drug_way(region, small_region.MSA, "D1").names[KNOWN] == "甲公司"


def test_a_permit_that_was_entered_late_takes_the_finding_back(region: Workspace, tmp_path: Path) -> None:
    suppliers(region, tmp_path, (KNOWN, "甲公司", "2020-01-01", "2026-03-09"))
    assert {one[0] for one in found(region)} == {"P0", "P1"}
    suppliers(
        region, tmp_path, (KNOWN, "甲公司", "2026-03-10", "2031-03-09"), (OTHER, "乙公司", "", "2026-03-11")
    )
    assert found(region) == set()


def test_a_number_that_fails_its_check_is_refused_with_a_reason(region: Workspace, tmp_path: Path) -> None:
    wrong = KNOWN[:-1] + ("1" if KNOWN[-1] != "1" else "2")
    assert suppliers(region, tmp_path, (wrong, "甲公司", "", ""), (KNOWN, "", "", "")) == (
        0,
        ["bad_uscc", "missing_value"],
    )
    path = tmp_path / "purchases.csv"
    path.write_text(
        "purchase_id,pharmacy_id,received_at,supplier_uscc,drug_code,quantity\n"
        f"G9,P0,2026-03-12 09:00,{wrong},D1,3\n",
        "utf-8",
    )
    receipt = take_in(region, path, feed="purchases", now=ledger_region.NOW, limits=Limits.off())
    assert [(one.column, one.reason) for one in receipt.rejected] == [("supplier_uscc", "bad_uscc")]
