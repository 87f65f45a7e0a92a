"""Versions of rules on the screen: who may, what is locked, what is said, and that a back-test goes on alone."""

from __future__ import annotations

import re
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.version_cases import BOTH, RULE
from tests.webapp.conftest import MORNING, SignIn, token
from webapp.context import WORKSPACE_KEY
from yaotong.reads.versions import starting_cases, version_page
from yaotong.store import rulestops
from yaotong.viewer import Viewer

NEW = f"/rules/{RULE}/versions/new"
LEADER = Viewer("msa", "x", "msa", "330482", "leader")
VALUES = {"days_yellow": "5", "days_orange": "3", "chance": "0.0001", "outage_share": "0.5"}


def posted(client: FlaskClient, path: str, **fields: str) -> str:
    form = {
        "csrf_token": token(client, NEW if "msa" in client.get("/desk").get_data(as_text=True) else "/desk"),
        **fields,
    }
    answer = client.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def draft(client: FlaskClient, **fields: str) -> str:
    given = {
        **VALUES,
        "cases": starting_cases(RULE),
        "why": "误报太多",
        "holding": "yes",
        "only": "",
        **fields,
    }
    return posted(client, NEW, **given)


def finished(app: Flask, number: int) -> str:
    for _ in range(600):
        test = version_page(app.config[WORKSPACE_KEY], LEADER, RULE, number, now=MORNING).backtest
        if test is not None and test.state != "running":
            return test.state
        time.sleep(0.1)
    return "never"


def test_from_the_form_to_live_by_two_people(own_app: Flask, signed: SignIn) -> None:
    author, leader = signed("msa-danghu", own_app), signed("msa", own_app)
    page = draft(author)
    assert 'class="state version-tested"' in page
    path = f"/rules/{RULE}/versions/2"
    assert 'class="flash good"' in posted(author, f"{path}/backtest")
    assert finished(own_app, 2) == "finished"
    page = author.get(path).get_data(as_text=True)
    assert 'class="state version-backtested"' in page
    assert f"{path}/approve" not in page
    assert "由另一人审批" in posted(author, f"{path}/approve") or "负责人" in posted(
        author, f"{path}/approve"
    )
    assert 'class="flash good"' in posted(leader, f"{path}/approve")
    assert f"{path}/publish" not in author.get(path).get_data(as_text=True)
    assert 'class="flash good"' in posted(leader, f"{path}/publish")
    rule = author.get(f"/rules/{RULE}").get_data(as_text=True)
    assert re.search(r"<dd>5 天 <span[^>]*>原值 1</span></dd>", rule)
    assert 'class="state version-live"' in rule


def test_trying_keeps_nothing_and_shows_each_case(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa-danghu", own_app)
    page = draft(client, only="try", cases=starting_cases(RULE))
    assert page.count('<li class="holds">') > 5
    assert '<li class="wrong">' in page
    assert 'value="5"' in page, "what was filled in stays"
    assert "还没有改过数值" in client.get(f"/rules/{RULE}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"days_yellow": "8"}, "1 到 7 天"),
        ({"days_yellow": "x"}, "应为数字"),
        ({"days_yellow": ""}, "缺少 days_yellow"),
        ({"days_yellow": "1"}, "没有改动"),
        ({"why": " "}, "为什么改"),
        ({"cases": "### 什么\n"}, "开头"),
    ],
)
def test_what_stands_in_the_way_is_said_on_the_form(
    own_app: Flask, signed: SignIn, fields: dict[str, str], said: str
) -> None:
    client = signed("msa-danghu", own_app)
    page = draft(client, **fields)
    assert 'class="flash bad"' in page
    assert said in page
    assert "误报太多" in page or "why" in fields
    assert "还没有改过数值" in client.get(f"/rules/{RULE}").get_data(as_text=True)


@pytest.mark.parametrize("username", ["psb", "nhsa", "hc"])
def test_other_departments_read_and_do_nothing(own_app: Flask, signed: SignIn, username: str) -> None:
    draft(signed("msa-danghu", own_app))
    client = signed(username, own_app)
    assert "起草新版本" not in client.get(f"/rules/{RULE}").get_data(as_text=True)
    assert client.get(NEW).status_code == 403
    page = client.get(f"/rules/{RULE}/versions/2")
    assert page.status_code == 200
    assert "/withdraw" not in page.get_data(as_text=True)
    assert client.get(f"/rules/{RULE}/versions/2/edit").status_code == 403
    form = {"csrf_token": token(client, "/desk"), **VALUES, "cases": BOTH, "why": "x"}
    assert client.post(NEW, data=form).status_code == 403
    for step in ("backtest", "approve", "publish", "withdraw", "shadow"):
        answer = client.post(f"/rules/{RULE}/versions/2/{step}", data=form, follow_redirects=True)
        assert 'class="flash bad"' in answer.get_data(as_text=True)
    assert 'class="state version-tested"' in client.get(f"/rules/{RULE}/versions/2").get_data(as_text=True)


def test_nobody_gets_there_without_signing_in_or_without_the_form(own_app: Flask, signed: SignIn) -> None:
    nobody = own_app.test_client()
    for path in (NEW, f"/rules/{RULE}/versions/2"):
        assert nobody.get(path).status_code == 302
    assert signed("msa", own_app).post(f"/rules/{RULE}/versions/2/publish").status_code == 400


def test_what_is_not_there_is_not_found(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    for path in ("/rules/R-M99/versions/new", f"/rules/{RULE}/versions/7", f"/rules/{RULE}/versions/7/edit"):
        assert client.get(path).status_code == 404
    draft(client)
    assert "没有“fly”这一步" in posted(client, f"/rules/{RULE}/versions/2/fly")
    assert "系统" in posted(client, f"/rules/{RULE}/versions/2/measure")


def test_what_the_law_sets_is_shown_locked(own_app: Flask, signed: SignIn) -> None:
    page = signed("msa", own_app).get("/rules/R-M01/versions/new").get_data(as_text=True)
    assert 'name="visit_minutes"' in page
    assert 'name="limit_packs"' not in page
    assert "法定，不可改" in page
    assert re.search(r'name="visit_minutes" value="30" min="5(\.0)?" max="120(\.0)?"', page)


def test_a_text_of_a_person_is_shown_as_text(own_app: Flask, signed: SignIn) -> None:
    page = draft(signed("msa", own_app), why="<script>x</script>")
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


def test_a_stopped_rule_is_told_on_the_desk_and_let_go_on_its_page(own_app: Flask, signed: SignIn) -> None:
    workspace = own_app.config[WORKSPACE_KEY]
    with workspace.store.write() as connection:
        rulestops.quarantine(connection, RULE, "key", "KeyError（r_m20.py:7）", MORNING)
        rulestops.pause(connection, RULE, 300, 200, MORNING)
        rulestops.tell(connection, RULE, "msa", "quarantined", "KeyError（r_m20.py:7）", MORNING)
    leader, police = signed("msa", own_app), signed("psb", own_app)
    assert "KeyError（r_m20.py:7）" in leader.get("/desk").get_data(as_text=True)
    assert "KeyError（r_m20.py:7）" not in police.get("/desk").get_data(as_text=True)
    for what in ("release", "resume"):
        form = {"csrf_token": token(police, "/desk")}
        assert 'class="flash bad"' in police.post(
            f"/rules/{RULE}/{what}", data=form, follow_redirects=True
        ).get_data(as_text=True)
        form = {"csrf_token": token(leader, "/desk")}
        assert 'class="flash good"' in leader.post(
            f"/rules/{RULE}/{what}", data=form, follow_redirects=True
        ).get_data(as_text=True)
    assert "已隔离" not in leader.get(f"/rules/{RULE}").get_data(as_text=True)
    number = re.search(r"/rules/notices/(\d+)", leader.get("/desk").get_data(as_text=True))
    assert number is not None
    assert (
        leader.post(f"/rules/notices/{number[1]}", data={"csrf_token": token(leader, "/desk")}).status_code
        == 302
    )
    assert "KeyError" not in leader.get("/desk").get_data(as_text=True)


def test_the_pages_in_english(own_app: Flask, signed: SignIn) -> None:
    client = signed("msa", own_app)
    draft(client)
    for path, said in (
        (NEW, "Draft a version"),
        (f"/rules/{RULE}/versions/2", "Version 2"),
        (f"/rules/{RULE}", "Live values"),
    ):
        assert said in client.get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
