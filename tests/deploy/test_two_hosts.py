"""Two web hosts over one PostgreSQL and one shared disk: one system, whichever of them answers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.cities import BUILT_AT
from tests.databases import settle_in
from tests.deploy.serving import free_port, serving, wait_until
from tests.postgres.cluster import Cluster
from yaotong import acts
from yaotong.acts.accounts import add_user, disable_user
from yaotong.demo import write_city
from yaotong.store import migrate, open_store
from yaotong.store.health import examine
from yaotong.workspace import Workspace, init_workspace, open_workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
NOW, PASSWORD = BUILT_AT + timedelta(days=1), "two-hosts-one-city"
OWN = ("settings.toml", "keys")
SHARED = ("facts", "loads", "audit")
NEAREST = "/api/v1/public/pharmacies/nearest?lon=119.0&lat=29.0&limit=1"
HEADER = "sale_id,pharmacy_id,sold_at,drug_code,quantity"
_UPLOADS, _LINES = 12, 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hosts")


@pytest.fixture(scope="module")
def workspace(own_postgres: Cluster, folder: Path) -> Workspace:
    """A small city on PostgreSQL, judged and delivered, with two officers."""
    home = folder / "host-a"
    init_workspace(home, environ={}).store.engine.dispose()
    settle_in(home, own_postgres.address)
    store = open_store(own_postgres.address, home / "facts")
    migrate(store)
    store.engine.dispose()
    made = open_workspace(home, {})
    write_city(folder / "feeds", days=45, pharmacies=24, seed=3)
    for name in ("areas", "departments", "calendar", "drugs", "pharmacies"):
        (path,) = (folder / "feeds").glob(f"{name}.*")
        assert acts.take_in(made, path, feed=name, now=BUILT_AT).accepted
    for path in sorted((folder / "feeds" / "sales").glob("*.csv")):
        assert acts.take_in(made, path, feed="sales", now=BUILT_AT).accepted
    acts.detect(made, now=NOW)
    acts.deliver(made, now=NOW, channels=("inbox",))
    for name in ("zhang", "li"):
        add_user(
            made, username=name, display_name="某人", password=PASSWORD, department="msa",
            area_code="330482", role="leader", now=NOW,
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def ports(workspace: Workspace, folder: Path) -> Iterator[tuple[int, ...]]:
    """Two hosts: each with its own settings, keys and cache; database, facts and audit are shared."""
    first, second = workspace.settings.home, folder / "host-b"
    second.mkdir()
    for name in OWN:
        copied, source = second / name, first / name
        if source.is_dir():
            copied.mkdir(mode=0o700)
            for one in source.iterdir():
                (copied / one.name).write_bytes(one.read_bytes())
                (copied / one.name).chmod(0o600)
        else:
            copied.write_bytes(source.read_bytes())
    for name in SHARED:
        (first / name).mkdir(exist_ok=True)
        (second / name).symlink_to(first / name)
    free = (free_port(), free_port())
    with serving(first, free[0]), serving(second, free[1]):
        yield free


@pytest.fixture
def hosts(ports: tuple[int, ...]) -> Iterator[tuple[httpx.Client, ...]]:
    with ExitStack() as held:
        clients = [httpx.Client(base_url=f"http://127.0.0.1:{one}", timeout=120) for one in ports]
        yield tuple(held.enter_context(one) for one in clients)


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def _signed_in(first: httpx.Client, second: httpx.Client, name: str = "zhang") -> None:
    """At the first host; the second is shown the same cookie."""
    first.post(
        "/login",
        data={"username": name, "password": PASSWORD, "csrf_token": _token(first.get("/login").text)},
    )
    assert first.get("/alerts").status_code == 200
    for key, value in first.cookies.items():
        second.cookies.set(key, value)


def _without_marks(page: str) -> str:
    """A page without what is made anew for every answer."""
    return re.sub(r'(nonce|value|content)="[^"]*"', r"\1", page)


def test_a_person_is_the_same_person_at_both_and_out_of_both_at_once(
    hosts: tuple[httpx.Client, ...], workspace: Workspace
) -> None:
    first, second = hosts
    assert second.get("/alerts").status_code == 302
    _signed_in(first, second, "li")
    for path in ("/alerts", "/desk", "/map/data/panel/state.json", "/api/v1/alerts"):
        one, other = first.get(path), second.get(path)
        assert (one.status_code, other.status_code) == (200, 200), path
        assert _without_marks(one.text) == _without_marks(other.text), path
    disable_user(workspace, "li", now=NOW)
    time.sleep(1.0)
    assert first.get("/api/v1/alerts").status_code == 401
    assert second.get("/api/v1/alerts").status_code == 401


def test_a_shop_sent_to_one_is_found_at_the_other_within_a_second_or_so(
    hosts: tuple[httpx.Client, ...], folder: Path
) -> None:
    first, second = hosts
    for one in hosts:
        assert "遥远药店" not in one.get(NEAREST).text
    feed = next((folder / "feeds").glob("pharmacies.*")).read_text("utf-8-sig").splitlines()
    cells = dict(zip(feed[0].split(","), feed[1].split(","), strict=True))
    cells |= {"license_no": "浙XX0000001", "name": "遥远药店", "lon": "119.0", "lat": "29.0", "crs": "wgs84"}
    _signed_in(first, second)
    sent = "\n".join([*feed, ",".join(cells.values())]).encode()
    answer = first.post(
        "/api/v1/feeds/pharmacies",
        files={"file": ("pharmacies.csv", sent, "text/csv")},
        headers={"X-CSRFToken": _token(first.get("/sources").text)},
    )
    assert answer.json()["accepted"] == 1, answer.text
    wait_until(lambda: all("遥远药店" in one.get(NEAREST).text for one in hosts), 2.0)


def test_what_both_take_in_at_the_same_time_is_there_once_and_whole(
    hosts: tuple[httpx.Client, ...], workspace: Workspace
) -> None:
    first, second = hosts
    _signed_in(first, second)
    with workspace.store.read() as connection:
        shops = [
            row[0]
            for row in connection.exec_driver_sql(
                "select license_no from pharmacy where until_version is null order by 1 limit 3"
            )
        ]
    token = _token(first.get("/sources").text)

    def send(number: int) -> dict[str, object]:
        lines = [
            f"T{number // 2:03d}-{line},{shops[line % 3]},2026-06-{1 + line % 28:02d} 10:00:00,YP0102A,1"
            for line in range(_LINES)
        ]
        # Every file goes to both hosts: one takes it in, the other has had it.
        host = hosts[number % 2]
        answer = host.post(
            "/api/v1/feeds/sales",
            files={"file": (f"{number // 2}.csv", "\n".join([HEADER, *lines]).encode(), "text/csv")},
            headers={"X-CSRFToken": token},
        )
        assert answer.status_code in (200, 201), answer.text
        told: dict[str, object] = answer.json()
        return told

    with ThreadPoolExecutor(4) as many:
        receipts = list(many.map(send, range(_UPLOADS)))
    assert sum(int(str(one["accepted"])) for one in receipts) == _UPLOADS // 2 * _LINES
    assert sum(int(str(one["duplicates"])) for one in receipts) == _UPLOADS // 2 * _LINES
    assert not examine(workspace.store).bad
    pages = [one.get("/sources").text for one in hosts]
    assert _without_marks(pages[0]) == _without_marks(pages[1])
