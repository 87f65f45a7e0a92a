"""What two regions agreed: who they are, what may be compared, why, how long. Both must have signed it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from yaotong.codes import CATEGORIES
from yaotong.errors import UsageError
from yaotong.exchange.matching import MOST_STEPS

_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
_REGION = re.compile(r"\d{2,9}")
_KEY = re.compile(r"[0-9a-f]{64}")
_HEAD = b"yaotong exchange agreement v1\n"
MOST_WINDOW_DAYS = 92
MOST_PEOPLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Party:
    """A region: its admin code, name, where its instance answers, and its Ed25519 public key as hex."""

    region: str
    name: str
    url: str
    key: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """The whole agreement. A total is told in steps of `step` (packs, or mg of the active substance).

    `threshold` steps together make a match. `max_people` bounds what either side may put into a run, so
    that no side tries a whole district's numbers on the other; `runs_a_day` bounds how often.
    """

    agreement_id: str
    parties: tuple[Party, ...]
    categories: tuple[str, ...]
    window_days: int
    measure: Literal["packs", "mg"] | str
    step: float
    threshold: int
    purpose: str
    basis: str
    valid_from: date
    valid_until: date
    max_people: int
    runs_a_day: int

    def party(self, region: str) -> Party | None:
        """The party of a region code."""
        return next((one for one in self.parties if one.region == region), None)

    def other(self, region: str) -> Party:
        """The party that is not `region`."""
        return next(one for one in self.parties if one.region != region)

    def told(self) -> bytes:
        """The bytes that are signed: canonical JSON under a head line."""
        plain = {**asdict(self), "valid_from": str(self.valid_from), "valid_until": str(self.valid_until)}
        text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return _HEAD + text.encode()


@dataclass(frozen=True, slots=True)
class Signed:
    """An agreement with the signatures so far, hex by region."""

    agreement: Agreement
    signatures: Mapping[str, str]

    @property
    def by_both(self) -> bool:
        """Whether both parties' signatures hold."""
        told = self.agreement.told()
        return all(
            holds(one.key, self.signatures.get(one.region, ""), told) for one in self.agreement.parties
        )

    def text(self) -> str:
        """As it is kept and handed on: JSON."""
        plain = json.loads(self.agreement.told()[len(_HEAD) :])
        return json.dumps(
            {"agreement": plain, "signatures": dict(self.signatures)}, ensure_ascii=False, indent=1
        )


def read_signed(text: str) -> Signed:
    """An agreement from JSON; UsageError says what is missing or out of bounds."""
    try:
        raw = json.loads(text)
        plain, signatures = raw["agreement"], raw.get("signatures", {})
        return Signed(_agreement(plain), {str(name): str(one) for name, one in signatures.items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"协议文件读不懂：{error}。请用 yaotong exchange draft 起草。") from error


def signed_by(signed: Signed, region: str, seed: bytes) -> Signed:
    """With a region's signature; UsageError unless it is a party and the key is the one agreed."""
    party = signed.agreement.party(region)
    if party is None:
        both = " 与 ".join(one.region for one in signed.agreement.parties)
        raise UsageError(f"协议双方是 {both}，没有 {region}。")
    key = Ed25519PrivateKey.from_private_bytes(seed)
    if public_of(seed) != party.key:
        raise UsageError("协议里本地区的公钥不是本工作区的。请用 yaotong exchange key 的输出改正后重签。")
    signature = key.sign(signed.agreement.told()).hex()
    return Signed(signed.agreement, {**signed.signatures, region: signature})


def public_of(seed: bytes) -> str:
    """The public key of a secret seed, hex."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def sign(seed: bytes, told: bytes) -> str:
    """An Ed25519 signature, hex."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(told).hex()


def holds(key: str, signature: str, told: bytes) -> bool:
    """Whether a signature (hex) over bytes is that of a public key (hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), told)
    except (InvalidSignature, ValueError):
        return False
    return True


def _agreement(plain: Mapping[str, Any]) -> Agreement:
    known = {one.name for one in fields(Agreement)}
    if strange := set(plain) - known:
        raise UsageError(f"协议里有不认识的项：{'、'.join(sorted(strange))}。")
    parties = tuple(Party(**one) for one in plain["parties"])
    made = Agreement(
        **{
            **plain,
            "parties": parties,
            "categories": tuple(plain["categories"]),
            "valid_from": date.fromisoformat(plain["valid_from"]),
            "valid_until": date.fromisoformat(plain["valid_until"]),
        }
    )
    return checked(made)


def checked(made: Agreement) -> Agreement:
    """The agreement, if every term is within bounds; UsageError names the first that is not."""
    for fault in _faults(made):
        raise UsageError(f"协议不成立：{fault}。")
    return made


def _faults(one: Agreement) -> list[str]:
    """What is wrong with an agreement, in words."""
    wrong = {
        "编号应为 1 至 40 个字母、数字、点、横线": not _ID.fullmatch(one.agreement_id),
        "应恰有两个不同的地区": len(one.parties) != 2 or len({each.region for each in one.parties}) != 2,
        "地区应为行政区划代码": not all(_REGION.fullmatch(each.region) for each in one.parties),
        "公钥应为 64 个十六进制字符": not all(_KEY.fullmatch(each.key) for each in one.parties),
        "双方的公钥不能相同": len({each.key for each in one.parties}) != len(one.parties),
        "药品类别不在目录里": not one.categories or not set(one.categories) <= set(CATEGORIES),
        f"窗口应为 1 至 {MOST_WINDOW_DAYS} 天": not _whole(one.window_days, 1, MOST_WINDOW_DAYS),
        "计量只能是 packs 或 mg": one.measure not in ("packs", "mg"),
        "每级应为正数": not _positive(one.step),
        f"合计应为 2 至 {MOST_STEPS} 级": not _whole(one.threshold, 2, MOST_STEPS),
        "目的与法律依据都要写明": not one.purpose.strip() or not one.basis.strip(),
        "起止日不成期限": one.valid_from > one.valid_until,
        f"人数上限应为 1 至 {MOST_PEOPLE}": not _whole(one.max_people, 1, MOST_PEOPLE),
        "每天次数应为 1 至 24": not _whole(one.runs_a_day, 1, 24),
    }
    return [fault for fault, found in wrong.items() if found]


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9
