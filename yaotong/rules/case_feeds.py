"""The tables of a rule's cases that are neither sales nor registers: purchases, counts, prescriptions,
settlements, duty, inspections and moves of stock, as rows of facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from yaotong.rules.page import Rows

Cells = Mapping[str, str]


def feeds_of(tables: Mapping[str, Rows]) -> dict[str, list[dict[str, Any]]]:
    """Rows of each feed that the tables hold; a row's line id is its key, as intake makes it."""
    return {
        feed: [read(row, number) for number, row in enumerate(repeated(tables.get(title, ())))]
        for title, (feed, read) in TABLES.items()
    }


def days_of(feeds: Mapping[str, list[dict[str, Any]]]) -> list[date]:
    """The days of all rows, by the moment that places each."""
    return [row[_MOMENTS[feed]].date() for feed, rows in feeds.items() for row in rows]


def repeated(rows: Rows) -> Rows:
    """One row for each of the 张数 prescriptions that a row stands for, their numbers told apart."""
    return tuple(
        {**row, "处方号": f"{row['处方号']}-{one}"} if row.get("张数") else row
        for row in rows
        for one in range(int(row.get("张数") or 1))
    )


def licence_of(row: Cells) -> dict[str, Any]:
    """What a row of 药店 says of a shop's licence, hours and standing, and nothing of what it leaves out."""
    given: dict[str, Any] = {
        "kind": row.get("类型"),
        "opening_hours": row.get("营业时间"),
        "scope": f"|{row['经营范围'].replace('、', '|')}|" if row.get("经营范围") else None,
        "insurance_designated": {"是": True, "否": False}.get(row.get("医保定点", "")),
        "valid_from": _day(row.get("发证")),
        "valid_to": _day(row.get("有效期至")),
        "status_since": _day(row.get("状态登记")),
        "designated_since": _day(row.get("定点登记")),
    }
    return {name: value for name, value in given.items() if value not in (None, "")}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _number(text: str | None, default: float) -> float:
    return float(text) if text else default


def _purchase(row: Cells, number: int) -> dict[str, Any]:
    return {
        "line_id": f"{row['药店']}/G{number:04d}",
        "pharmacy_id": row["药店"],
        "purchase_id": f"G{number:04d}",
        "received_at": _moment(row["时间"]),
        "supplier_uscc": row.get("供货单位") or None,
        "drug_code": row["药品"],
        "batch_no": row.get("批号") or None,
        "quantity": _number(row.get("数量"), 1.0),
        "expiry": date.fromisoformat(row["有效期至"]) if row.get("有效期至") else None,
        "trace_code": row.get("追溯码") or None,
    }


def _count(row: Cells, number: int) -> dict[str, Any]:
    moment = _moment(row["时间"])
    return {
        "line_id": f"{row['药店']}/{row['药品']}/{moment.isoformat()}",
        "pharmacy_id": row["药店"],
        "drug_code": row["药品"],
        "counted_at": moment,
        "quantity": float(row["数量"]),
        "batch_no": row.get("批号") or None,
    }


_MOVES = {
    "调入": "transfer_in", "调出": "transfer_out",
    "破损": "damaged", "过期": "expired", "丢失": "lost", "失窃": "stolen",
}  # fmt: skip


def _move(row: Cells, number: int) -> dict[str, Any]:
    return {
        "line_id": f"{row['药店']}/M{number:04d}",
        "pharmacy_id": row["药店"],
        "move_id": f"M{number:04d}",
        "moved_at": _moment(row["时间"]),
        "kind": _MOVES[row["类型"]],
        "drug_code": row["药品"],
        "quantity": float(row["数量"]),
        "batch_no": row.get("批号") or None,
    }


def _prescription(row: Cells, number: int) -> dict[str, Any]:
    return {
        "line_id": row["处方号"],
        "prescription_no": row["处方号"],
        "issued_at": _moment(row["时间"]),
        "prescriber_key": row.get("医师") or None,
        "drug_code": row["药品"],
        "quantity": _number(row.get("数量"), 1.0),
        "days": int(row["天数"]) if row.get("天数") else None,
        "patient_key": row.get("患者") or None,
    }


def _settlement(row: Cells, number: int) -> dict[str, Any]:
    settlement_id = row.get("结算号") or f"J{number:04d}"
    return {
        "line_id": settlement_id,
        "settlement_id": settlement_id,
        "settled_at": _moment(row["时间"]),
        "pharmacy_id": row["药店"],
        "person_key": row.get("参保人") or None,
        "drug_code": row.get("药品") or "普通药",
        "quantity": _number(row.get("数量"), 1.0),
        "amount_fen": round(float(row["金额"]) * 100) if row.get("金额") else None,
        "trace_code": row.get("追溯码") or None,
    }


def _shift(row: Cells, number: int) -> dict[str, Any]:
    since = _moment(row["起"])
    return {
        "line_id": f"{row['药店']}/{row['药师']}/{since.isoformat()}",
        "pharmacy_id": row["药店"],
        "pharmacist_id": row["药师"],
        "duty_from": since,
        "duty_until": _moment(row["止"]) if row.get("止") else None,
    }


def _inspection(row: Cells, number: int) -> dict[str, Any]:
    return {
        "line_id": f"{row['药店']}/X{number:04d}",
        "inspection_id": f"X{number:04d}",
        "pharmacy_id": row["药店"],
        "inspected_at": _moment(row["时间"]),
        "kind": "routine",
        "outcome": "passed",
        "pharmacist_present": {"是": True, "否": False}.get(row.get("药师在岗", "")),
        "stock_agrees": {"是": True, "否": False}.get(row.get("账实相符", "")),
    }


TABLES: Mapping[str, tuple[str, Callable[[Cells, int], dict[str, Any]]]] = {
    "购进": ("purchases", _purchase),
    "盘点": ("stock_counts", _count),
    "调拨报损": ("stock_moves", _move),
    "处方": ("prescriptions", _prescription),
    "结算": ("settlements", _settlement),
    "在岗": ("duty", _shift),
    "检查": ("inspections", _inspection),
}
_MOMENTS = {
    "purchases": "received_at",
    "stock_counts": "counted_at",
    "prescriptions": "issued_at",
    "settlements": "settled_at",
    "duty": "duty_from",
    "inspections": "inspected_at",
    "stock_moves": "moved_at",
}
