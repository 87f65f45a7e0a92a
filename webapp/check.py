"""A visitor that asks every page of a running server once and says how each answered.

`python -m webapp.check --home DIR` serves a demo workspace on a free port, walks it and exits 0
when every page was whole; `--url` walks a demo that is already served.
"""

from __future__ import annotations

import argparse
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from layers.contract import layers
from webapp.check_html import Page, read_page

START_SECONDS = 60
PAGE_SECONDS = 30.0
MIN_PAGE_BYTES = 400
PUBLIC_PAGES = ("/", "/find", "/wrong", "/seal", "/opendata", "/status", "/login")
OFFICE_PAGES = ("/desk", "/map", "/alerts", "/risk", "/rules", "/reports", "/sources")
PROBES = ("/healthz", "/readyz")
# The middle of Pinghu, WGS-84: the demo city lies around it.
PUBLIC_CALLS = (
    "/api/v1/public/pharmacies/nearest?lon=121.02&lat=30.70&crs=wgs84&limit=10",
    "/api/v1/public/pharmacies?area=330482",
    "/api/v1/openapi.json",
    "/ogc/",
    "/ogc/collections/pharmacies/items?limit=2",
    "/opendata/changes.json",
    "/status.json",
)
# Where administrators work, and nowhere else.
_ONLY = {"auditor": "/audit", "sysadmin": "/admin", "secadmin": "/admin"}
# What an office page must lead to: the name of the thing and the form of its address.
DETAILS = (
    ("预警", re.compile(r"/alerts/[^/?#]+")),
    ("药店", re.compile(r"/pharmacies/[^/?#]+")),
    ("规则", re.compile(r"/rules/[^/?#]+")),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One demo account: `department` is its id, such as `psb`; an administrator sees one page alone."""

    username: str
    password: str
    department: str
    only: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One answer: `status` 0 means no answer; `fault` is empty when the page was whole."""

    who: str
    path: str
    status: int
    milliseconds: float
    size_bytes: int
    fault: str = ""

    def __str__(self) -> str:
        measured = f"{self.status:3d} {self.milliseconds:7.0f} ms {self.size_bytes:9,d} B"
        return f"{measured}  {self.who:<6} {self.path}" + (f"  ← {self.fault}" if self.fault else "")


class Visitor:
    """Asks each address once as one person, and remembers every visit."""

    def __init__(self, client: httpx.Client, who: str) -> None:
        self.who = who
        self.visits: list[Visit] = []
        self._client = client
        self._seen: set[str] = set()

    def page(self, path: str) -> Page:
        """Read a page, then the frames and files it needs; an empty page when there was none."""
        answer = self._ask("GET", path)
        if answer is None:
            return Page()
        page = read_page(answer.text)
        self._record(path, answer, _page_fault(answer, page))
        for needed in page.needs:
            self._needed(needed)
        return page

    def data(self, path: str) -> None:
        """Read an answer meant for programs."""
        answer = self._ask("GET", path)
        if answer is not None:
            self._record(path, answer, _data_fault(path, answer))

    def sign_in(self, account: Account) -> bool:
        """Fill in the form of /login as a person would, hidden fields included."""
        form = read_page(self._client.get("/login").text).form
        fields = {**form.hidden, form.name_field: account.username, form.password_field: account.password}
        answer = self._ask("POST", "/login", fields)
        if answer is None:
            return False
        inside = answer.is_redirect and "/login" not in answer.headers.get("location", "")
        self._record("/login (POST)", answer, "" if inside else f"{account.username} 没有登录成功")
        return inside

    def missing(self, path: str, what: str) -> None:
        """Write down that a page led nowhere where it should have led somewhere."""
        self.visits.append(Visit(self.who, path, 0, 0.0, 0, f"没有指向{what}的链接"))

    def _needed(self, address: str) -> None:
        if re.match(r"(https?:)?//", address):
            self.visits.append(Visit(self.who, address, 0, 0.0, 0, "页面向别的主机要东西"))
        elif address.startswith("/") and address not in self._seen:
            answer = self._ask("GET", address)
            if answer is not None:
                self._record(address, answer, "" if answer.is_success and answer.content else "没有取到")

    def _ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> httpx.Response | None:
        self._seen.add(path)
        try:
            return self._client.request(method, path, data=fields)
        except httpx.HTTPError as error:
            self.visits.append(Visit(self.who, path, 0, 0.0, 0, f"没有回答（{type(error).__name__}）"))
            return None

    def _record(self, path: str, answer: httpx.Response, fault: str) -> None:
        took = answer.elapsed.total_seconds() * 1000
        self.visits.append(Visit(self.who, path, answer.status_code, took, len(answer.content), fault))


def walk(base_url: str, accounts: Sequence[Account]) -> Iterator[Visit]:
    """Every page once: as a citizen, then as each department. Yields the visits as they are made."""
    with _client(base_url) as client:
        citizen = Visitor(client, "公众")
        for path in PUBLIC_PAGES:
            citizen.page(path)
        for path in (*PROBES, *PUBLIC_CALLS):
            citizen.data(path)
        yield from citizen.visits
    if not accounts:
        yield Visit("部门", "/login", 0, 0.0, 0, "没有演示账号可用")
    for account in accounts:
        with _client(base_url) as client:
            officer = Visitor(client, account.department)
            if not officer.sign_in(account):
                yield from officer.visits
                continue
            if account.only:
                officer.page(account.only)
            else:
                _walk_office(officer)
            yield from officer.visits


def _walk_office(officer: Visitor) -> None:
    links: list[str] = []
    for path in OFFICE_PAGES:
        links += officer.page(path).links
    for path in map_data():
        officer.data(path)
    for what, form in DETAILS:
        first = next((link for link in links if form.fullmatch(link)), None)
        if first is None:
            officer.missing("/alerts" if what != "规则" else "/rules", what)
        else:
            links += officer.page(first).links


def map_data() -> list[str]:
    """What the map's script fetches once the page is there: the overview, every legend and table."""
    legends = [f"/map/data/layer/{one}.json" for one in layers()]
    tables = [f"/map/data/table/{one}.json" for one in layers()]
    return ["/map/data/panel/overview.json", *legends, *tables]


def _client(base_url: str) -> httpx.Client:
    # trust_env off: a proxy of the machine must not stand between us and our own loopback.
    return httpx.Client(base_url=base_url, timeout=PAGE_SECONDS, trust_env=False)


def _page_fault(answer: httpx.Response, page: Page) -> str:
    if answer.status_code != 200:
        return f"应答 {answer.status_code}"
    if len(answer.content) < MIN_PAGE_BYTES or not page.title or not page.closed:
        return "页面不完整"
    return ""


def _data_fault(path: str, answer: httpx.Response) -> str:
    if answer.status_code != 200:
        return f"应答 {answer.status_code}"
    if path.startswith(("/api/", "/map/data/")) and len(answer.json()) == 0:
        return "应答是空的"
    if "/pharmacies" in path and not answer.json().get("features"):
        return "没有药店"
    return "" if answer.content else "应答是空的"


def demo_accounts() -> list[Account]:
    """The accounts that `yaotong demo` makes for its synthetic city."""
    # Imported here: a walk round a server needs none of the pipeline behind the demo.
    from yaotong.acts.demo import DEMO_ACCOUNTS, DEMO_PASSWORD

    return [
        Account(one.username, DEMO_PASSWORD, one.department, _ONLY.get(one.role, "")) for one in DEMO_ACCOUNTS
    ]


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a server that serves `home` on a free port until the block ends."""
    port = _free_port()
    command = [sys.executable, "-m", "yaotong", "serve", "--home", str(home), "--port", str(port)]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        base_url = f"http://127.0.0.1:{port}"
        _await(base_url, server)
        yield base_url
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _await(base_url: str, server: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if server.poll() is not None:
            raise ConnectionError(f"服务没有启动，退出码 {server.returncode}，原因见上。")
        with suppress(httpx.TransportError):  # not listening yet
            if httpx.get(f"{base_url}/healthz", timeout=2, trust_env=False).is_success:
                return
        time.sleep(0.2)
    raise ConnectionError(f"服务 {START_SECONDS} 秒内没有应答 /healthz。")


def report(visits: Iterator[Visit]) -> int:
    """Print a line per visit and a closing line; 0 when there was no fault, else 1."""
    made = []
    for one in visits:
        print(one, flush=True)
        made.append(one)
    faults = sum(bool(one.fault) for one in made)
    print(f"走了 {len(made)} 处，{faults} 处有问题。" if faults else f"走了 {len(made)} 处，全部正常。")
    return 1 if faults or not made else 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m webapp.check", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--home", type=Path, help="演示工作区：自行启动服务并检查")
    where.add_argument("--url", help="检查已在运行的演示")
    given = parser.parse_args(argv)
    try:
        if given.url:
            return report(walk(given.url, demo_accounts()))
        with served(given.home) as base_url:
            return report(walk(base_url, demo_accounts()))
    except (OSError, ValueError) as error:
        print(f"检查没有做成：{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
