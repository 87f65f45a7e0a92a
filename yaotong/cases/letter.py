"""A letter that transfers a case to the police, as blocks in order: one content, two renderings. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from yaotong.departments import Department

RECEIPT_DAYS = 5
TITLE = "涉嫌违法犯罪案件移送函"
_OPENING = "本局在办理联合办案案件 {case_no} 中，发现下列情况涉嫌违法犯罪，现依法移送，请依法审查处理。"
_RECEIPT_LINES = (("回执编号", ""), ("收件人", ""), ("收件日期", ""), ("处理意见", ""))
# Neither was read in its official text here: the letter says so until somebody has.
_TRANSFER = "《行政执法机关移送涉嫌犯罪案件的规定》（国务院令第 310 号，2020 年修订）〔待核〕"
_DRUG_TRANSFER = "《药品行政执法与刑事司法衔接工作办法》（国药监法〔2022〕41 号）〔待核〕"


@dataclass(frozen=True, slots=True)
class AlertFact:
    """One alert as the letter tells it."""

    alert_id: str
    rule: str
    subject: str
    place: str
    sentence: str
    first_day: date
    last_day: date
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VisitFact:
    """One inspection on the spot; `stock` holds drug, packs counted and packs in the books or None."""

    at: datetime
    shop: str
    department: str
    text: str
    stock: tuple[tuple[str, int, int | None], ...]


@dataclass(frozen=True, slots=True)
class PaperFact:
    """One evidence file with the hash by which it is known."""

    name: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a letter says; whoever makes it has masked what nobody may read."""

    number: str
    case_no: str
    sender: Department
    addressee: Department
    text: str
    shops: tuple[str, ...]
    alerts: tuple[AlertFact, ...]
    visits: tuple[VisitFact, ...]
    papers: tuple[PaperFact, ...]
    issued_at: datetime
    issued_by: str
    receipt_due: datetime


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of the page: title, number, heading, text, small, or a table whose first row is its head."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    # Shares of the page's width, one for each column.
    widths: tuple[int, ...] = ()


def letter_number(short_name: str, county: str, year: int, serial: int) -> str:
    """药监移〔2026〕330482-001号."""
    return f"{short_name}移〔{year}〕{county}-{serial:03d}号"


def legal_basis(letter: Letter) -> tuple[str, ...]:
    """What the transfer rests on: the procedure, the sender's law, the rules' own basis; each once."""
    drugs = (_DRUG_TRANSFER,) if "药品管理法" in letter.sender.legal_basis else ()
    own = tuple(one for alert in letter.alerts for one in alert.basis)
    return tuple(dict.fromkeys((_TRANSFER, *drugs, letter.sender.legal_basis, *own)))


def blocks(letter: Letter) -> tuple[Block, ...]:
    """The letter from top to bottom."""
    return (
        Block("title", letter.sender.name_zh),
        Block("title", TITLE),
        Block("number", letter.number),
        Block("text", f"{letter.addressee.name_zh}："),
        Block("text", _OPENING.format(case_no=letter.case_no)),
        Block("heading", "一、涉嫌违法犯罪的事实"),
        Block("text", letter.text),
        *([Block("text", f"涉及药店：{'、'.join(letter.shops)}。")] if letter.shops else []),
        Block("heading", "二、预警与规则"),
        _alert_table(letter.alerts),
        Block("heading", "三、现场检查"),
        *_visit_blocks(letter.visits),
        Block("heading", "四、证据材料"),
        _paper_table(letter.papers),
        Block("heading", "五、移送依据"),
        *(Block("text", f"{place}．{one}") for place, one in enumerate(legal_basis(letter), start=1)),
        Block("small", "预警是线索，不是结论。材料以 SHA-256 校验和为准，随函移交；函中不载证件号码。"),
        Block("sign", f"{letter.sender.name_zh}（印章）\n经办：{letter.issued_by}\n{_day(letter.issued_at)}"),
        *_receipt(letter),
    )  # fmt: skip


def printable(text: str) -> str:
    """Without the marks that no paper shows; the wide blank of Chinese is one that it does."""
    return "".join(one for one in text if one.isprintable() or one == "\u3000")


def _alert_table(alerts: Sequence[AlertFact]) -> Block:
    head = ("预警编号", "规则", "主体与镇街", "行为日", "情况")
    rows = [
        (
            one.alert_id,
            one.rule,
            f"{one.subject}（{one.place}）" if one.place else one.subject,
            _span(one.first_day, one.last_day),
            one.sentence,
        )
        for one in alerts
    ]
    return Block("table", rows=(head, *rows), widths=(14, 18, 20, 13, 35))


def _visit_blocks(visits: Sequence[VisitFact]) -> list[Block]:
    if not visits:
        return [Block("text", "未作现场检查。")]
    told = [
        Block(
            "text", f"{one.at:%Y-%m-%d %H:%M}，{one.department}检查{one.shop}：{one.text or '见盘点与照片。'}"
        )
        for one in visits
    ]
    counted = [
        (f"{one.at:%m-%d}", one.shop, drug, str(packs), "未核" if books is None else str(books),
         "—" if books is None else str(books - packs))
        for one in visits for drug, packs, books in one.stock
    ]  # fmt: skip
    head = ("日期", "药店", "药品", "实盘（盒）", "账面（盒）", "短少（盒）")
    table = [Block("table", rows=(head, *counted), widths=(10, 26, 28, 12, 12, 12))] if counted else []
    return [*told, *table]


def _paper_table(papers: Sequence[PaperFact]) -> Block:
    if not papers:
        return Block("text", "无附件。")
    head = ("序号", "名称", "类型", "字节", "SHA-256")
    rows = [
        (str(place), one.name, one.kind, f"{one.size:,}", one.sha256) for place, one in enumerate(papers, 1)
    ]
    return Block("table", rows=(head, *rows), widths=(7, 28, 8, 12, 45))


def _receipt(letter: Letter) -> tuple[Block, ...]:
    last = letter.receipt_due
    return (
        Block("cut", "（以下由受案机关填写并退回）"),
        Block("title", "移送案件回执"),
        Block("text", f"{letter.sender.name_zh}："),
        Block("text", f"你局 {letter.number} 及所附材料 {len(letter.papers)} 件收悉。"),
        Block("text", f"请于 {_day(last)} 前（{RECEIPT_DAYS} 个工作日内）退回。"),
        Block("table", rows=_RECEIPT_LINES, widths=(25, 75)),
        Block("sign", f"{letter.addressee.name_zh}（印章）\n　　　年　　月　　日"),
    )  # fmt: skip


def _span(first: date, last: date) -> str:
    return f"{first:%Y-%m-%d}" if last - first < timedelta(days=1) else f"{first:%Y-%m-%d}至{last:%Y-%m-%d}"


def _day(at: datetime) -> str:
    return f"{at.year} 年 {at.month} 月 {at.day} 日"
