"""Build the demo city: write it as feed files, take them in as any other files, detect, deliver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from yaotong.acts.accounts import add_user
from yaotong.acts.delivering import Delivered, deliver
from yaotong.acts.detection import RuleRun, detect
from yaotong.acts.intake import take_in
from yaotong.acts.publishing_visits import publish_visits
from yaotong.acts.vaulting import start_vault
from yaotong.demo import write_city
from yaotong.demo.regions import PINGHU, REGIONS, Region
from yaotong.errors import UsageError
from yaotong.intake import Limits
from yaotong.records import Receipt
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace, init_workspace, open_workspace

REGION = PINGHU.box
DEMO_PASSWORD = "yaotong-demo"
_ORDER = (
    "areas",
    "pharmacies",
    "drugs",
    "departments",
    "places",
    "calendar",
    "recalls",
    "suppliers",
    "inspections",
    "purchases",
    "stock_counts",
    "stock_moves",
    "sales",
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account of the demo city, printed when it is built."""

    username: str
    display_name: str
    department: str
    area_code: str
    role: str


def accounts_of(region: Region) -> tuple[DemoAccount, ...]:
    """The accounts of a region's demo city: four leaders, one town's officer, and the three keepers."""
    code, town = region.code, region.towns[0]
    office = town.area_name.removesuffix("街道").removesuffix("镇")
    return (
        DemoAccount("msa", "药监演示员", "msa", code, "leader"),
        DemoAccount("nhsa", "医保演示员", "nhsa", code, "leader"),
        DemoAccount("hc", "卫健演示员", "hc", code, "leader"),
        DemoAccount("psb", "公安演示员", "psb", code, "leader"),
        DemoAccount(f"msa-{region.office}", f"{office}市监所演示员", "msa", town.area_code, "officer"),
        DemoAccount("auditor", "审计演示员", "msa", code, "auditor"),
        DemoAccount("sysadmin", "系统演示员", "msa", code, "sysadmin"),
        DemoAccount("secadmin", "安全演示员", "msa", code, "secadmin"),
    )


DEMO_ACCOUNTS = accounts_of(PINGHU)


@dataclass(frozen=True, slots=True)
class DemoBuilt:
    """What building came to."""

    workspace: Workspace
    receipts: tuple[Receipt, ...]
    runs: tuple[RuleRun, ...]
    delivered: Delivered


def build_demo(
    home: Path,
    *,
    days: int = 365,
    pharmacies: int = 280,
    seed: int = 20260101,
    region: str = "",
    now: datetime,
    progress: Progress | None = None,
) -> DemoBuilt:
    """Make a workspace with the synthetic city in it; UsageError when the home already holds data.

    With `region` (of REGIONS) it keeps a vault and may exchange with the other; without, it is Pinghu's.
    """
    told = progress or _silent
    if (home / "settings.toml").exists():
        raise UsageError(f"{home} 已有工作区。演示城市请用新的目录，或先删去它。")
    where = REGIONS[region or "pinghu"]
    title = f"云药通 · {where.name.removesuffix('市')}演示"
    workspace = init_workspace(home, title=title, synthetic=True, region=where.box)
    if region:
        workspace = _exchanging(workspace, where)
    write_city(home / "feeds", days=days, pharmacies=pharmacies, seed=seed, region=where, progress=told)
    receipts = _take_in_all(workspace, home / "feeds", now, told)
    accounts = accounts_of(where)
    for account in accounts:
        add_user(
            workspace,
            username=account.username,
            display_name=account.display_name,
            password=DEMO_PASSWORD,
            department=account.department,
            area_code=account.area_code,
            role=account.role,
            now=now,
        )
    leader = accounts[0]
    actor = Viewer(leader.username, leader.display_name, leader.department, leader.area_code, leader.role)
    publish_visits(workspace, actor=actor, until=now.date(), now=now)
    runs = detect(workspace, now=now, progress=lambda run: told(f"规则 {run.rule_id}", 1, 1))
    return DemoBuilt(workspace, tuple(receipts), tuple(runs), deliver(workspace, now=now))


def _exchanging(workspace: Workspace, where: Region) -> Workspace:
    """The same workspace with a vault and a region of exchange in its settings."""
    home = workspace.settings.home
    path = home / "settings.toml"
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[vault]\nkeep = true\n\n[exchange]\nregion = "{where.code}"\n', "utf-8")
    again = open_workspace(home)
    start_vault(again)
    return again


def _take_in_all(workspace: Workspace, feeds: Path, now: datetime, told: Progress) -> list[Receipt]:
    files = sorted((one for one in feeds.rglob("*") if _feed_of(one) in _ORDER), key=_rank)
    receipts = []
    for number, path in enumerate(files, start=1):
        receipts.append(
            take_in(workspace, path, feed=_feed_of(path), sent_by="demo", now=now, limits=Limits.off())
        )
        told("接收文件", number, len(files))
    return receipts


def _feed_of(path: Path) -> str:
    return path.name.split(".")[0].split("-")[0] if path.is_file() else ""


def _rank(path: Path) -> tuple[int, str]:
    return _ORDER.index(_feed_of(path)), path.name


def _silent(_stage: str, _done: int, _total: int) -> None:
    return None
