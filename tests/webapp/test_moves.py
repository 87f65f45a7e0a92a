"""An alert's life on the screen and through the API: who may, in which order, and against lost updates."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import SignIn, ids_of, token


def _led(client: FlaskClient) -> str:
    rows = client.get("/api/v1/alerts?limit=500").get_json()["alerts"]
    return str(next(one["alert_id"] for one in rows if one["part"] == "lead"))


def _press(client: FlaskClient, alert_id: str, act: str, **fields: str) -> str:
    """Press a button as a browser does; the page one is led back to."""
    seen = str(client.get(f"/api/v1/alerts/{alert_id}").get_json()["revision"])
    form = {"csrf_token": token(client, f"/alerts/{alert_id}"), "revision": seen, **fields}
    answer = client.post(f"/alerts/{alert_id}/{act}", data=form, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_from_dispatch_to_closure_by_buttons(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    alert_id = _led(client)
    steps = (
        ("accept", {}, "accepted"),
        ("check", {}, "checking"),
        ("dispose", {"text": "现场核实，责令改正<b>", "outcome": "confirmed"}, "disposed"),
        ("close", {"text": "材料齐全"}, "closed"),
    )
    for act, fields, state in steps:
        page = _press(client, alert_id, act, **fields)
        assert client.get(f"/api/v1/alerts/{alert_id}").get_json()["state"] == state
    assert "现场核实，责令改正&lt;b&gt;" in page
    # All that is left is to open it again, within a month.
    assert page.count('<form method="post" action="/alerts/') == 1
    assert f'action="/alerts/{alert_id}/reopen"' in page
    history = client.get(f"/api/v1/alerts/{alert_id}").get_json()["events"]
    assert [one["act"] for one in history] == ["open", "accept", "check", "dispose", "close"]
    assert alert_id not in ids_of(client, "&state=open")
    assert alert_id in ids_of(client, "&state=closed")


def test_a_step_out_of_order_is_refused_in_words(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    alert_id = _led(client)
    page = _press(client, alert_id, "dispose", text="x", outcome="confirmed")
    assert 'class="flash bad"' in page
    assert client.get(f"/api/v1/alerts/{alert_id}").get_json()["state"] == "dispatched"


@pytest.mark.parametrize(
    "fields", [{}, {"outcome": "confirmed"}, {"text": "  ", "outcome": "confirmed"}, {"text": "x"}]
)
def test_disposing_needs_words_and_an_outcome(own_app: Flask, signed: SignIn, fields: dict[str, str]) -> None:
    client = signed("nhsa", own_app)
    alert_id = _led(client)
    for act in ("accept", "check"):
        _press(client, alert_id, act)
    assert 'class="flash bad"' in _press(client, alert_id, "dispose", **fields)
    assert client.get(f"/api/v1/alerts/{alert_id}").get_json()["state"] == "checking"


def test_the_offered_buttons_are_the_moves_that_succeed(own_app: Flask, signed: SignIn) -> None:
    """Lead and assist are offered different acts, and each offered act is allowed."""
    lead, assist = signed("nhsa", own_app), signed("msa", own_app)
    alert_id = next(one for one in ids_of(lead) if one in ids_of(assist))
    leads = ["accept", "note", "consult", "prolong", "supervise", "transfer", "merge", "dismiss"]
    assert lead.get(f"/api/v1/alerts/{alert_id}").get_json()["allowed"] == leads
    assert assist.get(f"/api/v1/alerts/{alert_id}").get_json()["allowed"] == ["answer", "note", "supervise"]
    assert 'class="flash good"' in _press(assist, alert_id, "answer", text="已核对进货台账")
    assert 'class="flash bad"' in _press(assist, alert_id, "accept")
    assert "已核对进货台账" in lead.get(f"/alerts/{alert_id}").get_data(as_text=True)


def test_an_officer_is_not_offered_what_leaders_do(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa-danghu", own_app)
    alert_id = _led(client)
    for act, fields in (("accept", {}), ("check", {}), ("dispose", {"text": "x", "outcome": "false_alarm"})):
        _press(client, alert_id, act, **fields)
    assert client.get(f"/api/v1/alerts/{alert_id}").get_json()["allowed"] == ["note", "consult"]
    assert 'class="flash bad"' in _press(client, alert_id, "close", text="x")
    assert "close" in signed("msa", own_app).get(f"/api/v1/alerts/{alert_id}").get_json()["allowed"]


def test_two_people_on_one_alert(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    alert_id = _led(client)
    form = {"csrf_token": token(client, f"/alerts/{alert_id}"), "revision": "1"}
    assert client.post(f"/alerts/{alert_id}/accept", data=form).status_code == 302
    late = client.post(f"/alerts/{alert_id}/note", data={**form, "text": "晚了一步"}, follow_redirects=True)
    assert "刚刚被别人更新过" in late.get_data(as_text=True)


def test_the_api_wants_the_revision_it_showed(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    alert_id = _led(client)
    headers = {"X-CSRFToken": token(client, "/desk")}
    path = f"/api/v1/alerts/{alert_id}/accept"
    seen = client.get(f"/api/v1/alerts/{alert_id}").headers["ETag"]
    assert seen == '"1"'
    assert client.post(path, headers=headers).status_code == 428
    stale = client.post(path, headers={**headers, "If-Match": '"7"'})
    assert stale.status_code == 412
    assert stale.get_json()["type"] == "urn:yaotong:problem:changed-meanwhile"
    assert client.post(path, headers={**headers, "If-Match": '"x"'}).status_code == 400
    done = client.post(path, headers={**headers, "If-Match": seen})
    assert done.status_code == 200
    assert done.get_json() == {"alert_id": alert_id, "revision": 2}
    assert done.headers["ETag"] == '"2"'
    again = client.post(path, headers={**headers, "If-Match": '"2"'})
    assert again.status_code == 409
    assert again.get_json()["type"] == "urn:yaotong:problem:illegal-move"


def test_a_body_that_is_no_object_is_refused(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    headers = {"X-CSRFToken": token(client, "/desk"), "If-Match": '"1"'}
    path = f"/api/v1/alerts/{_led(client)}"
    assert client.post(f"{path}/accept", headers=headers, json=["accept"]).status_code == 400
    assert (
        client.post(f"{path}/note", headers=headers, json={"text": "x", "outcome": ["y"]}).status_code == 400
    )
    assert client.post(f"{path}/note", headers=headers, json={"text": "x" * 4001}).status_code == 400
    assert client.post(f"{path}/note", headers=headers, json={"text": "x" * 4000}).status_code == 200


@pytest.mark.parametrize(("act", "status"), [("fly", 400), ("open", 409), ("close", 409)])
def test_acts_that_are_none_or_not_a_persons(own_app: Flask, signed: SignIn, act: str, status: int) -> None:
    client = signed("nhsa", own_app)
    headers = {"X-CSRFToken": token(client, "/desk"), "If-Match": '"1"'}
    answer = client.post(f"/api/v1/alerts/{_led(client)}/{act}", headers=headers, json={"text": "x"})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path", ["/alerts/{}/accept", "/api/v1/alerts/{}/accept", "/logout", "/sources", "/api/v1/feeds/sales"]
)
def test_nothing_is_changed_without_the_token(own_app: Flask, signed: SignIn, path: str) -> None:
    client = signed("nhsa", own_app)
    alert_id = _led(client)
    answer = client.post(path.format(alert_id), headers={"If-Match": '"1"'})
    assert answer.status_code == 400
    assert client.get(f"/api/v1/alerts/{alert_id}").get_json()["state"] == "dispatched"


def test_an_alert_of_others_cannot_be_moved(own_app: Flask, signed: SignIn) -> None:
    theirs = set(ids_of(signed("nhsa", own_app))) - set(ids_of(signed("hc", own_app)))
    client = signed("hc", own_app)
    headers = {"X-CSRFToken": token(client, "/desk"), "If-Match": '"1"'}
    answer = client.post(f"/api/v1/alerts/{min(theirs)}/note", headers=headers, json={"text": "x"})
    assert answer.status_code == 404


def test_a_move_reaches_the_other_departments_inbox(own_app: Flask, signed: SignIn) -> None:
    client = signed("nhsa", own_app)
    alert_id = next(one for one in ids_of(client) if one in ids_of(signed("msa", own_app)))
    _press(client, alert_id, "accept")
    page = signed("msa", own_app).get(f"/alerts/{alert_id}").get_data(as_text=True)
    assert "已签收" in page
