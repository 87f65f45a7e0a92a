"""Regions for tests: workspaces with a vault, drugs and sales of invented people, and agreements between them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from yaotong.acts.intake import take_in
from yaotong.acts.partners import add_agreement, draft, public_key, sign_text
from yaotong.acts.vaulting import start_vault
from yaotong.demo.identifiers import id_numbers
from yaotong.exchange.agreement import Agreement
from yaotong.intake import Limits
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace, init_workspace, open_workspace

NOW = datetime(2026, 3, 1, 9, 0)
LAST = date(2026, 2, 28)
DRUGS = "drug_code,drug_name,category,active_mg_per_pack\nD-EPH,氨麻美敏片,EPH,720\nD-PSY,唑吡坦片,PSY2,100\nD-OTC,感冒灵颗粒,FOUR,\n"


def people(count: int, seed: int = 1) -> list[str]:
    """Different invented ID numbers of area 910000."""
    return [
        str(one) for one in id_numbers(np.random.default_rng(seed), count, date(1950, 1, 1), date(2007, 1, 1))
    ]


def region(
    home: Path,
    code: str,
    bought: Mapping[str, int],
    *,
    settings: str = "",
    last: date = LAST,
    now: datetime = NOW,
) -> Workspace:
    """A region where each person bought so many packs of D-EPH, one a day, up to the last day."""
    init_workspace(home, title=code, environ={}).store.engine.dispose()
    path = home / "settings.toml"
    said = path.read_text("utf-8").replace("[delivery]", '[delivery]\nallow_private = ["127.0.0.0/8"]', 1)
    path.write_text(f'{said}\n[vault]\nkeep = true\n{settings}\n[exchange]\nregion = "{code}"\n', "utf-8")
    workspace = open_workspace(home, {})
    start_vault(workspace)
    feed(workspace, "drugs", DRUGS, now)
    rows = []
    for number, packs in bought.items():
        rows += [(number, "D-EPH", last - timedelta(days=day % 28), 1) for day in range(packs)]
    sell(workspace, code, rows, now=now)
    return workspace


def sell(
    workspace: Workspace,
    code: str,
    rows: list[tuple[str, str, date, float]],
    batch: str = "a",
    now: datetime = NOW,
) -> None:
    """Take in sales: (number, drug, day, packs)."""
    path = workspace.settings.home / f"sales-{batch}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "buyer_id_no"))
        for place, (number, drug, day, packs) in enumerate(rows):
            shop = f"{code}-P{place % 40:02d}"
            writer.writerow(
                (f"{batch}{place:07d}", shop, f"{day} 10:00:{place % 60:02d}", drug, packs, number)
            )
    _take(workspace, path, "sales", now)
    path.unlink()


def feed(workspace: Workspace, name: str, text: str, now: datetime = NOW) -> None:
    """Take in a file of a feed."""
    path = workspace.settings.home / f"{name}.csv"
    path.write_text(text, "utf-8")
    _take(workspace, path, name, now)


def _take(workspace: Workspace, path: Path, feed: str, now: datetime) -> None:
    receipt = take_in(workspace, path, feed=feed, now=now, limits=Limits.off())
    assert receipt.outcome == "accepted", receipt


@dataclass(frozen=True)
class Pair:
    """Two regions that have an agreement."""

    one: Workspace
    other: Workspace
    agreement: Agreement


def agree(
    one: Workspace,
    other: Workspace,
    urls: tuple[str, str] = ("http://a.test", "http://b.test"),
    now: datetime = NOW,
    **said: object,
) -> Pair:
    """Draft, sign on both sides and add on both sides an agreement between two regions."""
    parties = [
        (one, "330482", "平湖市", urls[0]),
        (other, "310116", "金山区", urls[1]),
    ]
    given = {
        "agreement_id": "PH-JS-2026",
        "parties": [(code, name, url, public_key(workspace)) for workspace, code, name, url in parties],
        "categories": ["EPH"],
        "window_days": 30,
        "measure": "packs",
        "step": 1.0,
        "threshold": 5,
        "purpose": "核查含麻黄碱类复方制剂跨区域套购",
        "basis": "禁毒法；食药监办药化监〔2013〕33号",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
        "max_people": 150_000,
        "runs_a_day": 20,
    } | said
    text = draft(**given)
    for workspace, *_ in parties:
        text = sign_text(workspace, text)
    for workspace, *_ in parties:
        made = add_agreement(workspace, text, actor=SYSTEM, now=now)
    return Pair(one, other, made)
