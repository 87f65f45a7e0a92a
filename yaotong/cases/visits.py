"""The form filled at the shop: who stood where, what was found, how much was counted. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from yaotong.errors import UsageError

MAX_STOCK_LINES = 100
MAX_PACKS = 1_000_000
MAX_DRUG_CHARS = 80
MAX_TEXT_CHARS = 4000
MAX_KEY_CHARS = 128
# A phone's clock may go ahead by so much; the moment is then taken to be the arrival's.
CLOCK_SKEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Counted:
    """Packs of one drug on the shelf, and in the books; None where the books were not seen."""

    drug: str
    counted: int
    booked: int | None = None

    @property
    def missing(self) -> int | None:
        """Packs in the books that are not on the shelf; negative when there are more than booked."""
        return None if self.booked is None else self.booked - self.counted


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the phone says it is: WGS-84 degrees, and how far off that may be in metres."""

    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One filled form. `key` is the sender's own, so that a repeated sending is known."""

    license_no: str
    visited_at: datetime
    text: str
    stock: tuple[Counted, ...]
    spot: Spot | None
    key: str


def check_visit(
    visit: Visit, *, shops: Collection[str], opened_at: datetime, photos: int, now: datetime
) -> datetime:
    """When the visit was, as it is kept; UsageError tells what is wrong with the form."""
    if visit.license_no not in shops:
        raise UsageError("请选择本案涉及的一家药店。")
    if not (visit.text.strip() or visit.stock or photos):
        raise UsageError("请写明检查情况，或填盘点、拍照片：不能都空着。")
    if len(visit.text) > MAX_TEXT_CHARS:
        raise UsageError(f"说明最多 {MAX_TEXT_CHARS} 字，现在 {len(visit.text)} 字。")
    if not visit.key or len(visit.key) > MAX_KEY_CHARS or not visit.key.isprintable():
        raise UsageError(f"Idempotency-Key 应为 1 至 {MAX_KEY_CHARS} 个可见字符。")
    _check_stock(visit.stock)
    if visit.spot is not None:
        _check_spot(visit.spot)
    # A form's moment has whole minutes; a case may be opened within one.
    if visit.visited_at < opened_at.replace(second=0, microsecond=0):
        raise UsageError("检查时间早于案件提请的时间。请核对手机的时间。")
    if visit.visited_at > now + CLOCK_SKEW:
        raise UsageError("检查时间还没有到。请核对手机的时间。")
    return min(visit.visited_at, now)


def digest_of(visit: Visit, photos: Sequence[str]) -> str:
    """What tells one form from another under the same key; `photos` are the SHA-256 of what was sent."""
    told = {**asdict(visit), "visited_at": visit.visited_at.isoformat(), "photos": sorted(photos)}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _check_stock(stock: Sequence[Counted]) -> None:
    if len(stock) > MAX_STOCK_LINES:
        raise UsageError(f"盘点最多 {MAX_STOCK_LINES} 行。")
    for one in stock:
        if not one.drug.strip() or len(one.drug) > MAX_DRUG_CHARS:
            raise UsageError(f"盘点的每一行都要写药品，最多 {MAX_DRUG_CHARS} 字。")
        for packs in (one.counted, 0 if one.booked is None else one.booked):
            if not 0 <= packs <= MAX_PACKS:
                raise UsageError(f"{one.drug} 的盒数应在 0 至 {MAX_PACKS} 之间。")


def _check_spot(spot: Spot) -> None:
    numbers = (spot.lon, spot.lat, spot.accuracy_m or 0.0)
    inside = -180 <= spot.lon <= 180 and -90 <= spot.lat <= 90 and (spot.accuracy_m or 0.0) >= 0
    if not all(math.isfinite(one) for one in numbers) or not inside:
        raise UsageError("位置不对：经度应在 ±180 之间，纬度应在 ±90 之间。")
