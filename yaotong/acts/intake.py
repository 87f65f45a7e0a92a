"""Take files in: read, compare with what is known, and make the news known in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from yaotong import intake
from yaotong.acts.handover import read_apart
from yaotong.acts.limits import limits_of
from yaotong.acts.lines import RECORDED, Staged, Task
from yaotong.acts.recording import note
from yaotong.acts.registering import keep_registry
from yaotong.acts.vaulting import Sealed, pseudonymiser_of, sealed_in
from yaotong.acts.wordings import outdated
from yaotong.codes import Outcome
from yaotong.errors import FileRefused, StoreError, UsageError
from yaotong.facts import FACT_MOMENTS
from yaotong.intake import Limits, Reading, Reference
from yaotong.records import Receipt
from yaotong.store import Connection, accounts, factfiles, findings, loads, prints, registry, vault
from yaotong.store.schema import area, drug, pharmacy, placement
from yaotong.store.scratch import scratch, turn
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

ON_BAD_ROWS = ("partial", "atomic")
_ATTEMPTS = 3
# Lines that came while a file was read: so few are looked at, instead of reading the file again.
_FEW = 100_000


@dataclass(frozen=True, slots=True)
class _Kept:
    """What became of the readable rows: the new ones, the known ones, the version if any was made."""

    accepted: int
    duplicates: int
    version: int | None


class _Overtaken(Exception):
    """Another load said something of the same lines while this file was read."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """One file as it was sent: what it is said to be, by whom, when, and with which key against repeats."""

    path: Path
    feed: str | None
    profile: str | None
    on_bad_rows: str
    sent_by: str
    origin: str
    now: datetime
    limits: Limits
    once: str | None
    started: float
    checked: bool


def take_in(
    workspace: Workspace,
    path: Path,
    *,
    feed: str | None = None,
    profile: str | None = None,
    on_bad_rows: str = "partial",
    sent_by: str = "system",
    origin: str = "",
    now: datetime,
    limits: Limits | None = None,
    once: str | None = None,
    checked: bool = False,
) -> Receipt:
    """Take one file in and return its receipt; a refused file leaves everything as it was.

    Args:
        on_bad_rows: "partial" keeps the good rows, "atomic" keeps none unless all are good.
        once: a key of the sender's own for this sending. Sent again with it, the same file gets the first
            receipt again, and another file is refused as duplicate_upload.
        limits: those of the workspace where not given.
        checked: a person has just checked each row: no earlier correction stands against it.
    """
    if on_bad_rows not in ON_BAD_ROWS:
        raise UsageError(f"--on-bad-rows 只能是 {' 或 '.join(ON_BAD_ROWS)}，不是 {on_bad_rows!r}。")
    wanted = None if profile == "auto" else profile
    started = time.monotonic()
    bounds = limits or limits_of(workspace.settings)
    sent = _Sent(path, feed, wanted, on_bad_rows, sent_by, origin, now, bounds, once, started, checked)
    try:
        return _first_receipt(workspace, sent) or _taken(workspace, sent)
    except FileRefused as refused:
        return _record(workspace, _refusal(sent, refused), sent)


@contextmanager
def room_for_upload(workspace: Workspace) -> Iterator[Path]:
    """A folder for a file on its way in: what a killed process leaves in it goes with the next intake."""
    with scratch(workspace.store) as folder:
        yield folder


def _first_receipt(workspace: Workspace, sent: _Sent) -> Receipt | None:
    """What was answered when this key was used before; FileRefused when it was for another file."""
    if sent.once is None:
        return None
    with workspace.store.read() as connection:
        known = loads.sent_before(connection, sent.sent_by, sent.once)
    if known is None:
        return None
    if known.sha256 != _hash_of(sent.path):
        raise FileRefused("duplicate_upload", "这个 Idempotency-Key 已用于另一个文件。请换一个再送。")
    return known


def _taken(workspace: Workspace, sent: _Sent) -> Receipt:
    for attempt in range(1, _ATTEMPTS + 1):
        # Who was overtaken twice reads the last time while no other may commit.
        with turn(workspace.store, alone=attempt == _ATTEMPTS):
            try:
                return _attempt(workspace, sent)
            except _Overtaken:
                continue
    raise AssertionError("nobody commits during the last attempt")


def _attempt(workspace: Workspace, sent: _Sent) -> Receipt:
    with scratch(workspace.store) as folder:
        task, seen = _task(workspace, sent, folder)
        read = read_apart(task)
        sealed = sealed_in(workspace, task.pseudonymiser.sealer, folder)
        with _rejects_written(workspace, read, sent.now):
            if sent.on_bad_rows == "atomic" and read.rejected:
                return _record(workspace, _atomic_refusal(read, sent), sent)
            return _keep(workspace, read, sent, seen, sealed)


def _task(workspace: Workspace, sent: _Sent, folder: Path) -> tuple[Task, dict[str, int]]:
    """What the reader must know, and the newest version of each feed of lines it knows of."""
    store = workspace.store
    with store.read() as connection:
        feeds = [one for one in FACT_MOMENTS if sent.feed in (None, one)]
        kept = {name: factfiles.kept(connection, store.facts_dir, name) for name in feeds}
        placed = registry.read(connection, placement)
        known = reference(connection, workspace, sent.feed)
    keyed = pseudonymiser_of(workspace, sent.now)
    inside = placed[placed["area_code"].notna()]
    areas = dict(zip(inside["license_no"], inside["area_code"], strict=True))
    for name, files in kept.items():
        prints.cover(prints.place_of(store.facts_dir, name), files, recorded=name in RECORDED)
    task = Task(
        sent.path,
        sent.feed,
        sent.profile,
        known,
        keyed,
        sent.limits,
        sent.now,
        folder,
        areas,
        kept,
        store.facts_dir,
    )
    return task, {name: max((one.version for one in files), default=0) for name, files in kept.items()}


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


def _keep(
    workspace: Workspace, read: Reading | Staged, sent: _Sent, seen: dict[str, int], sealed: Sealed
) -> Receipt:
    feed = _feed_of(read)
    with workspace.store.write() as connection:
        known = loads.seen(connection, read.sha256, feed)
        version = loads.next_version(connection)
        if isinstance(read, Staged):
            if _was_met(connection, workspace, read, seen[feed]):
                raise _Overtaken
            kept = _keep_lines(connection, workspace, read, version)
        else:
            kept = _Kept(*keep_registry(connection, read, version, checked=sent.checked))
        vault.keep(connection, sealed, sent.now)
        receipt = _receipt(read, sent, kept, known)
        _write_receipt(connection, receipt, sent, kept.version)
    return receipt


def _was_met(connection: Connection, workspace: Workspace, read: Staged, seen: int) -> bool:
    """Whether a load that came while a file was read says something of its lines."""
    if factfiles.newest(connection, read.feed) == seen:
        return False
    came = factfiles.kept(connection, workspace.store.facts_dir, read.feed, since=seen)
    if sum(one.rows for one in came) > _FEW:
        return True
    theirs = {key for one in came for key in factfiles.keys_in(one.path)}
    return any(not theirs.isdisjoint(factfiles.keys_in(one.path)) for one in read.files)


def _feed_of(read: Reading | Staged) -> str:
    return read.feed if isinstance(read, Staged) else read.feed.name


def _keep_lines(connection: Connection, workspace: Workspace, staged: Staged, version: int) -> _Kept:
    if not staged.accepted:
        return _Kept(0, staged.duplicates, None)
    names = factfiles.keep(connection, workspace.store.facts_dir, staged.feed, staged.files, version)
    before = factfiles.ended_among(connection, staged.feed, [one.line_sha for one in staged.stored])
    in_force = [one for one in staged.stored if one.line_sha not in before]
    ended = [
        factfiles.Ended(one.line_id, one.line_sha, names.get(one.file, one.file))
        for one in outdated(in_force, staged.new)
    ]
    factfiles.correct(connection, staged.feed, ended, version)
    held = {one.line_sha for one in in_force}
    corrected = {one.line_id for one in ended if one.line_sha in held}
    findings.mark_corrected(connection, sorted(corrected), version)
    return _Kept(staged.accepted, staged.duplicates, version)


def _receipt(read: Reading | Staged, sent: _Sent, kept: _Kept, known: bool) -> Receipt:
    outcome = Outcome.PARTIAL if read.rejected else Outcome.ACCEPTED
    if known and not kept.accepted:
        outcome = Outcome.NOOP
    return Receipt(
        file=intake.file_text(sent.path.name),
        feed=_feed_of(read),
        sha256=read.sha256,
        outcome=outcome,
        rows=read.rows,
        accepted=kept.accepted,
        duplicates=kept.duplicates,
        rejected=read.rejected,
        profile=read.profile,
        notes=read.notes,
        seconds=time.monotonic() - sent.started,
    )


def _refusal(sent: _Sent, refused: FileRefused) -> Receipt:
    name, feed, profile = intake.file_text(sent.path.name), sent.feed or "", sent.profile or ""
    return Receipt(
        name, feed, _hash_of(sent.path), Outcome.REJECTED_FILE,
        file_reason=refused.reason, message=refused.message, profile=profile,
        seconds=time.monotonic() - sent.started,
    )  # fmt: skip


def _hash_of(path: Path) -> str:
    """The file's hash; empty where it cannot be read, or what is there is no file."""
    try:
        return intake.sha256_of(path) if path.is_file() else ""
    except OSError:
        return ""


def _atomic_refusal(read: Reading | Staged, sent: _Sent) -> Receipt:
    """None of the file is kept; the receipt lists the rows that stood in the way, and only those."""
    return Receipt(
        file=intake.file_text(sent.path.name),
        feed=_feed_of(read),
        sha256=read.sha256,
        outcome=Outcome.REJECTED_FILE,
        rows=len(read.rejected),
        rejected=read.rejected,
        file_reason="bad_schema",
        message=f"整份拒收：{read.rows} 行中 {len(read.rejected)} 行不合格。改正后重送，或用 partial。",
        profile=read.profile,
        notes=read.notes,
        seconds=time.monotonic() - sent.started,
    )


def _record(workspace: Workspace, receipt: Receipt, sent: _Sent) -> Receipt:
    with workspace.store.write() as connection:
        _write_receipt(connection, receipt, sent, None)
    return receipt


def _write_receipt(connection: Connection, receipt: Receipt, sent: _Sent, version: int | None) -> None:
    load_id = loads.record(connection, receipt, version=version, sent_by=sent.sent_by, arrived_at=sent.now)
    if sent.once is not None and receipt.file_reason != "duplicate_upload":
        loads.keep_key(connection, sent.sent_by, sent.once, load_id)
    who = accounts.get(connection, sent.sent_by)
    sender = Viewer(sent.sent_by, "", "" if who is None else who.department, "", origin=sent.origin)
    note(
        connection, sender, "upload", f"load:{load_id}", now=sent.now, why=str(receipt.outcome),
        feed=receipt.feed, sha256=receipt.sha256, accepted=receipt.accepted,
    )  # fmt: skip


@contextmanager
def _rejects_written(workspace: Workspace, read: Reading | Staged, now: datetime) -> Iterator[None]:
    """The table of refused rows, on the disk before anything is in; gone again when nothing came in."""
    if not read.rejected:
        yield
        return
    path = workspace.settings.raw_dir / f"{now:%Y%m%d-%H%M%S}-{read.sha256[:8]}-rejects.csv"
    ours = not path.exists()
    try:
        intake.write_rejects(read, path)
    except OSError as error:
        raise StoreError(
            f"拒收表写不下：{error.strerror}。这份文件的行一条也没有入库；请清出磁盘空间，再送一次。"
        ) from error
    try:
        yield
    except BaseException:
        if ours:
            path.unlink(missing_ok=True)
        raise
