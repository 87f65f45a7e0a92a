"""Receivers that fail, hang, redirect and lie; names that lead into the inner network."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from tests.delivery.test_webhook import HERE, MESSAGE, SECRET
from yaotong import clock
from yaotong.addresses import innermost, literal, may_write_to, networks
from yaotong.delivery import Attempt, post
from yaotong.delivery.webhook import MAX_ANSWER_BYTES


def sent(url: str, **more: object) -> Attempt:
    now = clock.now().replace(tzinfo=clock.BEIJING)
    return post(MESSAGE, url, SECRET, now, **{"allowed": HERE, "timeout": 1.0, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (hangs, "ReadTimeout"),
        (trickles, "ReadTimeout"),
        (resets, "ReadError"),
        (babbles, "RemoteProtocolError"),
        (says("200 OK", body=b"short", length=5000), "RemoteProtocolError"),
        (says("503 Service Unavailable"), "HTTP 503"),
    ],
)
def test_a_receiver_that_fails_or_lies_has_not_received(answer: Answer, error: str) -> None:
    with receiving(answer) as receiver:
        began = time.monotonic()
        attempt = sent(receiver.url)
        assert (attempt.error, attempt.receiver_wide) == (error, True)
        assert time.monotonic() - began < 3
        assert len(receiver.got) == 1


def test_an_endless_answer_is_read_so_far_and_no_further() -> None:
    with receiving(never_ends) as receiver:
        assert sent(receiver.url, timeout=5.0) == Attempt()
    with receiving(says("200 OK", body=b"x" * (MAX_ANSWER_BYTES // 2))) as receiver:
        assert sent(receiver.url, timeout=5.0) == Attempt()


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_is_a_failure_and_nobody_goes_there(status: str) -> None:
    with receiving(OK) as elsewhere, receiving(says(status, f"location: {elsewhere.url}")) as receiver:
        assert sent(receiver.url).error == f"HTTP {status[:3]}"
        assert (len(receiver.got), len(elsewhere.got)) == (1, 0)


def test_gone_is_told_apart_and_what_is_asked_is_heard() -> None:
    with receiving(says("410 Gone")) as receiver:
        assert sent(receiver.url).gone
    for status in ("429 Too Many Requests", "503 Service Unavailable"):
        with receiving(says(status, "retry-after: 40")) as receiver:
            assert sent(receiver.url).retry_after == timedelta(seconds=40)
    with receiving(says("500 Oops", "retry-after: 40")) as receiver:
        assert sent(receiver.url).retry_after is None


def test_each_try_has_its_own_time_and_the_same_id_and_body() -> None:
    with receiving(OK) as receiver:
        first = clock.now().replace(tzinfo=clock.BEIJING)
        for later in (0, 300):
            post(MESSAGE, receiver.url, SECRET, first + timedelta(seconds=later), allowed=HERE)
    (_, one, body), (_, two, again) = receiver.got
    assert one["webhook-id"] == two["webhook-id"] == MESSAGE.message_id
    assert body == again
    assert int(two["webhook-timestamp"]) - int(one["webhook-timestamp"]) == 300
    assert one["webhook-signature"] != two["webhook-signature"]


def test_the_receiver_sees_the_name_that_was_configured() -> None:
    with receiving(OK) as receiver:
        url = f"http://hook.example:{receiver.port}/hook"
        assert sent(url, look_up=lambda *_: ["127.0.0.1"]) == Attempt()
        assert receiver.got[0][1]["host"] == f"hook.example:{receiver.port}"


def test_nothing_is_sent_inside_unless_that_is_allowed() -> None:
    with receiving(OK) as receiver:
        assert sent(receiver.url, allowed=()).error == "RefusedAddress"
        assert sent(receiver.url.replace("127.0.0.1", "localhost"), allowed=()).error == "RefusedAddress"
        assert sent(receiver.url, allowed=networks(["10.0.0.0/8"])).error == "RefusedAddress"
        assert receiver.got == []


def test_a_name_that_turns_inward_later_is_not_followed() -> None:
    """The address that is judged is the one connected to: each connection looks the name up once."""
    answers = [["192.0.2.1"], ["127.0.0.1"]]
    asked = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    with receiving(OK) as receiver:
        url = f"http://rebinding.example:{receiver.port}/"
        outside = networks(["192.0.2.0/24"])  # stands for a public network; nobody answers there
        assert sent(url, allowed=outside, look_up=look_up, timeout=0.3).error in (
            "ConnectTimeout",
            "ConnectError",
        )
        assert asked == ["rebinding.example"]
        assert sent(url, allowed=outside, look_up=look_up).error == "RefusedAddress"
        assert receiver.got == []


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    with receiving(OK) as receiver:
        url = f"http://both.example:{receiver.port}/"
        assert sent(url, allowed=(), look_up=lambda *_: ["8.8.8.8", "127.0.0.1"]).error == "RefusedAddress"
        assert receiver.got == []


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 240.0.0.1 "
    "::1 :: fc00::1 fe80::1 fe80::1%eth0 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 "
    "64:ff9b:1::a00:1 2002:7f00:1:: 2001:db8::1 2001:0:4136:e378:8000:63bf:3fff:fdd2".split(),
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not may_write_to(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert may_write_to(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_the_same_however_it_is_wrapped(ip: object) -> None:
    number = int(ip)  # type: ignore[call-overload]
    for wrapped in (f"::ffff:{ip}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"):
        assert innermost(wrapped) == ip
        assert may_write_to(wrapped) == may_write_to(str(ip))


def test_the_cloud_s_own_address_is_refused_even_when_everything_is_allowed() -> None:
    everything = networks(["0.0.0.0/0", "::/0"])
    assert may_write_to("10.0.0.1", everything)
    assert not any(
        may_write_to(one, everything) for one in ("169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0")
    )


def test_names_that_are_plainly_addresses() -> None:
    assert literal("localhost.") == literal("a.localhost") == "127.0.0.1"
    assert (literal("[::1]"), literal("10.0.0.1"), literal("hook.example")) == ("::1", "10.0.0.1", None)
