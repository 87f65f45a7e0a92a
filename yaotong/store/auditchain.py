"""Is the audit chain whole? The first row that was changed, taken out or put in, and what its head says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_

from yaotong.errors import StoreError
from yaotong.store import audit
from yaotong.store.schema import alert_event
from yaotong.store.witness import Head, Witness

_BATCH = 400
_EVENT = ("alert_id", "seq", "at", "actor", "department", "act", "from_state", "to_state", "reason", "text")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying came to. `kept` rows from `first` to `last`; `let_go` rows before them are gone by time.

    `fault` names the first row that is not as it was written, "" when all are. `witnessed` is how far the
    head outside the database vouches for them; 0: nothing does.
    """

    kept: int
    first: int
    last: int
    let_go: int
    witnessed: int
    fault: str = ""
    fault_seq: int | None = None


class _Torn(Exception):
    """The chain ends to be a chain at a row."""

    def __init__(self, seq: int, said: str) -> None:
        super().__init__(said)
        self.seq = seq


def verify(connection: Connection, witness: Witness | None, known: Head | None = None) -> Verdict:
    """Walk the chain from its anchor, and compare it with the head outside and with the events it names.

    `known` is a head that was kept elsewhere, such as in a backup.
    """
    start = audit.anchor(connection)
    walk = _Walk(start)
    fault, at = "", None
    head: Head | None = None
    try:
        head = witness.read() if witness is not None else known
        walk.vouched = head
        for rows in _batches(audit.each(connection, audit.Filters())):
            for row in rows:
                walk.step(row)
            _check_events(connection, rows)
        walk.end(witnessed=witness is not None)
        _check_anchors(connection, walk)
    except _Torn as torn:
        fault, at = str(torn), torn.seq
    except StoreError as error:
        fault = str(error)
    kept = walk.last.seq - start.seq
    first = start.seq + 1 if kept else 0
    return Verdict(kept, first, walk.last.seq, start.seq, head.seq if head else 0, fault, at)


def event_digest(event: Mapping[str, Any]) -> str:
    """The SHA-256 of an alert's event as the chain names it."""
    said = [event[name].isoformat() if name == "at" else event[name] for name in _EVENT]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


class _Walk:
    """From row to row. Each attaches to the one before it by number and by hash."""

    def __init__(self, start: Head) -> None:
        self.last = self.start = start
        self.vouched: Head | None = None
        self.purges: set[tuple[int, str]] = set()

    def step(self, row: Row[Any]) -> None:
        said, expected = row._asdict(), self.last.seq + 1
        if row.seq < expected:
            raise _Torn(row.seq, f"第 {row.seq} 行是插入的：它之前的行已按期清除。")
        if row.seq > expected:
            gone = f"第 {expected} 行" if row.seq == expected + 1 else f"第 {expected} 至 {row.seq - 1} 行"
            raise _Torn(expected, f"{gone}不见了。")
        if audit.digest(said) != row.hash:
            raise self._changed(row)
        if row.former != self.last.hash:
            at = max(self.last.seq, 1)
            raise _Torn(at, f"第 {at} 行被改写过，连同它的校验值：第 {row.seq} 行接不上它。")
        self.last = Head(row.seq, row.hash)
        self._vouch()
        if row.act == "audit_purge":
            detail = audit.detail_of(row)
            self.purges.add((int(detail.get("through", 0)), str(detail.get("sha256", ""))))

    def end(self, *, witnessed: bool) -> None:
        """Nothing may lack at the end."""
        if self.vouched is None:
            if witnessed and self.last.seq:
                raise StoreError(
                    "库外没有链头（audit/head.json），末尾是否被截去无从核对。"
                    "它被删去了，或这是新加的一台主机；用备份里的链头核对后，再有任何一次记录时会重新写下。"
                )
        elif self.vouched.seq > self.last.seq:
            lost = f"{self.last.seq + 1} 至 {self.vouched.seq}"
            raise _Torn(
                self.last.seq + 1, f"末尾被截去：链头记得 {self.vouched.seq} 行，第 {lost} 行不见了。"
            )

    def _vouch(self) -> None:
        known = self.vouched
        if known is not None and known.seq == self.last.seq and known.hash != self.last.hash:
            raise _Torn(known.seq, f"第 {known.seq} 行（或它之前的行）被整段重写过：与库外的链头不符。")

    def _changed(self, row: Row[Any]) -> _Torn:
        """A row whose content is not what its hash says: changed, or moved by rows put in or taken out."""
        said = row._asdict()
        if audit.digest(said, seq=row.seq - 1) == row.hash:
            return _Torn(
                row.seq - 1, f"第 {row.seq - 1} 行是插入的：第 {row.seq} 行原是第 {row.seq - 1} 行。"
            )
        if audit.digest(said, seq=row.seq + 1) == row.hash:
            return _Torn(row.seq, f"第 {row.seq} 行不见了，其后各行改了号。")
        return _Torn(row.seq, f"第 {row.seq} 行被改过。")


def _check_anchors(connection: Connection, walk: _Walk) -> None:
    """Rows are let go by a recorded purge only; the purges of those that were let go since are gone too."""
    found = audit.anchors(connection)
    if found and (found[-1].seq, found[-1].hash) not in walk.purges:
        raise _Torn(found[-1].seq, f"第 {found[-1].seq} 行及以前的行被清除，链上却没有这次清除的记录。")


def _check_events(connection: Connection, rows: list[Row[Any]]) -> None:
    """The events of alerts are not copied into the chain: their hashes are."""
    named: dict[tuple[str, int], tuple[int, str]] = {}
    for row in rows:
        if row.act == "alert_move":
            detail = audit.detail_of(row)
            named[(row.object.partition(":")[2], int(detail["event"]))] = (row.seq, str(detail["sha256"]))
    if not named:
        return
    key = tuple_(alert_event.c.alert_id, alert_event.c.seq)
    found = connection.execute(select(alert_event).where(key.in_(list(named))))
    told = {(one.alert_id, one.seq): event_digest(one._asdict()) for one in found}
    for (alert_id, number), (seq, sha256) in named.items():
        if told.get((alert_id, number)) != sha256:
            gone = "不见了" if (alert_id, number) not in told else "被改过"
            raise _Torn(seq, f"第 {seq} 行所指的经过（预警 {alert_id} 第 {number} 条）{gone}。")


def _batches(rows: Iterable[Row[Any]]) -> Iterator[list[Row[Any]]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        yield batch
