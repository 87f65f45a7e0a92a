"""Queries of the exchange with other regions: agreements, runs, matches, cases and their events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from yaotong.store.exchange_tables import (
    exchange_agreement,
    exchange_case,
    exchange_event,
    exchange_match,
    exchange_run,
)


def add_agreement(connection: Connection, agreement_id: str, text: str, by: str, at: datetime) -> None:
    """Keep a signed agreement."""
    row = {"agreement_id": agreement_id, "text": text, "added_by": by, "added_at": at}
    connection.execute(insert(exchange_agreement).values(**row))


def agreement(connection: Connection, agreement_id: str) -> Row[Any] | None:
    """One agreement; None when there is none."""
    query = select(exchange_agreement).where(exchange_agreement.c.agreement_id == agreement_id)
    return connection.execute(query).first()


def agreements(connection: Connection) -> list[Row[Any]]:
    """All agreements, newest first."""
    query = select(exchange_agreement).order_by(exchange_agreement.c.added_at.desc())
    return list(connection.execute(query))


def revoke(connection: Connection, agreement_id: str, by: str, at: datetime) -> None:
    """Let an agreement cease."""
    mine = update(exchange_agreement).where(exchange_agreement.c.agreement_id == agreement_id)
    connection.execute(mine.values(revoked_by=by, revoked_at=at))


def add_run(connection: Connection, columns: Mapping[str, Any]) -> None:
    """A new run."""
    connection.execute(insert(exchange_run).values(**columns))


def run(connection: Connection, run_id: str) -> Row[Any] | None:
    """One run; None when there is none."""
    return connection.execute(select(exchange_run).where(exchange_run.c.run_id == run_id)).first()


def change_run(connection: Connection, run_id: str, columns: Mapping[str, Any]) -> None:
    """Write how a run went on."""
    connection.execute(update(exchange_run).where(exchange_run.c.run_id == run_id).values(**columns))


def runs(connection: Connection, limit: int) -> list[Row[Any]]:
    """The newest runs, without what they wait with."""
    columns = [one for one in exchange_run.c if one.name != "waiting"]
    query = select(*columns).order_by(exchange_run.c.at.desc(), exchange_run.c.run_id).limit(limit)
    return list(connection.execute(query))


def runs_since(connection: Connection, agreement_id: str, moment: datetime) -> int:
    """How many runs an agreement had since a moment."""
    query = select(func.count()).select_from(exchange_run)
    mine = (exchange_run.c.agreement_id == agreement_id, exchange_run.c.at >= moment)
    return int(connection.execute(query.where(*mine)).scalar_one())


def unsettled(connection: Connection) -> list[Row[Any]]:
    """The runs that found something which the other side has not confirmed yet."""
    return list(connection.execute(select(exchange_run).where(exchange_run.c.state == "settling")))


def add_matches(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """New matches."""
    if rows:
        connection.execute(insert(exchange_match), [dict(one) for one in rows])


def matches_of(connection: Connection, run_id: str) -> list[Row[Any]]:
    """What a run matched."""
    query = select(exchange_match).where(exchange_match.c.run_id == run_id).order_by(exchange_match.c.token)
    return list(connection.execute(query))


def matches(connection: Connection, limit: int) -> list[Row[Any]]:
    """The newest matches with their runs."""
    names = ("agreement_id", "since", "until", "part")
    query = select(exchange_match, *(exchange_run.c[name] for name in names)).join(exchange_run)
    query = query.order_by(exchange_match.c.matched_at.desc(), exchange_match.c.token).limit(limit)
    return list(connection.execute(query))


def match(connection: Connection, token: str) -> Row[Any] | None:
    """One match with its run; None when there is none."""
    names = ("agreement_id", "since", "until", "part")
    query = select(exchange_match, *(exchange_run.c[name] for name in names)).join(exchange_run)
    return connection.execute(query.where(exchange_match.c.token == token)).first()


def tell_steps(connection: Connection, told: Mapping[str, int]) -> None:
    """Note the other side's total of matches."""
    for token, steps in told.items():
        mine = update(exchange_match).where(exchange_match.c.token == token)
        connection.execute(mine.values(their_steps=steps))


def case(connection: Connection, case_id: str) -> Row[Any] | None:
    """One hand-over; None when there is none."""
    return connection.execute(select(exchange_case).where(exchange_case.c.case_id == case_id)).first()


def cases(connection: Connection, limit: int) -> list[Row[Any]]:
    """The newest hand-overs."""
    query = select(exchange_case).order_by(exchange_case.c.changed_at.desc(), exchange_case.c.case_id)
    return list(connection.execute(query.limit(limit)))


def live_cases_of(connection: Connection, token: str, states: Sequence[str]) -> list[Row[Any]]:
    """The hand-overs of a match that stand in some states."""
    mine = (exchange_case.c.token == token, exchange_case.c.state.in_(states))
    return list(connection.execute(select(exchange_case).where(*mine)))


def pending_cases(connection: Connection) -> list[Row[Any]]:
    """The hand-overs whose newest event the other side has not confirmed."""
    query = select(exchange_case).where(exchange_case.c.pending.is_not(None))
    return list(connection.execute(query.order_by(exchange_case.c.case_id)))


def lapsed_cases(connection: Connection, state: str, now: datetime) -> list[Row[Any]]:
    """The hand-overs of ours that still stand in a state after their time."""
    mine = (
        exchange_case.c.part == "giver",
        exchange_case.c.state == state,
        exchange_case.c.expires_at <= now,
        exchange_case.c.pending.is_(None),
    )
    return list(connection.execute(select(exchange_case).where(*mine)))


def put_case(connection: Connection, case_id: str, columns: Mapping[str, Any]) -> None:
    """Write a hand-over as it stands now, a new one as well."""
    done = connection.execute(
        update(exchange_case).where(exchange_case.c.case_id == case_id).values(**columns)
    )
    if done.rowcount == 0:
        connection.execute(insert(exchange_case).values(case_id=case_id, **columns))


def drop_case(connection: Connection, case_id: str) -> None:
    """Remove a hand-over that the other side refused before it began."""
    connection.execute(delete(exchange_case).where(exchange_case.c.case_id == case_id))


def add_event(connection: Connection, columns: Mapping[str, Any]) -> None:
    """Append an event of a hand-over."""
    connection.execute(insert(exchange_event).values(**columns))


def events(connection: Connection, case_id: str) -> list[Row[Any]]:
    """The events of a hand-over, oldest first."""
    query = select(exchange_event).where(exchange_event.c.case_id == case_id)
    return list(connection.execute(query.order_by(exchange_event.c.seq)))
