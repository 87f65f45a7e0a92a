"""Look at buyers and what ties them: recorded first, with the reason given, and refused without one."""

from __future__ import annotations

from datetime import datetime

from yaotong.acts.recording import record
from yaotong.errors import UsageError
from yaotong.reads.buyers import Asked, BuyersView, buyer_view, buyers_view
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LEAST_WHY, MOST_WHY = 4, 120


def look_at_buyers(ws: Workspace, viewer: Viewer, asked: Asked, why: str, *, now: datetime) -> BuyersView:
    """The buyers of a window; StoreError, and nothing shown, when it cannot be recorded."""
    view = buyers_view(ws, viewer, asked)
    _noted(ws, viewer, "buyers", view, why, now)
    return view


def look_at_buyer(
    ws: Workspace, viewer: Viewer, handle: str, asked: Asked, why: str, *, now: datetime
) -> BuyersView:
    """One buyer and whoever is tied to them."""
    view = buyer_view(ws, viewer, handle, asked)
    _noted(ws, viewer, f"buyer:{handle}", view, why, now)
    return view


def need_why(why: str) -> str:
    """The reason as it is recorded; UsageError for one that says nothing or too much."""
    text = " ".join(why.split())
    if not LEAST_WHY <= len(text) <= MOST_WHY:
        raise UsageError(f"请写明查看的事由（案号或线索，{LEAST_WHY} 至 {MOST_WHY} 个字），它会记入审计。")
    return text


def _noted(ws: Workspace, viewer: Viewer, thing: str, view: BuyersView, why: str, now: datetime) -> None:
    record(
        ws, viewer, "person_view", thing, now=now, why=need_why(why), persons=len(view.buyers),
        since=view.window.since.isoformat(), until=view.window.until.isoformat(),
    )  # fmt: skip
