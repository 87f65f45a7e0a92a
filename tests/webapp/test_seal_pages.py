"""The seal's page: an answer with what to do, no cookie, and no trace of what was typed."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import MORNING
from webapp.throttle import FEW
from webapp.watching import LOG
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace


@pytest.fixture(scope="module")
def sealed(small: Workspace) -> str:
    sales = open_facts(small.store).sales
    found = sales.filter(sales.seal_id.notnull(), sales.quantity > 0).select("seal_id").limit(1)
    return str(found.to_pandas()["seal_id"].iloc[0])


def test_a_seal_is_answered_and_can_be_said_to_be_opened(
    own_app: Flask, sealed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_app.test_client()
    text = client.post("/seal", data={"code": sealed}).get_data(as_text=True)
    assert "封签是真的" in text
    assert "演示" in text
    form = {name: re.search(rf'name="{name}" value="([^"]+)"', text)[1] for name in ("mark", "proof")}  # type: ignore[index]
    assert client.post("/seal/opened", data=form).status_code == 400  # sent too fast
    monkeypatch.setattr("yaotong.clock.now", lambda: MORNING + timedelta(seconds=20))
    assert client.post("/seal/opened", data={**form, "mark": "0" * 32}).status_code == 400
    assert client.post("/seal/opened", data=form).status_code == 200
    assert "有人登记拆封" in client.post("/seal", data={"code": sealed}).get_data(as_text=True)


@pytest.mark.parametrize(("code", "status", "said"), [("FQ99999999", 200, "没有查到"), ("?", 400, "4 到 40")])
def test_what_is_not_found_says_what_to_do(citizen: FlaskClient, code: str, status: int, said: str) -> None:
    answer = citizen.post("/seal", data={"code": code})
    assert answer.status_code == status
    assert said in answer.get_data(as_text=True)


def test_nothing_typed_is_kept(own_app: Flask, small: Workspace, tmp_path: Path) -> None:
    """In no answer, header, log or file of the workspace."""
    home, log, typed = tmp_path / "home", tmp_path / "requests.log", "ZZQX7741093"
    handler = logging.FileHandler(log, encoding="utf-8")
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)
    client = own_app.test_client()
    try:
        answers = [
            client.post("/seal", data={"code": code}, buffered=True)
            for code in (typed, f"{typed}!", f"20{typed}")
        ]
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(logging.NOTSET)
        logging.getLogger().removeHandler(handler)
        handler.close()
    for answer in answers:
        assert typed not in answer.get_data(as_text=True) + json.dumps(dict(answer.headers))
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    assert "/seal" in log.read_text("utf-8")
    files = [one for one in (*home.rglob("*"), log) if one.is_file()]
    assert len(files) > 5
    assert [one.name for one in files if typed.encode() in one.read_bytes()] == []


def test_codes_are_not_tried_out_by_the_thousand(own_app: Flask) -> None:
    client = own_app.test_client()
    codes = [
        client.post("/seal", data={"code": f"FQ{n:09d}"}).status_code for n in range(FEW["seals.look"][0] + 1)
    ]
    assert codes == [200] * FEW["seals.look"][0] + [429]


def test_no_code_is_read_from_an_address(citizen: FlaskClient, sealed: str) -> None:
    text = citizen.get(f"/seal?code={sealed}").get_data(as_text=True)
    assert "封签是真的" not in text
    assert sealed not in re.sub(r'<a class="lang".*?</a>', "", text)
    assert "camera=(self)" in citizen.get("/seal").headers["Permissions-Policy"]
    assert "camera=()" in citizen.get("/find").headers["Permissions-Policy"]
