"""What each department sees of a line: what its TOML says, field by field, and nothing besides."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.webapp.conftest import DEPARTMENTS, SignIn, ids_of
from yaotong.departments import EVIDENCE_FIELDS, departments
from yaotong.reads.evidence import fields_of
from yaotong.reads.subjects import buyer_label, subject_label
from yaotong.store.factbase import open_facts
from yaotong.store.schema import alert
from yaotong.workspace import Workspace

OF_EACH = 2  # alerts of a rule and a part are masked alike


def _some(client: FlaskClient, part: str = "part") -> list[str]:
    """A few alerts of each rule, as lead and as assist, of all that a person may see."""
    rows = client.get("/api/v1/alerts?limit=500").get_json()["alerts"]
    frame = pd.DataFrame(rows)
    if frame.empty:
        return []
    return frame.groupby(["rule_id", part]).head(OF_EACH)["alert_id"].tolist()


def _documents(signed: SignIn, who: str) -> list[dict[str, Any]]:
    client = signed(who)
    return [client.get(f"/api/v1/alerts/{one}").get_json() for one in _some(client)]


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_the_toml_decides_every_field(signed: SignIn, who: str) -> None:
    view = departments()[who].evidence
    for one in _documents(signed, who):
        allowed = view.as_lead if one["part"] == "lead" else view.as_assist
        assert set(one["evidence"]["fields"]) <= allowed
        assert all(set(row) <= allowed for row in one["evidence"]["rows"])
        if view.lines == "all" and one["evidence"]["total"]:
            # All that is allowed, but for what such lines are never sent with.
            assert set(one["evidence"]["fields"]) == allowed & fields_of(one["evidence"]["feeds"])


def test_a_line_has_the_fields_that_its_feed_is_sent_with() -> None:
    bought, sold = fields_of(["purchases"]), fields_of(["sales"])
    assert {"supplier", "batch_no", "trace_code"} <= bought
    assert not bought & {"buyer", "prescription_no", "channel", "unit_price", "recorded_at"}
    assert sold == set(EVIDENCE_FIELDS) - {"supplier"}
    assert fields_of(["purchases", "sales"]) == set(EVIDENCE_FIELDS)
    assert "buyer" in fields_of(["settlements"])
    assert "pharmacy" not in fields_of(["prescriptions"])


def test_health_sees_counts_by_town_and_week_and_no_line(signed: SignIn) -> None:
    documents = _documents(signed, "hc")
    assert documents
    for one in documents:
        assert one["evidence"]["rows"] == []
        assert one["pharmacy_ids"] == []
        assert one["evidence"]["hidden"] == one["evidence"]["total"]
        assert sum(count for _, _, count in one["evidence"]["counts"]) == one["evidence"]["total"]
    client = signed("hc")
    for alert_id in _some(client):
        text = client.get(f"/alerts/{alert_id}").get_data(as_text=True)
        assert "/pharmacies/" not in text
        assert not re.search(r"演示\w+店", text)


def test_insurance_sees_settled_lines_only(signed: SignIn, small: Workspace) -> None:
    sales = open_facts(small.store).sales
    unsettled = sales.filter(sales.settlement_id.isnull() & ~sales.paid_by_insurance.fill_null(False))
    moments = set(
        unsettled.sold_at.strftime("%Y-%m-%dT%H:%M:%S").to_pandas()
        + unsettled.trace_code.fill_null("").to_pandas()
    )
    rows = [row for one in _documents(signed, "nhsa") for row in one["evidence"]["rows"]]
    assert rows
    assert not {row["sold_at"] + (row["trace_code"] or "") for row in rows} & moments


@pytest.mark.parametrize("who", [*DEPARTMENTS, "msa-danghu"])
def test_no_pseudonym_leaves_whole(signed: SignIn, small: Workspace, who: str) -> None:
    """Buyers are told apart by four characters; the key itself is on no page and in no answer."""
    sales = open_facts(small.store).sales
    keys = {one.rsplit(":", 1)[-1] for one in sales.buyer_key.to_pandas().dropna().unique()}
    assert keys
    client = signed(who)
    for alert_id in _some(client):
        for path in (f"/alerts/{alert_id}", f"/api/v1/alerts/{alert_id}"):
            text = client.get(path).get_data(as_text=True)
            assert not [one for one in re.findall(r"[0-9a-f]{12,}", text) if one in keys]


def test_an_assisting_department_that_sees_no_buyer_is_told_there_is_one(
    signed: SignIn, small: Workspace
) -> None:
    with small.store.read() as connection:
        query = select(alert.c.alert_id).where(alert.c.subject_kind == "buyer")
        buyers = set(connection.execute(query).scalars())
    lead = [one for one in _documents(signed, "psb") if one["alert_id"] in buyers]
    assist = [one for one in _documents(signed, "msa") if one["alert_id"] in buyers]
    assert {re.sub("[0-9A-F]{4}$", "", one["subject"]) for one in lead} == {"购药人 "}
    assert {one["subject"] for one in assist} == {"一名购药人"}
    assert "data-chart" in signed("psb").get(f"/alerts/{lead[0]['alert_id']}").get_data(as_text=True)
    assert "data-chart" not in signed("msa").get(f"/alerts/{assist[0]['alert_id']}").get_data(as_text=True)


def test_labels() -> None:
    shops, areas = {"L1": "某药店"}, {"330482": "某市"}
    everything = frozenset(EVIDENCE_FIELDS)
    assert buyer_label("k1:ab12cd34") == "购药人 AB12"
    assert subject_label("pharmacy", "L1", shops, areas, everything) == "某药店"
    assert subject_label("pharmacy", "L1", shops, areas, frozenset()) == "一家药店"
    assert subject_label("area", "330482", shops, areas, frozenset()) == "某市"
    assert subject_label("buyer", "k1:ab12cd34", shops, areas, frozenset()) == "一名购药人"
    assert (
        subject_label("trace_code", "81036501234567890876", shops, areas, everything) == "追溯码 8103650…0876"
    )
    assert subject_label("lot", "D1:B2", shops, areas, frozenset()) == "D1:B2"
    assert subject_label("prescriber", "k1:ab12cd34", shops, areas, frozenset()) == "医师 AB12"
    assert subject_label("drug", "330482:D1", shops, areas, frozenset()) == "某市 D1"


def test_the_map_names_no_shop_to_a_department_that_may_see_none(signed: SignIn, small: Workspace) -> None:
    """Health assists in the recall of a lot: on its map the town bears the alert, the shop does not."""
    rows = signed("msa").get("/api/v1/alerts?limit=500").get_json()["alerts"]
    shared = next(
        one for one in rows if one["rule_id"] == "R-M14" and one["alert_id"] in ids_of(signed("hc"))
    )
    shop, town = shared["pharmacy_ids"][0], shared["area_code"]
    named = {
        who: signed(who).get(f"/map/data/panel/shop/{shop}.json").get_data(as_text=True)
        for who in ("msa", "hc")
    }
    assert shared["alert_id"] in named["msa"]
    assert shared["alert_id"] not in named["hc"]
    assert shared["alert_id"] in signed("hc").get(f"/map/data/panel/area/{town}.json").get_data(as_text=True)
    levels = {
        who: _shop_class(signed(who).get("/map/data/table/risk.csv").get_data(as_text=True), shop)
        for who in ("msa", "hc")
    }
    assert levels["msa"] == "红色预警"
    assert levels["hc"] == "无上述预警"


def _shop_class(table: str, shop: str) -> str:
    rows = csv.DictReader(io.StringIO(table.lstrip("\ufeff")))
    return next(row["药店最高未结预警"] for row in rows if row["编号"] == shop)
