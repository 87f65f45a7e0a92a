"""Waits after failed attempts: seconds at first, a quarter of an hour at most, the same for names nobody has.

Every attempt is counted before it is judged, in one queued write, so that many at once cannot pass for one;
what succeeds is taken back. During a wait nothing is judged and nothing counted: who waits it out is let
try again, however often others failed meanwhile. A device that a person signed in with before has a count of
its own, so that strangers cannot keep the owner out.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from yaotong.store import Connection, waits
from yaotong.workspace import Workspace

LONGEST = timedelta(minutes=15)
# How many failures cost no wait. Many people of an office share one address.
FREE = {"account": 5, "device": 5, "factor": 5, "address": 30}
_FORGOTTEN = timedelta(hours=1)
_SWEPT = timedelta(days=1)
_MOST_DOUBLINGS = 10

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Count:
    """Failures of one key, and until when it waits."""

    failures: int
    last_at: datetime
    until: datetime


def wait_s(count: Count | None, now: datetime) -> int:
    """Whole seconds to wait; a clock that was set back cannot make it longer than the longest."""
    if count is None or count.until <= now:
        return 0
    return min(int((count.until - now).total_seconds()) + 1, int(LONGEST.total_seconds()))


def failed(count: Count | None, free: int, now: datetime) -> Count:
    """What a failure makes of a count: a second after the free ones, then twice as long each time."""
    fresh = count is None or now - count.last_at >= _FORGOTTEN
    failures = 1 if fresh or count is None else count.failures + 1
    over = failures - free
    wait = timedelta(seconds=2 ** min(over - 1, _MOST_DOUBLINGS)) if over > 0 else timedelta()
    return Count(failures, now, now + min(wait, LONGEST))


def keys_for(workspace: Workspace, username: str, address: str, known_device: str) -> list[Key]:
    """What a sign-in is counted by: the name from this device if it is known, else the name; the address."""
    who = ("device", f"{username}\0{known_device}") if known_device else ("account", username)
    found = [(who[0], _hidden(workspace, *who))]
    if address:
        found.append(("address", _hidden(workspace, "address", _network(address))))
    return found


def factor_key(workspace: Workspace, username: str) -> Key:
    """What a second factor is counted by."""
    return "factor", _hidden(workspace, "factor", username)


def account_key(workspace: Workspace, username: str) -> Key:
    """What failures at an account are counted by."""
    return "account", _hidden(workspace, "account", username)


def attempt(workspace: Workspace, keys: list[Key], *, now: datetime) -> int:
    """Count an attempt as failed until it is taken back; seconds to wait instead, and nothing counted."""
    with workspace.store.write() as connection:
        counts = {key: _read(connection, key) for key in keys}
        longest = max(wait_s(one, now) for one in counts.values())
        if longest:
            return longest
        waits.forget(connection, now - _SWEPT)
        for key, count in counts.items():
            _write(connection, key, failed(count, FREE[key[0]], now))
    return 0


def take_back(connection: Connection, keys: list[Key], *, now: datetime) -> None:
    """The attempt succeeded: its name and device begin anew, its address has failed once less."""
    for key in keys:
        count = _read(connection, key)
        if key[0] != "address":
            waits.clear(connection, [key])
        elif count is not None:
            _write(connection, key, Count(max(count.failures - 1, 0), count.last_at, min(count.until, now)))


def _read(connection: Connection, key: Key) -> Count | None:
    row = waits.get(connection, *key)
    return None if row is None else Count(row.failures, row.last_at, row.until)


def _write(connection: Connection, key: Key, count: Count) -> None:
    waits.put(connection, *key, count.failures, count.last_at, count.until)


def _hidden(workspace: Workspace, kind: str, said: str) -> str:
    secret = workspace.settings.session_key.encode()
    return hmac.new(secret, f"wait {kind} {said}".encode(), hashlib.sha256).hexdigest()


def _network(address: str) -> str:
    """An IPv6 address stands for its /64: one customer has that many."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if found.version == 6 else address
