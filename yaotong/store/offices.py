"""The offices of the departments, as routing takes them."""

from __future__ import annotations

from sqlalchemy import Connection

from yaotong.alerts.people import Office
from yaotong.store import registry
from yaotong.store.schema import office


def read_offices(connection: Connection) -> list[Office]:
    """Every office in force, with its department and the area it answers for."""
    rows = registry.read(connection, office)
    return [
        Office(str(code), str(role), str(area))
        for code, role, area in zip(rows["department_code"], rows["role"], rows["area_code"], strict=True)
    ]
