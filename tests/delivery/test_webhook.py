"""Delivery to a real HTTP receiver: signed, retried with growing waits, given up by name."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from yaotong import clock
from yaotong.addresses import networks
from yaotong.delivery import Attempt, Message, after_attempt, post, rest_of_receiver
from yaotong.delivery.retry import MAX_ATTEMPTS, WAITS, asked_wait
from yaotong.delivery.webhook import signing_key

SECRET = "a shared key for tests only"
HERE = networks(["127.0.0.0/8"])
MESSAGE = Message(
    message_id="abc-1-psb-webhook",
    alert_id="abc",
    act="open",
    department="psb",
    part="lead",
    rule_id="R-P01",
    rule_name="跨店累购",
    level="red",
    state="dispatched",
    area_code="330482001",
    at=datetime(2026, 6, 30, 8),
    accept_due=datetime(2026, 6, 30, 10),
)


class Receiver(HTTPServer):
    """Keeps what it was sent; answers with `status`."""

    def __init__(self) -> None:
        self.status = 204
        self.got: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("location", self.server.url)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_receiver_can_verify_what_it_got(receiver: Receiver) -> None:
    sent_at = clock.now().replace(tzinfo=clock.BEIJING)
    assert post(MESSAGE, receiver.url, SECRET, sent_at, allowed=HERE) == Attempt()
    headers, body = receiver.got[0]
    told = Webhook(signing_key(SECRET)).verify(body.decode(), headers)
    assert told["data"]["alert_id"] == "abc"
    assert told["type"] == "yaotong.alert.open"


def test_a_changed_body_or_another_key_does_not_verify(receiver: Receiver) -> None:
    post(MESSAGE, receiver.url, SECRET, clock.now().replace(tzinfo=clock.BEIJING), allowed=HERE)
    headers, body = receiver.got[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(signing_key(SECRET)).verify(body.decode().replace("red", "blue"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing_key("another key")).verify(body.decode(), headers)


@pytest.mark.parametrize("status", [302, 400, 500])
def test_any_answer_but_success_is_an_error_and_redirects_are_not_followed(
    receiver: Receiver, status: int
) -> None:
    receiver.status = status
    assert post(MESSAGE, receiver.url, SECRET, clock.now(), allowed=HERE) == Attempt(f"HTTP {status}")
    assert len(receiver.got) == 1


def test_nobody_listening_is_an_error_without_the_address(receiver: Receiver) -> None:
    url = receiver.url
    receiver.shutdown()
    receiver.server_close()
    attempt = post(MESSAGE, url, SECRET, clock.now(), allowed=HERE)
    assert attempt.error == "ConnectError"


def test_a_message_names_nobody() -> None:
    data = json.loads(MESSAGE.body())["data"]
    assert set(data) == {
        "alert_id", "department", "part", "rule_id", "rule_name", "level", "state", "area_code", "accept_due", "path",
    }  # fmt: skip


def test_waits_follow_the_specification_and_end_with_the_tenth_try() -> None:
    now = datetime(2026, 1, 1)
    waits = []
    for tries in range(MAX_ATTEMPTS - 1):
        after = after_attempt(tries, Attempt("HTTP 500"), now)
        assert after["state"] == "due"
        waits.append((after["next_at"] - now).total_seconds())  # type: ignore[operator]
    hour = 3600
    assert waits == [5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]
    assert after_attempt(MAX_ATTEMPTS - 1, Attempt("HTTP 500"), now)["state"] == "dead"
    assert after_attempt(0, Attempt(), now) == {"state": "sent", "delivered_at": now, "last_error": None}


@given(st.integers(0, MAX_ATTEMPTS - 2), st.floats(0, 1, exclude_max=True))
def test_jitter_only_lengthens_a_wait_and_by_a_tenth_at_most(tries: int, spread: float) -> None:
    now = datetime(2026, 1, 1)
    wait = after_attempt(tries, Attempt("HTTP 500"), now, spread)["next_at"] - now  # type: ignore[operator]
    assert WAITS[tries] <= wait < WAITS[tries] * 1.1 + timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("999999999999", 3600),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("Fri, 01 Jan 2027 00:00:00 GMT", 3600),
        ("-5", None),
        ("soon", None),
        ("１２", None),
        (None, None),
    ],
)
def test_what_a_receiver_asks_is_bounded_and_nonsense_is_nothing(
    header: str | None, seconds: int | None
) -> None:
    asked = asked_wait(header, datetime(2026, 1, 1, 8))
    assert asked == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.fault("receiver-down")
def test_a_receiver_is_left_alone_after_three_failures_of_its_own_and_longer_each_time() -> None:
    down = Attempt("ConnectError", receiver_wide=True)
    rests = [rest_of_receiver(count, down) for count in range(1, 9)]
    assert rests[:2] == [None, None]
    assert [one.total_seconds() for one in rests[2:] if one] == [5, 15, 60, 300, 300, 300]
    assert rest_of_receiver(50, Attempt("HTTP 400")) is None
    assert rest_of_receiver(1, Attempt("HTTP 429", retry_after=timedelta(seconds=7))) == timedelta(seconds=7)
