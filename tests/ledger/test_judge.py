"""What a gap means, on both sides of every limit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from yaotong.ledger.tables import ledger_of

OPEN, CLOSE = datetime(2026, 3, 1, 21), datetime(2026, 3, 8, 21)
Line = tuple[str, str, float]  # moment, kind, packs


def judged(
    *lines: Line,
    opening: float = 20,
    counted: float = 20,
    special: bool = False,
    lot: str | None = None,
    line_lot: str | None = None,
    sent: tuple[str, ...] = ("sold", "bought"),
    more_counts: tuple[tuple[datetime, float], ...] = (),
) -> list[tuple[str, str]]:
    """Verdict and reason of each span of one shelf."""
    entries = [
        {"pharmacy_id": "A", "drug_code": "D", "batch_no": line_lot, "at": datetime.fromisoformat(at),
         "kind": kind, "packs": packs}
        for at, kind, packs in lines
    ]  # fmt: skip
    held = ((OPEN, opening), (CLOSE, counted), *more_counts)
    counts = [
        {"pharmacy_id": "A", "drug_code": "D", "batch_no": lot, "at": at, "packs": packs}
        for at, packs in held
    ]
    days = [
        {"pharmacy_id": "A", "kind": kind, "day": datetime(2026, 3, day)} for kind in sent for day in (5, 20)
    ]
    columns = ["pharmacy_id", "drug_code", "batch_no", "at", "kind", "packs"]
    made = ledger_of(
        pd.DataFrame(entries, columns=columns),
        pd.DataFrame(counts),
        pd.DataFrame(days, columns=["pharmacy_id", "kind", "day"]),
        {"D"} if special else set(),
    )
    return list(zip(made.spans["verdict"], made.spans["reason"], strict=True))


@pytest.mark.parametrize(
    ("special", "sold", "counted", "verdict"),
    [
        (True, 0, 20, "balanced"),
        (True, 0, 19, "missing"),
        (True, 0, 21, "surplus"),
        (False, 0, 18, "balanced"),
        (False, 0, 17.999, "missing"),
        (False, 0, 22, "balanced"),
        (False, 0, 22.001, "surplus"),
        (False, 200, 16, "balanced"),  # 2 % of 200 is four packs
        (False, 200, 15.9, "missing"),
    ],
)
def test_the_law_allows_a_special_drug_nothing_and_others_little(
    special: bool, sold: float, counted: float, verdict: str
) -> None:
    lines = (("2026-03-05 10:00", "bought", sold), ("2026-03-05 11:00", "sold", sold)) if sold else ()
    assert judged(*lines, counted=counted, special=special) == [(verdict, "")]


@pytest.mark.parametrize(
    ("kind", "counted"),
    [("bought", 23), ("sent_back", 17), ("moved_in", 23), ("moved_out", 17), ("sold", 17), ("returned", 23),
     ("lost", 17)],
)  # fmt: skip
def test_each_kind_goes_its_way(kind: str, counted: float) -> None:
    assert judged(("2026-03-05 10:00", kind, 3), counted=counted, special=True) == [("balanced", "")]
    assert judged(("2026-03-05 10:00", kind, 3), counted=20, special=True)[0][0] != "balanced"


@pytest.mark.parametrize(
    ("at", "balanced"),
    [("2026-03-01 21:00", False), ("2026-03-01 21:00:01", True), ("2026-03-08 21:00", True),
     ("2026-03-08 21:00:01", False)],
)  # fmt: skip
def test_a_count_holds_what_moved_on_its_second(at: str, balanced: bool) -> None:
    assert (judged((at, "sold", 1), counted=19, special=True) == [("balanced", "")]) is balanced


@pytest.mark.parametrize(("counted", "verdict"), [(19.49, "balanced"), (19.48, "missing")])
def test_pieces_of_a_split_pack_may_be_rounded(counted: float, verdict: str) -> None:
    lines = [(f"2026-03-05 1{hour}:00", "sold", 0.25) for hour in range(2)]
    assert judged(*lines, counted=counted, special=True) == [(verdict, "")]


@pytest.mark.parametrize(
    ("at", "packs", "verdicts"),
    [
        ("2026-03-15 21:00", 5, ["late_invoice", "late_invoice"]),  # seven days to the second
        ("2026-03-15 21:00:01", 5, ["surplus", "missing"]),
        ("2026-03-10 10:00", 4, ["surplus", "surplus"]),  # too few to explain what was too much
    ],
)
def test_an_invoice_may_come_late(at: str, packs: float, verdicts: list[str]) -> None:
    later = ((datetime(2026, 3, 22, 21), 25 if packs == 5 else 30),)
    made = judged((at, "bought", packs), counted=25, special=True, more_counts=later)
    assert [verdict for verdict, _ in made] == verdicts


@pytest.mark.parametrize(
    ("bought_at", "verdict"),
    [("2026-03-03 09:00", "balanced"), ("2026-03-08 20:00", "late_invoice"), (None, "negative")],
)
def test_the_book_never_goes_below_nothing(bought_at: str | None, verdict: str) -> None:
    lines: list[Any] = [("2026-03-03 10:00", "sold", 25)]
    lines += [(bought_at, "bought", 25)] if bought_at else []
    assert judged(*lines, counted=20 if bought_at else -5 + 5, special=True)[0][0] == verdict


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"sent": ("bought",)}, "no_sales_sent"),
        ({"sent": ("sold",)}, "no_purchases_sent"),
        ({"lot": "B1", "line_lot": None}, "lot_unknown"),
    ],
)
def test_what_cannot_be_told_says_why(given: dict[str, Any], reason: str) -> None:
    assert judged(("2026-03-05 10:00", "sold", 1), counted=1, **given) == [("unknown", reason)]


def test_a_lot_is_told_where_every_line_names_one() -> None:
    line = ("2026-03-05 10:00", "sold", 1.0)
    assert judged(line, counted=19, special=True, lot="B1", line_lot="B1") == [("balanced", "")]


def test_a_month_before_any_count_has_no_opening() -> None:
    days = pd.DataFrame({"pharmacy_id": [], "kind": [], "day": []})
    line = {"pharmacy_id": "A", "drug_code": "D", "batch_no": None, "at": OPEN, "kind": "sold", "packs": 1.0}
    none = pd.DataFrame(columns=["pharmacy_id", "drug_code", "batch_no", "at", "packs"])
    (row,) = ledger_of(pd.DataFrame([line]), none, days, set()).months.to_dict("records")
    assert (row["verdict"], row["reason"]) == ("unknown", "no_opening_count")
    assert pd.isna(row["opening"])
    assert pd.isna(row["closing"])
