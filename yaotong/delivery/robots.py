"""Group robots of DingTalk, WeCom and Feishu: the address, the signature, the text, and what an answer means.

Apprise knows the short addresses and how long a text may be; the connection is ours. Its plugins dial by
themselves, follow the proxies of the environment, and take any 200 for a success, while a robot says in the
body of a 200 that it refused (see decisions).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from yaotong.addresses import Network
from yaotong.channels import SHORT, Robot
from yaotong.delivery.asking import TIMEOUT_SECONDS, ask
from yaotong.delivery.dialing import Resolve, resolve
from yaotong.delivery.retry import Attempt
from yaotong.delivery.webhook import judge
from yaotong.delivery.wording import Said

# Bytes of a text that a robot takes; a test holds them to Apprise's.
MOST_BYTES: Mapping[str, int] = {"dingtalk": 19_985, "wecom": 2_048, "feishu": 19_985}


@dataclass(frozen=True, slots=True)
class _Codes:
    """Codes of a platform: slow down for so long, mend the settings (with the remedy), and its own faults."""

    slow: frozenset[int]
    rest: timedelta
    mend: Mapping[int, str]
    busy: frozenset[int] = frozenset({-1})


_SIGN = "安全设置不符：核对 sign_file 的加签密钥、本机时钟、关键词“云药通”与 IP 白名单"
_TOKEN = "没有这个机器人：核对地址里的令牌"
_CODES: Mapping[str, _Codes] = {
    # Over its limit DingTalk stays closed for ten minutes.
    "dingtalk": _Codes(
        frozenset({130101, 90018, 90030}),
        timedelta(minutes=10),
        {310000: _SIGN, 300001: _TOKEN, 40035: "机器人不认这种消息：核对地址", 400101: _TOKEN},
    ),
    "wecom": _Codes(
        frozenset({45009, 45033}),
        timedelta(minutes=1),
        {93000: _TOKEN, 40001: _TOKEN, 93008: "机器人已不在群里：重新添加后换上新地址"},
    ),
    "feishu": _Codes(
        frozenset({11232, 9499}),
        timedelta(minutes=1),
        {19021: _SIGN, 19022: _SIGN, 19024: _SIGN, 19001: _TOKEN},
        frozenset({-1, 10500}),
    ),
}


def tell(
    robot: Robot,
    said: Said,
    sent_at: datetime,
    *,
    allowed: Sequence[Network] = (),
    timeout: float = TIMEOUT_SECONDS,
    look_up: Resolve = resolve,
) -> Attempt:
    """Send once; `sent_at` is aware. A robot's refusal in its own language is an error like any other."""
    try:
        url, payload = request(robot, said, sent_at)
    except ValueError as error:
        return Attempt(str(error), gone=True)
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "yaotong"}
    body = json.dumps(payload, ensure_ascii=False).encode()
    answer = ask(url, headers, body, allowed=allowed, timeout=timeout, look_up=look_up)
    if isinstance(answer, Attempt):
        return answer
    # Feishu says some of its refusals with a 400, and the code that tells them is in the body.
    if 200 <= answer.status < 300 or (answer.status == 400 and _code(answer.body) is not None):
        return meaning(robot.channel, answer.body)
    return judge(answer.status, answer.retry_after, sent_at)


def request(robot: Robot, said: Said, sent_at: datetime) -> tuple[str, dict[str, Any]]:
    """Where to post and what; ValueError when a short address is none."""
    url, sign = _official(robot.address, robot.channel)
    sign = robot.sign or sign
    if robot.channel == "feishu":
        payload: dict[str, Any] = {"msg_type": "text", "content": {"text": said.text}}
        return url, {**_feishu_sign(sign, sent_at), **payload} if sign else payload
    payload = {"msgtype": "text", "text": {"content": said.text}}
    return (_dingtalk_signed(url, sign, sent_at) if sign and robot.channel == "dingtalk" else url), payload


def meaning(channel: str, body: bytes) -> Attempt:
    """What a robot's answer says: 0 is received, and everything else is not."""
    codes, code = _CODES[channel], _code(body)
    if code is None:
        return Attempt("NotARobot：答复不是机器人的话，请核对地址", receiver_wide=True)
    if code == 0:
        return Attempt()
    if code in codes.slow:
        return Attempt(f"{code} 发送太快，被限流", receiver_wide=True, retry_after=codes.rest)
    if code in codes.mend:
        return Attempt(f"{code} {codes.mend[code]}", gone=True)
    return Attempt(f"{code} 机器人拒收", receiver_wide=code in codes.busy)


def _code(body: bytes) -> int | None:
    """`errcode`, or Feishu's `code` or `StatusCode`; None when the answer has none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for name in ("errcode", "code", "StatusCode"):
        found = told.get(name) if isinstance(told, dict) else None
        if isinstance(found, int) and not isinstance(found, bool):
            return found
    return None


@lru_cache(maxsize=64)
def _official(address: str, channel: str) -> tuple[str, str]:
    """The URL of an address, and the signing key where the short form carries one."""
    if not address.startswith(SHORT[channel][0]):
        return address, ""
    # Slow to import, and needed only by those who write the short form.
    from apprise import Apprise

    known: Any = Apprise.instantiate(address, suppress_exceptions=True)
    if known is None:
        raise ValueError(f"机器人的短地址不对：应写成 {SHORT[channel][0]}令牌，或写机器人的整个网址")
    if channel == "wecom":
        return str(known.api_url), ""
    url = str(known.notify_url).format(token=known.token)
    return url.rstrip("/"), str(getattr(known, "secret", None) or "")


def _dingtalk_signed(url: str, key: str, sent_at: datetime) -> str:
    stamp = str(int(sent_at.timestamp() * 1000))
    digest = hmac.new(key.encode(), f"{stamp}\n{key}".encode(), hashlib.sha256).digest()
    more = urlencode({"timestamp": stamp, "sign": base64.b64encode(digest).decode()})
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))


def _feishu_sign(key: str, sent_at: datetime) -> dict[str, str]:
    stamp = str(int(sent_at.timestamp()))
    digest = hmac.new(f"{stamp}\n{key}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}
