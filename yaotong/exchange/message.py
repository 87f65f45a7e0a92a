"""Signed messages between instances: who says what under which agreement, when; and why one is refused.

On the wire: the signature as hex, a line feed, the header as JSON, a line feed, the body. The signature
covers all after the first line feed. An answer names the message it answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from yaotong.errors import Forbidden, YaotongError
from yaotong.exchange.agreement import Agreement, holds, sign

CLOCK = timedelta(minutes=5)
_SIGNATURE_HEX = 128
_HEADER_BYTES = 8_192
_TEXT = 200


class Why(StrEnum):
    """Why a message is refused; audited by this word."""

    MALFORMED = "malformed"
    UNKNOWN_AGREEMENT = "unknown_agreement"
    UNKNOWN_PARTNER = "unknown_partner"
    NOT_FOR_US = "not_for_us"
    WRONG_KEY = "wrong_key"
    WRONG_CLOCK = "wrong_clock"
    WRONG_PURPOSE = "wrong_purpose"
    NOT_IN_FORCE = "not_in_force"
    REVOKED = "revoked"
    REPLAYED = "replayed"
    WRONG_ANSWER = "wrong_answer"
    CATEGORIES = "categories"
    WINDOW = "window"
    TOO_MANY = "too_many"
    TOO_OFTEN = "too_often"
    BAD_POINT = "bad_point"
    NO_CASE = "no_case"
    OUT_OF_TURN = "out_of_turn"


SAID: Mapping[Why, str] = {
    Why.MALFORMED: "报文读不懂",
    Why.UNKNOWN_AGREEMENT: "没有这份协议，请先交换双方签名的协议",
    Why.UNKNOWN_PARTNER: "不是这份协议的一方",
    Why.NOT_FOR_US: "不是发给本地区的",
    Why.WRONG_KEY: "签名与协议里的公钥不符，请核对密钥",
    Why.WRONG_CLOCK: "两边时钟相差超过五分钟，请校时后重试",
    Why.WRONG_PURPOSE: "目的与协议不同",
    Why.NOT_IN_FORCE: "协议不在有效期内",
    Why.REVOKED: "协议已被终止",
    Why.REPLAYED: "同一编号的报文内容不同，或已过时",
    Why.WRONG_ANSWER: "答复的不是所问的报文",
    Why.CATEGORIES: "药品类别不在协议之内",
    Why.WINDOW: "窗口不在协议之内",
    Why.TOO_MANY: "人数超过协议上限",
    Why.TOO_OFTEN: "今天比对的次数已到协议上限",
    Why.BAD_POINT: "比对数据不合规格",
    Why.NO_CASE: "没有这件移交，或线索不存在",
    Why.OUT_OF_TURN: "对方先作了别的处理，请同步后再办",
}


class Denied(Forbidden):
    """A message is refused; `why` is one word of the list above."""

    def __init__(self, why: Why) -> None:
        super().__init__(f"{SAID[why]}。")
        self.why = why


class Silent(YaotongError):
    """The other instance gave no answer; nothing was learnt, and what was sent may be sent again."""

    def __init__(self, fault: str) -> None:
        super().__init__(
            f"对方的实例没有应答（{fault}）。请核对协议里的地址、网络与 [delivery] allow_private，稍后再试。"
        )


@dataclass(frozen=True, slots=True)
class Header:
    """What a message says of itself. `re` is the id of the message it answers, else empty."""

    id: str
    kind: str
    agreement: str
    sender: str
    recipient: str
    purpose: str
    at: datetime
    re: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A header and its body."""

    header: Header
    body: bytes = b""

    def wire(self, seed: bytes) -> bytes:
        """The signed bytes."""
        plain = {**asdict(self.header), "at": self.header.at.isoformat(), "said": dict(self.header.said)}
        head = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        told = head + b"\n" + self.body
        return sign(seed, told).encode() + b"\n" + told


def about(
    agreement: Agreement, region: str, kind: str, message_id: str, now: datetime, **said: Any
) -> Header:
    """The header of a new message of `region` to the other party."""
    other = agreement.other(region).region
    return Header(message_id, kind, agreement.agreement_id, region, other, agreement.purpose, now, said=said)


def answer_to(asked: Header, kind: str, now: datetime, **said: Any) -> Header:
    """The header of the answer to a message."""
    return replace(
        asked, id=f"{asked.id}.re", kind=kind, sender=asked.recipient, recipient=asked.sender, at=now,
        re=asked.id, said=said,
    )  # fmt: skip


def opened(wire: bytes) -> tuple[Message, str, bytes]:
    """A message that nobody has judged yet, its signature, and the bytes it covers; Denied when malformed."""
    signature, _, told = wire.partition(b"\n")
    head, feed, _ = told[: _HEADER_BYTES + 1].partition(b"\n")
    if len(signature) != _SIGNATURE_HEX or not feed:
        raise Denied(Why.MALFORMED)
    try:
        raw = json.loads(head)
        plain = {name: _text(raw[name]) for name in _NAMES}
        said = raw["said"]
        if not isinstance(said, dict) or set(raw) != {*_NAMES, "at", "said"}:
            raise ValueError("said")
        header = Header(**plain, at=datetime.fromisoformat(_text(raw["at"])), said=said)
        if header.at.tzinfo is not None:
            raise ValueError("at")
        return Message(header, told[len(head) + 1 :]), signature.decode("ascii"), told
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Denied(Why.MALFORMED) from error


def judged(
    message: Message, signature: str, told: bytes, agreement: Agreement, *, region: str, now: datetime
) -> Message:
    """The message, if it may be heard; Denied says why not."""
    header, sender = message.header, agreement.party(message.header.sender)
    if sender is None or sender.region == region:
        raise Denied(Why.UNKNOWN_PARTNER)
    if header.recipient != region:
        raise Denied(Why.NOT_FOR_US)
    if not holds(sender.key, signature, told):
        raise Denied(Why.WRONG_KEY)
    if abs(header.at - now) > CLOCK:
        raise Denied(Why.WRONG_CLOCK)
    if header.purpose != agreement.purpose:
        raise Denied(Why.WRONG_PURPOSE)
    if not agreement.valid_from <= now.date() <= agreement.valid_until:
        raise Denied(Why.NOT_IN_FORCE)
    return message


_NAMES = ("id", "kind", "agreement", "sender", "recipient", "purpose", "re")


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _TEXT or not value.isprintable():
        raise ValueError("text")
    return value
