"""A catalogue that comes to tell product codes: what was known stays known, and each day has its own code."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from yaotong.acts.intake import take_in
from yaotong.codes import Outcome
from yaotong.records import Receipt
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 6, 1, 9)
OLD = "drug_code,drug_name,category\nD1,甲片,OTC_A\nD2,乙片,RX\n"
BLANK = "drug_code,drug_name,category,product_code\nD1,甲片,OTC_A,\nD2,乙片,RX,\n"
CODED = "drug_code,drug_name,category,product_code\nD1,甲片,OTC_A,８１２３４５６\nD2,乙片,RX,\n"
DATED = (
    "drug_code,drug_name,category,product_code,valid_from,valid_to\n"
    "D3,丙片,RX,8000001,,2026-04-30\nD3,丙片,RX,8000002,2026-05-01,\n"
)
SALES = (
    "sale_id,pharmacy_id,sold_at,drug_code,quantity\n"
    "S1,P1,2026-04-30 23:59:59,D3,1\nS2,P1,2026-05-01 00:00:00,D3,1\nS3,P1,2026-05-01 00:00:00,D2,1\n"
)


def sent(workspace: Workspace, folder: Path, text: str, feed: str = "drugs") -> Receipt:
    path = folder / f"{feed}.csv"
    path.write_text(text, "utf-8")
    return take_in(workspace, path, feed=feed, now=NOW)


def codes(workspace: Workspace) -> dict[str, str | None]:
    rows = open_facts(workspace.store).drugs.to_pyarrow().to_pylist()
    return {row["drug_code"]: row["product_code"] for row in rows}


def test_a_catalogue_that_gains_the_column_changes_only_the_drugs_that_fill_it(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "home")
    assert sent(workspace, tmp_path, OLD).outcome is Outcome.ACCEPTED
    assert sent(workspace, tmp_path, OLD).outcome is Outcome.NOOP
    receipt = sent(workspace, tmp_path, BLANK)
    assert (receipt.accepted, receipt.duplicates, codes(workspace)) == (0, 2, {"D1": None, "D2": None})
    receipt = sent(workspace, tmp_path, CODED)
    assert (receipt.accepted, receipt.duplicates) == (1, 1)
    assert codes(workspace) == {"D1": "8123456", "D2": None}
    assert sent(workspace, tmp_path, CODED).outcome is Outcome.NOOP
    # The last file sent is the catalogue: one without the column again tells nothing of codes.
    assert (sent(workspace, tmp_path, OLD).accepted, codes(workspace)) == (1, {"D1": None, "D2": None})


def test_a_sale_is_told_the_code_that_was_in_force_on_its_day(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "home")
    assert sent(workspace, tmp_path, OLD + "D4,丁片,RX\n").outcome is Outcome.ACCEPTED
    assert sent(workspace, tmp_path, DATED).outcome is Outcome.ACCEPTED
    assert sent(workspace, tmp_path, SALES, "sales").outcome is Outcome.ACCEPTED
    facts = open_facts(workspace.store)
    for lines in (facts.sales_with_drug(), facts.sales_of("RX")):
        told = {row["sale_id"]: row["product_code"] for row in lines.to_pyarrow().to_pylist()}
        assert told == {"S1": "8000001", "S2": "8000002", "S3": None}
