"""After a rotation everybody is who they were, and nobody's old pseudonym is anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from tests.exchange.regions import LAST, NOW, Pair, agree, people, region, sell
from tests.exchange.test_exchanging import Wire
from yaotong.acts.detection import detect
from yaotong.acts.exchanging import run_matching
from yaotong.acts.keychain import chain_of, in_use_by
from yaotong.acts.rotating import Rotated, name_now, rotate
from yaotong.acts.vaulting import open_with, pseudonymiser_of
from yaotong.chains import Chain, Link
from yaotong.custody import custody_of
from yaotong.errors import ConfigError, StoreError, UsageError
from yaotong.intake import Pseudonymiser
from yaotong.intake.core.lanes import Fingerprints, Lanes
from yaotong.intake.core.lines import said_columns
from yaotong.intake.core.sealer import about
from yaotong.reads.keychain import keys_view
from yaotong.records import FEEDS
from yaotong.store import alerts, exchange, findings, vault
from yaotong.store.factbase import open_facts
from yaotong.store.keyring import open_keyring
from yaotong.store.schema import metadata
from yaotong.store.staging import stored_schema
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace, open_workspace

WHO = people(8, seed=9)
BOUGHT = dict(zip(WHO, [12, 11, 3, 1, 14, 2, 5, 1], strict=True))
RULES = ["R-P01", "R-P10"]
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class State:
    """What must stay the same whatever people are called: lines of a person, findings of an alert."""

    people: frozenset[frozenset[str]]
    alerts: dict[str, frozenset[tuple[str, frozenset[str]]]]
    names: frozenset[str]
    subjects: frozenset[str]


def state(workspace: Workspace) -> State:
    sales = open_facts(workspace.store).sales.select("line_id", "buyer_key").to_pandas()
    groups = sales.groupby("buyer_key")["line_id"].agg(frozenset)
    with workspace.store.read() as connection:
        rows = alerts.listing(connection)
        kept = findings.of_alerts(connection, [row["alert_id"] for row in rows])
    held = {
        name: frozenset((str(one.behaviour_day), frozenset(one.line_ids)) for one in each)
        for name, each in kept.items()
    }
    subjects = frozenset(row["subject"] for row in rows)
    return State(frozenset(groups), held, frozenset(groups.index), subjects)


def same_people(one: State, other: State) -> None:
    """Every join and every alert meets the same people; and no name of one is a name of the other."""
    assert one.people == other.people
    assert one.alerts == other.alerts
    assert len(one.names) == len(other.names)
    assert not one.names & other.names
    assert not one.subjects & other.subjects


def texts_of(workspace: Workspace) -> str:
    """Everything in the workspace's files but keys and the audit chain, which stays as it was written."""
    found = []
    for path in sorted(workspace.settings.home.rglob("*")):
        if not path.is_file() or "keys" in path.parts or "audit" in path.parts:
            continue
        if path.suffix == ".parquet":
            found.append(str(pq.read_table(path, partitioning=None).to_pydict()))
        elif path.name.startswith("yaotong.db"):
            continue
        else:
            found.append(path.read_bytes().decode("latin-1"))
    with workspace.store.read() as connection:
        for table in metadata.sorted_tables:
            if table.name != "audit":
                found += [str(tuple(row)) for row in connection.execute(select(table))]
    return "\n".join(found)


def pages_of(workspace: Workspace) -> str:
    """The database's files as they lie on the disk, the gaps of deleted rows among them."""
    workspace.store.engine.dispose()
    return "".join(one.read_bytes().decode("latin-1") for one in workspace.settings.home.glob("yaotong.db*"))


def rotated(workspace: Workspace) -> Rotated:
    return rotate(workspace, actor=SYSTEM, why="密钥可能泄露", now=NOW)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    one, other = region(tmp_path / "one", "330482", BOUGHT), region(tmp_path / "other", "310116", BOUGHT)
    detect(one, rule_ids=RULES, now=NOW)
    return agree(one, other)


def test_everything_meets_the_same_people_and_nothing_joins_with_an_old_dump(pair: Pair) -> None:
    one = pair.one
    wire = Wire(pair.other)
    first = run_matching(one, "PH-JS-2026", LAST, actor=SYSTEM, post=wire, now=NOW)
    sell(one, "330482", [(WHO[0], "D-EPH", LAST, 2)], batch="c")
    detect(one, rule_ids=RULES, now=NOW)
    before, old_key = state(one), one.settings.pseudonym_key
    assert {"R-P01", "R-P10"} == {row["rule_id"] for row in _listing(one)}
    assert any(name in texts_of(one) for name in before.names)

    told = rotated(one)
    assert (told.old, told.new, told.lost) == ("k1", "k2", 0)
    assert told.lines == 50
    after = state(one)
    same_people(before, after)
    written = texts_of(one)
    assert not [name for name in before.names if name in written]
    pages = pages_of(one)
    assert not [name for name in before.names if name in pages]
    assert {chain_of(one).now(name) for name in before.names} == set(after.names)

    # Judged anew nothing opens or ends; a finding keeps its alert.
    runs = detect(one, rule_ids=RULES, whole=True, now=NOW)
    assert sum(run.opened + run.vanished + run.extended + run.worsened for run in runs) == 0
    assert state(one) == after
    # Whoever has the first key and every number of the district finds nobody.
    stolen = Pseudonymiser(old_key, "k1").keys(pa.array(WHO)).to_pylist()
    assert not set(stolen) & after.names
    assert _tried(one, dict(zip(stolen, WHO, strict=True))) == (0, after.names)

    # What was sent is known; who comes back is known.
    with pytest.raises(AssertionError, match="noop"):
        sell(one, "330482", [(WHO[0], "D-EPH", LAST, 2)], batch="c")
    sell(one, "330482", [(WHO[0], "D-EPH", LAST, 1)], batch="d")
    assert state(one).names == after.names
    # A matching meets the same people as before.
    again = run_matching(one, "PH-JS-2026", LAST, actor=SYSTEM, post=wire, now=NOW)
    assert _matched(one, first.run_id) == _matched(one, again.run_id)
    assert _opened(one) == set(WHO)


def _tried(workspace: Workspace, guesses: dict[str, str]) -> tuple[int, frozenset[str]]:
    """Lines whose fingerprint a guess of the buyer fits, with the secret that the first key gives; and names
    that do fit, to see that the trial is one."""
    keyed = Pseudonymiser(workspace.settings.pseudonym_key, "k1")
    prints, hits, fitting = Fingerprints(keyed.fingerprint_secret()), 0, set()
    for path in workspace.store.facts_dir.glob("sales/**/*.parquet"):
        lines = pq.read_table(path, partitioning=None)
        lines = pa.table(
            [lines[one.name].cast(one.type) for one in stored_schema("sales")], stored_schema("sales")
        )
        for name in (*guesses, *lines["buyer_key"].unique().to_pylist()):
            guess = lines.set_column(
                lines.schema.get_field_index("buyer_key"), "buyer_key", pa.array([name] * len(lines))
            )
            columns = {one: guess[one] for one in guess.column_names}
            key = prints.of(columns, FEEDS["sales"].stored_key, Lanes.zeros(len(lines)))
            made = prints.of(columns, said_columns("sales"), key).binary().to_pylist()
            fits = [a == b for a, b in zip(made, lines["line_sha"].to_pylist(), strict=True)]
            hits += sum(fits) if name in guesses else 0
            if any(fits) and name not in guesses:
                fitting.add(name)
    return hits, frozenset(fitting)


def _listing(workspace: Workspace) -> list[dict[str, object]]:
    with workspace.store.read() as connection:
        return alerts.listing(connection)


def _matched(workspace: Workspace, run_id: str) -> set[str]:
    with workspace.store.read() as connection:
        return {row.buyer_key for row in exchange.matches_of(connection, run_id)}


def _opened(workspace: Workspace) -> set[str]:
    """Every number of the vault, opened; each stands under its pseudonym of today."""
    ring = open_keyring(workspace.settings.home, custody_of(workspace.settings.home))
    names = pseudonymiser_of(workspace, NOW).keys(pa.array(WHO)).to_pylist()
    found = set()
    with workspace.store.read() as connection:
        for number, name in zip(WHO, names, strict=True):
            for row in vault.numbers(connection, name):
                assert open_with(ring, row.key_id, row.number, about(name, row.period)) == number
                found.add(number)
    return found


@pytest.mark.slow
def test_a_second_rotation_goes_on_from_the_first(pair: Pair) -> None:
    before = state(pair.one)
    rotated(pair.one)
    between = state(pair.one)
    assert rotated(pair.one).new == "k3"
    after = state(pair.one)
    same_people(before, after)
    same_people(between, after)
    assert {one[:3] for one in after.names} == {"k3:"}
    old = min(before.names)
    assert name_now(pair.one, old, actor=SYSTEM, why="旧文书", now=NOW) in after.names
    for wrong in ("k9:" + "0" * 32, "k1:12", WHO[0]):
        with pytest.raises(UsageError):
            name_now(pair.one, wrong, actor=SYSTEM, why="旧文书", now=NOW)
    with pytest.raises(UsageError):
        name_now(pair.one, old, actor=SYSTEM, why=" ", now=NOW)


def test_who_is_in_the_middle_of_work_is_not_rotated_under(pair: Pair) -> None:
    held = in_use_by(pair.one)
    with pytest.raises(StoreError, match="还有进程"):
        rotated(pair.one)
    assert held is not None
    held.close()
    with pytest.raises(UsageError, match="为什么"):
        rotate(pair.one, actor=SYSTEM, why="", now=NOW)
    assert keys_view(pair.one).links == ()
    rotated(pair.one)
    (pair.one.settings.home / "keys" / "pseudonym.links").unlink()
    with pytest.raises(ConfigError, match="k2"):
        sell(pair.one, "330482", [(WHO[0], "D-EPH", LAST, 1)], batch="e")


_KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
import importlib
from yaotong.acts import rotating
from yaotong.viewer import SYSTEM
from yaotong.workspace import open_workspace
where, times = sys.argv[2].rsplit("*", 1)
module, name = where.rsplit(":", 1)
holder = importlib.import_module(module)
for part in name.split(".")[:-1]:
    holder = getattr(holder, part)
plain, left = getattr(holder, name.split(".")[-1]), [int(times)]
def struck(*given, **named):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*given, **named)
setattr(holder, name.split(".")[-1], struck)
rotating.rotate(open_workspace(Path(sys.argv[1]), {}), actor=SYSTEM, why="x", now=datetime(2026, 3, 1, 9))
"""
POINTS = (
    ("yaotong.acts.rotating:_rewritten*0", False),  # the key is on the disk
    ("yaotong.acts.rewriting:settled*0", False),  # half a file
    ("yaotong.store.renaming:rename_wordings*0", False),  # the manifest changed, not committed
    ("yaotong.store.links:add*0", False),  # all renamed, not committed
    ("yaotong.acts.rotating:_sweep*0", True),  # committed
    ("pathlib:Path.unlink*1", True),  # some old files gone
    ("yaotong.store.links:swept*0", True),
)


@pytest.mark.parametrize(("point", "through"), POINTS)
@pytest.mark.slow
def test_killed_anywhere_it_is_whole_after_a_repeat(tmp_path: Path, point: str, through: bool) -> None:
    one = region(tmp_path / "one", "330482", BOUGHT)
    detect(one, rule_ids=["R-P01"], now=NOW)
    before = state(one)
    one.store.engine.dispose()
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(one.settings.home), point], env=environ, check=False
    )
    assert done.returncode == -signal.SIGKILL
    one = open_workspace(one.settings.home, {})
    half = state(one)
    if through:
        same_people(before, half)
    else:
        assert half == before
    assert keys_view(one).unfinished
    told = rotated(one)
    assert (told.new, told.finished) == ("k2", through)
    after = state(one)
    same_people(before, after)
    assert not keys_view(one).unfinished
    written = texts_of(one)
    assert not [name for name in before.names if name in written]
    runs = detect(one, rule_ids=["R-P01"], whole=True, now=NOW)
    assert sum(run.opened + run.vanished for run in runs) == 0


@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_one_number_one_name_however_many_are_asked_about(digest: str) -> None:
    links = (Link("k2", b"2" * 32), Link("k3", b"3" * 32))
    keyed = Pseudonymiser(b"1" * 32, "k1", digest=digest, links=links)
    plain = Pseudonymiser(b"1" * 32, "k1", digest=digest)
    chain = Chain("k1", links, digest)
    many = people(3_000, seed=4)
    told = keyed.keys(pa.array(many)).to_pylist()
    assert told == [chain.now(one) for one in plain.keys(pa.array(many)).to_pylist()]
    assert keyed.keys(pa.array(many[:3])).to_pylist() == told[:3]
    assert chain.now(told[0]) == told[0]
    assert len(set(told)) == len(many)
    assert chain.next_name() == "k4"
    assert Chain("key").next_name(["key2"]) == "key3"


def test_every_table_that_keeps_ids_of_findings_is_renumbered() -> None:
    """Ids are made of subjects: a table that is not here would keep those of former names."""
    keeping = {table.name for table in metadata.sorted_tables if "finding_id" in table.c}
    assert keeping == {"finding", "evidence_line", "shadow_finding"}
    assert all(table.primary_key.columns for table in metadata.sorted_tables)
