"""Post a message to a department's webhook, signed by the Standard Webhooks scheme."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from yaotong.delivery.message import Message
from yaotong.delivery.retry import Attempt

TIMEOUT_SECONDS = 10.0


def post(message: Message, url: str, secret: str, sent_at: datetime) -> Attempt:
    """Send once. `secret` is the shared key's text; `sent_at` (aware or UTC) is what the signature covers.

    Any answer but 2xx is an error to be tried again; redirects are not followed, since a signed
    message belongs to the address that was configured.
    """
    body = message.body().decode()
    # The library reads any clock face as UTC, so it is given one.
    moment = sent_at.astimezone(UTC) if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)
    signature = Webhook(signing_key(secret)).sign(message.message_id, moment, body)
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }
    try:
        answer = httpx.post(url, content=body.encode(), headers=headers, timeout=TIMEOUT_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Attempt(type(error).__name__)
    return Attempt() if answer.is_success else Attempt(f"HTTP {answer.status_code}")


def signing_key(secret: str) -> str:
    """The key in the scheme's own form, for the receiver to verify with."""
    return "whsec_" + base64.b64encode(secret.encode()).decode()
