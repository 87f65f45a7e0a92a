"""Lines of inboxes: written with the alert, its dispatches and its deliveries, and never by themselves.

An inbox of 100,000 alerts is opened by reading its first fifty lines and by counting along an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Select,
    case,
    delete,
    exists,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from yaotong.alerts.states import State
from yaotong.codes import Level
from yaotong.store import counters
from yaotong.store.desk_tables import desk_line
from yaotong.store.findings import chunks
from yaotong.store.schema import alert, dispatch, outbox

_DESK = "desk"

# Later than any deadline: nothing is owed.
NEVER = datetime(9999, 1, 1)

# Which deadline an alert in a state runs against.
DUE_OF_STATE = {
    State.DISPATCHED: "accept_due",
    State.ACCEPTED: "check_due",
    State.CHECKING: "dispose_due",
    State.DISPOSED: "close_due",
}


def told_of() -> Select[Any]:
    """The lines as `alert`, `dispatch` and `outbox` have them now."""
    delivered = exists().where(
        outbox.c.alert_id == alert.c.alert_id,
        outbox.c.department == dispatch.c.department,
        outbox.c.channel == "inbox",
        outbox.c.state == "sent",
    )
    rank = case({str(one): one.rank for one in Level}, value=alert.c.level)
    owed = {str(state): alert.c[column] for state, column in DUE_OF_STATE.items()}
    due = case(owed, value=alert.c.state, else_=literal(NEVER, DateTime()))
    said: dict[str, ColumnElement[Any]] = {
        "arrived": delivered,
        "closed": alert.c.state == str(State.CLOSED),
        "rank": rank,
        "due": due,
        "department": dispatch.c.department,
        "part": dispatch.c.part,
    }
    columns = [said[one.name] if one.name in said else alert.c[one.name] for one in desk_line.c]
    return select(*columns).select_from(alert).join(dispatch, dispatch.c.alert_id == alert.c.alert_id)


def renew(connection: Connection, alert_ids: Sequence[str]) -> None:
    """Write the lines of some alerts anew, in the transaction that changed them."""
    names = [one.name for one in desk_line.c]
    for part in chunks(alert_ids):
        connection.execute(delete(desk_line).where(desk_line.c.alert_id.in_(part)))
        found = told_of().where(alert.c.alert_id.in_(part))
        connection.execute(insert(desk_line).from_select(names, found))
    counters.add_one(connection, _DESK)


def arrive(connection: Connection, message_id: str) -> None:
    """Note that the inbox message that carries a line was delivered."""
    carried = select(outbox.c.alert_id, outbox.c.department).where(
        outbox.c.message_id == message_id, outbox.c.channel == "inbox"
    )
    line = tuple_(desk_line.c.alert_id, desk_line.c.department)
    connection.execute(update(desk_line).where(line.in_(carried)).values(arrived=True))
    counters.add_one(connection, _DESK)


def changed(connection: Connection) -> None:
    """Note that desks show something new that no line holds, such as that an alert is muted."""
    counters.add_one(connection, _DESK)


def mark(connection: Connection) -> int:
    """A number that is another once any line was written anew, arrived or is shown otherwise."""
    return counters.value(connection, _DESK)


def differing(connection: Connection, alert_ids: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """Alert and department of every line, or of some, that is not what the other tables say: none."""
    names = [one.name for one in desk_line.c]
    kept_here, said_there = select(*(desk_line.c[one] for one in names)), told_of()
    if alert_ids is not None:
        kept_here = kept_here.where(desk_line.c.alert_id.in_(alert_ids))
        said_there = said_there.where(alert.c.alert_id.in_(alert_ids))
    kept = {tuple(row) for row in connection.execute(kept_here)}
    said = {tuple(row) for row in connection.execute(said_there)}
    at = (names.index("alert_id"), names.index("department"))
    return sorted({(str(row[at[0]]), str(row[at[1]])) for row in kept ^ said})
