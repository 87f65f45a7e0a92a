"""A small city in which two shops also send their shifts, and inspections were made."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from tests.cities import BUILT_AT, city, copy_of
from yaotong import acts
from yaotong.codes import Outcome
from yaotong.store.schema import pharmacy
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

BEGAN = date(2026, 6, 19)
TODAY = BUILT_AT.date()
LAST = date(2026, 6, 30)
LATER = BUILT_AT + timedelta(hours=2)
VIEWERS = {one: Viewer(one, one, one, "330482", "leader") for one in ("msa", "nhsa", "hc", "psb")}
MSA = VIEWERS["msa"]
DANGHU = Viewer("danghu", "danghu", "msa", "330482001")


def shops_with_hours(workspace: Workspace) -> list[str]:
    """Licence numbers of active shops whose hours the register tells, in order."""
    query = select(pharmacy.c.license_no).where(
        pharmacy.c.until_version.is_(None),
        pharmacy.c.opening_hours.is_not(None),
        pharmacy.c.status == "active",
    )
    with workspace.store.read() as connection:
        return sorted(connection.execute(query).scalars())


def built(folder: Path) -> Workspace:
    """The city with shifts of two shops (one always there, one leaves at noon), four inspections, and one
    shop whose licence is twelve days old and that is closed for three of them by a notice."""
    workspace = copy_of(city("small"), folder / "home")
    here, leaves, passed, filed, new = shops_with_hours(workspace)[:5]
    with workspace.store.write() as connection:
        connection.execute(update(pharmacy).where(pharmacy.c.license_no == new).values(valid_from=BEGAN))
    send(
        workspace,
        folder / "calendar.csv",
        ["date_from", "date_until", "scope", "kind"],
        [["2026-06-24", "2026-06-26", new, "closure"]],
    )
    days = [LAST - timedelta(days=back) for back in range(30)]
    shifts = [(here, "Y1", day, "00:00:00", day + timedelta(days=1), "00:00:00") for day in days]
    shifts += [(leaves, "Y2", day, "00:00:00", day, "12:00:00") for day in days]
    rows = [[shop, who, f"{since} {at}", f"{until} {then}"] for shop, who, since, at, until, then in shifts]
    send(workspace, folder / "duty.csv", ["pharmacy_id", "pharmacist_id", "from", "until"], rows)
    looked = [(passed, "passed", 10), (passed, "passed", 364), (passed, "passed", 365), (filed, "filed", 100)]
    rows = [
        [
            f"C{number}",
            shop,
            f"{datetime.combine(LAST, datetime.min.time()) - timedelta(days=ago)}",
            "routine",
            outcome,
        ]
        for number, (shop, outcome, ago) in enumerate(looked)
    ]
    send(
        workspace,
        folder / "inspections.csv",
        ["inspection_id", "pharmacy_id", "inspected_at", "kind", "outcome"],
        rows,
    )
    return workspace


def send(workspace: Workspace, path: Path, head: list[str], rows: list[list[str]]) -> None:
    """Take a CSV in."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    receipt = acts.take_in(workspace, path, now=BUILT_AT)
    assert receipt.outcome is Outcome.ACCEPTED, receipt
