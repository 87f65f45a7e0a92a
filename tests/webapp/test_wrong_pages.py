"""A citizen tells what is wrong, without an account or a cookie; the desk answers and the register is right."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import MORNING, SignIn, token
from webapp import proofs
from webapp.throttle import FEW

SHOPS = "/api/v1/public/pharmacies?area=330482"


def _shop(client: FlaskClient) -> str:
    return str(client.get(SHOPS).get_json(force=True)["features"][0]["id"])


def _form(client: FlaskClient, shop: str, **said: str) -> dict[str, str]:
    text = client.get("/wrong", query_string={"shop": shop}).get_data(as_text=True)
    given = re.search(r'name="proof" value="([^"]+)"', text)
    assert given is not None
    return {"shop": shop, "proof": given[1], "kind": "hours", "said": "晚上九点关门", proofs.TRAP: "", **said}


def _later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr("yaotong.clock.now", lambda: MORNING + timedelta(seconds=seconds))


def test_from_the_finding_to_the_corrected_register(
    own_app: Flask, signed: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen = own_app.test_client()
    found = citizen.get("/find?town=330482001").get_data(as_text=True)
    link = html.unescape(re.search(r'href="(/wrong\?shop=[^"]+)"', found)[1])  # type: ignore[index]
    assert "哪里有误" in citizen.get(link).get_data(as_text=True)
    shop = _shop(citizen)
    form = _form(citizen, shop)
    _later(monkeypatch, 20)
    sent = citizen.post("/wrong", data=form)
    assert sent.status_code == 303
    again = citizen.post("/wrong", data=form)
    assert again.headers["Location"] == sent.headers["Location"]
    told = citizen.get(sent.headers["Location"])
    assert "等候核对" in told.get_data(as_text=True)
    assert all("Set-Cookie" not in one.headers for one in (sent, again, told))
    ticket = re.search(r"XW-\w{5}-\w{5}", sent.headers["Location"])[0]  # type: ignore[index]

    desk = signed("msa", own_app)
    assert "信息有误 1</a>" in desk.get("/desk").get_data(as_text=True)
    assert ticket in desk.get("/corrections").get_data(as_text=True)
    page = f"/corrections/{ticket}"
    answer = {"csrf_token": token(desk, page), "state": "corrected", "text": "已按门头公示更正"}
    assert desk.post(page, data={**answer, "opening_hours": "Mo-Su 06:00-21:07"}).status_code == 302
    assert "Mo-Su 06:00-21:07" in desk.get(page).get_data(as_text=True)
    shown = citizen.get(sent.headers["Location"]).get_data(as_text=True)
    assert "已按门头公示更正" in shown
    assert "Mo-Su 06:00-21:07" in shown
    hours = {
        one["id"]: one["properties"]["opening_hours"]
        for one in citizen.get(SHOPS).get_json(force=True)["features"]
    }
    assert hours[shop] == "Mo-Su 06:00-21:07"


@pytest.mark.parametrize(
    ("changed", "seconds", "sentence"),
    [
        ({}, 1, "太快"),
        ({}, 3 * 3600, "太久"),
        ({"proof": "1.2.3"}, 20, "不是从本页"),
        ({"proof": ""}, 20, "不是从本页"),
        ({"shop": "另一家"}, 20, ""),
        ({proofs.TRAP: "http://x"}, 20, "不是从本页"),
        ({"said": "x"}, 20, "2 到 300"),
        ({"kind": "mood"}, 20, "哪里有误"),
    ],
)
def test_what_no_person_filled_in_is_not_taken(
    citizen: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
    seconds: int,
    sentence: str,
) -> None:
    form = _form(citizen, _shop(citizen))
    _later(monkeypatch, seconds)
    sent = citizen.post("/wrong", data={**form, **changed})
    assert sent.status_code in (400, 404)
    assert sentence in sent.get_data(as_text=True)


def test_one_address_may_report_so_often(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = own_app.test_client()
    form = _form(client, _shop(client), said="x")
    codes = [client.post("/wrong", data=form).status_code for _ in range(FEW["wrong.add"][0] + 1)]
    assert codes[-1] == 429
    assert set(codes[:-1]) == {400}


@pytest.mark.parametrize("number", ["", "XW-1", "XW-ZZZZZ-ZZZZZ", "../../etc"])
def test_a_ticket_that_is_none_leads_nowhere(citizen: FlaskClient, number: str) -> None:
    answer = citizen.get("/wrong/ticket", query_string={"number": number})
    assert answer.status_code in (400, 404)
    assert "编号" in answer.get_data(as_text=True)


def test_other_departments_do_not_answer(signed: SignIn) -> None:
    client = signed("psb")
    assert "/corrections" not in client.get("/desk").get_data(as_text=True)
    assert client.get("/corrections").status_code == 403


def test_nobody_unknown_sees_the_desk(citizen: FlaskClient) -> None:
    assert citizen.get("/corrections").status_code == 302
