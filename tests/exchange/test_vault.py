"""Numbers are kept sealed, opened by two people for a case and a time, and gone for good when their time is over."""

from __future__ import annotations

import shutil
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.exchange.regions import LAST, NOW, agree, people, region, sell
from yaotong.acts.answering import answer
from yaotong.acts.backing import back_up
from yaotong.acts.exchanging import run_matching
from yaotong.acts.handovers import offer_case
from yaotong.acts.openings import answer_opening, ask_opening, open_number
from yaotong.acts.purposes import Purpose, release, use, withdraw
from yaotong.acts.restoring import restore
from yaotong.acts.vaulting import change_wrapping, destroy_quarter, open_with, quarters_due, start_vault
from yaotong.custody import custody_of, period_of, periods_kept
from yaotong.errors import ConfigError, Forbidden, NotFound, StoreError, UsageError
from yaotong.sealing import ALGORITHMS, CannotOpen, new_key, seal, unseal
from yaotong.store import audit, exchange, vault
from yaotong.store.keyring import open_keyring
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace, init_workspace, open_workspace

BOUGHT = dict.fromkeys(people(5, seed=5), 3)
OFFICER = Viewer("li", "李警官", "psb", "330482")
LEADER = Viewer("wang", "王队", "psb", "330482", "leader")


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return region(tmp_path / "one", "330482", BOUGHT)


def _sealed(workspace: Workspace) -> dict[str, list[str]]:
    """Quarter → pseudonyms."""
    with workspace.store.read() as connection:
        found: dict[str, list[str]] = {}
        for period in {row.period for row in vault.counts(connection)}:
            ring = open_keyring(workspace.settings.home, custody_of(workspace.settings.home))
            ids = [one.key_id for one in ring.of(period)]
            found[period] = [row.buyer_key for row in vault.sealed_with(connection, ids)]
    return found


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_was_sealed_opens_only_with_its_key_its_use_and_its_words(algorithm: str) -> None:
    key = new_key()
    sealed = seal(key, "identity", b"secret", "who|2026Q1", algorithm)
    assert unseal(key, "identity", sealed, "who|2026Q1", algorithm) == b"secret"
    assert sealed != seal(key, "identity", b"secret", "who|2026Q1", algorithm)
    other = ALGORITHMS[algorithm == ALGORITHMS[0]]
    for wrong in (
        (new_key(), "identity", sealed, "who|2026Q1", algorithm),
        (key, "exchange", sealed, "who|2026Q1", algorithm),
        (key, "identity", sealed, "another|2026Q1", algorithm),
        (key, "identity", sealed[:-1] + bytes([sealed[-1] ^ 1]), "who|2026Q1", algorithm),
        (key, "identity", sealed[:20], "who|2026Q1", algorithm),
        (key, "identity", sealed, "who|2026Q1", other),
    ):
        with pytest.raises(CannotOpen):
            unseal(*wrong)


@pytest.mark.parametrize(
    ("moment", "period"),
    [(datetime(2026, 1, 1), "2026Q1"), (datetime(2026, 3, 31, 23, 59), "2026Q1"), (datetime(2026, 4, 1), "2026Q2"), (datetime(2026, 12, 31), "2026Q4")],
)  # fmt: skip
def test_quarters(moment: datetime, period: str) -> None:
    assert period_of(moment) == period
    kept = periods_kept(moment, 24)
    assert kept[0] == period_of(moment.replace(year=2024, day=1))
    assert period in kept


def test_every_buyer_is_sealed_by_quarter_once_and_nothing_else_is(home: Workspace) -> None:
    assert {period: len(who) for period, who in _sealed(home).items()} == {"2026Q1": 5}
    number = next(iter(BOUGHT))
    sell(home, "330482", [(number, "D-EPH", date(2025, 12, 31), 1), (number, "D-EPH", LAST, 1)], batch="b")
    sell(home, "330482", [(number, "D-EPH", date(2020, 1, 1), 1)], batch="c")
    assert {period: len(who) for period, who in _sealed(home).items()} == {"2026Q1": 5, "2025Q4": 1}


def test_without_a_vault_no_number_is_kept_anywhere(tmp_path: Path) -> None:
    init_workspace(tmp_path / "plain", environ={})
    assert custody_of(tmp_path / "plain").keep is False
    with pytest.raises(UsageError, match="没有开启身份库"):
        start_vault(init_workspace(tmp_path / "plain", environ={}))


@pytest.mark.parametrize(
    "said",
    [
        "[vault]\nkeep = 1",
        "[vault]\nalgorithm = 'des'",
        "[vault]\nmonths = 2",
        "[exchange]\nregion = 'x'",
        "vault = 3",
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path: Path, said: str) -> None:
    (tmp_path / "settings.toml").write_text(said, "utf-8")
    with pytest.raises(ConfigError):
        custody_of(tmp_path)


@pytest.mark.fault("key-missing")
def test_a_vault_without_its_key_takes_nothing_in(home: Workspace) -> None:
    key = home.settings.home / "keys" / "vault.key"
    key.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        sell(home, "330482", [], batch="d")
    key.unlink()
    with pytest.raises(ConfigError, match="无法读取"):
        sell(home, "330482", [], batch="d")


def _case(home: Workspace, folder: Path) -> tuple[str, str]:
    """A hand-over of the region, and its buyer."""
    other = region(folder / "other", "310116", BOUGHT)
    agree(home, other)
    post = lambda _, wire: answer(other, wire, origin="t", now=NOW)  # noqa: E731
    run_matching(home, "PH-JS-2026", LAST, actor=SYSTEM, post=post, now=NOW)
    with home.store.read() as connection:
        match = exchange.matches(connection, 1)[0]
    return offer_case(home, match.token, actor=SYSTEM, text="x", days=7, post=post, now=NOW), match.buyer_key


def test_a_number_opens_for_a_case_with_two_people_and_a_time(home: Workspace, tmp_path: Path) -> None:
    case_no, buyer = _case(home, tmp_path)
    given = {"case_no": case_no, "basis": "禁毒法第六十条", "reason": "核查"}
    for who, changed, wrong in (
        (Viewer("x", "药监", "msa", "330482", "leader"), {}, Forbidden),
        (OFFICER, {"case_no": "YT-330482-2026-9999"}, NotFound),
        (OFFICER, {"basis": " "}, UsageError),
        (OFFICER, {"reason": ""}, UsageError),
    ):
        with pytest.raises(wrong):
            ask_opening(home, buyer, actor=who, now=NOW, **{**given, **changed})
    with pytest.raises(NotFound):
        ask_opening(home, "k1:" + "0" * 32, actor=OFFICER, now=NOW, **given)
    wish = ask_opening(home, buyer, actor=OFFICER, now=NOW, **given)
    with pytest.raises(Forbidden, match="还没有"):
        open_number(home, wish, actor=OFFICER, now=NOW)
    with pytest.raises(Forbidden, match="负责人"):
        answer_opening(home, wish, actor=OFFICER, grant=True, minutes=30, now=NOW)
    own = ask_opening(home, buyer, actor=LEADER, now=NOW, **given)
    with pytest.raises(Forbidden, match="另一人"):
        answer_opening(home, own, actor=LEADER, grant=True, minutes=30, now=NOW)
    for minutes in (0, 481):
        with pytest.raises(UsageError, match="时限"):
            answer_opening(home, wish, actor=LEADER, grant=True, minutes=minutes, now=NOW)
    answer_opening(home, wish, actor=LEADER, grant=True, minutes=30, now=NOW)
    with pytest.raises(UsageError, match="审批过"):
        answer_opening(home, wish, actor=LEADER, grant=True, minutes=30, now=NOW)
    with pytest.raises(Forbidden, match="只有申请的人"):
        open_number(home, wish, actor=LEADER, now=NOW)
    number = open_number(home, wish, actor=OFFICER, now=NOW + timedelta(minutes=29))
    assert number in BOUGHT
    with pytest.raises(Forbidden, match="时限已过"):
        open_number(home, wish, actor=OFFICER, now=NOW + timedelta(minutes=30))
    with home.store.read() as connection:
        rows = audit.listing(connection, audit.Filters(act="vault_open"), 0, 10)
        told = " ".join(str(one) for one in audit.listing(connection, audit.Filters(), 0, 500))
    assert [(row.actor, row.why) for row in rows] == [("li", case_no)]
    assert number not in told


def test_a_refused_wish_opens_nothing(home: Workspace, tmp_path: Path) -> None:
    case_no, buyer = _case(home, tmp_path)
    wish = ask_opening(home, buyer, actor=OFFICER, case_no=case_no, basis="禁毒法", reason="核查", now=NOW)
    answer_opening(home, wish, actor=LEADER, grant=False, minutes=0, now=NOW)
    with pytest.raises(Forbidden, match="没有得到批准"):
        open_number(home, wish, actor=OFFICER, now=NOW)


def test_when_the_time_is_over_nothing_opens_not_even_an_old_copy(home: Workspace, tmp_path: Path) -> None:
    case_no, buyer = _case(home, tmp_path)
    later = NOW + timedelta(days=365 * 3)
    old = tmp_path / "backup.db"
    home.store.engine.dispose()
    shutil.copy(home.settings.home / "yaotong.db", old)
    with pytest.raises(UsageError, match="没有到期"):
        destroy_quarter(home, "2026Q1", actor=SYSTEM, now=NOW)
    wish = ask_opening(home, buyer, actor=OFFICER, case_no=case_no, basis="禁毒法", reason="核查", now=NOW)
    answer_opening(home, wish, actor=LEADER, grant=True, minutes=480, now=NOW)
    assert quarters_due(home, later) == ["2026Q1"]
    done = destroy_quarter(home, "2026Q1", actor=SYSTEM, now=later)
    assert (done.people, done.opened_before, done.opened_after) == (5, 5, 0)
    assert quarters_due(home, later) == []
    with pytest.raises(StoreError, match="打不开"):
        open_number(home, wish, actor=OFFICER, now=NOW)
    home.store.engine.dispose()
    shutil.copy(old, home.settings.home / "yaotong.db")  # the rows are back, the keys are not
    for beside in ("yaotong.db-wal", "yaotong.db-shm"):
        (home.settings.home / beside).unlink(missing_ok=True)
    with home.store.read() as connection:
        assert vault.numbers(connection, buyer)
    again = destroy_quarter(home, "2026Q1", actor=SYSTEM, now=later)
    assert (again.people, again.opened_before, again.opened_after) == (5, 0, 0)


def test_another_wrapping_key_opens_all_that_the_old_one_did(home: Workspace) -> None:
    folder = home.settings.home
    before = (folder / "keys" / "vault.key").read_text()
    old = open_keyring(folder, custody_of(folder))
    data_key = old.of("2026Q1")[0].key
    assert change_wrapping(home, actor=SYSTEM, now=NOW) == 1
    assert (folder / "keys" / "vault.key").read_text() != before
    with pytest.raises(StoreError, match="打不开"):
        old.of("2026Q1")
    new = open_keyring(folder, custody_of(folder))
    assert [one.period for one in new.of("2026Q1")] == ["2026Q1"]
    # A crash after the keys were wrapped anew and before the file took its place: a repeat goes on.
    beside = folder / "keys" / "vault.next"
    beside.write_text("ab" * 32)
    beside.chmod(0o600)
    new.rewrapped(bytes.fromhex("ab" * 32))
    assert change_wrapping(home, actor=SYSTEM, now=NOW) == 1
    assert open_keyring(folder, custody_of(folder)).of("2026Q1")[0].key == data_key


def test_sm4_seals_where_it_is_asked_for(tmp_path: Path) -> None:
    workspace = region(tmp_path / "sm4", "330482", BOUGHT, settings='algorithm = "sm4-gcm"')
    ring = open_keyring(workspace.settings.home, custody_of(workspace.settings.home))
    assert {one.algorithm for one in ring.of("2026Q1")} == {"sm4-gcm"}
    assert len(_sealed(workspace)["2026Q1"]) == 5


def test_no_field_goes_to_another_department_without_an_entry_that_holds(home: Workspace) -> None:
    case = ("msa", "alert:1", "YT-1")
    given = {
        "receiver": "msa",
        "fields": ("pharmacy",),
        "subject": "alert:1",
        "case_no": "YT-1",
        "basis": "禁毒法",
        "expires_on": NOW.date(),
    }
    for who, changed, wrong in (
        (OFFICER, {}, Forbidden),
        (LEADER, {"receiver": "psb"}, UsageError),
        (LEADER, {"fields": ()}, UsageError),
        (LEADER, {"fields": ("id_number",)}, UsageError),
        (LEADER, {"basis": ""}, UsageError),
        (LEADER, {"case_no": " "}, UsageError),
        (LEADER, {"expires_on": NOW.date() - timedelta(days=1)}, UsageError),
        (LEADER, {"expires_on": NOW.date() + timedelta(days=400)}, UsageError),
    ):
        with pytest.raises(wrong):
            release(home, Purpose(**{**given, **changed}), actor=who, now=NOW)
    entry = release(home, Purpose(**given), actor=LEADER, now=NOW)[0]
    for field, asked, at, fine in (
        ("pharmacy", case, NOW, True),
        ("drug", case, NOW, False),
        ("pharmacy", ("hc", *case[1:]), NOW, False),
        ("pharmacy", (*case[:2], "YT-2"), NOW, False),
        ("pharmacy", case, NOW + timedelta(days=1), False),
    ):
        with home.store.write() as connection:
            if fine:
                assert use(connection, field, asked, actor=LEADER, now=at) == entry
            else:
                with pytest.raises(Forbidden, match="用途台账"):
                    use(connection, field, asked, actor=LEADER, now=at)
    withdraw(home, entry, actor=LEADER, now=NOW)
    with home.store.write() as connection, pytest.raises(Forbidden):
        use(connection, "pharmacy", case, actor=LEADER, now=NOW)
    with pytest.raises(UsageError):
        withdraw(home, entry, actor=LEADER, now=NOW)


def test_a_backup_holds_no_key_unless_asked_and_opens_again_with_the_keys_beside_it(
    home: Workspace, tmp_path: Path
) -> None:
    back_up(home, tmp_path / "b.zip", SYSTEM, now=NOW)
    with zipfile.ZipFile(tmp_path / "b.zip") as held:
        assert not [name for name in held.namelist() if "keys" in name]
    keys = home.settings.home / "keys"
    restore(tmp_path / "b.zip", tmp_path / "again", SYSTEM, keys=keys, now=NOW)
    again = open_workspace(tmp_path / "again", {})
    ring = open_keyring(again.settings.home, custody_of(again.settings.home))
    with again.store.read() as connection:
        rows = vault.sealed_with(connection, [one.key_id for one in ring.of("2026Q1")])
    opened = {open_with(ring, row.key_id, row.number, f"{row.buyer_key}|{row.period}") for row in rows}
    assert opened == set(BOUGHT)
