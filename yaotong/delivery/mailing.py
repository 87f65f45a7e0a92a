"""Mail over SMTP to a checked address, encrypted unless that is in an allowed network, in one total time."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import httpcore

from yaotong.addresses import Network, may_write_to
from yaotong.channels import Mailbox
from yaotong.delivery.asking import REFUSED, TIMEOUT_SECONDS
from yaotong.delivery.dialing import Refused, Resolve, judged, resolve
from yaotong.delivery.retry import Attempt
from yaotong.delivery.wording import Said

MOST_BYTES = 100_000
_WRONG_PASSWORD = 535


def mail(
    box: Mailbox,
    said: Said,
    message_id: str,
    sent_at: datetime,
    *,
    allowed: Sequence[Network] = (),
    timeout: float = TIMEOUT_SECONDS,
    look_up: Resolve = resolve,
    trust: ssl.SSLContext | None = None,
) -> Attempt:
    """Send once; `sent_at` is aware. The id is the same on every try, for the receiver to know copies by."""
    line = _Line(box, allowed, timeout, look_up, trust or ssl.create_default_context())
    attempt = _tried(line, written(box, said, message_id, sent_at))
    # What was read of a line that was cut is no answer.
    return Attempt("Timeout", receiver_wide=True) if line.late and attempt.error else attempt


def _tried(line: _Line, made: EmailMessage) -> Attempt:
    """What came of it, in words that name the remedy where the settings are wrong."""
    try:
        return line.send(made)
    except Refused as error:
        return Attempt(str(error), receiver_wide=True) if str(error) != "address" else REFUSED
    except (_NotLetIn, smtplib.SMTPAuthenticationError) as error:
        return _answered(error.smtp_code, "用户名或密码不对：核对 user 与 password_file")
    except smtplib.SMTPNotSupportedError:
        return Attempt("NoTls：服务器不会 STARTTLS 或登录，请核对 tls 与 port", receiver_wide=True)
    except smtplib.SMTPRecipientsRefused as error:
        code = min((told[0] for told in error.recipients.values()), default=550)
        return _answered(code, "收件地址被拒：核对 to")
    except smtplib.SMTPSenderRefused as error:
        return _answered(error.smtp_code, "发件地址被拒：核对 from 与 user")
    except smtplib.SMTPDataError as error:
        return Attempt(f"SMTP {error.smtp_code}", receiver_wide=error.smtp_code < 500)
    except smtplib.SMTPResponseException as error:
        return Attempt(f"SMTP {error.smtp_code}", receiver_wide=True)
    except (smtplib.SMTPException, httpcore.NetworkError, httpcore.TimeoutException, OSError) as error:
        named = "Timeout" if isinstance(error, TimeoutError) else type(error).__name__
        return Attempt(named, receiver_wide=True)


def written(box: Mailbox, said: Said, message_id: str, sent_at: datetime) -> EmailMessage:
    """The mail: plain text, marked as sent by a program so that no absence note answers it."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = box.sender, ", ".join(box.to), said.title
    made["Date"] = format_datetime(sent_at)
    made["Message-ID"] = f"<{message_id}@{box.sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(said.text + "\n")
    return made


class _Line:
    """A connection that is cut when its time is over, whatever trickles in."""

    def __init__(
        self,
        box: Mailbox,
        allowed: Sequence[Network],
        timeout: float,
        look_up: Resolve,
        trust: ssl.SSLContext,
    ) -> None:
        self._box, self._allowed, self._look_up, self._trust = box, allowed, look_up, trust
        self._until = time.monotonic() + timeout
        self.late = False

    def send(self, made: EmailMessage) -> Attempt:
        line = self._dial()
        # Encryption takes the socket over; its copy still cuts the same connection.
        copy = line.dup()
        cut = threading.Timer(max(self._until - time.monotonic(), 0), self._cut, [copy])
        cut.daemon = True
        cut.start()
        smtp: _Smtp | None = None
        try:
            smtp = _Smtp(line, self._box, self._trust)
            return self._spoken(smtp, made)
        finally:
            cut.cancel()
            for one in (smtp, copy, line):
                if one is not None:
                    one.close()

    def _spoken(self, smtp: _Smtp, made: EmailMessage) -> Attempt:
        box = self._box
        if box.tls == "starttls":
            smtp.starttls(context=self._trust)
        if box.user:
            smtp.login(box.user, box.password)
        refused = smtp.send_message(made, box.sender, list(box.to))
        # It is taken; how the server says good-bye changes nothing.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        # Some of the people have it: sending again would tell them twice.
        return Attempt(note=f"{len(refused)} 个收件地址被拒：核对 to" if refused else "")

    def _dial(self) -> socket.socket:
        addresses = judged(self._box.host, self._box.port, self._allowed, self._look_up)
        if self._box.tls == "none" and any(may_write_to(one) for one in addresses):
            raise Refused("NoTls：公网上的邮件要加密，请用 starttls 或 implicit")
        failed: OSError = ConnectionError("no address")
        for address in addresses:
            try:
                left = max(self._until - time.monotonic(), 0.001)
                return socket.create_connection((address, self._box.port), left)
            except OSError as error:
                failed = error
        raise failed

    def _cut(self, line: socket.socket) -> None:
        self.late = True
        # It may have been closed meanwhile.
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


class _NotLetIn(smtplib.SMTPResponseException):
    """The name or the password is wrong, by whatever mechanism it is said."""


class _Smtp(smtplib.SMTP):
    """SMTP on a connection that was made already; the certificate is held to the configured name."""

    def __init__(self, line: socket.socket, box: Mailbox, trust: ssl.SSLContext) -> None:
        self._line = line
        if box.tls == "implicit":
            self._line = trust.wrap_socket(line, server_hostname=box.host)
        super().__init__(box.host, box.port, local_hostname=box.sender.partition("@")[2])

    def auth(
        self, mechanism: str, authobject: smtplib._AuthObject, *, initial_response_ok: bool = True
    ) -> tuple[int, bytes]:
        """Servers wait a while before they refuse: a wrong password is not tried by every mechanism."""
        try:
            return super().auth(mechanism, authobject, initial_response_ok=initial_response_ok)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code == _WRONG_PASSWORD:
                raise _NotLetIn(error.smtp_code, error.smtp_error) from error
            raise

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._line


def _answered(code: int, remedy: str) -> Attempt:
    """4xx asks to come again; 5xx says that the settings have to be mended."""
    return Attempt(f"SMTP {code} {remedy}", gone=code >= 500, receiver_wide=code < 500)
