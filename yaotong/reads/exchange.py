"""What the pages and the command line tell of the exchange: agreements, runs, matches, hand-overs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yaotong.custody import custody_of
from yaotong.errors import NotFound
from yaotong.exchange.agreement import Agreement, read_signed
from yaotong.exchange.handover import MOVES, CaseState
from yaotong.reads.subjects import buyer_label
from yaotong.store import exchange
from yaotong.workspace import Workspace

Plain = dict[str, Any]


def partners_view(workspace: Workspace, *, now: datetime) -> list[Plain]:
    """The agreements, newest first, with the partner and whether each is in force."""
    region = custody_of(workspace.settings.home).region
    with workspace.store.read() as connection:
        rows = exchange.agreements(connection)
    found = []
    for row in rows:
        agreed = read_signed(row.text).agreement
        partner = agreed.other(region)
        plain = {name: getattr(agreed, name) for name in _TERMS}
        found.append(
            {**plain, "partner": partner.name, "region": partner.region, "url": partner.url,
             "key": partner.key, "standing": _standing(agreed, row.revoked_at, now)}
        )  # fmt: skip
    return found


def runs_view(workspace: Workspace, limit: int) -> list[Plain]:
    """The newest runs."""
    with workspace.store.read() as connection:
        return [dict(row._mapping) for row in exchange.runs(connection, limit)]


def matches_view(workspace: Workspace, limit: int, reader: str) -> list[Plain]:
    """The newest matches: a short pseudonym, the totals in steps, and the hand-over that lives, if any."""
    with workspace.store.read() as connection:
        cases = {row.token: row.case_id for row in exchange.cases(connection, limit * 4) if _lives(row.state)}
        rows = exchange.matches(connection, limit)
    return [
        {**row._mapping, "buyer": buyer_label(row.buyer_key, reader), "case_id": cases.get(row.token)}
        for row in rows
    ]


def cases_view(workspace: Workspace, limit: int) -> list[Plain]:
    """The newest hand-overs."""
    with workspace.store.read() as connection:
        return [_case(row) for row in exchange.cases(connection, limit)]


def case_view(workspace: Workspace, case_id: str, reader: str) -> Plain:
    """A hand-over with its steps, what it disclosed, and what may be done next; NotFound where none is."""
    with workspace.store.read() as connection:
        row = exchange.case(connection, case_id)
        if row is None:
            raise NotFound(f"没有移交 {case_id}。")
        events = exchange.events(connection, case_id)
        match = exchange.match(connection, row.token)
        agreed = exchange.agreement(connection, row.agreement_id)
    content: Mapping[str, Any] = {}
    for one in events:
        content = {**content, **json.loads(one.content)}
    pending = json.loads(row.pending) if row.pending else None
    return {
        **_case(row),
        "steps": [dict(one._mapping) for one in events],
        "preview": content.get("preview") or (pending or {}).get("content", {}).get("preview", {}),
        "lines": content.get("lines"),
        "of": content.get("of"),
        "waiting": pending,
        "buyer": buyer_label(match.buyer_key, reader) if match is not None else "",
        "agreement": read_signed(agreed.text).agreement if agreed is not None else None,
        "acts": [] if row.pending else next_acts(row.part, row.state),
    }


def next_acts(part: str, state: str) -> list[str]:
    """What somebody with a part may do from a state; expiry comes by itself."""
    return [
        str(act) for act, move in MOVES.items()
        if move.part == part and state in {str(one) for one in move.sources} and str(act) != "expire"
    ]  # fmt: skip


_TERMS = (
    "agreement_id", "categories", "window_days", "measure", "step", "threshold", "purpose", "basis",
    "valid_from", "valid_until", "max_people", "runs_a_day",
)  # fmt: skip


def _case(row: Any) -> Plain:
    plain = dict(row._mapping)
    return {**plain, "pending": row.pending is not None}


def _lives(state: str) -> bool:
    return state in {str(one) for one in (CaseState.OFFERED, CaseState.ACCEPTED, CaseState.HANDED)} | {"new"}


def _standing(agreed: Agreement, revoked_at: datetime | None, now: datetime) -> str:
    if revoked_at is not None:
        return "ended"
    if now.date() < agreed.valid_from:
        return "future"
    return "active" if now.date() <= agreed.valid_until else "expired"
