"""`yaotong worker` in a process of its own: an upload becomes an alert and a notice without anybody's doing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.acts.test_following import BUYER, last_sale
from tests.acts.test_incremental import send
from tests.cities import city, copy_of
from tests.delivery.filling import hooked, worker
from tests.delivery.receivers import OK, receiving
from tests.delivery.test_worker import until
from yaotong.store.schema import alert
from yaotong.workspace import Workspace

SECONDS = 60


def over_the_limit(workspace: Workspace) -> set[str]:
    with workspace.store.read() as connection:
        query = select(alert.c.subject).where(alert.c.rule_id == "R-M01")
        return set(connection.execute(query).scalars())


@pytest.mark.fault("two-schedulers")
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_upload_is_judged_and_told_and_another_worker_goes_on_when_one_is_killed(tmp_path: Path) -> None:
    with receiving(OK) as receiver:
        workspace = copy_of(city("small"), tmp_path / "home")
        hooked(workspace.settings.home, {"msa": receiver.url})
        sale, known = last_sale(workspace), over_the_limit(workspace)
        shops = [one for one in _shops(workspace) if one not in known][:2]
        first = worker(workspace.settings.home)
        second = worker(workspace.settings.home)
        try:
            for number, shop in enumerate(shops):
                told = len(receiver.got)
                at = f"{sale['sold_at'][:10]} 15:0{number}:00"
                send(workspace, tmp_path, f"u{number}", f"W{number},{shop},{at},YP0102A,5,{BUYER},{at}")
                assert until(lambda one=shop: one in over_the_limit(workspace), SECONDS)  # type: ignore[misc]
                assert until(lambda n=told: len(receiver.got) > n, SECONDS)  # type: ignore[misc]
                first.kill()  # without a word; the other takes its place
                first.wait()
            assert second.poll() is None
        finally:
            for one in (first, second):
                one.kill()
                one.communicate(timeout=20)


def _shops(workspace: Workspace) -> list[str]:
    path = max((workspace.settings.home / "feeds" / "sales").glob("*.csv"))
    with path.open(encoding="utf-8") as file:
        return sorted({row["pharmacy_id"] for row in csv.DictReader(file)})
