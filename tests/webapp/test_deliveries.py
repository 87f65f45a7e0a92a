"""The delivery log: who may see it, what it shows and hides, and sending a dead message again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from tests.cities import copy_of
from tests.webapp.conftest import MORNING, SignIn, token
from webapp.app import create_app
from webapp.context import WORKSPACE_KEY
from yaotong.acts.lanes import know_receivers
from yaotong.channels import Robot
from yaotong.pace import Pace
from yaotong.receivers import Webhook
from yaotong.store import receivers
from yaotong.store.delivery_tables import delivery_act
from yaotong.store.schema import outbox
from yaotong.workspace import Workspace

PACE = Pace(20)
HOOK = Webhook("msa", "https://hook.example/in?token=tok-5ecret", "the key itself")


@pytest.fixture
def troubled(small: Workspace, tmp_path: Path) -> Flask:
    """An app on a city where one message to 药监 is dead and its receiver is gone."""
    copied = copy_of(small, tmp_path / "home")
    app = create_app(copied.settings.home)
    workspace = app.config[WORKSPACE_KEY]
    hooked = Workspace(replace(workspace.settings, webhooks=(HOOK,)), workspace.store)
    app.config[WORKSPACE_KEY] = hooked
    know_receivers(hooked)
    with hooked.store.write() as connection:
        dead = {"state": "dead", "attempts": 10, "last_error": "HTTP 503", "delivered_at": None}
        connection.execute(update(outbox).where(outbox.c.message_id == first(hooked)).values(**dead))
        receivers.mark(connection, ("webhook", "msa"), {"gone_at": MORNING})
    return app


def first(workspace: Workspace, department: str = "msa") -> str:
    with workspace.store.read() as connection:
        query = select(outbox.c.message_id).where(
            outbox.c.department == department, outbox.c.channel == "webhook"
        )
        return str(connection.execute(query.order_by(outbox.c.message_id)).scalars().first())


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_log_is_for_leaders_of_the_department(signed: SignIn, citizen: FlaskClient) -> None:
    assert citizen.get("/deliveries").status_code == 302
    assert signed("msa-danghu").get("/deliveries").status_code == 403
    assert signed("msa").get("/deliveries").status_code == 200
    assert signed("msa").get("/deliveries?department=psb").status_code == 403
    assert signed("msa").get("/deliveries?state=lost").status_code == 400


def test_a_dead_message_shows_with_its_answer_and_no_secret(troubled: Flask, signed: SignIn) -> None:
    page = text(signed("msa", troubled), "/deliveries?state=dead")
    assert first(troubled.config[WORKSPACE_KEY]) in page
    assert "HTTP 503" in page
    assert "hook.example" in page
    assert "tok-5ecret" not in page
    assert "the key itself" not in page
    english = text(signed("msa", troubled), "/deliveries?state=dead&lang=en")
    assert "Send again" in english


def test_another_department_sees_and_sends_none_of_it(troubled: Flask, signed: SignIn) -> None:
    mine, police = first(troubled.config[WORKSPACE_KEY]), signed("psb", troubled)
    assert mine not in text(police, "/deliveries?state=dead")
    given = {"csrf_token": token(police, "/deliveries")}
    assert police.post(f"/deliveries/{mine}/again", data=given).status_code == 302
    police.post("/deliveries/receivers/webhook/msa/reopen", data=given)
    assert mine in text(signed("msa", troubled), "/deliveries?state=dead")
    assert told(troubled) == []


def test_sending_again_is_once_by_whom_and_under_the_same_id(troubled: Flask, signed: SignIn) -> None:
    mine, client = first(troubled.config[WORKSPACE_KEY]), signed("msa", troubled)
    given = {"csrf_token": token(client, "/deliveries?state=dead")}
    answer = client.post(f"/deliveries/{mine}/again?state=dead", data=given)
    assert answer.headers["location"].endswith("/deliveries?state=dead")
    client.post(f"/deliveries/{mine}/again", data=given)  # not dead any more
    assert mine not in text(client, "/deliveries?state=dead")
    with troubled.config[WORKSPACE_KEY].store.read() as connection:
        row = connection.execute(select(outbox).where(outbox.c.message_id == mine)).one()
    assert (row.state, row.attempts, row.next_at) == ("due", 0, MORNING)
    assert told(troubled) == [("resend", mine, "msa", "HTTP 503")]


def test_a_receiver_that_was_gone_can_be_resumed(troubled: Flask, signed: SignIn) -> None:
    client = signed("msa", troubled)
    assert "已停用（410）" in text(client, "/deliveries")
    given = {"csrf_token": token(client, "/deliveries")}
    client.post("/deliveries/receivers/webhook/msa/reopen", data=given)
    assert "已停用（410）" not in text(client, "/deliveries")
    assert told(troubled) == [("reopen", None, "msa", "")]


@pytest.mark.parametrize(
    "query", ["channel=webhook", "department=msa", "state=dead&channel=webhook&department=msa&page=1"]
)
def test_filters_hold_beside_a_stopped_receiver_and_after_an_act(
    troubled: Flask, signed: SignIn, query: str
) -> None:
    client = signed("msa", troubled)
    page = text(client, f"/deliveries?{query}")
    action = re.search(r'action="([^"]*/reopen[^"]*)"', page)
    assert action is not None
    given = {"csrf_token": token(client, f"/deliveries?{query}")}
    answer = client.post(unescape(action[1]), data=given)
    assert set(query.split("&")) - {"page=1"} == set(answer.headers["location"].partition("?")[2].split("&"))
    assert told(troubled) == [("reopen", None, "msa", "")]


def test_a_post_without_its_token_changes_nothing(troubled: Flask, signed: SignIn) -> None:
    mine = first(troubled.config[WORKSPACE_KEY])
    assert signed("msa", troubled).post(f"/deliveries/{mine}/again").status_code == 400
    assert told(troubled) == []


@pytest.fixture
def chatting(small: Workspace, tmp_path: Path) -> Flask:
    """An app whose 药监 has a robot: it holds back seven messages, and sent two together."""
    copied = copy_of(small, tmp_path / "home")
    app = create_app(copied.settings.home)
    workspace = app.config[WORKSPACE_KEY]
    robot = Robot("dingtalk", "msa", "https://robot.example/send?access_token=tok-5ecret", "SEC-5ecret", PACE)
    app.config[WORKSPACE_KEY] = ready = Workspace(
        replace(workspace.settings, paced=(robot,)), workspace.store
    )
    know_receivers(ready)
    with ready.store.write() as connection:
        row = connection.execute(select(outbox).where(outbox.c.message_id == first(ready))).one()
        message = {
            "alert_id": row.alert_id,
            "event_seq": row.event_seq,
            "department": "msa",
            "channel": "dingtalk",
        }
        message |= {"attempts": 0, "written_at": MORNING}
        held = {
            "state": "due",
            "next_at": MORNING + timedelta(minutes=30),
            "held_for": "digest",
            "digest_id": None,
        }
        sent = {"state": "sent", "next_at": MORNING, "held_for": None, "digest_id": "digest-0123"}
        rows = [{**message, **(held if one < 7 else sent), "message_id": f"held-{one}"} for one in range(9)]
        connection.execute(insert(outbox), rows)
    return app


def test_the_page_shows_limits_and_what_is_held_and_until_when(chatting: Flask, signed: SignIn) -> None:
    page = " ".join(re.sub(r"<[^>]+>", " ", text(signed("msa", chatting), "/deliveries")).split())
    assert "钉钉 robot.example 正常 每分钟至多 20 条消息 黄、蓝色 每小时汇总 · 静默时段 21:00–08:00" in page
    until = MORNING + timedelta(minutes=30)
    assert f"7 条消息 · 等待汇总 至 {until:%Y-%m-%d %H:%M}" in page
    assert page.count("合在一条里 digest-0123") == 2
    assert "5ecret" not in page
    english = text(signed("msa", chatting), "/deliveries?lang=en&channel=dingtalk")
    assert "for the digest" in english
    assert "DingTalk" in english


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"gone_at": MORNING}, "已停用（设置被拒）"),
        ({"resting_until": MORNING + timedelta(days=900)}, "本分钟已满"),
        ({"resting_until": MORNING + timedelta(days=900), "failures": 3}, "暂缓"),
    ],
)
def test_the_page_tells_a_full_minute_from_trouble(
    chatting: Flask, signed: SignIn, columns: dict[str, object], said: str
) -> None:
    with chatting.config[WORKSPACE_KEY].store.write() as connection:
        receivers.mark(connection, ("dingtalk", "msa"), columns)
    client = signed("msa", chatting)
    page = text(client, "/deliveries")
    assert f'<span class="tag">{said}</span>' in page
    assert ("恢复发送" in page) == (said != "本分钟已满")


def told(app: Flask) -> list[tuple[str, str | None, str, str]]:
    """What was written down of people's acts."""
    with app.config[WORKSPACE_KEY].store.read() as connection:
        query = select(
            delivery_act.c.act, delivery_act.c.message_id, delivery_act.c.actor, delivery_act.c.said
        )
        return [tuple(row) for row in connection.execute(query.order_by(delivery_act.c.act_id))]  # type: ignore[misc]
