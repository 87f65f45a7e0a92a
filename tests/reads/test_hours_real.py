"""Opening hours of Greater Manchester's 631 pharmacies at 10,000 random moments, beside a plain reading."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from yaotong.acts.intake import take_in
from yaotong.intake import Limits
from yaotong.reads import public
from yaotong.reads.opening import opening, state_of
from yaotong.workspace import init_workspace

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOMENTS = 10_000
Week = tuple[tuple[tuple[int, int], ...], ...]
NOW = datetime(2026, 3, 30, 9)


def _week(row: dict[str, str]) -> Week | None:
    """Minutes from midnight by weekday, as the file writes them; None when a day is not written."""
    texts = [row[f"opening_hours_{one}"].strip() for one in _DAYS]
    if not all(texts):
        return None
    return tuple(
        tuple(
            (_minute(span.split("-")[0]), _minute(span.split("-")[1]))
            for span in ("" if text.upper() == "CLOSED" else text).replace(" ", "").split(",")
            if span
        )
        for text in texts
    )


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _plain(week: Week | None, at: datetime) -> str:
    """The state by walking the spans of the day and of the evening before."""
    if week is None:
        return "unknown"
    minute = at.hour * 60 + at.minute
    for since, until in week[at.weekday()]:
        if since <= minute < (until if until > since else 1440 + until):
            return "open"
    for since, until in week[(at.weekday() - 1) % 7]:
        if until <= since and minute < until:
            return "open"
    return "closed"


def _plain_change(week: Week, at: datetime) -> datetime | None:
    """The next minute, of the next eight days, at which the state is another."""
    now = _plain(week, at)
    edges = {
        datetime.combine(at.date() + timedelta(days=day), datetime.min.time()) + timedelta(minutes=edge)
        for day in range(-1, 9)
        for span in week[(at.weekday() + day) % 7]
        for edge in (*span, span[1] + 1440)
    }
    return min((one for one in edges if one > at and _plain(week, one) != now), default=None)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # on a machine that is busy
def test_every_shop_of_manchester_at_ten_thousand_moments(real_data: Path, tmp_path: Path) -> None:
    ws = init_workspace(tmp_path / "home")
    file = real_data / "manchester/gm_pharmacies.geojson"
    receipt = take_in(ws, file, profile="manchester_pharmacies", now=NOW, limits=Limits.off())
    with (real_data / "manchester/gm_pharmacies.csv").open(encoding="utf-8-sig") as source:
        rows = {row["organisation_data_service_code"]: row for row in csv.DictReader(source)}
    shops = public.register(ws).shops
    texts = dict(zip(shops["license_no"], shops["opening_hours"], strict=True))
    # One writes "09:00-13:00:14:00-18:00", which no reader can tell the meaning of.
    assert len(rows) == 631 == len(texts) + len(receipt.rejected)
    assert {one.reason for one in receipt.rejected} <= {"bad_hours"}
    weeks = {shop: _week(rows[shop]) for shop in texts}
    pairs = {(text if isinstance(text, str) else None, weeks[shop]) for shop, text in texts.items()}
    assert len(pairs) > 200
    rng, first = random.Random(20260331), datetime(2025, 1, 1)
    known = [(text, week) for text, week in pairs if week is not None]
    # By day, so that a text is read once for each.
    for minute in sorted(rng.randrange(2 * 365 * 1440) for _ in range(MOMENTS)):
        at = first + timedelta(minutes=minute)
        assert [(text, at) for text, week in pairs if state_of(text, at) != _plain(week, at)] == []
        text, week = rng.choice(known)
        assert opening(text, at).next_change == _plain_change(week, at), (text, at)
