"""The status page for everybody: it tells the truth, in both languages, and nothing of the inside."""

from __future__ import annotations

import re
import shutil

from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import SignIn
from webapp.context import WORKSPACE_KEY
from yaotong.records import FEEDS


def test_it_says_that_it_works_how_fresh_the_data_are_and_when_they_were_judged(citizen: FlaskClient) -> None:
    told = citizen.get("/status.json").get_json()
    assert told["state"] == "up"
    assert set(told["feeds"]) <= set(FEEDS)
    assert {"sales", "pharmacies"} <= set(told["feeds"])
    assert told["detected_at"].startswith("2026-07-01T08:30")
    page = citizen.get("/status").get_data(as_text=True)
    assert "一切正常" in page
    assert "30 分钟前" in page
    english = citizen.get("/status?lang=en").get_data(as_text=True)
    assert "Everything works" in english
    assert "销售明细" not in english


def test_it_names_no_path_person_version_or_count(citizen: FlaskClient, shared_app: Flask) -> None:
    for path in ("/status", "/status.json"):
        text = citizen.get(path).get_data(as_text=True)
        home = str(shared_app.config[WORKSPACE_KEY].settings.home)
        assert [
            word for word in (home, "sqlite", "postgresql", "msa", "outbox", "facts/") if word in text
        ] == []


def test_without_a_place_for_facts_it_says_that_nothing_is_taken_in(own_app: Flask) -> None:
    shutil.rmtree(own_app.config[WORKSPACE_KEY].store.facts_dir)
    assert own_app.test_client().get("/status.json").get_json()["state"] == "partly"


def test_without_the_database_nothing_is_called_fresh(own_app: Flask) -> None:
    workspace = own_app.config[WORKSPACE_KEY]
    workspace.store.engine.dispose()
    for one in workspace.settings.home.glob("yaotong.db*"):
        one.unlink()
    (workspace.settings.home / "yaotong.db").write_bytes(b"no database at all, but long enough" * 100)
    answer = own_app.test_client().get("/status.json")
    assert answer.status_code == 200
    assert answer.get_json() | {"at": ""} == {"state": "down", "feeds": {}, "detected_at": None, "at": ""}
    assert "暂时不能用" in own_app.test_client().get("/status").get_data(as_text=True)


def test_the_system_administrator_reads_how_the_stores_are_in_their_own_language(
    own_app: Flask, signed: SignIn
) -> None:
    client = signed("sysadmin", own_app)
    next(own_app.config[WORKSPACE_KEY].store.facts_dir.rglob("month=*/**/*.parquet")).write_bytes(b"spoiled")
    chinese, english = (
        client.get(f"/admin?lang={lang}")
        .get_data(as_text=True)
        .partition('<ul class="told">')[2]
        .partition("</ul>")[0]
        for lang in ("zh", "en")
    )
    assert "个事实文件缺失或损坏" in chinese
    assert "files of facts are missing or damaged" in english
    assert re.search("[\u4e00-\u9fff]", english) is None
