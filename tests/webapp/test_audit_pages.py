"""The audit chain seen from outside: what a request leaves in it, who may read it, and what cannot be hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

from tests.webapp.conftest import MORNING, SignIn, ids_of, token
from webapp.context import WORKSPACE_KEY
from yaotong import acts
from yaotong.acts.demo import DEMO_PASSWORD
from yaotong.errors import StoreError
from yaotong.reads.audit import Asked, AuditRow, audit_page
from yaotong.store import Store, audit
from yaotong.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def own(own_app: Flask) -> Flask:
    """An app of one's own with an audit administrator."""
    acts.add_user(
        own_app.config[WORKSPACE_KEY], username="shen", display_name="沈审计", password=DEMO_PASSWORD,
        department="msa", area_code="330482", role="auditor", now=MORNING,
    )  # fmt: skip
    return own_app


def told(app: Flask, after: int = 0) -> list[AuditRow]:
    found = audit_page(app.config[WORKSPACE_KEY], Asked(), 1, rows=10_000).rows
    return [one for one in reversed(found) if one.seq > after]


def mark(app: Flask) -> int:
    return told(app)[-1].seq


def buyer_alert(client: FlaskClient) -> str:
    found = client.get("/api/v1/alerts?limit=500").get_json()["alerts"]
    return next(one["alert_id"] for one in found if one["subject_kind"] == "buyer")


class _Full(Store):
    """A store whose database takes no more rows."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        raise StoreError("业务库无法写入：database or disk is full。请清出磁盘空间后重试。")
        yield


def fill_up(app: Flask) -> None:
    workspace = app.config[WORKSPACE_KEY]
    one: Store = workspace.store
    app.config[WORKSPACE_KEY] = Workspace(workspace.settings, _Full(one.engine, one.facts_dir, one.witness))


def test_signing_in_and_out_and_failing_to_is_recorded(own: Flask, signed: SignIn) -> None:
    before = mark(own)
    client = signed("psb", own)
    client.post("/logout", data={"csrf_token": token(client, "/desk")})
    for name, password in (("psb", "wrong"), ("my secret password", "x")):
        form = {"username": name, "password": password, "csrf_token": token(client, "/login")}
        assert client.post("/login", data=form).status_code == 401
    found = [(one.act, one.actor, one.thing, one.why, one.origin) for one in told(own, before)]
    assert found == [
        ("sign_in", "psb", "account:psb", "", "web 127.0.0.1"),
        ("sign_out", "psb", "account:psb", "", "web 127.0.0.1"),
        ("sign_in_refused", "psb", "account:psb", "password", "web 127.0.0.1"),
        ("sign_in_refused", "?", "account:?", "", "web 127.0.0.1"),
    ]


def test_a_disabled_account_is_refused_and_recorded(own: Flask) -> None:
    acts.disable_user(own.config[WORKSPACE_KEY], "psb", now=MORNING)
    assert acts.sign_in(own.config[WORKSPACE_KEY], "psb", DEMO_PASSWORD, now=MORNING) is None
    assert [(one.act, one.why) for one in told(own)[-2:]] == [
        ("account_disable", ""),
        ("sign_in_refused", "disabled"),
    ]


@pytest.mark.parametrize("path", ["/alerts/{}", "/alerts/{}/brief", "/api/v1/alerts/{}"])
def test_a_look_at_a_person_is_one_row_and_refused_where_it_cannot_be_recorded(
    own: Flask, signed: SignIn, path: str
) -> None:
    client = signed("psb", own)
    one, before = path.format(buyer_alert(client)), mark(own)
    answer = client.get(one)
    assert answer.status_code == 200
    (row,) = told(own, before)
    assert (row.act, row.actor, row.thing) == ("person_view", "psb", f"alert:{buyer_alert(client)}")
    fill_up(own)
    refused = client.get(one)
    assert refused.status_code == 503
    said = refused.get_data(as_text=True)
    assert "disk is full" in said
    assert "购药人" not in said


def test_an_alert_that_names_nobody_leaves_no_row_and_is_seen_on_a_full_disk(
    own: Flask, signed: SignIn
) -> None:
    client = signed("hc", own)
    shown = [one for one in ids_of(client) if not leaves_a_row(own, client, one)]
    assert shown, "the health department sees counts only"
    fill_up(own)
    assert client.get(f"/alerts/{shown[0]}").status_code == 200
    for path in ("/desk", "/alerts", "/rules"):
        assert client.get(path).status_code == 200


def leaves_a_row(app: Flask, client: FlaskClient, alert_id: str) -> bool:
    before = mark(app)
    client.get(f"/alerts/{alert_id}")
    return bool(told(app, before))


def test_ordinary_pages_are_not_recorded(own: Flask, signed: SignIn) -> None:
    client = signed("msa", own)
    before = mark(own)
    for path in (
        "/",
        "/find",
        "/desk",
        "/alerts",
        "/map",
        "/risk",
        "/rules",
        "/reports",
        "/sources",
        "/healthz",
    ):
        assert client.get(path).status_code in (200, 302)
    assert told(own, before) == []


@pytest.mark.parametrize("path", ["/risk.csv", "/sources/coverage.csv", "/map/data/table/outlets.csv"])
def test_a_file_that_leaves_is_one_row_and_stays_where_it_cannot_be_recorded(
    own: Flask, signed: SignIn, path: str
) -> None:
    client = signed("msa", own)
    before = mark(own)
    assert client.get(path).status_code == 200
    (row,) = told(own, before)
    assert (row.act, row.actor, row.thing) == ("export", "msa", path)
    fill_up(own)
    answer = client.get(path)
    assert answer.status_code == 503
    assert "attachment" not in answer.headers.get("Content-Disposition", "")


def test_a_report_is_one_row_with_its_number(own: Flask, signed: SignIn) -> None:
    client = signed("msa", own)
    data = {"csrf_token": token(client, "/reports"), "day": "2026-06-30"}
    before = mark(own)
    assert client.post("/reports/daily.csv", data=data).status_code == 200
    (row,) = told(own, before)
    assert row.act == "export"
    assert re.fullmatch(r"report:YT-BG-msa-2026-\d{4}", row.thing)


def test_a_move_is_one_row_that_names_its_event(own: Flask, signed: SignIn) -> None:
    client = signed("msa", own)
    one, before = ids_of(client)[0], mark(own)
    seen = client.get(f"/api/v1/alerts/{one}")
    body = {"text": "note of mine"}
    page = client.get("/alerts").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    headers = {"If-Match": f'"{seen.get_json()["revision"]}"', "X-CSRFToken": found[1] if found else ""}
    assert client.post(f"/api/v1/alerts/{one}/note", json=body, headers=headers).status_code == 200
    rows = [row for row in told(own, before) if row.act == "alert_move"]
    assert [(row.actor, row.thing, row.why) for row in rows] == [("msa", f"alert:{one}", "note")]
    assert "note of mine" not in rows[0].detail
    assert '"event":' in rows[0].detail


@pytest.mark.parametrize("role", ["officer", "leader", "admin"])
def test_only_the_audit_administrator_reads_it(own: Flask, signed: SignIn, role: str) -> None:
    acts.add_user(
        own.config[WORKSPACE_KEY], username=role, display_name=role, password=DEMO_PASSWORD,
        department="msa", area_code="330482", role=role, now=MORNING,
    )  # fmt: skip
    client = signed(role, own)
    assert client.get("/audit").status_code == 403
    answer = client.post("/audit.csv", data={"csrf_token": token(client, "/desk")})
    assert answer.status_code == 403
    assert "审计记录</a>" not in client.get("/desk").get_data(as_text=True)


def test_a_citizen_is_led_to_the_form(citizen: FlaskClient) -> None:
    answer = citizen.get("/audit")
    assert answer.status_code == 302
    assert "/login" in answer.headers["location"]


def test_the_audit_administrator_reads_nothing_else(own: Flask, signed: SignIn) -> None:
    psb = signed("psb", own)
    one = buyer_alert(psb)
    client = signed("shen", own)
    assert client.get("/audit").status_code == 200
    asked = (
        "/desk",
        "/alerts",
        f"/alerts/{one}",
        "/map",
        "/risk.csv",
        "/rules",
        "/sources",
        "/reports",
        "/cases",
    )
    for path in (*asked, f"/api/v1/alerts/{one}", "/api/v1/alerts", "/exemptions", "/deliveries", "/why-not"):
        assert client.get(path).status_code == 403, path
    for path in ("/find", "/healthz", "/login"):
        assert client.get(path).status_code in (200, 302), path


def test_every_office_route_is_closed_to_the_audit_administrator(own: Flask, signed: SignIn) -> None:
    client = signed("shen", own)
    open_to_all = (
        "static",
        "audit.",
        "login.",
        "second.",
        "oidc.",
        "account.",
        "find.",
        "find_words.",
        "installing.",
        "public_api.",
        "public_tiles.",
        "wrong.",
        "seals.",
        "ogc.",
        "opendata.",
        "probes.",
        "status.",
        "metrics.",
    )
    asked = 0
    for rule in own.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(open_to_all):
            continue
        values: dict[str, Any] = dict.fromkeys(rule.arguments, 1)
        values = {name: "csv" if name == "fmt" else value for name, value in values.items()}
        try:
            path = own.url_map.bind("localhost").build(rule.endpoint, values)
        except ValueError:
            continue
        answer = client.get(path)
        assert answer.status_code in (403, 404), path
        asked += answer.status_code == 403
    assert asked > 30


def test_the_page_filters_by_its_address_and_pages(own: Flask, signed: SignIn) -> None:
    workspace = own.config[WORKSPACE_KEY]
    for number in range(60):
        with workspace.store.write() as connection:
            audit.append(connection, audit.Entry(MORNING, "many", "upload", f"load:{900 + number}", "msa"))
    client = signed("shen", own)
    page = client.get("/audit?who=many&what=upload").get_data(as_text=True)
    assert page.count('class="tag">上送数据') == 50
    assert "1 / 2" in page
    second = client.get("/audit?who=many&what=upload&page=2").get_data(as_text=True)
    assert second.count('class="tag">上送数据') == 10
    assert "load:905" in client.get("/audit?thing=load:905").get_data(as_text=True)
    assert "没有符合条件的审计记录" in client.get("/audit?since=2031-01-01").get_data(as_text=True)
    assert "没有符合条件的审计记录" in client.get("/audit?thing=%25").get_data(as_text=True)
    english = client.get("/audit?lang=en&what=upload").get_data(as_text=True)
    assert "upload" in english
    assert "Audit records" in english
    for query, status in (
        ("what=x", 400),
        ("since=x", 400),
        ("page=x", 400),
        ("since=2026-02-01&until=2026-01-01", 400),
    ):
        assert client.get(f"/audit?{query}").status_code == status


def test_the_table_has_no_cell_like_a_formula_and_is_recorded_itself(own: Flask, signed: SignIn) -> None:
    workspace = own.config[WORKSPACE_KEY]
    with workspace.store.write() as connection:
        audit.append(connection, audit.Entry(MORNING, "=1+1", "upload", "@x", why="+cmd"))
    client = signed("shen", own)
    before = mark(own)
    answer = client.post("/audit.csv?what=upload", data={"csrf_token": token(client, "/audit")})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "'=1+1" in text
    assert "'@x" in text
    assert "'+cmd" in text
    (row,) = told(own, before)
    assert (row.act, row.actor, row.why) == ("audit_export", "shen", "what=upload")
    assert "sign_in" not in text, "only what was asked for"


def test_pages_and_commands_look_at_people_through_the_door_that_records() -> None:
    wanted = re.compile(r"\b(?:alert_view|why_not)\(")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("webapp", "yaotong/cli", "layers")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if wanted.search(line)
    ]
    assert found == []


def test_rows_of_a_chain_torn_elsewhere_still_read(own: Flask, signed: SignIn) -> None:
    """A row of an act that the glossary has no word for is shown by its bare name."""
    workspace = own.config[WORKSPACE_KEY]
    with workspace.store.write() as connection:
        audit.append(connection, audit.Entry(MORNING, "x", "something_new", "y"))
    assert "something_new" in signed("shen", own).get("/audit").get_data(as_text=True)
