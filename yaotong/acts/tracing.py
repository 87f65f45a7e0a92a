"""Bring the index of trace codes up to the present data version, or make it anew."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from yaotong.store import loads
from yaotong.store.factengine import connect
from yaotong.store.tracelines import coded_lines
from yaotong.traces import kernels, runs
from yaotong.traces.codes import PURCHASE, SALE
from yaotong.traces.index import Traces
from yaotong.workspace import Workspace

_FEEDS = (("purchases", PURCHASE), ("sales", SALE))


@dataclass(frozen=True, slots=True)
class Synced:
    """Lines taken in, wordings withdrawn, texts that are no code, sales of a code that was out."""

    sales: int
    purchases: int
    withdrawn: int
    refused: int
    duplicates: int
    version: int


def traces_folder(ws: Workspace) -> Path:
    """Where the index lies: derived, so it may be deleted."""
    return ws.settings.cache_dir / "traces"


def sync_traces(ws: Workspace) -> Synced:
    """Take in what came since the index was last brought up; StoreError where it is damaged."""
    folder = traces_folder(ws)
    with runs.alone(folder):
        index = Traces(folder)
        with ws.store.read() as connection:
            version = loads.current_version(connection)
            backend = connect(spill=ws.store.facts_dir.parent / "spill")
            since = index.manifest.version
            told = {
                feed: coded_lines(backend, connection, ws.store.facts_dir, feed, since, version)
                for feed, _ in _FEEDS
            }
        came = {feed: index.read(told[feed][0], kind) for feed, kind in _FEEDS}
        went = {feed: index.read(told[feed][1], kind) for feed, kind in _FEEDS}
        if any(map(len, (*came.values(), *went.values()))) or version != since:
            index.add(list(came.values()), withdrawn=list(went.values()), version=version)
            index.settle()
        answers = index.answers(came["sales"])
    found = answers.said == kernels.DUPLICATE
    return Synced(
        len(came["sales"]), len(came["purchases"]), sum(map(len, went.values())),
        sum(len(one.refused) for one in came.values()), int(found.sum()), version,
    )  # fmt: skip


def follow_traces(ws: Workspace) -> Synced | None:
    """Bring the index up when a data version came since, reading new lines alone; None when none did."""
    with ws.store.read() as connection:
        version = loads.current_version(connection)
    if runs.read_manifest(traces_folder(ws)).version == version:
        return None
    return sync_traces(ws)


def rebuild_traces(ws: Workspace) -> Synced:
    """Forget the index and make it anew from the facts."""
    shutil.rmtree(traces_folder(ws), ignore_errors=True)
    return sync_traces(ws)
