"""Silences and groups on the pages: previewed, made, marked, ended; who may not; both languages, no scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webapp.conftest import MORNING, SignIn
from tests.webapp.test_explained import an_alert, token
from webapp.context import WORKSPACE_KEY


def asked(row: dict[str, Any], **changed: Any) -> dict[str, Any]:
    form = {
        "rule": row["rule_id"],
        "kind": "pharmacy",
        "subject": row["subject"],
        "level": row["level"],
        "reason": "renovation",
        "text": "装修停业，已报备",
        "from": str(row["first_day"]),
        "until": str(row["last_day"]),
    }
    return {**form, **changed}


def make(client: FlaskClient, row: dict[str, Any], **changed: Any) -> str:
    form = {**asked(row, **changed), "csrf_token": token(client, "/silences")}
    return client.post("/silences", data=form, follow_redirects=True).get_data(as_text=True)


@pytest.fixture
def row(own_app: Flask) -> dict[str, Any]:
    return an_alert(own_app.config[WORKSPACE_KEY], "R-M30")


def test_a_silence_is_previewed_made_seen_and_ended(
    own_app: Flask, signed: SignIn, row: dict[str, Any]
) -> None:
    client = signed("msa", own_app)
    seen = client.get("/silences", query_string={**asked(row), "preview": "1"}).get_data(as_text=True)
    assert "这样的静默，最近 90 个行为日会遮住" in seen
    assert f"/alerts/{row['alert_id']}" in seen
    assert "已作出静默" in make(client, row)
    page = client.get(f"/alerts/{row['alert_id']}").get_data(as_text=True)
    assert re.search(r"静默 · 市场监督管理局（药监） 至 2026", page)
    listed = client.get("/alerts?muted=1").get_data(as_text=True)
    assert listed.count("tag muted") == 1
    assert 'name="muted" value="1"' in listed
    assert "装修停业" not in signed("psb", own_app).get("/silences").get_data(as_text=True)
    ended = {"csrf_token": token(client, "/silences"), "from": str(row["first_day"])}
    text = client.post("/silences/1/end", data=ended, follow_redirects=True).get_data(as_text=True)
    assert "已终止，其后的预警照常通知" in text
    assert "tag muted" not in client.get("/alerts").get_data(as_text=True)


def test_an_officer_and_another_department_are_refused(
    own_app: Flask, signed: SignIn, row: dict[str, Any]
) -> None:
    officer = signed("msa-danghu", own_app)
    assert "先看会遮住什么" not in officer.get("/silences").get_data(as_text=True)
    assert "静默由主办部门的负责人作出和终止" in make(officer, row)
    assert "主办部门市场监督管理局（药监）作出" in make(signed("psb", own_app), row)
    assert "tag muted" not in signed("msa", own_app).get("/alerts").get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": "2027-01-01"}, "最长 90 天"),
        ({"from": ""}, "请写明起止的日子"),
        ({"text": " "}, "不能为空"),
        ({"reason": "luck"}, "没有静默的理由"),
        ({"level": "pink"}, "没有级别"),
        ({"kind": "buyer"}, "范围只能是"),
        ({"subject": "无"}, "没有药店"),
    ],
)
def test_what_is_wrong_is_said_and_the_form_keeps_what_was_asked(
    own_app: Flask, signed: SignIn, row: dict[str, Any], change: dict[str, str], said: str
) -> None:
    text = make(signed("msa", own_app), row, **change)
    assert said in text
    assert f'value="{change.get("subject", row["subject"])}"' in text


def test_a_department_is_reminded_on_its_desk(own_app: Flask, signed: SignIn, row: dict[str, Any]) -> None:
    from yaotong.acts.reminding import remind

    client = signed("msa", own_app)
    make(client, row, until=str(MORNING.date() + timedelta(days=2)), **{"from": str(MORNING.date())})
    with own_app.config[WORKSPACE_KEY].store.write() as connection:
        assert remind(connection, MORNING) == [1]
    assert "静默即将到期" in client.get("/desk").get_data(as_text=True)
    assert "还剩 2 天" in client.get("/silences").get_data(as_text=True)


@pytest.mark.parametrize("by", ["shop", "area", "event"])
def test_groups_hold_every_alert_once_and_open_without_scripts(
    shared_app: Flask, signed: SignIn, by: str
) -> None:
    client = signed("msa")
    every = re.findall(
        r'class="rowlink" href="/alerts/([0-9a-f]{12})"', client.get("/alerts").get_data(as_text=True)
    )
    found, counts = [], []
    pages = [client.get(f"/alerts?group={by}&page={one}").get_data(as_text=True) for one in (1, 2, 3)]
    for group in re.findall(r'<details class="card group".*?</details>', "".join(pages), re.S):
        more = re.search(r'<a href="([^"]+)">全部</a>', group)
        if more:
            group = client.get(more[1].replace("&amp;", "&")).get_data(as_text=True)
            assert group.count("card group") == 1
            group = group[group.index("<details class") :]
        found += re.findall(r'href="/alerts/([0-9a-f]{12})"', group)
        counts.append([int(one) for one in re.findall(r'class="level \w+">[^<]+</span> (\d+)', group)])
    assert len(counts) > 1
    assert sorted(found) == sorted(every)
    assert sum(map(sum, counts)) == len(every)
    assert "level red" in pages[0].split("</summary>")[0].rpartition("<summary>")[2]
    english = client.get(f"/alerts?group={by}&lang=en").get_data(as_text=True)
    assert {"shop": "By pharmacy", "area": "By area", "event": "By event"}[by] in english


def test_a_group_that_does_not_exist_is_no_group(shared_app: Flask, signed: SignIn) -> None:
    assert "card group" not in signed("msa").get("/alerts?group=moon").get_data(as_text=True)


def test_a_department_that_sees_no_shops_gets_no_groups_of_shops(shared_app: Flask, signed: SignIn) -> None:
    text = signed("hc").get("/alerts?group=shop").get_data(as_text=True)
    assert re.findall(r"<summary><b>([^<]+)</b>", text) == ["不涉单一药店"]
