"""Sending a file by the form and by program: a receipt for everything, and no way out of the folder."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import SignIn, token
from webapp.source_pages import safe_name

GOOD = "drug_code,drug_name,category\nX1,试验药片,OTC\n"
ONE_BAD = GOOD + ",没有编号,OTC\n"
REFUSED = "drug_code,drug_name\nX1,试验药片\n"


def _send(client: FlaskClient, text: str, name: str = "drugs.csv", feed: str = "drugs") -> object:
    headers = {"X-CSRFToken": token(client, "/desk")}
    data = {"file": (io.BytesIO(text.encode()), name)}
    return client.post(f"/api/v1/feeds/{feed}", data=data, headers=headers)


@pytest.mark.parametrize(
    ("text", "status", "outcome", "accepted", "refused"),
    [(GOOD, 200, "accepted", 1, 0), (ONE_BAD, 200, "partial", 1, 1), (REFUSED, 422, "rejected_file", 0, 0)],
)
def test_every_file_gets_a_receipt(
    own_app: Flask, signed: SignIn, text: str, status: int, outcome: str, accepted: int, refused: int
) -> None:
    client = signed("msa", own_app)
    answer = _send(client, text)
    told = answer.get_json()  # type: ignore[attr-defined]
    assert answer.status_code == status  # type: ignore[attr-defined]
    assert (told["outcome"], told["accepted"], len(told["rejected"])) == (outcome, accepted, refused)
    assert told["rows"] == told["accepted"] + told["duplicates"] + len(told["rejected"])
    page = client.get("/sources").get_data(as_text=True)
    assert page.count("drugs.csv") >= 2  # the demo's and this one


def test_the_form_leads_to_the_receipt(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    form = {"csrf_token": token(client, "/sources"), "feed": "drugs", "file": (io.BytesIO(ONE_BAD.encode()), "新药.csv")}
    answer = client.post("/sources", data=form, content_type="multipart/form-data")
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "新药.csv" in page
    assert "部分接收" in page
    assert "missing_value" in page


def test_a_form_without_a_file_is_refused(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    answer = client.post("/sources", data={"csrf_token": token(client, "/sources")})
    assert answer.status_code == 400
    assert "请选择一个文件" in answer.get_data(as_text=True)


def test_an_unknown_kind_of_file_is_not_found(own_app: Flask, signed: SignIn) -> None:
    answer = _send(signed("msa", own_app), GOOD, feed="dreams")
    assert answer.status_code == 404  # type: ignore[attr-defined]


def test_an_office_of_a_town_sends_nothing(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa-danghu", own_app)
    assert 'type="file"' not in client.get("/sources").get_data(as_text=True)
    assert _send(client, GOOD).status_code == 403  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("drugs.csv", "drugs.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.xlsx", "a.xlsx"),
        (".hidden", "hidden"),
        ("..", "upload"),
        ("a\x00b<c>.csv", "abc.csv"),
        ("长" * 200 + ".csv", "长" * 116 + ".csv"),
    ],
)
def test_a_name_leads_nowhere(given: str, kept: str) -> None:
    assert safe_name(given) == kept
