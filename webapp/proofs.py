"""A form that anyone may send: signed when it was shown, and looked at when it comes back. No cookie.

Who fills in a form needs a few seconds, fills in what is shown and nothing that is hidden, and sends what we
gave out. What a form was given also makes its number: sent twice, it is one and the same.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

from yaotong.errors import UsageError

TRAP = "website"
NAME = "proof"
LEAST_S, MOST_S = 3, 2 * 3600
_EPOCH = datetime(2000, 1, 1)


def proof(key: str, about: str, now: datetime) -> str:
    """What a form about something is given at a moment."""
    given = f"{int((now - _EPOCH).total_seconds())}.{secrets.token_urlsafe(12)}"
    return f"{given}.{_signed(key, given, about)}"


def check_proof(key: str, about: str, form: Mapping[str, str], now: datetime) -> bytes:
    """The random bytes that a form's number is made of; UsageError when nobody can have filled it in."""
    at, _, rest = form.get(NAME, "").partition(".")
    drawn, _, signature = rest.partition(".")
    fits = hmac.compare_digest(_signed(key, f"{at}.{drawn}", about).encode(), signature.encode())
    if not fits or form.get(TRAP, ""):
        raise UsageError("这张表不是从本页填写的，没有收下。请回到上一页重新填写。")
    took = (now - _EPOCH).total_seconds() - int(at)
    if took < LEAST_S:
        raise UsageError("送出得太快，没有收下。请看一遍再送。")
    if took > MOST_S:
        raise UsageError("这张表放得太久，没有收下。请重新打开再填。")
    return hmac.new(key.encode(), f"number {drawn}".encode(), hashlib.sha256).digest()


def _signed(key: str, given: str, about: str) -> str:
    return hmac.new(key.encode(), f"form {given} {about}".encode(), hashlib.sha256).hexdigest()[:32]
