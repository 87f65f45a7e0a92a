"""Two real instances with 100,000 buyers each: the time, the result on both sides, and what the wire gives away."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.exchange.instances import Instance, free_port, recorded
from tests.exchange.regions import agree, people, region
from yaotong import clock
from yaotong.demo.identifiers import INVENTED_AREA
from yaotong.exchange.elements import uniform_of
from yaotong.exchange.group import point_of
from yaotong.store import exchange
from yaotong.workspace import Workspace

COUNT = int(os.environ.get("YAOTONG_TEST_BUYERS", "100000"))
COMMON = COUNT // 50
THRESHOLD = 5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@dataclass
class City:
    """Two instances that run, whose buyers they are, and what was said between them."""

    one: Instance
    other: Instance
    workspaces: tuple[Workspace, Workspace]
    bought: tuple[dict[str, int], dict[str, int]]
    seen: list[bytes]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder, now = tmp_path_factory.mktemp("two"), clock.now()
    known, chance = people(2 * COUNT - COMMON, seed=7), np.random.default_rng(11)
    sides = (known[:COUNT], known[COUNT - COMMON :])
    bought = tuple(dict(zip(one, chance.integers(1, 4, COUNT).tolist(), strict=True)) for one in sides)
    workspaces = tuple(
        region(folder / code, code, mine, last=now.date() - timedelta(days=1), now=now)
        for code, mine in zip(("330482", "310116"), bought, strict=True)
    )
    one, other = (Instance(workspace.settings.home, free_port()) for workspace in workspaces)
    with recorded(other) as (url, seen):
        dates = {
            "valid_from": now.date() - timedelta(days=10),
            "valid_until": now.date() + timedelta(days=300),
        }
        agree(*workspaces, (one.url, url), threshold=THRESHOLD, **dates, now=now)
        for workspace in workspaces:
            workspace.store.engine.dispose()
        for instance in (one, other):
            instance.start()
        yield City(one, other, workspaces, bought, seen)
        for instance in (one, other):
            instance.kill()


def _matched(workspace: Workspace) -> dict[str, str]:
    with workspace.store.read() as connection:
        return {row.token: row.buyer_key for row in exchange.matches(connection, 100_000)}


def _keys(workspace: Workspace, numbers: list[str]) -> dict[str, str]:
    import pyarrow as pa

    from yaotong.acts.vaulting import pseudonymiser_of

    keys = pseudonymiser_of(workspace, clock.now()).keys(pa.array(numbers)).to_pylist()
    return dict(zip(keys, numbers, strict=True))


def test_a_hundred_thousand_buyers_each_in_under_a_minute(two: City) -> None:
    began = time.monotonic()
    done = two.one.run("exchange", "run", "PH-JS-2026", "--json")
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    print(
        f"\n{COUNT} buyers each: {told['seconds']:.1f} s, with the command {seconds:.1f} s; "
        f"{sum(map(len, two.seen)) / 1e6:.1f} MB on the wire"
    )
    here, there = two.bought
    together = {one for one in here.keys() & there.keys() if here[one] + there[one] >= THRESHOLD}
    found = [_matched(workspace) for workspace in two.workspaces]
    assert set(found[0]) == set(found[1])
    assert len(together) == told["matches"] > 0
    for workspace, mine, bought in zip(two.workspaces, found, two.bought, strict=True):
        keys = _keys(workspace, list(bought))
        assert {keys[one] for one in mine.values()} == together
    assert told["seconds"] < 60


def test_the_transcript_names_nobody_and_no_dictionary_opens_it(two: City) -> None:
    """Numbers of those who took part and of others, as they are, hashed, and on the curve."""
    assert two.seen
    said = b"".join(two.seen)
    for bought in two.bought:
        for number in list(bought)[:2_000]:
            assert number.encode() not in said
    chunks = _aligned(two.seen)
    for number in [*list(two.bought[0])[:3_000], *list(two.bought[1])[-3_000:], *_district(3_000)]:
        uniform = uniform_of(number)
        assert point_of(uniform) not in chunks
        assert uniform[:32] not in chunks


def _aligned(seen: list[bytes]) -> set[bytes]:
    """Every 32 bytes at any group's positions: bodies hold points after counts of four bytes."""
    found = set()
    for told in seen:
        body = told[told.rfind(b"}\n") + 2 :] if len(told) > 100_000 else b""
        at = 0
        while at + 4 <= len(body):
            size = int.from_bytes(body[at : at + 4], "big") * 32
            points = body[at + 4 : at + 4 + size]
            found |= {points[place : place + 32] for place in range(0, len(points), 32)}
            at += 4 + size
    return found


def _district(count: int) -> list[str]:
    days = [date(1926, 1, 1) + timedelta(days=one) for one in range(0, 36_500, 36_500 // count)][:count]
    return [_whole(f"{INVENTED_AREA}{day:%Y%m%d}001") for day in days]


def _whole(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return (
        body
        + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
    )


def test_a_case_goes_through_both_instances_and_a_kill(two: City, tmp_path: Path) -> None:
    token = sorted(_matched(two.workspaces[0]))[0]
    two.other.kill()
    silent = two.one.run("exchange", "offer", token, "--text", "两地合计超限，请核查")
    assert silent.returncode == 1
    assert "没有应答" in silent.stderr
    two.other.start()
    assert two.one.run("exchange", "sync").returncode == 0
    case_id = _cases(two.one)[0]["case_id"]
    assert [_cases(one)[0]["state"] for one in (two.one, two.other)] == ["offered", "offered"]
    accepted = two.other.run("exchange", "move", case_id, "accept")
    assert accepted.returncode == 0, accepted.stderr
    handed = two.one.run("exchange", "move", case_id, "hand")
    assert handed.returncode == 0, handed.stderr
    both = [_cases(one)[0] for one in (two.one, two.other)]
    assert {one["state"] for one in both} == {"handed"}
    assert len({one["head"] for one in both}) == 1


def _cases(instance: Instance) -> list[dict[str, str]]:
    done = instance.run("exchange", "list", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["cases"]
