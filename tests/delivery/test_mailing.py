"""Mail to a real SMTP server on this machine: encrypted, checked, once, and with a name for what went wrong."""

from __future__ import annotations

import email
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.delivery.test_webhook import HERE
from yaotong import clock
from yaotong.channels import Mailbox
from yaotong.delivery import Attempt, mail
from yaotong.delivery.wording import Said
from yaotong.pace import Pace

NOW = datetime(2026, 3, 2, 9, tzinfo=clock.BEIJING)
SAID = Said("【云药通】红色预警", "【云药通】红色预警\n查看：https://yaotong.example/alerts/abc")
NAME = "mail.example"


class Handler:
    """Keeps envelopes; refuses the addresses in `refused` with their answers."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []
        self.refused: dict[str, str] = {}
        self.data = "250 OK"

    async def handle_RCPT(self, _: Any, __: Any, envelope: Envelope, address: str, ___: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Envelope) -> str:
        self.got.append(envelope)
        return self.data


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for `NAME`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


@contextmanager
def server(handler: Handler, **more: Any) -> Iterator[int]:
    """A server on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    running = Controller(handler, hostname="127.0.0.1", port=port, **more)
    running.start()
    try:
        yield port
    finally:
        running.stop()


def box(port: int, **more: Any) -> Mailbox:
    plain = Mailbox("psb", NAME, port, "none", "yaotong@example.cn", ("duty@example.cn",), "", "", Pace(30))
    return replace(plain, **more)


def sent(to: Mailbox, **more: Any) -> Attempt:
    here = {"allowed": HERE, "timeout": 3.0, "look_up": lambda *_: ["127.0.0.1"]}
    return mail(to, SAID, "abc-1-psb-mail", NOW, **{**here, **more})


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_mail_arrives_once_whole_and_says_that_a_program_sent_it() -> None:
    handler = Handler()
    with server(handler) as port:
        assert sent(box(port, to=("duty@example.cn", "chief@example.cn"))) == Attempt()
    (envelope,) = handler.got
    assert envelope.rcpt_tos == ["duty@example.cn", "chief@example.cn"]
    made = email.message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[arg-type]
    assert made["subject"] == SAID.title
    assert made.get_content().replace("\r\n", "\n").strip() == SAID.text
    assert made["message-id"] == "<abc-1-psb-mail@example.cn>"
    assert made["auto-submitted"] == "auto-generated"
    assert made["date"].datetime == NOW


def test_with_starttls_it_is_encrypted_and_the_name_is_held_to(certificate: Path) -> None:
    handler = Handler()
    trust = ssl.create_default_context(cafile=str(certificate))
    more = {"tls_context": serving(certificate), "require_starttls": True}
    with server(handler, **more) as port:
        assert sent(box(port, tls="starttls"), trust=trust) == Attempt()
        assert len(handler.got) == 1
        # Another name, or a certificate nobody vouches for: nothing is said.
        assert sent(box(port, tls="starttls", host="other.example"), trust=trust).error == (
            "SSLCertVerificationError"
        )
        assert sent(box(port, tls="starttls")).error == "SSLCertVerificationError"
        assert sent(box(port)).error == "SMTP 530 发件地址被拒：核对 from 与 user"
    assert len(handler.got) == 1


def test_implicit_tls(certificate: Path) -> None:
    handler = Handler()
    trust = ssl.create_default_context(cafile=str(certificate))
    with server(handler, ssl_context=serving(certificate)) as port:
        running_as = box(port, tls="implicit")
        # The controller's own probe needs no trust; ours does.
        assert sent(running_as).error == "SSLCertVerificationError"
        assert sent(running_as, trust=trust) == Attempt()
    assert len(handler.got) == 1


def test_a_server_without_starttls_is_told_nothing() -> None:
    handler = Handler()
    with server(handler) as port:
        attempt = sent(box(port, tls="starttls", user="u", password="a secret word"))
    assert attempt.error.startswith("NoTls")
    assert (attempt.gone, handler.got) == (False, [])


def test_plain_mail_goes_to_allowed_inner_networks_alone() -> None:
    handler = Handler()
    with server(handler) as port:
        assert sent(box(port), allowed=()).error == "RefusedAddress"
        assert sent(box(port), look_up=lambda *_: ["127.0.0.1", "10.0.0.1"]).error == "RefusedAddress"
        assert sent(box(port), look_up=lambda *_: ["8.8.8.8"]).error.startswith("NoTls")
        assert sent(box(port), look_up=lambda *_: ["8.8.8.8", "127.0.0.1"]).error.startswith("NoTls")
    assert handler.got == []


def test_the_password_is_used_and_a_wrong_one_stops_with_the_remedy(certificate: Path) -> None:
    asked: list[bytes] = []

    def knows(_: Any, __: Any, ___: Any, ____: Any, said: LoginPassword) -> AuthResult:
        asked.append(said.password)
        return AuthResult(success=said.password == b"right", handled=False)

    handler, trust = Handler(), ssl.create_default_context(cafile=str(certificate))
    more = {"tls_context": serving(certificate), "authenticator": knows, "auth_required": True}
    with server(handler, **more) as port:
        right = box(port, tls="starttls", user="yaotong", password="right")
        assert sent(right, trust=trust) == Attempt()
        wrong = sent(replace(right, password="wrong-one"), trust=trust)
    assert (wrong.error[:8], wrong.gone, len(handler.got)) == ("SMTP 535", True, 1)
    assert asked == [b"right", b"wrong-one"]  # not once for each mechanism
    assert "password_file" in wrong.error
    assert "wrong-one" not in wrong.error + repr(right)


@pytest.mark.parametrize(
    ("refused", "data", "error", "gone"),
    [
        ({"duty@example.cn": "550 no such user"}, "250 OK", "SMTP 550", True),
        ({"duty@example.cn": "451 try later"}, "250 OK", "SMTP 451", False),
        ({}, "452 no room", "SMTP 452", False),
        ({}, "554 we think it is junk", "SMTP 554", False),
    ],
)
def test_refusals_for_now_and_for_good(refused: dict[str, str], data: str, error: str, *, gone: bool) -> None:
    handler = Handler()
    handler.refused, handler.data = refused, data
    with server(handler) as port:
        attempt = sent(box(port))
    assert attempt.error.startswith(error)
    assert attempt.gone is gone


def test_some_refused_addresses_do_not_make_the_others_hear_twice() -> None:
    handler = Handler()
    handler.refused = {"gone@example.cn": "550 no such user"}
    with server(handler) as port:
        attempt = sent(box(port, to=("duty@example.cn", "gone@example.cn")))
    assert (attempt.error, attempt.gone) == ("", False)
    assert "1 个收件地址被拒" in attempt.note
    assert handler.got[0].rcpt_tos == ["duty@example.cn"]


@contextmanager
def rough(say: bytes, pause: float) -> Iterator[int]:
    """A server that says the same bytes for ever, with a pause before each; none: silence."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            line, _ = listening.accept()
            with line:
                while True:
                    time.sleep(pause)
                    line.sendall(say)
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.close()


@pytest.mark.parametrize(
    ("say", "pause", "error"),
    [
        (b"", 0.2, "Timeout"),
        (b"2", 0.1, "Timeout"),
        (b"220-more\r\n", 0.1, "Timeout"),
        (b"HTTP/1.1 200 OK\r\n\r\n", 0.05, "SMTPServerDisconnected"),
    ],
)
@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_a_server_that_hangs_trickles_or_lies_is_left_in_time(
    say: bytes, pause: float, error: str, tls: str
) -> None:
    with rough(say, pause) as port:
        began = time.monotonic()
        attempt = sent(box(port, tls=tls), timeout=1.0)
        assert time.monotonic() - began < 3
    assert attempt.error in (error, "SMTP -1")
    assert (attempt.receiver_wide, attempt.gone) == (True, False)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = int(closed.getsockname()[1])
    assert sent(box(port)).error == "ConnectionRefusedError"
