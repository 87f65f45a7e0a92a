"""Robots on this machine that answer in the platforms' own language, and the same words as Apprise sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from apprise import Apprise
from apprise.plugins import dingtalk as apprise_dingtalk

from tests.delivery.receivers import (
    OK,
    Answer,
    babbles,
    hangs,
    never_ends,
    receiving,
    resets,
    says,
    trickles,
)
from tests.delivery.test_webhook import HERE
from yaotong import clock
from yaotong.channels import SHORT, Robot
from yaotong.delivery import Attempt, robots, tell
from yaotong.delivery.wording import Said
from yaotong.pace import Pace

NOW = datetime(2026, 3, 2, 9, tzinfo=clock.BEIJING)
SAID = Said("【云药通】标题", "【云药通】标题\n查看：https://yaotong.example/alerts/abc")
FINE = says("200 OK", body=b'{"errcode":0,"errmsg":"ok"}')


def robot(channel: str, address: str, sign: str = "") -> Robot:
    return Robot(channel, "psb", address, sign, Pace(20))


def sent(answer: Answer, channel: str = "dingtalk", **more: Any) -> Attempt:
    with receiving(answer) as receiver:
        return tell(robot(channel, receiver.url), SAID, NOW, **{"allowed": HERE, "timeout": 1.0, **more})


class _Caught:
    status_code = 200
    content = b""


@pytest.mark.parametrize(
    ("channel", "address"),
    [("dingtalk", "dingtalk://tok123/"), ("wecom", "wecombot://key-1_a"), ("feishu", "feishu://tok-1")],
)
def test_what_is_posted_is_what_apprise_posts(
    channel: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[tuple[str, Any]] = []

    def post(url: str, data: Any, **_: Any) -> _Caught:
        caught.append((url, json.loads(data)))
        return _Caught()

    monkeypatch.setattr("requests.post", post)
    plugin = Apprise.instantiate(address)
    assert plugin is not None
    assert plugin.send(SAID.text)
    url, payload = robots.request(robot(channel, address), SAID, NOW)
    their_url, theirs = caught[0]
    theirs.pop("at", None)  # nobody is called by a telephone number
    assert (url, payload) == (their_url.rstrip("/"), theirs)
    assert robots.MOST_BYTES[channel] == plugin.body_maxlen
    assert urlsplit(url).hostname == SHORT[channel][1] == robot(channel, address).host


def test_the_signature_is_apprise_s(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = Apprise.instantiate("dingtalk://SECabc@tok123/")
    monkeypatch.setattr(apprise_dingtalk.time, "time", lambda: NOW.timestamp())
    stamp, sign = plugin.get_signature()  # type: ignore[union-attr]
    url, _ = robots.request(robot("dingtalk", "dingtalk://SECabc@tok123/"), SAID, NOW)
    assert url.endswith(f"access_token=tok123&timestamp={stamp}&sign={sign}")
    same, _ = robots.request(robot("dingtalk", "https://d.example/send?access_token=t", "SECabc"), SAID, NOW)
    assert parse_qs(urlsplit(same).query) == parse_qs(urlsplit(url).query) | {"access_token": ["t"]}


def test_feishu_s_signature_is_in_the_body() -> None:
    _, payload = robots.request(robot("feishu", "https://f.example/hook/t", "key"), SAID, NOW)
    stamp = str(int(NOW.timestamp()))
    by_hand = hmac.new(f"{stamp}\nkey".encode(), digestmod=hashlib.sha256).digest()
    assert (payload["timestamp"], payload["sign"]) == (stamp, base64.b64encode(by_hand).decode())
    assert "sign" not in robots.request(robot("feishu", "https://f.example/hook/t"), SAID, NOW)[1]


def test_a_short_address_that_is_none_is_dead_with_the_remedy() -> None:
    attempt = tell(robot("dingtalk", "dingtalk://bad token!/"), SAID, NOW)
    assert attempt.gone
    assert "短地址不对" in attempt.error
    assert "bad token" not in attempt.error


@pytest.mark.parametrize("channel", ["dingtalk", "wecom", "feishu"])
def test_the_text_arrives_as_utf_8(channel: str) -> None:
    with receiving(says("200 OK", body=b'{"code":0,"errcode":0}')) as receiver:
        assert tell(robot(channel, receiver.url), SAID, NOW, allowed=HERE) == Attempt()
        body = json.loads(receiver.got[0][2])
    assert SAID.text in (body.get("text", {}).get("content"), body.get("content", {}).get("text"))


@pytest.mark.parametrize(
    ("channel", "code", "wait"),
    [("dingtalk", 130101, 600), ("dingtalk", 90030, 600), ("wecom", 45009, 60), ("feishu", 11232, 60)],
)
def test_too_fast_is_tried_again_later(channel: str, code: int, wait: int) -> None:
    name = "code" if channel == "feishu" else "errcode"
    attempt = sent(says("200 OK", body=json.dumps({name: code}).encode()), channel)
    assert (attempt.gone, attempt.receiver_wide) == (False, True)
    assert attempt.retry_after == timedelta(seconds=wait)
    assert attempt.error.startswith(f"{code} ")


@pytest.mark.parametrize(
    ("channel", "code", "status", "remedy"),
    [
        ("dingtalk", 310000, "200 OK", "sign_file"),
        ("dingtalk", 300001, "200 OK", "令牌"),
        ("wecom", 93000, "200 OK", "令牌"),
        ("feishu", 19021, "200 OK", "sign_file"),
        ("feishu", 19001, "400 Bad Request", "令牌"),
    ],
)
def test_wrong_settings_are_dead_with_the_remedy(channel: str, code: int, status: str, remedy: str) -> None:
    name = "code" if channel == "feishu" else "errcode"
    attempt = sent(says(status, body=json.dumps({name: code, "errmsg": "sign not match"}).encode()), channel)
    assert attempt.gone
    assert attempt.error.startswith(f"{code} ")
    assert remedy in attempt.error


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (hangs, "ReadTimeout"),
        (trickles, "ReadTimeout"),
        (resets, "ReadError"),
        (babbles, "RemoteProtocolError"),
        (says("200 OK", body=b"{", length=500), "RemoteProtocolError"),
        (says("503 Service Unavailable"), "HTTP 503"),
        (says("200 OK", body=b"<html>welcome to our network</html>"), "NotARobot"),
        (says("200 OK", body=b"[" * 50_000), "NotARobot"),
        (says("200 OK", body=b'{"errcode":"0"}'), "NotARobot"),
        (says("200 OK", body=b'{"errcode":false}'), "NotARobot"),
        (says("200 OK", body=b""), "NotARobot"),
        (OK, "NotARobot"),
        (says("200 OK", body=b'{"errcode":-1}'), "-1 "),
        (never_ends, "NotARobot"),
    ],
)
def test_a_robot_that_fails_or_lies_has_not_received(answer: Answer, error: str) -> None:
    began = time.monotonic()
    attempt = sent(answer)
    assert attempt.error.startswith(error)
    assert (attempt.receiver_wide, attempt.gone) == (True, False)
    assert time.monotonic() - began < 4


def test_an_unknown_code_is_this_message_s_own_and_tried_again() -> None:
    attempt = sent(says("200 OK", body=b'{"errcode":43004,"errmsg":"x"}'))
    assert (attempt.error, attempt.receiver_wide, attempt.gone) == ("43004 机器人拒收", False, False)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_a_failure_and_nobody_goes_there(status: str) -> None:
    with receiving(FINE) as elsewhere, receiving(says(status, f"location: {elsewhere.url}")) as receiver:
        attempt = tell(robot("wecom", receiver.url), SAID, NOW, allowed=HERE, timeout=1.0)
        assert attempt.error == f"HTTP {status[:3]}"
        assert (len(receiver.got), len(elsewhere.got)) == (1, 0)


def test_nothing_is_sent_inside_unless_that_is_allowed() -> None:
    with receiving(FINE) as receiver:
        inside = robot("dingtalk", receiver.url)
        named = replace(inside, address=f"http://robot.example:{receiver.port}/send")
        assert tell(inside, SAID, NOW).error == "RefusedAddress"
        assert tell(named, SAID, NOW, look_up=lambda *_: ["127.0.0.1"]).error == "RefusedAddress"
        assert tell(named, SAID, NOW, look_up=lambda *_: ["8.8.8.8", "127.0.0.1"]).error == "RefusedAddress"
        assert receiver.got == []
        assert tell(named, SAID, NOW, allowed=HERE, look_up=lambda *_: ["127.0.0.1"]) == Attempt()
        assert receiver.got[0][1]["host"] == f"robot.example:{receiver.port}"


def test_a_proxy_of_the_environment_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(FINE) as proxy, receiving(FINE) as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert tell(robot("dingtalk", receiver.url), SAID, NOW, allowed=HERE) == Attempt()
        assert (len(receiver.got), len(proxy.got)) == (1, 0)
