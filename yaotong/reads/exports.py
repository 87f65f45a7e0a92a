"""The log of exported reports, as a reader may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from yaotong.reads.alerts import Names
from yaotong.store import reporting
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

SHOWN = 100


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One export. `sha256` is None of a file that could not be made: it was never handed out."""

    number: str
    kind: str
    first_day: date
    last_day: date
    format: str
    area_code: str
    area_name: str
    reader: str
    made_at: datetime
    data_version: int
    content_sha256: str | None
    sha256: str | None
    size: int | None


def exports(workspace: Workspace, viewer: Viewer) -> tuple[ExportRow, ...]:
    """The newest exports of the viewer's department, of scopes within the viewer's own area.

    An officer sees their own exports only.
    """
    with workspace.store.read() as connection:
        rows = reporting.exports(connection, viewer.department, SHOWN)
        names = Names.read(connection)
    return tuple(
        ExportRow(
            row.number,
            row.kind,
            row.first_day,
            row.last_day,
            row.format,
            row.area_code,
            names.areas.get(row.area_code, row.area_code),
            row.display_name or row.actor,
            row.made_at,
            row.data_version,
            row.content_sha256,
            row.sha256,
            row.bytes,
        )
        for row in rows
        if row.actor == viewer.username or (viewer.leads and viewer.covers(row.area_code))
    )
