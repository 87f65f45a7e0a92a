"""The exchange's pages are the police's, say what there is, and its door for regions takes signed messages only."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.webapp.conftest import SignIn, token
from yaotong.store import audit
from yaotong.workspace import Workspace


@pytest.mark.parametrize("who", ["msa", "nhsa", "hc"])
def test_other_departments_do_not_see_it(signed: SignIn, who: str) -> None:
    client = signed(who)
    assert client.get("/exchange").status_code == 403
    assert client.get("/exchange/cases/none").status_code == 403
    assert "/exchange" not in client.get("/desk").get_data(as_text=True)


def test_the_police_see_it_in_both_languages(signed: SignIn) -> None:
    client = signed("psb")
    assert 'href="/exchange"' in client.get("/desk").get_data(as_text=True)
    assert "还没有协议" in client.get("/exchange").get_data(as_text=True)
    assert "No agreement yet" in client.get("/exchange?lang=en").get_data(as_text=True)
    assert client.get("/exchange/cases/none").status_code == 404


@pytest.mark.parametrize("path", ["/exchange/run", "/exchange/offer", "/exchange/cases/none/accept"])
def test_what_cannot_be_done_is_said(signed: SignIn, path: str) -> None:
    client = signed("psb")
    form = {
        "csrf_token": token(client, "/exchange"),
        "agreement": "none",
        "until": "2026-06-30",
        "token": "x",
    }
    assert client.post(path, data=form).status_code == 302
    assert 'class="flash bad"' in client.get("/exchange").get_data(as_text=True)
    assert client.post(path, data={}).status_code == 400


def test_a_stranger_at_the_door_is_denied_with_a_reason_and_audited(
    small: Workspace, citizen: FlaskClient
) -> None:
    for wire, reason in ((b"hello", "malformed"), (b"0" * 128 + b"\n{}\nx", "malformed")):
        answer = citizen.post("/api/v1/exchange", data=wire)
        assert answer.status_code == 403
        assert answer.get_json()["type"] == f"urn:yaotong:problem:exchange:{reason}"
    with small.store.read() as connection:
        rows = audit.listing(connection, audit.Filters(act="exchange_denied"), 0, 5)
    assert [row.why for row in rows] == ["malformed", "malformed"]
