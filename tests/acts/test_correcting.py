"""信息有误: filed once, answered once; what was corrected stands until its source has news."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cities import copy_of
from yaotong import intake
from yaotong.acts.correcting import answer_report, as_told, file_report, write_row
from yaotong.acts.intake import take_in
from yaotong.corrections import (
    MOST_A_DAY,
    MOST_OPEN_OF_A_SHOP,
    check_answer,
    check_report,
    check_room,
    read_ticket,
    ticket_of,
)  # fmt: skip
from yaotong.errors import Conflict, Forbidden, NotFound, UsageError
from yaotong.records import PHARMACIES
from yaotong.store import corrections, registry
from yaotong.store.schema import pharmacy
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 7, 1, 9)
KEEPER = Viewer("keeper", "管名录的", "msa", "330482")
HEAD = (
    "license_no,name,address,lon,lat,crs,phone,opening_hours,insurance_designated,scope,services,valid_to\n"
)
ROWS = (
    "A1,甲药房,某路 1 号,121.0262,30.6798,gcj02,0573-1,Mo-Su 08:00-20:00,true,RX|COLD,delivery,2030-01-31\n",
    "A2,乙药房,某路 2 号,121.03,30.68,wgs84,,,,,,\n",
)


def _send(ws: Workspace, tmp_path: Path, text: str, name: str) -> Any:
    path = tmp_path / name
    path.write_text(HEAD + text, "utf-8")
    return take_in(ws, path, feed="pharmacies", now=NOW)


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("register")
    made = init_workspace(folder / "home")
    assert _send(made, folder, "".join(ROWS), "register.csv").accepted == 2
    return made


@pytest.fixture
def ws(register: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(register, tmp_path / "home")


def _shop(ws: Workspace, license_no: str = "A1") -> dict[str, Any]:
    with ws.store.read() as connection:
        found = corrections.shop(connection, license_no)
    assert found is not None
    return dict(found)


def _file(ws: Workspace, ticket: str = "XW-00000-00001", **given: Any) -> str:
    said = {"license_no": "A1", "kind": "hours", "said": "晚上九点才关门", "now": NOW, **given}
    return file_report(ws, ticket=ticket, **said)


def _answer(ws: Workspace, ticket: str, **given: Any) -> Any:
    asked = {
        "actor": KEEPER, "state": "corrected", "text": "已按门头公示更正", "now": NOW,
        "changes": {"opening_hours": "Mo-Su 08:00-21:00"}, **given,
    }  # fmt: skip
    return answer_report(ws, ticket, **asked)


def test_a_row_told_again_says_nothing_new(ws: Workspace, tmp_path: Path) -> None:
    """What the register says of a shop, written as a file, is the same row to the letter."""
    for number, license_no in enumerate(("A1", "A2")):
        path = tmp_path / f"again{number}.csv"
        write_row(path, as_told(_shop(ws, license_no)))
        receipt = take_in(ws, path, feed="pharmacies", now=NOW)
        assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (0, 1, ())


def test_fingerprints_of_changed_rows_are_those_of_intake(ws: Workspace) -> None:
    with ws.store.read() as connection:
        kept = pd.DataFrame(connection.execute(pharmacy.select()).mappings().all())
        assert registry.read(connection, pharmacy).shape[0] == 2
    assert intake.registry_shas(PHARMACIES, kept) == kept["row_sha"].tolist()
    changed = kept.assign(phone="0573-2")
    assert set(intake.registry_shas(PHARMACIES, changed)).isdisjoint(kept["row_sha"])


def test_a_report_is_answered_and_the_register_corrected_with_its_history(ws: Workspace) -> None:
    ticket = _file(ws)
    count, receipt = _answer(ws, ticket)
    assert count == 1
    assert receipt.accepted == 1
    assert _shop(ws)["opening_hours"] == "Mo-Su 08:00-21:00"
    with ws.store.read() as connection:
        row = corrections.get(connection, ticket)
        history = corrections.shop_history(connection, "A1")
        assert row is not None
    assert (row.state, row.answer, row.answered_by) == ("corrected", "已按门头公示更正", "keeper")
    assert [one.opening_hours for one in history] == ["Mo-Su 08:00-20:00", "Mo-Su 08:00-21:00"]
    assert (history[1].file, history[1].sent_by, row.data_version) == (f"{ticket}.csv", "keeper", 2)
    with pytest.raises(Conflict):
        _answer(ws, ticket)


def test_the_source_that_repeats_what_was_wrong_changes_nothing(ws: Workspace, tmp_path: Path) -> None:
    _answer(ws, _file(ws))
    again = _send(ws, tmp_path, "".join(ROWS), "again.csv")
    assert again.accepted == 0
    assert _shop(ws)["opening_hours"] == "Mo-Su 08:00-21:00"
    # Its other news is taken, beside what was corrected.
    telephoned = ROWS[0].replace("0573-1", "0573-9")
    assert _send(ws, tmp_path, telephoned, "telephone.csv").accepted == 1
    assert (_shop(ws)["phone"], _shop(ws)["opening_hours"]) == ("0573-9", "Mo-Su 08:00-21:00")


def test_the_source_that_has_news_wins_and_ends_the_correction(ws: Workspace, tmp_path: Path) -> None:
    _answer(ws, _file(ws))
    later = ROWS[0].replace("08:00-20:00", "07:30-22:00")
    assert _send(ws, tmp_path, later, "later.csv").accepted == 1
    assert _shop(ws)["opening_hours"] == "Mo-Su 07:30-22:00"
    # The correction is over: its wrong value may be true again one day.
    assert _send(ws, tmp_path, ROWS[0], "back.csv").accepted == 1
    assert _shop(ws)["opening_hours"] == "Mo-Su 08:00-20:00"


def test_a_later_correction_may_take_an_earlier_one_back(ws: Workspace, tmp_path: Path) -> None:
    _answer(ws, _file(ws))
    _answer(ws, _file(ws, "XW-00000-00002"), changes={"opening_hours": "Mo-Su 08:00-20:00"})
    assert _shop(ws)["opening_hours"] == "Mo-Su 08:00-20:00"
    assert _send(ws, tmp_path, "".join(ROWS), "again.csv").accepted == 0


def test_a_point_is_corrected_whole_and_flags_too(ws: Workspace, tmp_path: Path) -> None:
    place = {"lon": "121.05", "lat": "30.70", "crs": "wgs84", "insurance_designated": "false", "phone": ""}
    _answer(ws, _file(ws, kind="place"), changes=place)
    shop = _shop(ws)
    assert (shop["lon"], shop["lat"], shop["crs"]) == (121.05, 30.7, "wgs84")
    assert (shop["insurance_designated"], shop["phone"]) == (False, None)
    assert _send(ws, tmp_path, "".join(ROWS), "again.csv").accepted == 0
    assert _shop(ws)["lon"] == 121.05


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"opening_hours": "早上到晚上"}, "opening_hours"),
        ({"lon": "1", "lat": "2"}, "坐标系"),
        ({"license_no": "B"}, "不能更正"),
        ({"opening_hours": "Mo-Su 08:00-20:00"}, "已经是这样"),
        ({"status": "perhaps"}, "status"),
        ({}, "写明改成什么"),
    ],
)
def test_what_cannot_be_taken_changes_nothing(ws: Workspace, changes: dict[str, str], sentence: str) -> None:
    ticket, before = _file(ws), _shop(ws)
    with pytest.raises(UsageError, match=sentence):
        _answer(ws, ticket, changes=changes)
    assert _shop(ws) == before
    with ws.store.read() as connection:
        row = corrections.get(connection, ticket)
        assert row is not None
    assert row.state == "open"


def test_who_may_answer(ws: Workspace) -> None:
    ticket = _file(ws)
    for other in (Viewer("x", "x", "psb", "330482"), Viewer("x", "x", "msa", "330482", "auditor")):
        with pytest.raises(Forbidden):
            _answer(ws, ticket, actor=other)
    with pytest.raises(NotFound):  # its shop lies nowhere: the county's matter
        _answer(ws, ticket, actor=Viewer("x", "x", "msa", "330482001"))
    with pytest.raises(NotFound):
        _answer(ws, "XW-ZZZZZ-ZZZZZ")
    assert _answer(ws, ticket, state="kept", changes={})[0] == 1


def test_reports_that_say_the_same_are_answered_together(ws: Workspace) -> None:
    for number in range(3):
        _file(ws, f"XW-00000-0000{number}")
    _file(ws, "XW-00000-0000A", kind="phone")
    assert _answer(ws, "XW-00000-00001", state="kept", changes={}, alike=True)[0] == 3
    with ws.store.read() as connection:
        assert corrections.count_open(connection, "330482") == 1


def test_a_form_sent_twice_is_one_report_and_numbers_of_people_are_masked(ws: Workspace) -> None:
    _file(ws, said="我的证件 910000199001010011 被登记错了")
    _file(ws, said="第二次送出")
    with ws.store.read() as connection:
        row = corrections.get(connection, "XW-00000-00001")
        assert row is not None
        assert corrections.crowd(connection, "A1", NOW - timedelta(days=1)) == (1, 1)
    assert "910000199001010011" not in row.said
    assert "我的证件 9100" in row.said
    with pytest.raises(NotFound):
        _file(ws, "XW-00000-00002", license_no="没有")


@pytest.mark.parametrize(
    ("kind", "said", "fine"),
    [
        ("hours", "改点了", True), ("hours", "改", False), ("hours", "  \n ", False), ("mood", "不好", False),
        ("hours", "字" * 300, True), ("hours", "字" * 301, False),
    ],
)  # fmt: skip
def test_what_may_be_reported(kind: str, said: str, fine: bool) -> None:
    if fine:
        assert check_report(kind, said) == (kind, said)
    else:
        with pytest.raises(UsageError):
            check_report(kind, said)


def test_there_is_room_for_so_many_and_no_more() -> None:
    check_room(MOST_OPEN_OF_A_SHOP - 1, MOST_A_DAY - 1)
    for crowd in ((MOST_OPEN_OF_A_SHOP, 0), (0, MOST_A_DAY)):
        with pytest.raises(UsageError):
            check_room(*crowd)


@pytest.mark.parametrize(("answer", "state"), [("好", "kept"), ("字" * 301, "kept"), ("好的", "open")])
def test_an_answer_has_words_of_a_fitting_length(answer: str, state: str) -> None:
    with pytest.raises(UsageError):
        check_answer(KEEPER, "msa", state, answer, {})
    assert check_answer(KEEPER, "msa", "kept", " 核对\n无误 ", {}) == "核对 无误"


def test_ticket_numbers_are_read_as_people_type_them() -> None:
    ticket = ticket_of(bytes.fromhex("0123456789abcdef"))
    assert read_ticket(ticket) == ticket
    assert read_ticket(f" {ticket.lower().replace('-', ' ')} ") == ticket
    assert read_ticket("xw-o0i1l-00000") == "XW-00111-00000"
    assert read_ticket("XW-1234") is None
    drawn = {ticket_of(number.to_bytes(7, "big")) for number in range(0, 1 << 56, 1 << 44)}
    assert len(drawn) == 1 << 12
