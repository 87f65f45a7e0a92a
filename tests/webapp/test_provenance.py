"""Every line of evidence leads back to the receipt of the file that wrote it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
from flask import Flask

from tests.webapp.conftest import MORNING, SignIn, ids_of
from webapp.context import WORKSPACE_KEY
from yaotong import acts
from yaotong.store.factbase import open_facts
from yaotong.store.linelookup import lines_by_id
from yaotong.workspace import Workspace


def test_every_line_comes_from_the_file_of_its_month(small: Workspace) -> None:
    sales = open_facts(small.store).sales.select("line_id", "sold_at").to_pandas()
    found = lines_by_id(small.store, "sales", sales["line_id"].tolist())
    assert len(found) == len(sales) > 10_000
    assert (found["file"] == "sales-" + found["sold_at"].dt.strftime("%Y-%m") + ".csv").all()


def test_a_corrected_line_comes_from_its_correction(own_app: Flask, tmp_path: Path) -> None:
    workspace = own_app.config[WORKSPACE_KEY]
    feeds = workspace.settings.home / "feeds" / "sales"
    lines = pd.read_csv(sorted(feeds.glob("*.csv"))[-1], dtype=str, keep_default_na=False).head(2)
    corrected = lines.assign(quantity=["7", *lines["quantity"][1:]])
    path = tmp_path / "correction.csv"
    corrected.to_csv(path, index=False)
    receipt = acts.take_in(workspace, path, feed="sales", now=MORNING + timedelta(hours=1))
    assert (receipt.accepted, receipt.duplicates) == (1, 1)
    ids = (lines["pharmacy_id"] + "/" + lines["sale_id"]).tolist()
    found = lines_by_id(workspace.store, "sales", ids).set_index("line_id")["file"]
    assert found[ids[0]] == "correction.csv"
    assert found[ids[1]].startswith("sales-")


def test_unknown_lines_have_no_receipt(small: Workspace) -> None:
    assert lines_by_id(small.store, "sales", ["nobody/1"]).empty
    assert lines_by_id(small.store, "sales", []).empty
    assert lines_by_id(small.store, "purchases", ["nobody/1"]).empty


def test_the_alert_names_the_receipts_of_its_evidence(signed: SignIn) -> None:
    client = signed("psb")
    for alert_id in ids_of(client):
        told = client.get(f"/api/v1/alerts/{alert_id}").get_json()
        if told["evidence"]["total"]:
            page = client.get(f"/alerts/{alert_id}").get_data(as_text=True)
            assert "/sources/" in page
            assert ".csv</a>" in page
    hidden = signed("hc")
    for alert_id in ids_of(hidden):
        assert ".csv</a>" not in hidden.get(f"/alerts/{alert_id}").get_data(as_text=True)
