"""Sources: what came in, from whom, how complete, and what does not fit together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from yaotong.kept import Kept
from yaotong.reads.feed_titles import feed_title
from yaotong.store import loads, registry
from yaotong.store.factbase import open_facts
from yaotong.store.schema import area, pharmacy, quality_finding
from yaotong.terms import term
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One receipt as a line."""

    load_id: int
    file: str
    feed: str
    feed_zh: str
    outcome: str
    rows: int
    accepted: int
    duplicates: int
    rejected: int
    sent_by: str
    arrived_at: datetime
    data_version: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether one pharmacy reports: last day with lines, days since then, days with lines of the last 30."""

    license_no: str
    name: str
    area_code: str | None
    area_name: str
    last_day: date | None
    days_silent: int
    days_reported: int
    lines: int


@dataclass(frozen=True, slots=True)
class Quality:
    """One thing that does not fit: the register says one thing and the point another."""

    kind: str
    kind_zh: str
    license_no: str
    name: str
    claimed: str
    found: str


def receipts(workspace: Workspace, limit: int = 200) -> tuple[LoadRow, ...]:
    """The newest receipts first."""
    with workspace.store.read() as connection:
        frame = loads.history(connection, limit)
    return tuple(
        LoadRow(
            load_id=int(row["load_id"]),
            file=row["file"],
            feed=row["feed"],
            feed_zh=feed_title(row["feed"]),
            outcome=row["outcome"],
            rows=int(row["rows"]),
            accepted=int(row["accepted"]),
            duplicates=int(row["duplicates"]),
            rejected=int(row["rejected"]),
            sent_by=row["sent_by"],
            arrived_at=pd.Timestamp(row["arrived_at"]).to_pydatetime(),
            data_version=None if pd.isna(row["data_version"]) else int(row["data_version"]),
        )
        for row in frame.to_dict("records")
    )


@dataclass(frozen=True, slots=True)
class Reporting:
    """How the shops of an area report: `silent` are the first of those that did not on the newest day.

    `until` is the newest day with lines of any of them.
    """

    shops: int
    reporting: int
    silent: tuple[Coverage, ...]
    until: date | None


def reporting(workspace: Workspace, viewer: Viewer, first: int) -> Reporting:
    """How the active pharmacies of a viewer's area report, the longest silent first."""
    with workspace.store.read() as connection:
        version = loads.current_version(connection)
    frame = _SILENCE.get((str(workspace.settings.home), version), lambda: _by_silence(workspace))
    if frame.empty:
        return Reporting(0, 0, (), None)
    within = frame["area_code"].str.startswith(viewer.area_code).fillna(viewer.covers(None)).astype(bool)
    covered = frame[within]
    until = covered["last_day"].max()
    return Reporting(
        shops=len(covered),
        reporting=int((covered["silent"] == 0).sum()),
        silent=tuple(_coverage(row) for row in covered[covered["silent"] != 0][:first].to_dict("records")),
        until=None if pd.isna(until) else until.date(),
    )


# Of the newest data versions only: a year of lines is counted once for each.
_SILENCE: Kept[pd.DataFrame] = Kept(most=2_000_000, weight=len)


def _by_silence(workspace: Workspace) -> pd.DataFrame:
    """Every active pharmacy, the longest silent first; one that never reported counts as silent longest."""
    facts = open_facts(workspace.store)
    sales, shops = facts.sales, facts.pharmacies
    last = sales.aggregate(last=sales.sold_at.max()).to_pandas()["last"].iloc[0]
    if pd.isna(last):
        return pd.DataFrame()
    recent = sales.sold_at >= pd.Timestamp(last).normalize() - pd.Timedelta(days=29)
    day = sales.sold_at.date()
    seen = sales.group_by("pharmacy_id").agg(
        last_day=day.max(), days_reported=recent.ifelse(day, None).nunique(), lines=sales.count()
    )
    named = facts.areas.select("area_code", "area_name")
    joined = shops.left_join(seen, "pharmacy_id").left_join(named, "area_code")
    active = joined.filter(shops.status.fill_null("active") == "active")
    frame = active.select(
        "pharmacy_id", "name", "area_code", "area_name", "last_day", "days_reported", "lines"
    ).to_pandas()
    frame["last_day"] = pd.to_datetime(frame["last_day"])
    frame["silent"] = (pd.Timestamp(last).normalize() - frame["last_day"]).dt.days
    ordered: pd.DataFrame = frame.sort_values(
        ["silent", "pharmacy_id"], ascending=[False, True], na_position="first"
    )
    return ordered


def _coverage(row: dict[Any, Any]) -> Coverage:
    never = pd.isna(row["last_day"])
    return Coverage(
        license_no=row["pharmacy_id"],
        name=row["name"],
        area_code=None if pd.isna(row["area_code"]) else row["area_code"],
        area_name="" if pd.isna(row["area_name"]) else row["area_name"],
        last_day=None if never else row["last_day"].date(),
        days_silent=9999 if never else int(row["silent"]),
        days_reported=0 if never else int(row["days_reported"]),
        lines=0 if never else int(row["lines"]),
    )


def quality(workspace: Workspace, viewer: Viewer = SYSTEM, *, shop: str | None = None) -> tuple[Quality, ...]:
    """Data-quality findings in force that touch the viewer's area: by the claim or by the point.

    `shop` asks for those of one licence number.
    """
    with workspace.store.read() as connection:
        if shop is None:
            frame = registry.read(connection, quality_finding)
        else:
            frame = registry.having(connection, quality_finding, "subject", [shop])
        pairs = zip(frame["claimed"], frame["found"], strict=True)
        frame = frame[np.array([_touches(viewer, *pair) for pair in pairs], dtype=bool)]
        codes = pd.concat([frame["claimed"], frame["found"]]).dropna()
        shops = registry.called(connection, pharmacy, "license_no", "name", frame["subject"])
        areas = registry.called(connection, area, "area_code", "area_name", codes)
    return tuple(
        Quality(
            kind=row["kind"],
            kind_zh=term(f"quality.{row['kind']}"),
            license_no=row["subject"],
            name=shops.get(row["subject"], ""),
            claimed=_name(areas, row["claimed"]),
            found=_name(areas, row["found"]),
        )
        for row in frame.to_dict("records")
    )


def _touches(viewer: Viewer, *codes: object) -> bool:
    known = [str(one) for one in codes if not pd.isna(one)]  # type: ignore[call-overload]
    return any(viewer.covers(one) for one in known) or (not known and viewer.covers(None))


def _name(areas: dict[str, str], code: object) -> str:
    return "" if pd.isna(code) else areas.get(str(code), str(code))  # type: ignore[call-overload]
