"""Post a message to a department's webhook, signed by the Standard Webhooks scheme."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from standardwebhooks import Webhook

from yaotong.addresses import Network
from yaotong.delivery.asking import MAX_ANSWER_BYTES as MAX_ANSWER_BYTES
from yaotong.delivery.asking import TIMEOUT_SECONDS, ask
from yaotong.delivery.dialing import Resolve, resolve
from yaotong.delivery.message import Message
from yaotong.delivery.retry import Attempt, asked_wait

# What a receiver answers of itself, whatever it is sent.
_WIDE = frozenset({408, 425, 429, 500, 502, 503, 504})
_BEIJING = timezone(timedelta(hours=8))


def post(
    message: Message,
    url: str,
    secret: str,
    sent_at: datetime,
    *,
    allowed: Sequence[Network] = (),
    timeout: float = TIMEOUT_SECONDS,
    look_up: Resolve = resolve,
) -> Attempt:
    """Send once. `secret` is the shared key's text; `sent_at` (aware or UTC) is what the signature covers.

    Any answer but 2xx within `timeout` seconds in all is an error to be tried again; redirects are not
    followed, since a signed message belongs to the address that was configured. Only public addresses
    and those of `allowed` are connected to.
    """
    # The library reads any clock face as UTC, so it is given one.
    moment = sent_at.astimezone(UTC) if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)
    body = message.body()
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(signing_key(secret)).sign(message.message_id, moment, body.decode()),
    }
    answer = ask(url, headers, body, allowed=allowed, timeout=timeout, look_up=look_up)
    return answer if isinstance(answer, Attempt) else judge(answer.status, answer.retry_after, moment)


def judge(status: int, retry_after: str | None, moment: datetime) -> Attempt:
    """What an answer means for the message and for its receiver."""
    if 200 <= status < 300:
        return Attempt()
    slow = status in (429, 503)
    now = moment.astimezone(_BEIJING).replace(tzinfo=None)
    return Attempt(
        f"HTTP {status}",
        receiver_wide=status in _WIDE,
        gone=status == 410,
        retry_after=asked_wait(retry_after, now) if slow else None,
    )


def signing_key(secret: str) -> str:
    """The key in the scheme's own form, for the receiver to verify with."""
    return "whsec_" + base64.b64encode(secret.encode()).decode()
