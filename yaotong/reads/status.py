"""How the service stands, for everybody: can it be used, how fresh are the data, when were they judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yaotong.errors import StoreError
from yaotong.reads.metering import lacking
from yaotong.records import FEEDS
from yaotong.store import metering
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Freshness:
    """A feed and when it last changed what is known; a feed that never came is not among them."""

    feed: str
    title_zh: str
    came_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """`state`: "up", "partly" (it answers, but takes nothing in) or "down" (the data cannot be read).

    Where the data cannot be read nothing is known of the rest: () and None, never "fresh".
    """

    state: str
    feeds: tuple[Freshness, ...]
    detected_at: datetime | None
    at: datetime


def status(workspace: Workspace, *, now: datetime) -> Status:
    """How things stand; what lacks is for `yaotong doctor` to name, not for everybody."""
    missing = lacking(workspace)
    try:
        with workspace.store.read() as connection:
            came, run = metering.taken_at(connection), metering.last_run(connection)
    except StoreError:
        return Status("down", (), None, now)
    feeds = tuple(Freshness(name, feed.title_zh, came[name]) for name, feed in FEEDS.items() if name in came)
    state = "down" if "database" in missing else "partly" if missing else "up"
    return Status(state, feeds, None if run is None else run.at, now)
