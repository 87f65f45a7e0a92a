"""Two demo cities on either side of a border, as two instances: who buys in both is found on both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.exchange.instances import Instance, free_port, recorded
from tests.exchange.regions import agree
from yaotong import clock
from yaotong.acts.demo import build_demo
from yaotong.acts.vaulting import pseudonymiser_of
from yaotong.store import alerts
from yaotong.workspace import Workspace, open_workspace

THRESHOLD, LAST = 6, date(2026, 6, 30)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@dataclass
class Border:
    """Two instances that run, what each city planted, and what was said between them."""

    sides: tuple[Instance, Instance]
    workspaces: tuple[Workspace, Workspace]
    planted: tuple[list[dict[str, Any]], list[dict[str, Any]]]
    seen: list[bytes]

    def of(self, verdict: str) -> set[str]:
        """ID numbers of the buyers planted in the first city with a verdict."""
        return {one["buyer"] for one in self.planted[0] if one["verdict"] == verdict}


@pytest.fixture(scope="module")
def border(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Border]:
    folder, now = tmp_path_factory.mktemp("border"), clock.now()
    workspaces = tuple(
        build_demo(folder / name, days=45, pharmacies=20, region=name, now=now).workspace
        for name in ("pinghu", "jinshan")
    )
    planted = tuple(_planted(one.settings.home) for one in workspaces)
    for one in workspaces:
        _let_home_addresses(one.settings.home)
        one.store.engine.dispose()
    workspaces = tuple(open_workspace(one.settings.home, {}) for one in workspaces)
    sides = tuple(Instance(one.settings.home, free_port()) for one in workspaces)
    with recorded(sides[1]) as (url, seen):
        dates = {
            "valid_from": now.date() - timedelta(days=10),
            "valid_until": now.date() + timedelta(days=300),
        }
        agree(*workspaces, (sides[0].url, url), threshold=THRESHOLD, **dates, now=now)
        try:
            for side in sides:
                side.start()
            yield Border(sides, workspaces, planted, seen)  # type: ignore[arg-type]
        finally:
            for side in sides:
                side.kill()


def _planted(home: Path) -> list[dict[str, Any]]:
    return list(json.loads((home / "feeds" / "truth.json").read_text("utf-8"))["crossing"])


def _let_home_addresses(home: Path) -> None:
    path = home / "settings.toml"
    said = path.read_text("utf-8").replace("[delivery]", '[delivery]\nallow_private = ["127.0.0.0/8"]', 1)
    path.write_text(said, "utf-8")


def _key(workspace: Workspace, numbers: set[str]) -> dict[str, str]:
    some = sorted(numbers)
    keys = pseudonymiser_of(workspace, clock.now()).keys(pa.array(some)).to_pylist()
    return dict(zip(keys, some, strict=True))


def test_each_city_alone_sees_nothing_and_both_together_see_the_three(border: Border) -> None:
    assert len(border.of("guilty")) == 3
    for workspace, planted in zip(border.workspaces, border.planted, strict=True):
        keys = _key(workspace, {one["buyer"] for one in planted})
        with workspace.store.read() as connection:
            assert not {row["subject"] for row in alerts.listing(connection)} & set(keys)
    done = border.sides[0].run("exchange", "run", "PH-JS-2026", "--until", str(LAST), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["matches"] == 3
    for side, workspace in zip(border.sides, border.workspaces, strict=True):
        judged = side.run("detect", "--rule", "R-P10")
        assert judged.returncode == 0, judged.stderr
        with workspace.store.read() as connection:
            rows = alerts.listing(connection)
        told = {row["subject"] for row in rows if row["rule_id"] == "R-P10"}
        keys = _key(workspace, border.of("guilty") | border.of("innocent"))
        assert {keys[one] for one in told} == border.of("guilty")


def test_the_wire_names_none_of_them(border: Border) -> None:
    said = b"".join(border.seen)
    assert said
    for planted in border.planted:
        assert not any(one["buyer"].encode() in said for one in planted)
