"""Many alerts moved at once: each by itself, within its limit, and told one by one when refused."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import SignIn, token
from webapp.context import WORKSPACE_KEY
from yaotong.acts import bulk
from yaotong.reads.alerts import desk_mark


def rows(client: FlaskClient, part: str, state: str = "dispatched") -> list[dict[str, object]]:
    every = client.get("/api/v1/alerts?limit=500").get_json()["alerts"]
    return [one for one in every if one["part"] == part and one["state"] == state]


def post(client: FlaskClient, ticked: list[str], act: str, **fields: str) -> str:
    form = {"csrf_token": token(client, "/alerts"), "one": ticked, "act": act, **fields}
    answer = client.post("/alerts/bulk", data=form, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def tick(found: list[dict[str, object]]) -> list[str]:
    return [f"{one['alert_id']}:{one['revision']}" for one in found]


def state_of(client: FlaskClient, one: dict[str, object]) -> str:
    return str(client.get(f"/api/v1/alerts/{one['alert_id']}").get_json()["state"])


def test_the_ticked_are_moved_and_no_other(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    first, second, third = rows(client, "lead")[:3]
    page = post(client, tick([first, second]), "accept", back="level=red&state=open")
    assert "2 条" in re.search(r'class="flash good"[^>]*>([^<]+)', page)[1]  # type: ignore[index]
    assert [state_of(client, one) for one in (first, second, third)] == ["accepted", "accepted", "dispatched"]


def test_what_is_refused_keeps_no_other_back_and_says_why(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    good, moved = rows(client, "lead")[:2]
    theirs = rows(client, "assist")[0]
    post(client, tick([moved]), "accept")
    stale = tick([good, moved, theirs])
    page = post(client, [*stale, "0123456789ab:1"], "accept")
    told = re.findall(r'class="flash bad"[^>]*>([^<]+)', page)
    assert state_of(client, good) == "accepted"
    assert state_of(client, theirs) == "dispatched"
    assert len(told) == 3
    assert any("主办部门" in one for one in told)
    assert any("没有预警" in one for one in told)


def test_one_outcome_for_all_and_none_without_it(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    for act in ("accept", "check"):
        state = {"accept": "dispatched", "check": "accepted"}[act]
        post(client, tick(rows(client, "lead", state)[:2]), act)
    found = rows(client, "lead", "checking")
    assert 'class="flash bad"' in post(client, tick(found), "dispose", text="核对无误")
    assert {state_of(client, one) for one in found} == {"checking"}
    post(client, tick(found), "dispose", text="核对无误", outcome="false_alarm")
    assert {state_of(client, one) for one in found} == {"disposed"}


@pytest.mark.parametrize(
    ("ticked", "act", "said"),
    [
        ([], "accept", "没有选中"),
        (["x"], "accept", "不合规"),
        (["a:1"], "merge", "一条一条"),
        (["a:1"], "explode", "没有“explode”"),
    ],
)
def test_what_no_page_sends_is_told(
    own_app: Flask, signed: SignIn, ticked: list[str], act: str, said: str
) -> None:
    assert said in post(signed("nhsa", own_app), ticked, act)


def test_as_many_as_the_limit_and_not_one_more(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    ids = [f"{number:012x}:1" for number in range(bulk.MOST + 1)]
    assert "一次最多" in post(client, ids, "accept")
    assert "一次最多" not in post(client, ids[:-1], "accept")


def test_one_is_led_back_to_the_same_filters_and_nowhere_else(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    form = {"csrf_token": token(client, "/alerts"), "act": "accept", "back": "//evil.example/&q=1"}
    answer = client.post("/alerts/bulk", data=form)
    assert answer.headers["Location"].startswith("/alerts?")


def test_an_officer_is_not_offered_to_close_many(own_app: Flask, signed: SignIn) -> None:
    assert '<option value="close"' in signed("msa", own_app).get("/alerts").get_data(as_text=True)
    assert '<option value="close"' not in signed("msa-danghu", own_app).get("/alerts").get_data(as_text=True)


def test_the_mark_moves_with_the_desk_and_only_then(own_app: Flask, signed: SignIn) -> None:
    client, workspace = signed("nhsa", own_app), own_app.config[WORKSPACE_KEY]
    before = client.get("/alerts/mark").get_json()["mark"]
    client.get("/alerts")
    assert client.get("/alerts/mark").get_json()["mark"] == before == desk_mark(workspace)
    post(client, tick(rows(client, "lead")[:1]), "accept")
    assert client.get("/alerts/mark").get_json()["mark"] > before


def test_the_mark_is_for_those_who_signed_in(own_app: Flask) -> None:
    assert own_app.test_client().get("/alerts/mark").status_code in (302, 401)
