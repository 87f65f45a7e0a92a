"""Take files in: read, compare with what is known, and make the news known in one transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from yaotong import intake
from yaotong.codes import Outcome
from yaotong.errors import FileRefused, UsageError
from yaotong.facts import FACT_MOMENTS
from yaotong.intake import Limits, Reading, Reference
from yaotong.joins import place, quality
from yaotong.joins.placing import PLACEMENT_KEY, QUALITY_KEY
from yaotong.records import Receipt
from yaotong.store import Connection, factfiles, loads, outlines, registry
from yaotong.store.schema import REGISTRIES, area, drug, pharmacy, placement, quality_finding
from yaotong.workspace import Workspace

ON_BAD_ROWS = ("partial", "atomic")


@dataclass(frozen=True, slots=True)
class _Kept:
    """What became of the readable rows: the new ones, the known ones, the version if any was made."""

    accepted: int
    duplicates: int
    version: int | None


def take_in(
    workspace: Workspace,
    path: Path,
    *,
    feed: str | None = None,
    profile: str | None = None,
    on_bad_rows: str = "partial",
    sent_by: str = "system",
    now: datetime,
    limits: Limits | None = None,
) -> Receipt:
    """Take one file in and return its receipt; a refused file leaves everything as it was.

    `on_bad_rows`: "partial" keeps the good rows, "atomic" keeps none unless all are good.
    """
    if on_bad_rows not in ON_BAD_ROWS:
        raise UsageError(f"--on-bad-rows 只能是 {' 或 '.join(ON_BAD_ROWS)}，不是 {on_bad_rows!r}。")
    started = time.monotonic()
    try:
        reading = _read(workspace, path, feed, profile, limits or Limits(), now)
    except FileRefused as refused:
        receipt = _refusal(path, feed, profile, refused)
        return _record(workspace, receipt, None, sent_by, now, started)
    if on_bad_rows == "atomic" and reading.rejected:
        receipt = _atomic_refusal(reading)
        _write_rejects(workspace, reading, now)
        return _record(workspace, receipt, None, sent_by, now, started)
    return _keep(workspace, reading, sent_by, now, started)


def reference(connection: Connection, workspace: Workspace, feed: str | None) -> Reference:
    """What intake may check a file against; a registry that is still empty is not checked against."""
    shops = registry.read(connection, pharmacy)["license_no"]
    drugs = registry.read(connection, drug)["drug_code"]
    towns = registry.read(connection, area)["area_code"]
    return Reference(
        pharmacies=frozenset(shops) or None,
        drugs=frozenset(drugs) or None,
        towns=frozenset(towns) or None,
        region=workspace.settings.region,
    )


def _read(
    workspace: Workspace,
    path: Path,
    feed: str | None,
    profile: str | None,
    limits: Limits,
    now: datetime,
) -> Reading:
    settings = workspace.settings
    with workspace.store.read() as connection:
        known = reference(connection, workspace, feed)
    keyed = intake.Pseudonymiser(
        settings.pseudonym_key, settings.pseudonym_key_id, digest=settings.pseudonym_digest
    )
    wanted = None if profile == "auto" else profile
    return intake.read_file(
        path, feed=feed, profile=wanted, reference=known, pseudonymiser=keyed, limits=limits, now=now
    )


def _keep(workspace: Workspace, reading: Reading, sent_by: str, now: datetime, started: float) -> Receipt:
    with workspace.store.write() as connection:
        known = loads.seen(connection, reading.sha256, reading.feed.name)
        kept = _keep_rows(connection, workspace, reading, now)
        receipt = _receipt(reading, kept, known)
        receipt = replace(receipt, seconds=time.monotonic() - started)
        loads.record(connection, receipt, version=kept.version, sent_by=sent_by, arrived_at=now)
    if reading.rejected:
        _write_rejects(workspace, reading, now)
    return receipt


def _keep_rows(connection: Connection, workspace: Workspace, reading: Reading, now: datetime) -> _Kept:
    version = loads.next_version(connection)
    if reading.feed.name in FACT_MOMENTS:
        return _keep_lines(connection, workspace, reading, now, version)
    return _keep_registry(connection, reading, version)


def _keep_lines(
    connection: Connection, workspace: Workspace, reading: Reading, now: datetime, version: int
) -> _Kept:
    feed, frame = reading.feed.name, reading.accepted
    facts_dir = workspace.store.facts_dir
    split = factfiles.split(connection, facts_dir, feed, frame)
    fresh = frame[split.fresh.to_numpy()].assign(arrived_at=pd.Timestamp(now))
    repeated = int(split.repeated.sum())
    if fresh.empty:
        return _Kept(0, repeated, None)
    placed = registry.read(connection, placement).set_index("license_no")["area_code"]
    shops = fresh.get("pharmacy_id", pd.Series(pd.NA, fresh.index, dtype="str"))  # prescriptions name none
    factfiles.write(connection, facts_dir, feed, fresh, shops.map(placed), version)
    factfiles.correct(connection, feed, split.corrected, version)
    return _Kept(len(fresh), repeated, version)


def _keep_registry(connection: Connection, reading: Reading, version: int) -> _Kept:
    table, key = REGISTRIES[reading.feed.name], reading.feed.key
    frame = _storable(reading.accepted)
    applied = registry.apply(connection, table, key, frame, version)
    if not applied.changed:
        return _Kept(0, applied.unchanged, None)
    if reading.feed.name in ("areas", "pharmacies"):
        _place_again(connection, version)
    return _Kept(applied.changed, applied.unchanged, version)


def _place_again(connection: Connection, version: int) -> None:
    """Placements and quality findings are derived whole from the two registries."""
    shops = registry.read(connection, pharmacy)
    known = outlines.read_areas(connection)
    placed = place(shops, known)
    registry.replace(connection, placement, PLACEMENT_KEY, placed, version)
    found = quality(shops, placed) if len(known) else quality(shops, placed).iloc[0:0]
    registry.replace(connection, quality_finding, QUALITY_KEY, found, version)


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    if isinstance(frame, gpd.GeoDataFrame):
        plain["geometry"] = frame.geometry.to_wkb()
    return plain


def _receipt(reading: Reading, kept: _Kept, known: bool) -> Receipt:
    outcome = Outcome.PARTIAL if reading.rejected else Outcome.ACCEPTED
    if known and not kept.accepted:
        outcome = Outcome.NOOP
    return Receipt(
        file=reading.file,
        feed=reading.feed.name,
        sha256=reading.sha256,
        outcome=outcome,
        rows=reading.rows,
        accepted=kept.accepted,
        duplicates=kept.duplicates + reading.duplicates,
        rejected=reading.rejected,
        profile=reading.profile,
        notes=reading.notes,
    )


def _refusal(path: Path, feed: str | None, profile: str | None, refused: FileRefused) -> Receipt:
    return Receipt(
        file=path.name,
        feed=feed or "",
        sha256=intake.sha256_of(path) if path.is_file() else "",
        outcome=Outcome.REJECTED_FILE,
        file_reason=refused.reason,
        message=refused.message,
        profile=profile or "",
    )


def _atomic_refusal(reading: Reading) -> Receipt:
    """None of the file is kept; the receipt lists the rows that stood in the way, and only those."""
    return Receipt(
        file=reading.file,
        feed=reading.feed.name,
        sha256=reading.sha256,
        outcome=Outcome.REJECTED_FILE,
        rows=len(reading.rejected),
        rejected=reading.rejected,
        file_reason="bad_schema",
        message=f"整份拒收：{reading.rows} 行中 {len(reading.rejected)} 行不合格。改正后重送，或用 partial。",
        profile=reading.profile,
        notes=reading.notes,
    )


def _record(
    workspace: Workspace, receipt: Receipt, version: int | None, sent_by: str, now: datetime, started: float
) -> Receipt:
    timed = replace(receipt, seconds=time.monotonic() - started)
    with workspace.store.write() as connection:
        loads.record(connection, timed, version=version, sent_by=sent_by, arrived_at=now)
    return timed


def _write_rejects(workspace: Workspace, reading: Reading, now: datetime) -> None:
    name = f"{now:%Y%m%d-%H%M%S}-{reading.sha256[:8]}-rejects.csv"
    intake.write_rejects(reading, workspace.settings.raw_dir / name)
