"""What stands for the state of all that the map shows."""

from __future__ import annotations

from yaotong.store import past, risk
from yaotong.store.loads import current_version
from yaotong.workspace import Workspace


def map_stamp(ws: Workspace) -> str:
    """Changes whenever anything the map shows can have changed: cheap, for ETags and caches."""
    with ws.store.read() as connection:
        return f"{current_version(connection)}.{past.count(connection)}.{risk.changes(connection)}"
