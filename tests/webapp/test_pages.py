"""Every page for everybody who may see it, and for nobody else."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.webapp.conftest import DEPARTMENTS, MORNING, SignIn, ids_of, token
from webapp.context import WORKSPACE_KEY
from yaotong.departments import departments
from yaotong.rules.book import book
from yaotong.store.schema import alert, pharmacy
from yaotong.workspace import Workspace

OFFICE = ("/desk", "/map", "/alerts", "/risk", "/rules", "/rules/R-P01", "/sources", "/sources/1")
PUBLIC = (
    "/",
    "/find",
    "/find?town=330482001&open=1",
    "/login",
    "/healthz",
    "/readyz",
    "/status",
    "/status.json",
)


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_need_no_account(citizen: FlaskClient, path: str) -> None:
    assert citizen.get(path).status_code == 200


@pytest.mark.parametrize("path", [*OFFICE, "/alerts/x", "/pharmacies/x", "/map/data/panel/overview.json"])
def test_strangers_are_led_to_the_form(citizen: FlaskClient, path: str) -> None:
    answer = citizen.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/api/v1/alerts"), ("get", "/api/v1/alerts/x"), ("get", "/tiles/shops/3/1/1.mvt")],
)
def test_programs_without_a_session_are_told_so(citizen: FlaskClient, method: str, path: str) -> None:
    answer = getattr(citizen, method)(path)
    assert answer.status_code == 401
    assert answer.get_json()["type"] == "urn:yaotong:problem:unauthorized"


@pytest.mark.parametrize("who", [*DEPARTMENTS, "msa-danghu"])
@pytest.mark.parametrize("path", OFFICE)
def test_every_department_has_every_page(signed: SignIn, who: str, path: str) -> None:
    answer = signed(who).get(path)
    assert answer.status_code == 200
    assert "演示数据均为合成" in answer.get_data(as_text=True)


@pytest.mark.parametrize("who", DEPARTMENTS)
def test_each_department_sees_its_own_alerts_and_no_other(signed: SignIn, small: Workspace, who: str) -> None:
    client = signed(who)
    mine = set(ids_of(client))
    everybody = {one for other in DEPARTMENTS for one in ids_of(signed(other))}
    assert mine
    assert everybody - mine or who == "msa", "market supervision is told of every alert of this city"
    for alert_id in sorted(mine)[:3]:
        assert client.get(f"/alerts/{alert_id}").status_code == 200
    for alert_id in sorted(everybody - mine):
        assert client.get(f"/alerts/{alert_id}").status_code == 404
        assert client.get(f"/api/v1/alerts/{alert_id}").status_code == 404


def test_the_lead_of_an_alert_is_the_department_of_its_rule(signed: SignIn) -> None:
    for who in DEPARTMENTS:
        for row in signed(who).get("/api/v1/alerts?limit=500").get_json()["alerts"]:
            leads = departments()[who].leads_rule(row["rule_id"])
            assert row["part"] == ("lead" if leads else "assist"), row["rule_id"]


def test_an_office_of_a_town_sees_its_town_only(signed: SignIn) -> None:
    county, town = signed("msa"), signed("msa-danghu")
    rows = county.get("/api/v1/alerts?limit=500").get_json()["alerts"]
    inside = {one["alert_id"] for one in rows if (one["area_code"] or "").startswith("330482001")}
    outside = {one["alert_id"] for one in rows} - inside
    assert inside
    assert outside
    assert set(ids_of(town)) == inside
    assert town.get(f"/alerts/{min(outside)}").status_code == 404
    assert "乍浦镇" not in town.get("/sources").get_data(as_text=True)


def test_a_pharmacy_of_another_town_is_not_found(signed: SignIn) -> None:
    shops = signed("msa").get("/api/v1/public/pharmacies?area=330482101").get_json()["features"]
    path = f"/pharmacies/{shops[0]['id']}"
    assert signed("msa").get(path).status_code == 200
    assert signed("msa-danghu").get(path).status_code == 404


def test_the_inbox_is_gravest_first_then_what_is_due_first(signed: SignIn) -> None:
    rows = signed("msa").get("/api/v1/alerts?limit=500").get_json()["alerts"]
    order = [(("red", "orange", "yellow", "blue").index(one["level"]), one["due"]) for one in rows]
    assert order == sorted(order)
    assert len({one["level"] for one in rows}) > 1


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("level=red", lambda one: one["level"] == "red"),
        ("rule=R-M14", lambda one: one["rule_id"] == "R-M14"),
        ("q=新仓", lambda one: "新仓" in one["subject"] + one["area_name"]),
        ("q=r-m14", lambda one: one["rule_id"] == "R-M14"),
        ("state=dispatched", lambda one: one["state"] == "dispatched"),
    ],
)
def test_filters_keep_what_fits_and_only_that(signed: SignIn, query: str, holds: object) -> None:
    client = signed("msa")
    everything = client.get("/api/v1/alerts?limit=500&state=").get_json()["alerts"]
    kept = client.get(f"/api/v1/alerts?limit=500&{query}").get_json()["alerts"]
    assert kept
    assert [one["alert_id"] for one in kept] == [one["alert_id"] for one in everything if holds(one)]  # type: ignore[operator]


def test_pages_of_the_inbox_join_without_a_gap(signed: SignIn) -> None:
    client = signed("msa")
    whole = ids_of(client)
    parts = [
        client.get(f"/api/v1/alerts?limit=5&offset={start}").get_json()["alerts"]
        for start in range(0, len(whole), 5)
    ]
    assert [one["alert_id"] for part in parts for one in part] == whole


def test_every_rule_has_its_page_with_raw_html_as_text(signed: SignIn) -> None:
    client = signed("msa")
    listed = client.get("/rules").get_data(as_text=True)
    for rule_id, rule in book().items():
        page = client.get(f"/rules/{rule_id}").get_data(as_text=True)
        assert rule.name_zh in page
        assert f"/rules/{rule_id}" in listed
        assert "<script>" not in page
    assert client.get("/rules/R-Z99").status_code == 404


@pytest.mark.parametrize("path", ["/find?q=onerror", "/api/v1/public/pharmacies"])
def test_hostile_names_stay_text(own_app: Flask, path: str) -> None:
    evil = "演示<img src=x onerror=alert(1)><script>alert(2)</script>\"'&"
    shop = _rename(own_app, evil)
    answer = own_app.test_client().get(path)
    text = answer.get_data(as_text=True)
    if path.startswith("/api/"):
        assert answer.content_type.startswith("application/geo+json")
        assert evil in {
            one["properties"]["name"] for one in answer.get_json(force=True)["features"] if one["id"] == shop
        }
    if path.startswith("/find"):
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_hostile_names_stay_text_for_departments(own_app: Flask, signed: SignIn) -> None:
    evil = "演示<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    shop = _rename(own_app, evil)
    client = signed("msa", own_app)
    paths = [f"/pharmacies/{shop}", "/sources", "/alerts", *(f"/alerts/{one}" for one in ids_of(client))]
    texts = [client.get(path).get_data(as_text=True) for path in paths]
    assert all("<img src=x" not in text and "<script>alert" not in text for text in texts)
    assert sum("&lt;img src=x" in text for text in texts) >= 3  # its file, the coverage, an alert


def _rename(app: Flask, name: str) -> str:
    """Give a hostile name to a pharmacy that an alert names; returns its licence number."""
    store = app.config[WORKSPACE_KEY].store
    with store.write() as connection:
        query = select(alert.c.subject).where(alert.c.subject_kind == "pharmacy", alert.c.lead == "msa")
        shop = str(connection.execute(query).scalars().first())
        changed = connection.execute(update(pharmacy).where(pharmacy.c.license_no == shop).values(name=name))
        assert changed.rowcount >= 1
    return shop


@pytest.mark.parametrize("path", ["/find", "/login", "/nothing-here"])
def test_headers_keep_a_page_to_itself(citizen: FlaskClient, path: str) -> None:
    first, second = citizen.get(path), citizen.get(path)
    policy = first.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert policy != second.headers["Content-Security-Policy"], "a nonce serves one answer"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["Referrer-Policy"] == "same-origin"
    assert first.headers["Cache-Control"] == "no-store"


def test_pages_bear_no_inline_style_or_handler(signed: SignIn) -> None:
    client = signed("msa")
    paths = [
        "/",
        "/find?town=330482001",
        "/desk",
        "/alerts",
        "/rules",
        "/sources",
        f"/alerts/{ids_of(client)[0]}",
    ]
    for path in paths:
        text = client.get(path).get_data(as_text=True)
        assert not re.search(r"<[^>]+\s(?:style|on\w+)=", text), path


def test_a_wrong_password_says_no_more_than_that(citizen: FlaskClient) -> None:
    texts = []
    for name in ("msa", "nobody-of-that-name"):
        form = {"username": name, "password": "not the password", "csrf_token": token(citizen, "/login")}
        answer = citizen.post("/login", data=form)
        assert answer.status_code == 401
        texts.append(re.sub(r'value="[^"]+"|nonce-[^\']+', "", answer.get_data(as_text=True)))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/alerts?level=red", "/alerts?level=red"),
        ("https://evil.example/", "/desk"),
        ("//evil.example/", "/desk"),
        ("/\\evil.example", "/desk"),
        ("javascript:alert(1)", "/desk"),
    ],
)
def test_signing_in_leads_nowhere_else(shared_app: Flask, asked: str, led: str) -> None:
    client = shared_app.test_client()
    form = {"username": "msa", "password": "yaotong-demo", "csrf_token": token(client, "/login")}
    assert client.post("/login", query_string={"next": asked}, data=form).headers["Location"] == led


def test_leaving_ends_the_session(signed: SignIn) -> None:
    client = signed("psb")
    assert client.post("/logout", data={"csrf_token": token(client, "/desk")}).status_code == 302
    assert client.get("/desk").status_code == 302


def test_a_shut_account_is_out_at_once(own_app: Flask, signed: SignIn) -> None:
    from yaotong import acts

    client = signed("psb", own_app)
    assert client.get("/desk").status_code == 200
    acts.disable_user(own_app.config[WORKSPACE_KEY], "psb", now=MORNING)
    assert client.get("/desk").status_code == 302


def test_errors_are_pages_for_people_and_problems_for_programs(citizen: FlaskClient) -> None:
    page, program = citizen.get("/nothing-here"), citizen.get("/api/v1/nothing-here")
    assert (page.status_code, program.status_code) == (404, 404)
    assert "没有找到" in page.get_data(as_text=True)
    assert program.content_type.startswith("application/problem+json")
    assert program.get_json() == {"type": "urn:yaotong:problem:not-found", "title": "没有找到", "status": 404}


def test_an_unforeseen_error_tells_no_secret(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("yaotong.reads.public.register", fail)
    for path in ("/find", "/api/v1/public/pharmacies"):
        answer = own_app.test_client().get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.get_data(as_text=True)
