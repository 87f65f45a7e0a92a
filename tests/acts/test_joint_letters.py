"""The transfer to the police: its number, what it says and does not, and the receipt that is waited for."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import docx
import pytest

from tests.acts.joint_city import HC, ID_NUMBER, MSA, NHSA, NOW, PSB, do, form, led_alerts, propose
from tests.cases.samples import CSV
from tests.cities import city, copy_of
from yaotong.acts.joint_letters import Receipt, issue_letter, note_receipt
from yaotong.acts.joint_papers import Sent, add_papers, record_visit
from yaotong.cases.letter import RECEIPT_DAYS
from yaotong.cases.states import CaseAct
from yaotong.errors import Conflict, Forbidden, IllegalMove, NotFound, UsageError
from yaotong.rules.book import book
from yaotong.store import alerts, joint_work, paperfiles
from yaotong.workspace import Workspace

TEXT = f"该店半年内向同一人多次出售特药，购药人 {ID_NUMBER} 有倒卖嫌疑。"


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


@pytest.fixture
def case(small: Workspace) -> str:
    number = propose(small, led_alerts(small), "psb", "hc")
    do(small, number, CaseAct.AGREE, PSB)
    do(small, number, CaseAct.AGREE, HC)
    record_visit(small, number, form(small, number, text=f"询问 {ID_NUMBER}"), [], actor=MSA, now=NOW)
    add_papers(small, number, [Sent(f"台账{ID_NUMBER}.csv", CSV)], actor=MSA, now=NOW)
    return number


def letter_of(ws: Workspace, number: str, place: int = -1) -> object:
    with ws.store.read() as connection:
        return joint_work.letters(connection, number)[place]


def text_of(ws: Workspace, number: str) -> str:
    """All the words of the document, its tables' too."""
    row = letter_of(ws, number)
    content = paperfiles.read(ws.settings.papers_dir, row.docx_sha256)  # type: ignore[attr-defined]
    page = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in page.tables for line in table.rows for cell in line.cells]
    return "\n".join([*(one.text for one in page.paragraphs), *cells])


def test_the_letter_says_all_that_the_case_knows(small: Workspace, case: str) -> None:
    issue_letter(small, case, actor=MSA, text=TEXT, now=NOW)
    told = text_of(small, case)
    with small.store.read() as connection:
        rules = [alerts.get(connection, one).rule_id for one in led_alerts(small)]  # type: ignore[union-attr]
    for word in (
        "药监移〔2026〕330482-001号", case, "市场监督管理局（药监）", "公安局", "多次出售特药",
        hashlib.sha256(CSV).hexdigest(), "氨麻美敏片", "12", "回执", "国务院令第 310 号", "药品管理法",
        *led_alerts(small), *(book()[one].name_zh for one in rules), *(book()[one].basis[0].title_zh for one in rules),
    ):  # fmt: skip
        assert word in told, word


def test_no_id_number_is_in_it(small: Workspace, case: str) -> None:
    issue_letter(small, case, actor=MSA, text=TEXT, now=NOW)
    assert ID_NUMBER not in text_of(small, case)
    assert text_of(small, case).count("9100**************") == 3


def test_numbers_follow_one_another_and_begin_anew_each_year(small: Workspace, case: str) -> None:
    for now in (NOW, NOW, NOW + timedelta(days=200)):
        issue_letter(small, case, actor=MSA, text=TEXT, now=now)
    with small.store.read() as connection:
        numbers = [one.number for one in joint_work.letters(connection, case)]
    assert numbers == [
        f"药监移〔{one}号" for one in ("2026〕330482-001", "2026〕330482-002", "2027〕330482-001")
    ]


def test_a_letter_stays_as_it_was_issued(small: Workspace, case: str) -> None:
    issue_letter(small, case, actor=MSA, text=TEXT, now=NOW)
    before = text_of(small, case)
    do(small, case, CaseAct.CONCLUDE, text="以后的事")
    assert text_of(small, case) == before


def test_who_may_not_see_the_shop_writes_no_letter_and_the_police_none_to_themselves(
    small: Workspace, case: str
) -> None:
    with pytest.raises(Forbidden, match="看不到"):
        issue_letter(small, case, actor=HC, text=TEXT, now=NOW)
    with pytest.raises(UsageError, match="受案机关"):
        issue_letter(small, case, actor=PSB, text=TEXT, now=NOW)
    with pytest.raises(Forbidden, match="负责人"):
        issue_letter(small, case, actor=replace(MSA, role="officer"), text=TEXT, now=NOW)
    with pytest.raises(NotFound):
        issue_letter(small, case, actor=NHSA, text=TEXT, now=NOW)
    with pytest.raises(UsageError, match="不能为空"):
        issue_letter(small, case, actor=MSA, text=" ", now=NOW)


def test_nothing_is_transferred_before_all_agree(small: Workspace) -> None:
    number = propose(small, led_alerts(small))
    with pytest.raises(IllegalMove):
        issue_letter(small, number, actor=MSA, text=TEXT, now=NOW)


def test_the_receipt_is_due_after_five_working_days(small: Workspace, case: str) -> None:
    # A Wednesday before National Day: a week off, and a Saturday that is worked.
    now = datetime(2026, 9, 30, 10)
    issue_letter(small, case, actor=MSA, text=TEXT, now=now)
    assert RECEIPT_DAYS == 5
    assert letter_of(small, case).receipt_due == datetime(2026, 10, 13, 10)  # type: ignore[attr-defined]


@pytest.mark.parametrize("actor", [MSA, PSB], ids=["sender", "police"])
def test_the_receipt_is_recorded_once_by_sender_or_police(small: Workspace, case: str, actor: object) -> None:
    number = issue_letter(small, case, actor=MSA, text=TEXT, now=NOW)
    receipt = Receipt("平公受〔2026〕7号", date(2026, 7, 8), "王警官")
    later = NOW + timedelta(days=3)
    note_receipt(small, case, number, receipt, actor=actor, now=later)  # type: ignore[arg-type]
    row = letter_of(small, case)
    assert (row.receipt_no, row.receipt_on, row.receipt_from) == (receipt.no, receipt.on, receipt.giver)  # type: ignore[attr-defined]
    with pytest.raises(Conflict):
        note_receipt(small, case, number, receipt, actor=MSA, now=later)


@pytest.mark.parametrize(
    ("receipt", "error"),
    [
        (Receipt("", date(2026, 7, 7), "王"), UsageError),
        (Receipt("7号", date(2026, 7, 7), " "), UsageError),
        (Receipt("7" * 61, date(2026, 7, 7), "王"), UsageError),
        (Receipt("7号", NOW.date() - timedelta(days=1), "王"), UsageError),
        (Receipt("7号", NOW.date() + timedelta(days=1), "王"), UsageError),
        (Receipt("7" * 60, NOW.date(), "王"), None),
    ],
)
def test_a_receipt_says_number_day_and_who(
    small: Workspace, case: str, receipt: Receipt, error: type[Exception] | None
) -> None:
    number = issue_letter(small, case, actor=MSA, text=TEXT, now=NOW)
    if error is None:
        note_receipt(small, case, number, receipt, actor=MSA, now=NOW)
        return
    with pytest.raises(error):
        note_receipt(small, case, number, receipt, actor=MSA, now=NOW)


def test_no_other_department_records_it(small: Workspace, case: str) -> None:
    number = issue_letter(small, case, actor=MSA, text=TEXT, now=NOW)
    with pytest.raises(NotFound):
        note_receipt(small, case, number, Receipt("7号", NOW.date(), "王"), actor=HC, now=NOW)


def test_letters_issued_at_once_have_a_number_each(small: Workspace, case: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        issued = list(pool.map(lambda _: issue_letter(small, case, actor=MSA, text=TEXT, now=NOW), range(3)))
    with small.store.read() as connection:
        rows = joint_work.letters(connection, case)
    assert sorted(issued) == [one.letter_id for one in rows]
    assert [one.serial for one in rows] == [1, 2, 3]
